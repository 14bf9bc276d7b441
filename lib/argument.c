/* SPDX-License-Identifier: BSD-2-Clause */
#include "argument.h"

#include "status.h"

#include <string.h>

/*
 * No struct of any version is larger; more is a size that was never set.
 */
#define SIZE_LIMIT 4096

static ladle_status fail(ladle_error *error, const char *why)
{
    return ladle_fail(error, LADLE_E_ARGUMENT, LADLE_UNKNOWN, LADLE_UNKNOWN, "%s", why);
}

void ladle_fail_null(ladle_error *error)
{
    (void)fail(error, "a pointer is NULL that must not be");
}

ladle_status ladle_take_struct(void *to, size_t size, const void *from, ladle_error *error)
{
    size_t from_size = size;
    memset(to, 0, size);
    if (from) {
        memcpy(&from_size, from, sizeof from_size);
        if (from_size < sizeof from_size || from_size > SIZE_LIMIT) {
            return fail(error, "the struct_size of an argument is not set to its sizeof");
        }
        for (size_t i = size; i < from_size; i++) {
            if (((const uint8_t *)from)[i]) {
                return fail(error,
                            "an argument has what only a newer version of the library knows");
            }
        }
        memcpy(to, from, from_size < size ? from_size : size);
    }
    memcpy(to, &size, sizeof size);
    return LADLE_OK;
}
