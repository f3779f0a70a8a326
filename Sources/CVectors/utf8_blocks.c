#include "utf8_blocks.h"
