#include "heap.h"

#ifdef __linux__
#include <malloc.h>
#endif

void heap_share(void) {
#ifdef M_ARENA_MAX
    mallopt(M_ARENA_MAX, 2);
#endif
}
