#include "utf8_blocks.h"

#include <string.h>

#include "processor.h"

#define WIDTH 16
#define NAME(name) utf8_##name##_16
#include "utf8_blocks_of_width.h"
#undef WIDTH
#undef NAME

#ifdef HAS_WIDE
WIDE_BEGIN
#define WIDTH 32
#define NAME(name) utf8_##name##_32
#include "utf8_blocks_of_width.h"
WIDE_END
#endif

bool utf8_is_in_order(const uint8_t *bytes, size_t count, size_t start) {
#ifdef HAS_WIDE
    if (count >= start + 64 && is_wide()) return utf8_is_in_order_32(bytes, count, start);
#endif
    return utf8_is_in_order_16(bytes, count, start);
}

bool utf8_is_in_order_narrow(const uint8_t *bytes, size_t count, size_t start) {
    return utf8_is_in_order_16(bytes, count, start);
}
