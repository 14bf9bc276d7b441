/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_ROWS_PUT_H
#define LADLE_LIB_ROWS_PUT_H

#include "layout.h"

/*
 * The row that could not be put, and why.
 */
struct ladle_rows_failure {
    struct ladle_path path;
    size_t row;
    const char *why; /* a static sentence that goes on after the name of the field */
};

/*
 * Put rows at a node, column by column.
 *
 * more_count  rows that stand behind these and are going to be put next
 *
 * Returns LADLE_OK; LADLE_E_VALUE ('failure' filled in; another column may fail at an earlier row);
 * LADLE_END when the shape has no room for such rows, and a fresh one might; LADLE_E_ARGUMENT when
 * two fields have one name or a name is not UTF-8 ('failure' filled in); LADLE_E_MEMORY,
 * LADLE_E_LIMIT. After anything but LADLE_OK the caller truncates the shape.
 */
ladle_status ladle_rows_put(ladle_shape *shape, ladle_node *node, const ladle_layout *layout,
                            const void *rows, size_t count, size_t more_count,
                            struct ladle_rows_failure *failure);

#endif
