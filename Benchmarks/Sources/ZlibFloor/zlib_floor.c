#include "zlib_floor.h"

#include <stdlib.h>
#include <zlib.h>

struct zlib_floor {
    z_stream stream;
    uint8_t output[16384];
};

struct zlib_floor *zlib_floor_open(void) {
    struct zlib_floor *floor = calloc(1, sizeof *floor);
    if (floor && inflateInit2(&floor->stream, -15) != Z_OK) {
        free(floor);
        return NULL;
    }
    return floor;
}

static int64_t inflate_all(struct zlib_floor *floor, const uint8_t *bytes, size_t count) {
    int64_t total = 0;
    floor->stream.next_in = (Bytef *)bytes;
    floor->stream.avail_in = (uInt)count;
    do {
        floor->stream.next_out = floor->output;
        floor->stream.avail_out = sizeof floor->output;
        int result = inflate(&floor->stream, Z_SYNC_FLUSH);
        if (result != Z_OK && result != Z_BUF_ERROR)
            return -1;
        total += (int64_t)(sizeof floor->output - floor->stream.avail_out);
    } while (floor->stream.avail_in > 0 || floor->stream.avail_out == 0);
    return total;
}

int64_t zlib_floor_inflate(struct zlib_floor *floor, const uint8_t *bytes, size_t count) {
    static const uint8_t tail[4] = {0, 0, 0xff, 0xff};
    int64_t total = inflate_all(floor, bytes, count);
    int64_t rest = total < 0 ? -1 : inflate_all(floor, tail, sizeof tail);
    return rest < 0 ? -1 : total + rest;
}

void zlib_floor_close(struct zlib_floor *floor) {
    inflateEnd(&floor->stream);
    free(floor);
}
