#ifndef BASE64_BLOCKS_H
#define BASE64_BLOCKS_H

#include <stddef.h>
#include <stdint.h>

/// Encodes the beginning of some bytes in base64 (RFC 4648 4), 24 at a time as 32 characters.
///
/// Returns how many of `bytes` it has encoded, a multiple of 24: all but 4 to 27, or none if the processor has no blocks
/// of 32 bytes.
size_t base64_encode_blocks(const uint8_t *_Nonnull bytes, size_t count, uint8_t *_Nonnull text);

#endif
