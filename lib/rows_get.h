/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_ROWS_GET_H
#define LADLE_LIB_ROWS_GET_H

#include "rows_misfit.h"

/*
 * Take the next 'count' values of a view into rows, column by column, and step the cursors of the
 * columns that the layout has a field for, and of the view itself. 'count' is at most what is left
 * of the view.
 *
 * Returns LADLE_OK or LADLE_E_VALUE ('misfit' filled in; another column may have one at an earlier
 * row). After that the cursors are to be set anew.
 */
ladle_status ladle_rows_get(ladle_view *view, const ladle_layout *layout, void *rows, size_t count,
                            struct ladle_rows_misfit *misfit);

/*
 * The same for one column: values of a field, field->len bytes each, one behind the other.
 */
ladle_status ladle_rows_get_column(ladle_view *view, const ladle_field *field, void *values,
                                   size_t count, struct ladle_rows_misfit *misfit);

#endif
