#ifndef PROCESSOR_H
#define PROCESSOR_H

#include <stdbool.h>

// Functions in `WIDE` may use blocks of 32 bytes; not every x86-64 processor has them.
#ifdef __x86_64__
#define HAS_WIDE 1
#define WIDE_BEGIN _Pragma("clang attribute push(__attribute__((target(\"avx2\"))), apply_to = function)")
#define WIDE_END _Pragma("clang attribute pop")

/// Whether this processor has blocks of 32 bytes.
static inline bool is_wide(void) { return __builtin_cpu_supports("avx2"); }
#endif

#endif
