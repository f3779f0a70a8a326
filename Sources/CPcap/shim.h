#include <pcap/pcap.h>
#ifdef __linux__
#include <stdio_ext.h>
#endif
