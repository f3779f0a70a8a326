#include <isa-l/igzip_lib.h>
#include <stddef.h>

// Swift does not see arrays of this length.

/// What was inflated, the window first: the state's own buffer.
static inline uint8_t *_Nonnull isal_inflated(struct inflate_state *_Nonnull state) {
    return state->tmp_out_buffer;
}

enum {
    /// What the state takes beside that buffer.
    isal_table_byte_count = offsetof(struct inflate_state, tmp_out_buffer),
    /// As many bytes in that buffer, and no more are inflated into it.
    isal_inflated_limit = 2 * ISAL_DEF_HIST_SIZE,
};
