/* SPDX-License-Identifier: BSD-2-Clause */
#include "limit.h"

#include "argument.h"
#include "status.h"

#define MIB ((uint64_t)1 << 20)

ladle_status ladle_limits_resolve(const ladle_limits *given, ladle_limits *limits,
                                  ladle_error *error)
{
    *limits = (ladle_limits){.struct_size = sizeof *limits,
                             .max_depth = 256,
                             .max_record = 256 * MIB,
                             .max_items = 16 * MIB,
                             .max_memory = 1024 * MIB};
    ladle_limits taken;
    LADLE_TRY(ladle_take_struct(&taken, sizeof taken, given, error));
    limits->max_depth = taken.max_depth ? taken.max_depth : limits->max_depth;
    limits->max_record = taken.max_record ? taken.max_record : limits->max_record;
    limits->max_items = taken.max_items ? taken.max_items : limits->max_items;
    limits->max_memory = taken.max_memory ? taken.max_memory : limits->max_memory;
    if (limits->max_depth > 4096) {
        return ladle_fail(error, LADLE_E_ARGUMENT, LADLE_UNKNOWN, LADLE_UNKNOWN,
                          "max_depth is at most 4096");
    }
    if (limits->max_record > 2047 * MIB) {
        return ladle_fail(error, LADLE_E_ARGUMENT, LADLE_UNKNOWN, LADLE_UNKNOWN,
                          "max_record is at most 2047 MiB");
    }
    return LADLE_OK;
}
