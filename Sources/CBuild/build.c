#include "build.h"

#ifndef WSTAP_COMMIT
#define WSTAP_COMMIT ""
#endif

const char *build_commit(void) { return WSTAP_COMMIT; }
