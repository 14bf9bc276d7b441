/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_SLOT_H
#define LADLE_LIB_SLOT_H

#include "block_decode.h"
#include "pool.h"
#include "scan.h"

/*
 * Blocks of a reader: the one at hand, a few that were read ahead and are decoded by threads or
 * when their turn comes, and some that are kept once the caller has begun to seek.
 */
enum { LADLE_SLOT_COUNT = 8, LADLE_AHEAD_MAX = LADLE_SLOT_COUNT - 2 };

/*
 * Memory that the kept blocks may take.
 */
#define LADLE_SLOTS_LEN ((size_t)2 << 20)

struct ladle_slots;

struct ladle_slot {
    struct ladle_job job; /* first, so that a job is its slot */
    struct ladle_slots *owner;
    uint64_t used; /* rises with each use; 0: nothing is in it */
    bool is_ahead;
    bool is_started; /* a thread decodes it, or did */
    bool is_partial; /* some columns may have been left out */
    struct ladle_block_header header;
    uint64_t first_record; /* in the file */
    uint64_t block_offset; /* in the file */
    struct ladle_place behind;
    ladle_buffer stored;
    struct ladle_block block;
    ladle_status status; /* of decoding */
    const char *why;     /* it failed */
    uint64_t epoch;      /* of slots->epoch when it was put */
};

struct ladle_slots {
    const ladle_allocator *allocator;
    struct ladle_pool *pool; /* NULL: no block was compressed so far, or thread_count is 0 */
    unsigned thread_count;
    bool is_forked; /* from a process whose threads were at work: none are started here */
    struct ladle_block_decoder *decoders; /* the owner's, then one a thread */
    struct ladle_slot items[LADLE_SLOT_COUNT];
    struct ladle_slot *current;
    struct ladle_slot *ahead[LADLE_AHEAD_MAX]; /* in order */
    unsigned ahead_count;
    uint64_t uses;
    uint64_t epoch; /* blocks of another one are not found */
    bool keeps;     /* decoded blocks, for the caller may come back to them */
};

/*
 * 'threads' is 0 for none; they are started when there is something to decompress.
 * ladle_slots_free is called whatever this gives: LADLE_OK or LADLE_E_MEMORY.
 */
ladle_status ladle_slots_init(struct ladle_slots *slots, unsigned threads,
                              const ladle_allocator *allocator);
void ladle_slots_free(struct ladle_slots *slots);

/*
 * A slot for a block to be read, which the caller fills in but for 'used' and 'is_ahead'. It may be
 * that of the block at hand, unless blocks are kept or there are threads.
 */
struct ladle_slot *ladle_slots_take(struct ladle_slots *slots);

/*
 * The slot is filled: queue it, at most LADLE_AHEAD_MAX.
 *
 * is_partial  slot->block is done already, for only some columns were wanted
 */
void ladle_slots_put(struct ladle_slots *slots, struct ladle_slot *slot, bool is_partial);

/*
 * The first block of the queue becomes the one at hand. slot->status says whether it could be
 * decoded.
 */
struct ladle_slot *ladle_slots_next(struct ladle_slots *slots);

/*
 * Empty the queue. What was decoded already is kept.
 */
void ladle_slots_forget(struct ladle_slots *slots);

/*
 * The kept block that has a record becomes the one at hand; NULL when none has.
 */
struct ladle_slot *ladle_slots_find(struct ladle_slots *slots, uint64_t record);

#endif
