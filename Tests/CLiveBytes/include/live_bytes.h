#pragma once

#include <stddef.h>

/// The bytes that are allocated on the heap at this moment, by all threads; rounded up as the allocator does.
size_t live_bytes(void);
