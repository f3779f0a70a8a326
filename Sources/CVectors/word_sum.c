#include "word_sum.h"

#include <string.h>

#include "processor.h"

#define WIDTH 16
#define NAME(name) word_sum_##name##_16
#include "word_sum_of_width.h"
#undef WIDTH
#undef NAME

#ifdef HAS_WIDE
WIDE_BEGIN
#define WIDTH 32
#define NAME(name) word_sum_##name##_32
#include "word_sum_of_width.h"
WIDE_END
#endif

uint64_t word_sum(const uint8_t *bytes, size_t count) {
#ifdef HAS_WIDE
    if (is_wide()) return word_sum_of_32(bytes, count);
#endif
    return word_sum_of_16(bytes, count);
}

uint64_t word_sum_narrow(const uint8_t *bytes, size_t count) { return word_sum_of_16(bytes, count); }
