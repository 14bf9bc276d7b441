/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_PICKLE_MEMO_H
#define LADLE_PYMODULE_PICKLE_MEMO_H

/*
 * What a pickle may refer back to, without keeping all of it: picklers put nearly every value into
 * the memo and fetch next to none.
 *
 * The latest entries are kept in a ring. Of the others only those are kept that a first pass over
 * the pickle saw fetched, until they were fetched for the last time. Both passes use the same rule
 * for what is in the ring, so that the second finds all that it needs.
 */

#include <Python.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * A value of the stack or of the memo.
 */
typedef struct pickle_slot {
    PyObject *value;         /* owned; NULL in the first pass */
    uint64_t offset : 48;    /* of the opcode that began it; in the memo, of the one that put it */
    uint64_t depth : 13;     /* of its containers */
    uint64_t has_symbol : 1; /* a tuple somewhere in which a class stands */
    uint64_t is_old : 1;     /* from the memo, and part of a record that was handed out */
    uint64_t is_heavy : 1; /* holds a list, dict or set from the memo, whose weight is not known */
    uint64_t spent;        /* machine->spent when it was begun */
    uint32_t weight;       /* values in it, each counted as often as it is reached */
} pickle_slot;

enum { PICKLE_RING_COUNT = 4096 };

typedef struct pickle_kept pickle_kept;

typedef struct pickle_memo {
    pickle_slot *ring;
    uint64_t ring_first; /* numbers of what is in the ring */
    uint64_t ring_end;
    uint64_t count;    /* of entries, as the pickler counts them */
    bool has_gaps;     /* numbers were left out: 'count' is not known */
    pickle_kept *kept; /* hash table of what is fetched from further back */
    size_t kept_capacity;
    size_t kept_count;
} pickle_memo;

/*
 * Both passes. Put an entry; 'slot' is copied, with a reference of its own. -1: an exception is
 * set.
 */
int pickle_memo_put(pickle_memo *memo, uint64_t number, const pickle_slot *slot);

/*
 * First pass: an entry is fetched at an offset. -1: an exception is set.
 */
int pickle_memo_note(pickle_memo *memo, uint64_t number, uint64_t offset);

/*
 * Second pass: fetch it, with a reference of its own. false: there is none.
 */
bool pickle_memo_get(pickle_memo *memo, uint64_t number, uint64_t offset, pickle_slot *slot);

/*
 * Begin again: for the second pass, with what is to be kept, or for another pickle.
 */
void pickle_memo_rewind(pickle_memo *memo);
void pickle_memo_reset(pickle_memo *memo);
void pickle_memo_free(pickle_memo *memo);

/*
 * Bytes that it takes itself.
 */
uint64_t pickle_memo_len(const pickle_memo *memo);

int pickle_memo_visit(const pickle_memo *memo, visitproc visit, void *arg);

#endif
