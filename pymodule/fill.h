/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_FILL_H
#define LADLE_PYMODULE_FILL_H

/*
 * Rows of arrays from the columns of blocks, without objects: fill.c goes through views and layouts
 * side by side, fill_leaf.c has the loops over columns, fill_items.c takes what came from arrays,
 * fill_tagged.c all that has no loop; fill_matrix.c turns columns of floats into rows at once.
 *
 * A few rows at a time are first checked and then filled, column by column: so that no row is
 * touched that cannot be filled as a whole.
 */

#include "convert.h"
#include "decode.h"

typedef struct fill_source fill_source;

typedef struct core_fill {
    const core_state *state;
    core_decoder *decoder;
    const core_layout *layout; /* of a row */
    bool is_large;             /* rows go past the caches, which could not hold them */
    bool is_check;
    uint64_t limit;                  /* rows at hand that fit, as far as is known */
    enum core_fit fit;               /* why the next row does not */
    const core_layout *failed;       /* into what */
    const char *what;                /* what it is instead, or more to say */
    uint64_t filled;                 /* rows before those at hand */
    uint64_t item;                   /* the item of the ITEMS at hand; of the failure */
    uint64_t failed_item;            /* or UINT64_MAX */
    ladle_buffer undo;               /* cursors before they were moved by the check */
    ladle_buffer tagged;             /* values, made by the check for filling */
    size_t tagged_next;              /* place in it */
    uint8_t *scratch;                /* an item, for checking */
    fill_source *sources;            /* layouts of what comes from arrays */
    struct fill_entries *dictionary; /* places of the entries of dictionaries of the block */
} core_fill;

/*
 * Which values of a view are wanted: 'count' ones in a row, and where each goes.
 */
typedef struct fill_picks {
    uint64_t count;
    const uint32_t *places; /* in strides from the first place; NULL: one after the other */
    const uint32_t *rows;   /* of each; NULL: row + index / per_row */
    uint64_t row;
    uint64_t per_row;
    const uint32_t
        *items; /* of each, its place among the items of its row; NULL: index % per_row */
} fill_picks;

/*
 * Begin to fill rows of a layout, so many bytes in all. -1: an exception is set.
 */
int core_fill_begin(core_fill *fill, const core_state *state, core_decoder *decoder,
                    const core_layout *layout, size_t len);
void core_fill_end(core_fill *fill);

/*
 * The views of another block come next.
 */
void core_fill_block(core_fill *fill);

/*
 * Fill rows from 'row' on, whose values are the next ones of the views.
 *
 * to      the first row to fill; layouts with columns of their own are given how many rows were
 *         filled before, in 'filled'
 * done    output: rows that were filled; fewer than 'count' when the next one does not fit, and
 *         fill->fit says why. The views' cursors then must be set again
 *
 * -1: failed, as in decode.h.
 */
int core_fill_rows(core_fill *fill, ladle_view *root, uint64_t row, uint64_t count, uint8_t *to,
                   ptrdiff_t stride, uint64_t filled, uint64_t *done);

/*
 * Set the exception for the row that did not fit.
 */
void core_fill_raise(const core_fill *fill, uint64_t record);

/*
 * A view into a layout; what the parts call each other with. 'start' is the first value, and
 * core_fill_has_loop whether fill_leaf.c takes a view.
 */
int core_fill_view(core_fill *fill, ladle_view *view, uint64_t start, const fill_picks *picks,
                   const core_layout *layout, uint8_t *to, ptrdiff_t stride);
bool core_fill_has_loop(const ladle_view *view);
int core_fill_leaf(core_fill *fill, ladle_view *view, uint64_t start, const fill_picks *picks,
                   const core_layout *layout, uint8_t *to, ptrdiff_t stride);
int core_fill_items(core_fill *fill, const ladle_view *view, uint64_t start,
                    const fill_picks *picks, const core_layout *layout, uint8_t *to,
                    ptrdiff_t stride);
int core_fill_tagged(core_fill *fill, ladle_view *view, const fill_picks *picks,
                     const core_layout *layout, uint8_t *to, ptrdiff_t stride);
int core_fill_absent(core_fill *fill, const fill_picks *picks, const core_layout *layout,
                     uint8_t *to, ptrdiff_t stride, const char *what);

/*
 * Fill rows from 'row' on if they are made of columns of floats and nothing else. False: they are
 * not, and nothing was done.
 */
bool core_fill_matrix(const core_fill *fill, const ladle_view *root, uint64_t row, uint64_t count,
                      uint8_t *to, ptrdiff_t stride);

/*
 * Put a new reference to the object that 'object' points to in the place of the one at 'to'.
 */
void core_fill_object(uint8_t *to, const void *object);

/*
 * The layout of items described by a file, which is kept. NULL: failed.
 */
const core_layout *core_fill_source(core_fill *fill, const ladle_view *view);
void core_fill_sources_free(core_fill *fill);
void core_fill_entries_free(core_fill *fill);

/*
 * Where a part of a layout goes: a field, or an item.
 */
void core_fill_place(const core_fill *fill, const core_layout *layout, uint64_t index, uint8_t **to,
                     ptrdiff_t *stride);

/*
 * Move a cursor, and have it moved back after the check. -1: no memory.
 */
int core_fill_advance(core_fill *fill, ladle_view *view, uint64_t count, uint64_t len);

/*
 * Note that a value does not fit.
 */
void core_fill_fail(core_fill *fill, const fill_picks *picks, uint64_t index, enum core_fit fit,
                    const core_layout *layout, const char *what);

/*
 * A kind in words, for messages.
 */
const char *core_fill_kind_name(uint8_t kind);

static inline uint64_t fill_row(const fill_picks *picks, uint64_t index)
{
    return picks->rows ? picks->rows[index] : picks->row + index / picks->per_row;
}

static inline uint8_t *fill_place(const fill_picks *picks, uint64_t index, uint8_t *to,
                                  ptrdiff_t stride)
{
    uint64_t place = picks->places ? picks->places[index] : index;
    return to + (ptrdiff_t)place * stride;
}

/*
 * Bytes from which a name compares equal. The last one is looked at first: names of many columns
 * often begin alike.
 */
static inline bool fill_is_named(const core_layout *field, const char *name, size_t len)
{
    return field->name_len == len && (len == 0 || field->name[len - 1] == name[len - 1]) &&
           memcmp(field->name, name, len) == 0;
}

#endif
