/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_ENTROPY_H
#define LADLE_LIB_ENTROPY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Up to 256 random bytes of the operating system; false when it has none.
 */
bool ladle_entropy(void *to, size_t len);

#endif
