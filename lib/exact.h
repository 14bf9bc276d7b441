/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_EXACT_H
#define LADLE_LIB_EXACT_H

#include <ladle/base.h>

enum { LADLE_FLOAT_BITS = 24, LADLE_DOUBLE_BITS = 53 };

/*
 * Whether a float with so many bits in its fraction holds an integer exactly.
 */
static inline bool ladle_is_exact(uint64_t value, bool is_unsigned, unsigned fraction_bits)
{
    bool is_negative = !is_unsigned && value >> 63;
    uint64_t magnitude = is_negative ? 0 - value : value;
    return magnitude == 0 || magnitude >> __builtin_ctzll(magnitude) >> fraction_bits == 0;
}

#endif
