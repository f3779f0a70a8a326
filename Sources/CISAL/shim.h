#include <isa-l/igzip_lib.h>

// Swift does not see arrays as long as this one.

/// What was inflated, the window first: the state's own buffer.
static inline uint8_t *_Nonnull isal_inflated(struct inflate_state *_Nonnull state) {
    return state->tmp_out_buffer;
}

/// How many bits of code the table of literals is looked up with.
enum { isal_lookup_bits = ISAL_DECODE_LONG_BITS };

/// The literal that begins with the lowest bits of `bits`, or -1 if what begins there is no literal, or a long code.
///
/// An entry of the table holds one to three symbols, the first one lowest; only the last may be no literal.
static inline int isal_literal(const struct inflate_state *_Nonnull state, uint32_t bits) {
    uint32_t entry = state->lit_huff_code.short_code_lookup[bits & ((1 << isal_lookup_bits) - 1)];
    uint32_t count = entry >> 26 & 3;
    if (entry & 1 << 25 || count == 0) return -1;
    uint32_t symbol = entry & (count > 1 ? 0xff : 0xffff);
    return symbol < 256 ? (int)symbol : -1;
}

enum {
    /// With as many bytes in it the buffer is full, though a last match may reach beyond them.
    isal_inflated_limit = 2 * ISAL_DEF_HIST_SIZE,
};
