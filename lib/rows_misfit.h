/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_ROWS_MISFIT_H
#define LADLE_LIB_ROWS_MISFIT_H

#include "layout.h"

/*
 * Where values go: members of the same place in consecutive rows, or the elements of one array.
 */
struct ladle_places {
    uint8_t *first;
    size_t stride; /* bytes from one to the next */
    size_t count;
};

/*
 * The value that did not fit, and why.
 */
struct ladle_rows_misfit {
    struct ladle_path path;
    size_t row;
    char why[96]; /* goes on after the name of the field */
};

/*
 * Who takes values out of a view, for messages.
 */
struct ladle_rows_getter {
    struct ladle_rows_misfit *misfit;
    size_t row;         /* the first one of those being filled */
    bool is_inside_row; /* what is filled are elements of that one row */
};

/*
 * The places from 'index' on, and who fills them.
 */
static inline struct ladle_places ladle_places_from(const struct ladle_places *places, size_t index,
                                                    size_t count)
{
    return (struct ladle_places){
        .first = places->first + index * places->stride, .stride = places->stride, .count = count};
}

static inline struct ladle_rows_getter ladle_getter_from(const struct ladle_rows_getter *getter,
                                                         size_t index)
{
    struct ladle_rows_getter from = *getter;
    from.row += getter->is_inside_row ? 0 : index;
    return from;
}

/*
 * Note what is wrong with the value of place 'index', and return LADLE_E_VALUE. The text is a
 * printf format.
 */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
ladle_status
ladle_misfit(const struct ladle_rows_getter *getter, size_t index, const char *format, ...);

/*
 * The same for values that are of a kind which never goes into such a field.
 */
ladle_status ladle_misfit_kind(const struct ladle_rows_getter *getter, const ladle_view *view,
                               const ladle_field *field);

#endif
