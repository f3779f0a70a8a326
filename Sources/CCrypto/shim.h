/* SHA1_Init and its like are deprecated in OpenSSL 3, and take half the time: what replaces them looks the digest up by
   name and allocates its state with every call. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
