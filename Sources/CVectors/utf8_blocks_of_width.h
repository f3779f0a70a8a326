// Checks UTF-8 (RFC 3629 4) in blocks of `WIDTH` bytes; included once for each width, with `NAME` to tell them apart.
//
// What a byte may be depends on the three before it alone, so each byte of a block is held against those. The vectors
// are the compiler's, not a processor's; Swift's own compare lane by lane.

typedef uint8_t NAME(block) __attribute__((vector_size(WIDTH)));
typedef int8_t NAME(signed_block) __attribute__((vector_size(WIDTH)));

static inline NAME(block) NAME(load)(const uint8_t *bytes) {
    NAME(block) block;
    memcpy(&block, bytes, sizeof block);
    return block;
}

static inline bool NAME(is_zero)(NAME(block) block) {
    uint64_t words[WIDTH / 8];
    memcpy(words, &block, sizeof words);
    uint64_t all = 0;
    for (size_t index = 0; index < WIDTH / 8; index++) all |= words[index];
    return all == 0;
}

/// What each byte exceeds `value` by, or zero.
static inline NAME(block) NAME(excess)(NAME(block) block, uint8_t value) {
    return __builtin_elementwise_sub_sat(block, (NAME(block)){} + value);
}

/// Is not zero where a byte of the block cannot follow those before it.
static inline NAME(block) NAME(check)(const uint8_t *bytes) {
    NAME(block) byte = NAME(load)(bytes), last = NAME(load)(bytes - 1);
    NAME(block) leads = NAME(excess)(last, 0xbf) | NAME(excess)(NAME(load)(bytes - 2), 0xdf) |
                       NAME(excess)(NAME(load)(bytes - 3), 0xef);
    // The bytes 80 to BF, and they alone, go on with a scalar.
    NAME(block) goes_on = (NAME(block))((NAME(signed_block))byte < -64);
    NAME(block) errors = ~(goes_on ^ (NAME(block))(leads == 0));
    // C0 and C1 begin overlong forms, F5 and above would lie beyond U+10FFFF.
    errors |= (NAME(block))((byte & 0xfe) == 0xc0) | NAME(excess)(byte, 0xf4);
    // Overlong forms after E0 are 80 to 9F, surrogates after ED are A0 to BF.
    errors |= (((NAME(block))(last == 0xe0) & ~byte) | ((NAME(block))(last == 0xed) & byte)) & 0x20;
    // Overlong forms after F0 are 80 to 8F; 90 to BF after F4 lie beyond U+10FFFF.
    NAME(block) high = byte & 0x30;
    return errors | (NAME(block))((last == 0xf0) & (high == 0)) | ((NAME(block))(last == 0xf4) & high);
}

/// Whether each byte from `start` on can stand where it does, given those before it.
///
/// `count` is at least `start` and a block, `start` at least `utf8_block_before`; what is before `start` is in order.
static inline bool NAME(is_in_order)(const uint8_t *bytes, size_t count, size_t start) {
    NAME(block) errors = {};
    size_t index = start;
    for (; index + 4 * WIDTH <= count; index += 4 * WIDTH) {
        const uint8_t *four = bytes + index;
        errors |= NAME(check)(four);
        // Four blocks of ASCII need no more: only before the first can a scalar have begun.
        NAME(block) any = NAME(load)(four) | NAME(load)(four + WIDTH) | NAME(load)(four + 2 * WIDTH) | NAME(load)(four + 3 * WIDTH);
        if (NAME(is_zero)(any & 0x80)) continue;
        errors |= NAME(check)(four + WIDTH) | NAME(check)(four + 2 * WIDTH) | NAME(check)(four + 3 * WIDTH);
    }
    for (; index + WIDTH <= count; index += WIDTH) errors |= NAME(check)(bytes + index);
    // The last block, some of it for the second time.
    return NAME(is_zero)(errors | NAME(check)(bytes + count - WIDTH));
}
