/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_VIEWS_H
#define LADLE_LIB_VIEWS_H

#include "view_parse.h"
#include <ladle/buffer.h>

/*
 * The views of a block, and the shape that they were parsed from: blocks of many columns would
 * otherwise spend their time with the same shape again and again.
 */
struct ladle_views {
    struct ladle_parsed parsed;
    struct ladle_arena arena;   /* what follows from the shape */
    struct ladle_arena content; /* what follows from the streams */
    ladle_buffer shape;         /* a copy; nothing in it: the next block is parsed anew */
    bool is_stable;             /* names point into the copy, not into a stream */
    uint64_t record_count;
    uint64_t epoch; /* of the choice; 0: all columns */
};

void ladle_views_init(struct ladle_views *views, const ladle_allocator *allocator);
void ladle_views_free(struct ladle_views *views);

/*
 * Bytes that views hold.
 */
size_t ladle_views_capacity(const struct ladle_views *views);

/*
 * From decoded streams to views: reads the shape that begins the first stream,
 * gives each array its place, and checks all counts, lengths, selectors and codes (FORMAT.md
 * section 5). A shape equal to that of the block before is not read again.
 *
 * record_count  values of the root
 * choice        NULL: all columns, and all streams are there. What is not wanted becomes EMPTY
 * root          output
 * why           output on failure: a static sentence
 *
 * Returns LADLE_OK, LADLE_E_CORRUPT, LADLE_E_UNSUPPORTED or LADLE_E_MEMORY, or what 'fetch' gave.
 */
ladle_status ladle_views_read(struct ladle_views *views, const struct ladle_stream *streams,
                              size_t stream_count, uint64_t record_count,
                              const struct ladle_choice *choice, ladle_view **root,
                              const char **why);

#endif
