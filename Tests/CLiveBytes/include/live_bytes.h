#pragma once

#include <stddef.h>

/// The heap bytes currently allocated by all threads, rounded up as the allocator does.
size_t live_bytes(void);
