/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_VIEW_PARSE_H
#define LADLE_LIB_VIEW_PARSE_H

#include "arena.h"
#include <ladle/view.h>

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
    ladle_status (*fetch)(void *ctx, size_t stream, const char **why);
    void *fetch_ctx;
};

/*
 * From decoded streams to views: reads the shape that begins the first stream, gives each array its
 * place, and checks all counts, lengths, selectors and codes (FORMAT.md section 5).
 *
 * arena         what the views and their names live in
 * record_count  values of the root
 * choice        NULL: all columns, and all streams are there. What is not wanted becomes EMPTY
 * root          output
 * why           output on failure: a static sentence
 *
 * Returns LADLE_OK, LADLE_E_CORRUPT, LADLE_E_UNSUPPORTED or LADLE_E_MEMORY, or what 'fetch' gave.
 */
ladle_status ladle_view_parse(struct ladle_arena *arena, const struct ladle_stream *streams,
                              size_t stream_count, uint64_t record_count,
                              const struct ladle_choice *choice, ladle_view **root,
                              const char **why);

#endif
