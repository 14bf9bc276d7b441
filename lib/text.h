/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_TEXT_H
#define LADLE_LIB_TEXT_H

#include <ladle/base.h>

/*
 * The bits that tell ASCII: a word of text has none of them.
 */
#define LADLE_HIGH_BITS UINT64_C(0x8080808080808080)

/*
 * Whether bytes are UTF-8: no surrogates, no longer forms than needed, nothing past U+10FFFF.
 */
bool ladle_is_utf8(const void *data, size_t len);

/*
 * Not zero when one of the eight bytes of a word is: its lowest bit set is in the first such byte.
 */
static inline uint64_t ladle_zero_bytes(uint64_t word)
{
    return (word - UINT64_C(0x0101010101010101)) & ~word & LADLE_HIGH_BITS;
}

/*
 * Number of the first byte of a word that ladle_zero_bytes tells to be zero.
 */
static inline size_t ladle_first_zero(uint64_t zero_bytes)
{
    return (size_t)__builtin_ctzll(zero_bytes) / 8;
}

#endif
