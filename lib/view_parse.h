/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_VIEW_PARSE_H
#define LADLE_LIB_VIEW_PARSE_H

#include "view_place.h"

/*
 * Read a shape (FORMAT.md section 5).
 *
 * arena         what the views and arrays live in
 * bytes         begin with the shape; names point into them
 * record_count  values of the root
 * choice        NULL: all columns. The others are marked as left out, and so are their arrays
 * why           output on failure, if that is no lack of memory: a static sentence
 *
 * Returns LADLE_OK, LADLE_E_CORRUPT, LADLE_E_UNSUPPORTED or LADLE_E_MEMORY.
 */
ladle_status ladle_view_parse(struct ladle_arena *arena, const struct ladle_stream *bytes,
                              uint64_t record_count, const struct ladle_choice *choice,
                              struct ladle_parsed *parsed, const char **why);

#endif
