#ifndef UTF8_BLOCKS_H
#define UTF8_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// Checks UTF-8 (RFC 3629 4) sixteen bytes at a time.
//
// What a byte may be depends on the three before it alone, so each byte of a block is held against those. The vectors
// are the compiler's, not a processor's; Swift's own compare lane by lane.

/// `utf8_block_before` bytes must stand before a block; a text of `utf8_blocks_shortest` has one.
enum utf8_blocks { utf8_block_before = 3, utf8_block_width = 16, utf8_blocks_shortest = 19 };

typedef uint8_t utf8_block __attribute__((vector_size(16)));
typedef int8_t utf8_signed_block __attribute__((vector_size(16)));

static inline utf8_block utf8_load(const uint8_t *bytes) {
    utf8_block block;
    memcpy(&block, bytes, sizeof block);
    return block;
}

static inline bool utf8_is_zero(utf8_block block) {
    uint64_t words[2];
    memcpy(words, &block, sizeof words);
    return (words[0] | words[1]) == 0;
}

/// What each byte exceeds `value` by, or zero.
static inline utf8_block utf8_excess(utf8_block block, uint8_t value) {
    return __builtin_elementwise_sub_sat(block, (utf8_block){} + value);
}

/// Is not zero where a byte of the block cannot follow those before it.
static inline utf8_block utf8_check(const uint8_t *bytes) {
    utf8_block byte = utf8_load(bytes), last = utf8_load(bytes - 1);
    utf8_block leads = utf8_excess(last, 0xbf) | utf8_excess(utf8_load(bytes - 2), 0xdf) |
                       utf8_excess(utf8_load(bytes - 3), 0xef);
    // The bytes 80 to BF, and they alone, go on with a scalar.
    utf8_block goes_on = (utf8_block)((utf8_signed_block)byte < -64);
    utf8_block errors = ~(goes_on ^ (utf8_block)(leads == 0));
    // C0 and C1 begin overlong forms, F5 and above would lie beyond U+10FFFF.
    errors |= (utf8_block)((byte & 0xfe) == 0xc0) | utf8_excess(byte, 0xf4);
    // Overlong forms after E0 are 80 to 9F, surrogates after ED are A0 to BF.
    errors |= (((utf8_block)(last == 0xe0) & ~byte) | ((utf8_block)(last == 0xed) & byte)) & 0x20;
    // Overlong forms after F0 are 80 to 8F; 90 to BF after F4 lie beyond U+10FFFF.
    utf8_block high = byte & 0x30;
    return errors | (utf8_block)((last == 0xf0) & (high == 0)) | ((utf8_block)(last == 0xf4) & high);
}

/// Whether each byte from `start` on can stand where it does, given those before it.
///
/// `count` is at least `utf8_blocks_shortest`, `start` at least `utf8_block_before`; what is before `start` is in order.
static inline bool utf8_is_in_order(const uint8_t *bytes, size_t count, size_t start) {
    utf8_block errors = {};
    size_t index = start;
    for (; index + 4 * utf8_block_width <= count; index += 4 * utf8_block_width) {
        const uint8_t *four = bytes + index;
        errors |= utf8_check(four);
        // Four blocks of ASCII need no more: only before the first can a scalar have begun.
        utf8_block any = utf8_load(four) | utf8_load(four + 16) | utf8_load(four + 32) | utf8_load(four + 48);
        if (utf8_is_zero(any & 0x80)) continue;
        errors |= utf8_check(four + 16) | utf8_check(four + 32) | utf8_check(four + 48);
    }
    for (; index + utf8_block_width <= count; index += utf8_block_width) errors |= utf8_check(bytes + index);
    // The last block, some of it for the second time.
    return utf8_is_zero(errors | utf8_check(bytes + count - utf8_block_width));
}

#endif
