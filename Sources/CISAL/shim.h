#include <isa-l/igzip_lib.h>

// Swift does not see arrays as long as this one.

/// What was inflated, the window first: the state's own buffer.
static inline uint8_t *_Nonnull isal_inflated(struct inflate_state *_Nonnull state) {
    return state->tmp_out_buffer;
}

enum {
    /// With as many bytes in it the buffer is full, though a last match may reach beyond them.
    isal_inflated_limit = 2 * ISAL_DEF_HIST_SIZE,
};
