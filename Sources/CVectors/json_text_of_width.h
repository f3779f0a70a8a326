// Copies the inside of JSON strings in blocks of `WIDTH` bytes; included once for each width, with `NAME` to tell them
// apart.

typedef uint8_t NAME(block) __attribute__((vector_size(WIDTH)));
typedef bool NAME(bits) __attribute__((ext_vector_type(WIDTH)));

/// A bit for each byte, the first the lowest: set if `json_text_copy` may not copy it unchanged.
static inline uint32_t NAME(marks)(NAME(block) block) {
    NAME(block) marked = (NAME(block))(block < 0x20) | (NAME(block))(block == '"') | (NAME(block))(block == '\\') |
                         (NAME(block))(block == 0x7f) | (NAME(block))(block == 0xc2) | (NAME(block))(block == 0xd8) |
                         (NAME(block))(block == 0xe2);
    NAME(bits) bits = __builtin_convertvector(marked, NAME(bits));
    uint32_t marks = 0;
    memcpy(&marks, &bits, WIDTH / 8);
    return marks;
}

static inline size_t NAME(copy)(const uint8_t *text, size_t count, uint8_t **end) {
    size_t place = 0;
    uint8_t *target = *end;
    while (place + WIDTH <= count) {
        NAME(block) block;
        memcpy(&block, text + place, WIDTH);
        memcpy(target, &block, WIDTH);
        uint32_t marks = NAME(marks)(block);
        size_t plain = marks == 0 ? WIDTH : (size_t)__builtin_ctz(marks);
        place += plain;
        target += plain;
        if (marks == 0) continue;
        uint8_t byte = text[place];
        if (byte != '"' && byte != '\\') break;
        target[0] = '\\';
        target[1] = byte;
        target += 2;
        place += 1;
    }
    *end = target;
    return place;
}
