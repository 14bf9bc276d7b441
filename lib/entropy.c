/* SPDX-License-Identifier: BSD-2-Clause */
#define _DEFAULT_SOURCE /* getentropy */
#include "entropy.h"

#include <unistd.h>
#ifdef __APPLE__
#include <sys/random.h>
#endif

bool ladle_entropy(void *to, size_t len)
{
    return getentropy(to, len) == 0;
}
