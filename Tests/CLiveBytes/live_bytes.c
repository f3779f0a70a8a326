#include "live_bytes.h"

#ifdef __APPLE__
#include <malloc/malloc.h>
#else
#include <malloc.h>
#endif

// AddressSanitizer has an allocator of its own.
size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

size_t live_bytes(void) {
    if (__sanitizer_get_current_allocated_bytes) return __sanitizer_get_current_allocated_bytes();
#ifdef __APPLE__
    return mstats().bytes_used;
#else
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
#endif
}
