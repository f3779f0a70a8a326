#pragma once
#include <stddef.h>
#include <stdint.h>

/// One direction's messages, for inflating with zlib alone (RFC 7692 7.2.2), with context takeover.
struct zlib_floor;

struct zlib_floor *zlib_floor_open(void);
/// Inflates one message; returns the number of its bytes, or a negative number if it is broken.
int64_t zlib_floor_inflate(struct zlib_floor *floor, const uint8_t *bytes, size_t count);
void zlib_floor_close(struct zlib_floor *floor);
