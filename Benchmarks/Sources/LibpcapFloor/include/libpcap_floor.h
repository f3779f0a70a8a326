#pragma once
#include <stdint.h>

struct libpcap_floor_totals {
    uint64_t packets;
    uint64_t bytes;
};

/// Reads every packet of a capture file through libpcap, 256 KiB at a time; returns 0 if all went well, otherwise
/// writes a message to `error`, which has 256 bytes.
int libpcap_floor_read(const char *path, struct libpcap_floor_totals *totals, char *error);
