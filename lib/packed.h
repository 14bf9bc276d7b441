/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_PACKED_H
#define LADLE_LIB_PACKED_H

#include <ladle/view.h>

/*
 * The sum of the first 'count' elements of a packed array of unsigned integers, modulo 2^64.
 */
uint64_t ladle_packed_sum(const ladle_packed *packed, uint64_t count);

/*
 * Whether the first 'count' elements are all below a limit.
 */
bool ladle_packed_is_below(const ladle_packed *packed, uint64_t count, uint64_t limit);

/*
 * How often each word stands among the first 'count' elements. They are below 'limit', which is at
 * most 256, or the call returns false.
 */
bool ladle_packed_count(const ladle_packed *packed, uint64_t count, uint32_t limit,
                        uint64_t counts[256]);

#endif
