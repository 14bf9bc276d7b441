/* SPDX-License-Identifier: BSD-2-Clause */
#include <ladle/column.h>

#include "argument.h"
#include "rows_get.h"
#include "rows_leaf.h"
#include "status.h"

ladle_view *ladle_column_named(ladle_view *view, const char *name)
{
    if (!view || !name) {
        return NULL;
    }
    size_t len = strlen(name);
    bool has_names = view->kind == LADLE_DICT || view->kind == LADLE_OBJECT;
    for (uint32_t i = 0; has_names && i < view->child_count; i++) {
        const ladle_string *known = &view->names[i];
        if (known->len == len && memcmp(known->data, name, len) == 0) {
            return view->children[i].count == view->count ? &view->children[i] : NULL;
        }
    }
    return NULL;
}

ladle_view *ladle_column_at(ladle_view *view, uint32_t index)
{
    return view && view->kind == LADLE_TUPLE && index < view->child_count ? &view->children[index]
                                                                          : NULL;
}

/*
 * Whether an array of the block can be handed out as it is.
 */
static const void *stored_array(const ladle_view *column, ladle_field_type type)
{
    if (!ladle_is_stored_as(column, type) || LADLE_SWAP(16, 1) != 1) {
        return NULL;
    }
    const uint8_t *array = column->words.data + 8 * column->next;
    return (uintptr_t)array % 8 == 0 ? array : NULL;
}

static ladle_status copy_array(ladle_view *column, const ladle_field *field, ladle_buffer *copy,
                               ladle_error *error)
{
    uint64_t start = column->next;
    size_t count = (size_t)ladle_column_count(column);
    struct ladle_rows_misfit misfit;
    copy->len = 0;
    ladle_status status = ladle_buffer_reserve(copy, count * field->len + 1);
    if (status != LADLE_OK) {
        return ladle_fail(error, status, LADLE_UNKNOWN, LADLE_UNKNOWN, "%s",
                          ladle_status_text(status));
    }
    status = ladle_rows_get_column(column, field, copy->data, count, &misfit);
    ladle_view_seek(column, start);
    copy->len = count * field->len;
    return status == LADLE_OK ? LADLE_OK
                              : ladle_fail(error, status, LADLE_UNKNOWN, LADLE_UNKNOWN,
                                           "value %zu of the column %s", misfit.row, misfit.why);
}

ladle_status ladle_column_get(ladle_view *column, ladle_field_type type, const void *missing,
                              ladle_buffer *copy, const void **values, ladle_error *error)
{
    LADLE_TRY(ladle_need(column && copy && values, error));
    ladle_field field = {.name = "", .type = type, .missing = missing};
    field.len = ladle_type_size(type);
    if (!ladle_type_is_known(type) || type == LADLE_FIELD_STRUCT || type == LADLE_FIELD_CHARS ||
        type == LADLE_FIELD_BYTES) {
        return ladle_fail(error, LADLE_E_ARGUMENT, LADLE_UNKNOWN, LADLE_UNKNOWN,
                          "a column cannot be had in this type");
    }
    *values = stored_array(column, type);
    if (*values) {
        return LADLE_OK;
    }
    LADLE_TRY(copy_array(column, &field, copy, error));
    *values = copy->data;
    return LADLE_OK;
}
