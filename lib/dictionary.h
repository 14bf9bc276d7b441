/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_DICTIONARY_H
#define LADLE_LIB_DICTIONARY_H

#include "arena.h"

/*
 * A column of strings as few different ones, and for each value the number of its own.
 */
struct ladle_dictionary {
    const uint32_t *codes;   /* one a value */
    const uint32_t *lengths; /* one an entry, bytes */
    const uint8_t *bytes;    /* the entries, one after the other */
    uint32_t count;          /* entries; 0: a dictionary does not pay */
    size_t bytes_len;
};

/*
 * Find the dictionary of a column, if it makes the column clearly smaller. Gives up soon where
 * values hardly repeat.
 *
 * arena    what the result lives in
 * scratch  used on the way; each call resets it
 * lengths  of the values, in bytes; their content stands in 'bytes' one after the other
 *
 * Returns LADLE_OK or LADLE_E_MEMORY.
 */
ladle_status ladle_dictionary_find(struct ladle_arena *arena, struct ladle_arena *scratch,
                                   const uint32_t *lengths, size_t count, const uint8_t *bytes,
                                   size_t bytes_len, struct ladle_dictionary *dictionary);

#endif
