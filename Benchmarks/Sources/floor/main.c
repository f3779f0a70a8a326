// floor FILE: reads every packet of a capture through libpcap, and counts them.
#include <inttypes.h>
#include <stdio.h>

#include "libpcap_floor.h"

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: floor FILE\n");
        return 64;
    }
    struct libpcap_floor_totals totals;
    char error[256];
    if (libpcap_floor_read(argv[1], &totals, error)) {
        fprintf(stderr, "floor: %s\n", error);
        return 2;
    }
    printf("%" PRIu64 " packets, %" PRIu64 " bytes\n", totals.packets, totals.bytes);
    return 0;
}
