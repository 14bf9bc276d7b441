/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_VIEW_H
#define LADLE_VIEW_H

/*
 * Columns being read: a decoded block as a tree of views into its bytes, for bindings and for
 * programs that work on columns. All lengths, counts, selectors and codes in a view were
 * checked when the block was decoded, so rows need no checks; the content of STR (is it UTF-8?) and
 * of ANY was not. The layout of these structs may change with every minor version.
 */

#include <ladle/value.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A packed array: element i is base + raw[i], modulo 2^64; with a width of 0 bits it is
 * base + step * i.
 */
typedef struct ladle_packed {
    const uint8_t *data;
    uint64_t base;
    uint64_t step;
    uint8_t bits;     /* width of raw: 0, 1, 2, 4, 8, 16, 32 or 64 */
    bool is_unsigned; /* else elements are signed */
} ladle_packed;

typedef struct ladle_columns {
    const uint16_t *columns;
    uint32_t count;
} ladle_columns;

typedef struct ladle_view ladle_view;

enum { LADLE_STARTS_STEP = 64 };

/*
 * 'count' values, in the order of the records. 'next' and 'next_byte' are the reader's own
 * cursors for going through them one by one; they begin at 0.
 */
struct ladle_view {
    uint8_t kind; /* ladle_kind */
    uint8_t code; /* EXTENSION: code; ARRAY: 'C' or 'F' */
    uint32_t child_count;
    uint32_t list_count;
    uint64_t count;
    uint64_t next;
    uint64_t next_byte;
    ladle_packed words;     /* BOOL, INT, FLOAT: values; lengths; selectors, codes, key lists */
    ladle_packed imaginary; /* COMPLEX; the real parts are in words */
    const uint8_t *bytes;   /* content of kinds with lengths, SCALAR, ARRAY */
    uint64_t bytes_len;
    uint64_t item_len;          /* SCALAR, ARRAY: bytes of one item */
    uint64_t value_len;         /* SCALAR, ARRAY: bytes of one value */
    uint32_t dimensions;        /* ARRAY */
    const uint8_t *extents;     /* ARRAY: that many varints */
    ladle_string name;          /* OBJECT: class; SCALAR, ARRAY: dtype */
    const ladle_string *names;  /* DICT: keys; OBJECT: fields; one a child */
    const ladle_columns *lists; /* DICT: key lists */
    const uint32_t *starts; /* DICTIONARY: places in bytes of each LADLE_STARTS_STEP-th entry, or
                               NULL when all are of one length */
    ladle_view *children;   /* child_count of them */
    void *tag;              /* the caller's, NULL at first */
    bool is_left_out;       /* not selected: has no values here */
};

static inline uint64_t ladle_packed_get(const ladle_packed *packed, uint64_t index)
{
    const uint8_t *data = packed->data;
    switch (packed->bits) {
    case 0:
        return packed->base + packed->step * index;
    case 8:
        return packed->base + data[index];
    case 16:
        return packed->base + ladle_load_u16(data + 2 * index);
    case 32:
        return packed->base + ladle_load_u32(data + 4 * index);
    case 64:
        return packed->base + ladle_load_u64(data + 8 * index);
    case 1:
        return packed->base + (data[index / 8] >> index % 8 & 1);
    case 2:
        return packed->base + (data[index / 4] >> index % 4 * 2 & 3);
    default:
        return packed->base + (data[index / 2] >> index % 2 * 4 & 15);
    }
}

/*
 * Append the next value of a view to a buffer in tagged form, and step all cursors.
 *
 * max_depth  how deep a value may be nested
 * max_items  how many values it may hold
 *
 * Returns LADLE_OK, LADLE_E_LIMIT, LADLE_E_MEMORY, or LADLE_E_CORRUPT for a bad value in an ANY
 * column.
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_view_get_tagged(ladle_view *view, ladle_buffer *to,
                                                             uint32_t max_depth,
                                                             uint64_t max_items);

/*
 * Set the cursors of a view and of all below it to the value with the number 'row', 0 to
 * view->count, as if the values before it had been read. Takes time in proportion to the columns,
 * and to the rows where lengths or selectors have to be added up.
 */
LADLE_API void ladle_view_seek(ladle_view *view, uint64_t row);

#ifdef __cplusplus
}
#endif

#endif
