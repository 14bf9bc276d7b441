/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_COLUMN_H
#define LADLE_COLUMN_H

/*
 * Columns of a block as C arrays: pointers into the block where it has them as they are wanted,
 * else copies.
 *
 *     ladle_buffer copy = {0};
 *     while (ladle_reader_next_block(reader, &block, &first_record, &error) == LADLE_OK) {
 *         ladle_view *column = ladle_column_named(block, "score");
 *         const double *scores;
 *         if (!column || ladle_column_doubles(column, NULL, &copy, &scores, &error)) ...
 *         for (uint64_t i = 0; i < ladle_column_count(column); i++) ... scores[i] ...
 *     }
 *     ladle_buffer_free(&copy);
 */

#include <ladle/rows.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The column of a key of dicts, or of a field of objects.
 *
 * view  from ladle_reader_next_block, or a column of structs
 * name  zero-terminated
 *
 * Returns NULL when there is none such, or when not all records of the block have the key.
 */
LADLE_API ladle_view *ladle_column_named(ladle_view *view, const char *name);

/*
 * The column of an item of tuples, counted from 0. NULL when 'view' is no tuple or has fewer items.
 */
LADLE_API ladle_view *ladle_column_at(ladle_view *view, uint32_t index);

/*
 * How many values a column has from where it stands: in all after ladle_reader_next_block, fewer
 * behind a seek.
 */
static inline uint64_t ladle_column_count(const ladle_view *column)
{
    return column->count - column->next;
}

/*
 * The values of a column as an array of one C type.
 *
 * column   is not moved: the call may be made again
 * type     any but CHARS, BYTES and STRUCT
 * missing  what stands in for None: one value of that type; NULL: None is an error
 * copy     made larger and overwritten if the values have to be copied: when the column is not
 *          stored in that type, or on a big-endian machine. Its memory is the caller's to free
 * values   output: ladle_column_count values, aligned for their type; valid until the next call for
 *          the reader, and the next one with the same 'copy'
 *
 * Values are checked for fit as in ladle_reader_next_rows.
 *
 * Returns LADLE_OK; LADLE_E_VALUE: error->text says which value of the column does not fit;
 * LADLE_E_ARGUMENT for a type that is not allowed here; LADLE_E_MEMORY, LADLE_E_LIMIT
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_column_get(ladle_view *column, ladle_field_type type,
                                                        const void *missing, ladle_buffer *copy,
                                                        const void **values, ladle_error *error);

static inline LADLE_NODISCARD ladle_status ladle_column_doubles(ladle_view *column,
                                                                const double *missing,
                                                                ladle_buffer *copy,
                                                                const double **values,
                                                                ladle_error *error)
{
    const void *array = NULL;
    ladle_status status =
        ladle_column_get(column, LADLE_FIELD_DOUBLE, missing, copy, &array, error);
    *values = (const double *)array;
    return status;
}

static inline LADLE_NODISCARD ladle_status ladle_column_ints(ladle_view *column,
                                                             const int64_t *missing,
                                                             ladle_buffer *copy,
                                                             const int64_t **values,
                                                             ladle_error *error)
{
    const void *array = NULL;
    ladle_status status = ladle_column_get(column, LADLE_FIELD_INT64, missing, copy, &array, error);
    *values = (const int64_t *)array;
    return status;
}

/*
 * The strings themselves are never copied: they point into the block.
 */
static inline LADLE_NODISCARD ladle_status ladle_column_strings(ladle_view *column,
                                                                const ladle_string *missing,
                                                                ladle_buffer *copy,
                                                                const ladle_string **values,
                                                                ladle_error *error)
{
    const void *array = NULL;
    ladle_status status =
        ladle_column_get(column, LADLE_FIELD_STRING, missing, copy, &array, error);
    *values = (const ladle_string *)array;
    return status;
}

#ifdef __cplusplus
}
#endif

#endif
