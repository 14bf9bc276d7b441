/* SPDX-License-Identifier: BSD-2-Clause */
#include "rows_misfit.h"

#include <stdarg.h>
#include <stdio.h>

ladle_status ladle_misfit(const struct ladle_rows_getter *getter, size_t index, const char *format,
                          ...)
{
    getter->misfit->row = getter->row + (getter->is_inside_row ? 0 : index);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(getter->misfit->why, sizeof getter->misfit->why, format, arguments);
    va_end(arguments);
    return LADLE_E_VALUE;
}

static const char *kind_text(uint8_t kind)
{
    static const char *const texts[] = {
        [LADLE_EMPTY] = "not read", [LADLE_NONE] = "None",
        [LADLE_BOOL] = "a bool",    [LADLE_INT] = "an int",
        [LADLE_BIGINT] = "an int",  [LADLE_FLOAT] = "a float",
        [LADLE_STR] = "a str",      [LADLE_SURROGATE_STR] = "a str",
        [LADLE_BYTES] = "a bytes",  [LADLE_BYTEARRAY] = "a bytearray",
        [LADLE_TUPLE] = "a tuple",  [LADLE_TUPLES] = "a tuple",
        [LADLE_LIST] = "a list",    [LADLE_OBJECT] = "an object",
        [LADLE_DICT] = "a dict",    [LADLE_MAP] = "a dict"};
    const char *text = kind < sizeof texts / sizeof *texts ? texts[kind] : NULL;
    return text ? text : "of another kind";
}

static const char *wanted_text(const ladle_field *field)
{
    if (ladle_field_is_array(field)) {
        return "a list";
    }
    switch (field->type) {
    case LADLE_FIELD_BOOL:
        return "a bool";
    case LADLE_FIELD_FLOAT:
    case LADLE_FIELD_DOUBLE:
        return "a number";
    case LADLE_FIELD_CHARS:
    case LADLE_FIELD_STRING:
        return "a str";
    case LADLE_FIELD_BYTES:
    case LADLE_FIELD_BLOB:
        return "a bytes";
    case LADLE_FIELD_STRUCT:
        return "a dict or a tuple";
    default:
        return "an int";
    }
}

ladle_status ladle_misfit_kind(const struct ladle_rows_getter *getter, const ladle_view *view,
                               const ladle_field *field)
{
    return ladle_misfit(getter, 0, "is %s, not %s", kind_text(view->kind), wanted_text(field));
}
