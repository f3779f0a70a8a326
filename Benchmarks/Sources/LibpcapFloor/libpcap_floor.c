#include "libpcap_floor.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const size_t buffer_size = 256 * 1024;

int libpcap_floor_read(const char *path, struct libpcap_floor_totals *totals, char *error) {
    *totals = (struct libpcap_floor_totals){0};
    FILE *file = fopen(path, "rb");
    if (!file) {
        snprintf(error, PCAP_ERRBUF_SIZE, "%s cannot be opened", path);
        return -1;
    }
    char *buffer = malloc(buffer_size);
    setvbuf(file, buffer, _IOFBF, buffer_size);
    pcap_t *capture = pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, error);
    if (!capture) {
        fclose(file);
        free(buffer);
        return -1;
    }
    struct pcap_pkthdr *header;
    const u_char *bytes;
    int result;
    while ((result = pcap_next_ex(capture, &header, &bytes)) == 1) {
        totals->packets += 1;
        totals->bytes += header->caplen;
    }
    if (result != PCAP_ERROR_BREAK)
        snprintf(error, PCAP_ERRBUF_SIZE, "%s", pcap_geterr(capture));
    pcap_close(capture);
    free(buffer);
    return result == PCAP_ERROR_BREAK ? 0 : -1;
}
