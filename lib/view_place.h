/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_VIEW_PLACE_H
#define LADLE_LIB_VIEW_PLACE_H

#include "arena.h"
#include <ladle/view.h>

/*
 * Where the arrays that a shape mentions are in the streams of a block.
 */

/*
 * The decoded bytes of one stream.
 */
struct ladle_stream {
    const uint8_t *data;
    size_t len; /* bytes */
};

/*
 * Which columns are wanted, and how their streams are had. A stream but the first is there only
 * after 'fetch' was called for it, which is done in order.
 */
struct ladle_choice {
    bool (*wants)(void *ctx, const ladle_view *parent, uint32_t child);
    void *wants_ctx;
    uint64_t epoch; /* not 0: in the same one 'wants' gives the same answers */
    ladle_status (*fetch)(void *ctx, size_t stream, const char **why);
    void *fetch_ctx;
};

/*
 * An array as the shape mentions it. Its bytes are found when the shape was read to its end: only
 * then is it known where they begin.
 */
struct ladle_array {
    struct ladle_array *next;
    ladle_packed *packed; /* NULL: a raw array of 'bytes' */
    const uint8_t **bytes;
    uint64_t len; /* in the stream */
    uint64_t count;
    uint64_t start;           /* of differences: what the first is added to */
    ladle_packed differences; /* as the shape has them */
    bool begins_stream;
    bool is_differences;
    bool is_left_out;
};

/*
 * A shape that was read: views, whose arrays have no bytes yet.
 */
struct ladle_parsed {
    ladle_view *root;
    const struct ladle_array *arrays;
    size_t shape_len; /* bytes */
};

/*
 * Give each array its bytes. It may be done again, with the streams of another block.
 *
 * arena   what differences are added up in
 * choice  NULL: all streams are there
 * why     output on failure, if that is no lack of memory: a static sentence
 *
 * Returns LADLE_OK, LADLE_E_CORRUPT or LADLE_E_MEMORY, or what 'fetch' gave.
 */
ladle_status ladle_view_place(struct ladle_arena *arena, const struct ladle_parsed *parsed,
                              const struct ladle_stream *streams, size_t stream_count,
                              const struct ladle_choice *choice, const char **why);

#endif
