#ifndef UTF8_BLOCKS_H
#define UTF8_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// `utf8_block_before` bytes must stand before a block; a text of `utf8_blocks_shortest` has one.
enum utf8_blocks { utf8_block_before = 3, utf8_blocks_shortest = 19 };

/// Whether each byte from `start` on can stand where it does in UTF-8 (RFC 3629 4), given those before it.
///
/// `count` is at least `utf8_blocks_shortest`, `start` at least `utf8_block_before`; what is before `start` is in order.
bool utf8_is_in_order(const uint8_t *bytes, size_t count, size_t start);

/// The same in blocks of 16 bytes, as on any processor.
bool utf8_is_in_order_narrow(const uint8_t *bytes, size_t count, size_t start);

#endif
