/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_ROWS_LEAF_H
#define LADLE_LIB_ROWS_LEAF_H

#include "rows_misfit.h"

/*
 * Take the next values of a column of numbers, texts or bytes, one for each place, and step its
 * cursors. LADLE_E_VALUE when one does not fit.
 */
ladle_status ladle_rows_get_leaf(const struct ladle_rows_getter *getter, ladle_view *view,
                                 const ladle_field *field, const struct ladle_places *places);

/*
 * Whether a column is an array of words of a type, as they are.
 */
bool ladle_is_stored_as(const ladle_view *view, ladle_field_type type);

#endif
