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
 * From decoded streams to views: reads the shape that begins the first stream, gives each array its
 * place, and checks all counts, lengths, selectors and codes (FORMAT.md section 5).
 *
 * arena         what the views and their names live in
 * record_count  values of the root
 * root          output
 * why           output on failure: a static sentence
 *
 * Returns LADLE_OK, LADLE_E_CORRUPT, LADLE_E_UNSUPPORTED or LADLE_E_MEMORY.
 */
ladle_status ladle_view_parse(struct ladle_arena *arena, const struct ladle_stream *streams,
                              size_t stream_count, uint64_t record_count, ladle_view **root,
                              const char **why);

#endif
