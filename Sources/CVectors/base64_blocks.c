#include "base64_blocks.h"

#include <string.h>

#include "processor.h"

#ifdef HAS_WIDE
WIDE_BEGIN

typedef uint8_t half_block __attribute__((vector_size(16)));
typedef uint8_t byte_block __attribute__((vector_size(32)));
typedef uint32_t word_block __attribute__((vector_size(32)));

/// Words of 24 bits, in host byte order, from two times twelve bytes.
static inline word_block words_of(const uint8_t *bytes) {
    half_block first, second;
    memcpy(&first, bytes, sizeof first);
    memcpy(&second, bytes + 12, sizeof second);
    return (word_block)__builtin_shufflevector(
        first, second, 2, 1, 0, -1, 5, 4, 3, -1, 8, 7, 6, -1, 11, 10, 9, -1, 18, 17, 16, -1, 21, 20, 19, -1, 24, 23,
        22, -1, 27, 26, 25, -1);
}

static inline byte_block characters_of(word_block words) {
    // The top six bits come first, in the lowest byte.
    byte_block values = (byte_block)((words >> 18 & 0x3f) | (words >> 4 & 0x3f00) | (words << 10 & 0x3f0000) |
                                     (words << 24 & 0x3f000000));
    // A to Z, then what lies between them and a to z, 0 to 9, + and /.
    byte_block text = values + 'A';
    text += (byte_block)(values > 25) & ('a' - 26 - 'A');
    text -= (byte_block)(values > 51) & ('a' - 26 - '0' + 52);
    text -= (byte_block)(values > 61) & ('0' - 52 - '+' + 62);
    return text + ((byte_block)(values > 62) & ('/' - 63 - '+' + 62));
}

static size_t encode(const uint8_t *bytes, size_t count, uint8_t *text) {
    size_t place = 0;
    for (; place + 28 <= count; place += 24) {
        byte_block characters = characters_of(words_of(bytes + place));
        memcpy(text, &characters, sizeof characters);
        text += sizeof characters;
    }
    return place;
}

WIDE_END
#endif

size_t base64_encode_blocks(const uint8_t *bytes, size_t count, uint8_t *text) {
#ifdef HAS_WIDE
    if (is_wide()) return encode(bytes, count, text);
#endif
    return 0;
}
