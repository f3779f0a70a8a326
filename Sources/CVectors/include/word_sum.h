#ifndef WORD_SUM_H
#define WORD_SUM_H

#include <stddef.h>
#include <stdint.h>

/// The sum of the 32-bit words of `bytes`, in host byte order: modulo 65,535 that of the 16-bit words, since 65,536 is 1
/// (RFC 1071 2).
///
/// `count` is a multiple of 64, and less than 2^32.
uint64_t word_sum(const uint8_t *bytes, size_t count);

/// The same in blocks of 16 bytes, as on any processor.
uint64_t word_sum_narrow(const uint8_t *bytes, size_t count);

#endif
