// opener FILE: decrypts the records that came with a generated capture, each with its key and nonce, and verifies their
// tags. Prints the seconds that this took, without reading the file.
//
// A record consists of: the number of its key (4 bytes), its cipher (0: AES-128-GCM, 1: ChaCha20-Poly1305), the key (32
// bytes), the nonce (12), its header (5) and its payload. A context keeps its key until another comes, as in a program
// with many connections.
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { intro = 4 + 1 + 32 + 12, header = 5, tag = 16, room = 64 << 20 };

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    unsigned char *buffer = malloc(room);
    unsigned char *text = malloc(1 << 15);
    EVP_CIPHER_CTX *contexts[2] = {EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_new()};
    if (!file || !buffer || !text || !contexts[0] || !contexts[1]) {
        fprintf(stderr, "usage: opener FILE\n");
        return 64;
    }
    EVP_DecryptInit_ex(contexts[0], EVP_aes_128_gcm(), NULL, NULL, NULL);
    EVP_DecryptInit_ex(contexts[1], EVP_chacha20_poly1305(), NULL, NULL, NULL);
    int64_t keys[2] = {-1, -1};
    uint64_t records = 0, bytes = 0;
    double seconds = 0;
    size_t kept = 0;
    for (;;) {
        size_t count = kept + fread(buffer + kept, 1, room - kept, file);
        size_t start = 0;
        double begin = now();
        while (count - start >= intro + header) {
            const unsigned char *place = buffer + start;
            const unsigned char *own = place + intro;
            size_t length = (size_t)own[3] << 8 | own[4];
            if (count - start < intro + header + length) break;
            int64_t key = (int64_t)place[0] << 24 | place[1] << 16 | place[2] << 8 | place[3];
            int cipher = place[4];
            EVP_CIPHER_CTX *context = contexts[cipher];
            int done, rest, size = (int)(length - tag);
            EVP_DecryptInit_ex(context, NULL, NULL, key == keys[cipher] ? NULL : place + 5, place + 37);
            keys[cipher] = key;
            EVP_DecryptUpdate(context, NULL, &done, own, header);
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, tag, (void *)(own + header + size));
            EVP_DecryptUpdate(context, text, &done, own + header, size);
            if (EVP_DecryptFinal_ex(context, text + done, &rest) != 1) {
                fprintf(stderr, "opener: record %" PRIu64 " is not genuine\n", records);
                return 1;
            }
            records += 1;
            bytes += (uint64_t)size;
            start += intro + header + length;
        }
        seconds += now() - begin;
        kept = count - start;
        memmove(buffer, buffer + start, kept);
        if (start == 0) break;
    }
    printf("%.6f seconds, %" PRIu64 " records, %" PRIu64 " bytes\n", seconds, records, bytes);
    return 0;
}
