#pragma once
#include <stdint.h>

/// The number of heap allocations of this process so far; always 0 where they cannot be counted.
uint64_t allocation_count(void);
