// Adds words in blocks of `WIDTH` bytes; included once for each width, with `NAME` to tell them apart.

typedef uint64_t NAME(block) __attribute__((vector_size(WIDTH)));

static inline NAME(block) NAME(load)(const uint8_t *bytes) {
    NAME(block) block;
    memcpy(&block, bytes, sizeof block);
    return block;
}

/// The sum of the 32-bit words of `count` bytes, a multiple of twice the width.
static inline uint64_t NAME(of)(const uint8_t *bytes, size_t count) {
    // Lanes of 64 bits hold the sums of 2^32 words.
    NAME(block) low = {}, high = {};
    for (size_t index = 0; index < count; index += 2 * WIDTH) {
        NAME(block) one = NAME(load)(bytes + index), other = NAME(load)(bytes + index + WIDTH);
        low += (one & 0xffffffff) + (other & 0xffffffff);
        high += (one >> 32) + (other >> 32);
    }
    low += high;
    uint64_t sum = 0;
    for (size_t lane = 0; lane < WIDTH / 8; lane++) sum += low[lane];
    return sum;
}
