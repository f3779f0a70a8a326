#pragma once
#include <stdint.h>

/// How often this process has asked for memory from the heap; 0 for ever where it cannot be counted.
uint64_t allocation_count(void);
