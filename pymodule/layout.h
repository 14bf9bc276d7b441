/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_LAYOUT_H
#define LADLE_PYMODULE_LAYOUT_H

/*
 * What an item of an array looks like in memory: a dtype taken apart into a tree.
 */

#include "module.h"

#include <ladle/wire.h>

enum layout_form { LAYOUT_LEAF, LAYOUT_FIELDS, LAYOUT_ITEMS };

/*
 * Units of datetime64 and timedelta64.
 */
enum time_unit {
    UNIT_GENERIC = -1,
    UNIT_YEAR,
    UNIT_MONTH,
    UNIT_WEEK,
    UNIT_DAY,
    UNIT_HOUR,
    UNIT_MINUTE,
    UNIT_SECOND,
    UNIT_MS,
    UNIT_US,
    UNIT_NS,
    UNIT_PS,
    UNIT_FS,
    UNIT_AS
};

typedef struct core_layout core_layout;
struct core_layout {
    enum layout_form form;
    char kind;       /* LEAF: as NumPy calls it: b i u f c m M S U V O */
    bool is_swapped; /* LEAF: in the other byte order */
    int8_t unit;     /* LEAF of times: enum time_unit */
    int32_t units;   /* LEAF of times: how many of them one stands for */
    size_t len;      /* LEAF, FIELDS: bytes */
    PyObject *dtype; /* LEAF */
    uint8_t *absent; /* LEAF: 'len' bytes to put for a missing value; NULL: it is an error. The
                        object that they are is the caller's */
    const core_layout *parent;
    const char *name; /* of a field, UTF-8 */
    size_t name_len;
    uint32_t index;        /* of a field */
    ptrdiff_t offset;      /* of a field in its parent */
    uint8_t *column;       /* of a field that is an array of its own: its first row */
    ptrdiff_t row_stride;  /* from that to the next */
    uint64_t extent;       /* ITEMS: how many */
    ptrdiff_t stride;      /* ITEMS: from one to the next */
    uint32_t child_count;  /* FIELDS: fields; ITEMS: 1 */
    core_layout *children; /* child_count of them */
    PyObject *names;       /* FIELDS: what the names point into */
    bool is_numbered;      /* FIELDS with columns: all are called f0, f1 ..., in any order */
    uint32_t number;       /* of such a field */
};

/*
 * Take apart a dtype. -1: an exception is set, and 'layout' may be released all the same.
 */
int core_layout_init(const core_state *state, core_layout *layout, PyObject *dtype);

/*
 * The same for an array with more dimensions than that of its rows, whose strides are its own.
 */
int core_layout_init_rows(const core_state *state, core_layout *layout, PyObject *dtype,
                          const Py_buffer *view);

/*
 * Fields that are arrays of their own: 'columns' is a dict from str to arrays that were exported to
 * 'views'.
 */
int core_layout_init_columns(const core_state *state, core_layout *layout, PyObject *columns,
                             const Py_buffer *views);

/*
 * Set what stands for missing values, wherever a leaf can hold it; the value must stay. -1: an
 * exception is set.
 */
int core_layout_set_absent(const core_state *state, core_layout *layout, PyObject *value);

void core_layout_clear(core_layout *layout);

#endif
