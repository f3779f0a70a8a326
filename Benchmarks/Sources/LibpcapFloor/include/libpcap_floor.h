#pragma once
#include <stdint.h>

struct libpcap_floor_totals {
    uint64_t packets;
    uint64_t bytes;
};

/// Has libpcap hand over every packet of a capture file, read 256 KiB at a time; 0 when all went well, else the words of
/// the error are in `error`, of 256 bytes.
int libpcap_floor_read(const char *path, struct libpcap_floor_totals *totals, char *error);
