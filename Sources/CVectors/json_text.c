#include "json_text.h"

#include <stdbool.h>
#include <string.h>

#include "processor.h"

#define WIDTH 16
#define NAME(name) json_text_##name##_16
#include "json_text_of_width.h"
#undef WIDTH
#undef NAME

#ifdef HAS_WIDE
WIDE_BEGIN
#define WIDTH 32
#define NAME(name) json_text_##name##_32
#include "json_text_of_width.h"
WIDE_END
#endif

size_t json_text_copy(const uint8_t *text, size_t count, uint8_t **end) {
#if defined(HAS_WIDE)
    if (is_wide()) return json_text_copy_32(text, count, end);
#endif
    return json_text_copy_narrow(text, count, end);
}

size_t json_text_copy_narrow(const uint8_t *text, size_t count, uint8_t **end) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return json_text_copy_16(text, count, end);
#else
    // There the first byte's bit is not the lowest.
    return 0;
#endif
}
