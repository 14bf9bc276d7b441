/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_ARGUMENT_H
#define LADLE_LIB_ARGUMENT_H

#include <ladle/base.h>

void ladle_fail_null(ladle_error *error);

/*
 * LADLE_E_ARGUMENT when a pointer is NULL that must not be.
 */
static inline ladle_status ladle_need(bool are_there, ladle_error *error)
{
    if (LADLE_UNLIKELY(!are_there)) {
        ladle_fail_null(error);
        return LADLE_E_ARGUMENT;
    }
    return LADLE_OK;
}

/*
 * Copy a struct that begins with its size, as the caller's version of the library knew it: what it
 * did not know is zero. LADLE_E_ARGUMENT when the size was not set, or when it is larger than
 * 'size' and something is set that this version does not know.
 *
 * to    output, 'size' bytes
 * from  NULL: all zero
 */
ladle_status ladle_take_struct(void *to, size_t size, const void *from, ladle_error *error);

#endif
