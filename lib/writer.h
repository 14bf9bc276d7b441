/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_WRITER_H
#define LADLE_LIB_WRITER_H

#include "emit.h"
#include "shape.h"
#include <ladle/writer.h>

struct ladle_writer {
    const ladle_allocator *allocator;
    ladle_limits limits;
    ladle_shape shape;
    struct ladle_emitter emitter;
    size_t block_len;
    uint64_t looked_len; /* bytes of the block at the last look */
};

/*
 * Give back what a writer has, and nothing else. Its sink is not closed.
 */
void ladle_writer_free(ladle_writer *writer);

/*
 * LADLE_E_STATE when the writer is dead. In a child made by fork that comes out with the next block:
 * to ask whose process this is takes a system call.
 */
ladle_status ladle_writer_check(const ladle_writer *writer, ladle_error *error);

/*
 * Bytes that records may take until the block at hand is full; 0 when it is.
 */
uint64_t ladle_writer_room(const ladle_writer *writer);

/*
 * Bytes that one record may take to be added together with others.
 */
uint64_t ladle_writer_bulk_len_max(const ladle_writer *writer);

const ladle_limits *ladle_writer_limits(const ladle_writer *writer);

/*
 * As ladle_writer_commit for the 'count' values that were put at the root of the shape since the
 * last record. Together they take little more than ladle_writer_room, and none takes more than
 * ladle_writer_bulk_len_max.
 */
ladle_status ladle_writer_commit_many(ladle_writer *writer, size_t count, ladle_error *error);

/*
 * Write a block of 'count' records from where they lie. There are none in the block at hand, and
 * the root of the shape is a SCALAR or ARRAY node for them.
 */
ladle_status ladle_writer_put_items(ladle_writer *writer, const void *items, size_t count,
                                    ladle_error *error);

/*
 * Write the records so far as a block, and begin the next one with an empty shape.
 */
ladle_status ladle_writer_begin_block(ladle_writer *writer, ladle_error *error);

#endif
