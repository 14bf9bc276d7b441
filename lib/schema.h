/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_SCHEMA_H
#define LADLE_LIB_SCHEMA_H

#include "arena.h"
#include "shape.h"
#include <ladle/schema.h>

struct ladle_merged {
    ladle_schema root;
    struct ladle_arena arena;   /* nodes and names */
    struct ladle_arena scratch; /* a schema on its way in */
    uint32_t node_count;        /* of the root and below */
    size_t names_len;
};

/*
 * The two halves of ladle_merged_add: make places for all values, which may fail and changes no
 * count; then count them, which cannot fail.
 */
ladle_status ladle_merged_widen(ladle_merged *merged, const ladle_schema *from);
void ladle_merged_count(ladle_merged *merged, const ladle_schema *from);

/*
 * Whether a node has a greatest length.
 */
static inline bool ladle_schema_has_len(uint8_t kind)
{
    return kind != LADLE_ANY && (ladle_kind_has_bytes(kind) || ladle_kind_is_repeated(kind));
}

/*
 * Read a name, or what the values of a SCALAR or ARRAY have in common (FORMAT.md section 5.2).
 * Names stay where they are. LADLE_E_CORRUPT or LADLE_E_MEMORY on failure.
 */
ladle_status ladle_schema_parse_name(ladle_cursor *cursor, ladle_string *name);
ladle_status ladle_schema_parse_type(struct ladle_arena *arena, ladle_cursor *cursor,
                                     ladle_schema *schema);

/*
 * Turn a zeroed node into one of this kind that has seen no values.
 */
void ladle_schema_begin(ladle_schema *schema, uint8_t kind);

#endif
