/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_LAYOUT_H
#define LADLE_LIB_LAYOUT_H

#include <ladle/rows.h>

/*
 * What must be known of a layout before its rows are touched.
 */
struct ladle_layout_facts {
    uint64_t items;   /* values in containers of a row */
    uint64_t len;     /* bytes that a row takes in a block at most, less those of strings */
    uint32_t depth;   /* levels of containers */
    bool has_strings; /* STRING or BLOB */
};

/*
 * Check a layout. LADLE_E_ARGUMENT with the field and the reason when it is wrong.
 */
ladle_status ladle_layout_check(const ladle_layout *layout, struct ladle_layout_facts *facts,
                                ladle_error *error);

/*
 * Bytes of the strings of a row.
 */
uint64_t ladle_layout_strings_len(const ladle_layout *layout, const void *row);

/*
 * Whether there is such a type.
 */
bool ladle_type_is_known(ladle_field_type type);

/*
 * Bytes of one element of a known type; 0 for STRUCT. CHARS and BYTES have 1.
 */
static inline size_t ladle_type_size(ladle_field_type type)
{
    bool is_string = type == LADLE_FIELD_STRING || type == LADLE_FIELD_BLOB;
    return is_string ? sizeof(ladle_string) : type & 0xFFu;
}

static inline bool ladle_field_is_text(const ladle_field *field)
{
    return field->type == LADLE_FIELD_CHARS || field->type == LADLE_FIELD_BYTES;
}

/*
 * Bytes of one element of a field, and how many there are. CHARS and BYTES are one element.
 */
static inline size_t ladle_field_size(const ladle_field *field)
{
    return ladle_field_is_text(field) ? field->len
           : field->layout            ? field->layout->size
                                      : ladle_type_size(field->type);
}

static inline bool ladle_field_is_array(const ladle_field *field)
{
    return field->len != ladle_field_size(field);
}

static inline size_t ladle_field_count(const ladle_field *field)
{
    return ladle_field_is_array(field) ? field->len / ladle_field_size(field) : 1;
}

/*
 * The fields on the way to a value, for messages.
 */
struct ladle_path {
    const ladle_field *fields[LADLE_LAYOUT_DEPTH_MAX + 1];
    size_t depth;
};

/*
 * Write "outer.inner" of a path; cut when it does not fit.
 */
void ladle_path_print(const struct ladle_path *path, char *to, size_t capacity);

#endif
