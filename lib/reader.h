/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_READER_H
#define LADLE_LIB_READER_H

#include "locate.h"
#include "slot.h"
#include <ladle/reader.h>

/*
 * What the parts of the reader know of each other: reader.c goes from block to block, reader_seek.c
 * to any record.
 */

struct ladle_reader {
    const ladle_allocator *allocator;
    ladle_limits limits;
    bool take_tail;
    struct ladle_scan scan;
    struct ladle_block content; /* of blocks that hold bytes, not records */
    struct ladle_slots slots;
    ladle_reader_wants *wants; /* NULL: all columns */
    void *wants_ctx;
    bool is_in_order;              /* so many blocks are read ahead as there are threads for */
    ladle_status ahead_status;     /* not LADLE_OK: what comes behind the blocks read ahead */
    struct ladle_locator *locator; /* NULL as long as nobody asked for a number of records */
    struct ladle_merged *merged;   /* NULL as long as nobody asked for the schema */
    bool is_pending;               /* the block at hand is to be handed out yet */
    uint64_t position;             /* of the next record */
    uint64_t rows_left;            /* of the block at hand, for ladle_reader_next */
    ladle_buffer metadata;
    ladle_buffer record; /* tagged */
    ladle_status status; /* not LADLE_OK: how reading ended */
    bool can_step;       /* it ended in a block whose place is known */
    uint64_t step_to;    /* then: the first record behind that block */
    ladle_error failure;
    ladle_progress *progress; /* may be NULL */
    void *progress_ctx;
};

/*
 * Remember how reading ended. LADLE_WAIT is no end.
 */
ladle_status ladle_reader_keep(ladle_reader *reader, ladle_status status);

/*
 * Hand the block at hand out once more, from the record at reader->position on.
 */
void ladle_reader_stand(ladle_reader *reader);

/*
 * The block at hand, read when nothing is left of the one before.
 *
 * root  output: its views, which stand at the record that ladle_reader_next would read
 * left  output: how many records are left of it, at least 1
 *
 * Returns as ladle_reader_next_block.
 */
ladle_status ladle_reader_peek(ladle_reader *reader, ladle_view **root, uint64_t *left,
                               ladle_error *error);

/*
 * Count records of the block at hand as read; the caller has stepped the views over them.
 */
void ladle_reader_take(ladle_reader *reader, uint64_t count);

#endif
