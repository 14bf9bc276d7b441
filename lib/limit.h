/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_LIMIT_H
#define LADLE_LIB_LIMIT_H

#include <ladle/base.h>

/*
 * Blocks of more than one record decode to at most this many bytes beside what one record may take.
 */
#define LADLE_BLOCK_SLACK ((uint64_t)64 << 20)

/*
 * What a shape may take in a block beside its only record.
 */
#define LADLE_SHAPE_SLACK ((uint64_t)1 << 20)

/*
 * Fill in the defaults of limits that are NULL or zero. LADLE_E_ARGUMENT when one is out of its
 * range.
 */
ladle_status ladle_limits_resolve(const ladle_limits *given, ladle_limits *limits,
                                  ladle_error *error);

#endif
