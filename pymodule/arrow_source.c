/* SPDX-License-Identifier: BSD-2-Clause */
/* Arrow columns of others: what their formats say. */
#include "arrow_import.h"

#include <string.h>

#define COUNT_OF(x) (sizeof(x) / sizeof *(x))

/*
 * Formats without parameters.
 */
static const struct {
    const char *format;
    enum source_op op;
    size_t len;
    int64_t scale;
} SIMPLE[] = {
    {"n", OP_NULL, 0, 0},
    {"b", OP_BOOL, 0, 0},
    {"c", OP_INT, 1, 0},
    {"C", OP_UINT, 1, 0},
    {"s", OP_INT, 2, 0},
    {"S", OP_UINT, 2, 0},
    {"i", OP_INT, 4, 0},
    {"I", OP_UINT, 4, 0},
    {"l", OP_INT, 8, 0},
    {"L", OP_UINT, 8, 0},
    {"e", OP_FLOAT, 2, 0},
    {"f", OP_FLOAT, 4, 0},
    {"g", OP_FLOAT, 8, 0},
    {"u", OP_TEXT, 4, 0},
    {"U", OP_TEXT, 8, 0},
    {"vu", OP_TEXT_VIEW, 16, 0},
    {"z", OP_BINARY, 4, 0},
    {"Z", OP_BINARY, 8, 0},
    {"vz", OP_BINARY_VIEW, 16, 0},
    {"tdD", OP_DATE, 4, 1},
    {"tdm", OP_DATE, 8, -86400000},
    {"tts", OP_TIME, 4, 1000000},
    {"ttm", OP_TIME, 4, 1000},
    {"ttu", OP_TIME, 8, 1},
    {"ttn", OP_TIME, 8, -1000},
    {"tDs", OP_DURATION, 8, 1000000},
    {"tDm", OP_DURATION, 8, 1000},
    {"tDu", OP_DURATION, 8, 1},
    {"tDn", OP_DURATION, 8, -1000},
    {"+l", OP_LIST, 4, 0},
    {"+L", OP_LIST, 8, 0},
    {"+vl", OP_LIST_VIEW, 4, 0},
    {"+vL", OP_LIST_VIEW, 8, 0},
    {"+s", OP_STRUCT, 0, 0},
    {"+m", OP_MAP, 4, 0},
    {"+r", OP_ENCODED, 0, 0},
};

static int64_t scale_of_unit(char unit)
{
    return unit == 's' ? 1000000 : unit == 'm' ? 1000 : unit == 'u' ? 1 : -1000;
}

/*
 * Formats with parameters. False: it is none that is known.
 */
static bool parse_format(arrow_source *source)
{
    const char *format = source->format;
    int bits = 128;
    int precision;
    int scale;
    long long number;
    for (size_t i = 0; i < COUNT_OF(SIMPLE); i++) {
        if (strcmp(format, SIMPLE[i].format) == 0) {
            source->op = SIMPLE[i].op;
            source->len = SIMPLE[i].len;
            source->scale = SIMPLE[i].scale;
            return true;
        }
    }
    if (strncmp(format, "ts", 2) == 0 && strchr("smun", format[2]) && format[2] &&
        format[3] == ':') {
        source->op = OP_TIMESTAMP;
        source->len = 8;
        source->scale = scale_of_unit(format[2]);
        return true;
    }
    if (sscanf(format, "d:%d,%d,%d", &precision, &scale, &bits) >= 2) {
        source->op = OP_DECIMAL;
        source->len = (size_t)bits / 8;
        source->scale = scale;
        return bits == 32 || bits == 64 || bits == 128 || bits == 256;
    }
    if (sscanf(format, "w:%lld", &number) == 1 && number >= 0) {
        source->op = OP_FIXED;
        source->len = (size_t)number;
        return true;
    }
    if (sscanf(format, "+w:%lld", &number) == 1 && number >= 0) {
        source->op = OP_RUN;
        source->scale = number;
        return true;
    }
    source->op = strncmp(format, "+ud:", 4) == 0 ? OP_DENSE : OP_SPARSE;
    return strncmp(format, "+ud:", 4) == 0 || strncmp(format, "+us:", 4) == 0;
}

static int take_zone(arrow_importer *importer, arrow_source *source)
{
    if (source->op == OP_TIMESTAMP && source->format[4]) {
        source->zone = PyObject_CallMethod(importer->helpers, "zone_of", "ss", source->format + 4,
                                           source->name);
        return source->zone ? 0 : -1;
    }
    return 0;
}

static int take_children(arrow_importer *importer, arrow_source *source,
                         const struct ArrowSchema *schema)
{
    size_t count = (size_t)schema->n_children;
    source->children = PyMem_Calloc(count + 1, sizeof *source->children);
    source->columns = PyMem_Calloc(count + 1, sizeof *source->columns);
    if (!source->children || !source->columns) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        source->child_count++;
        if (arrow_source_init(importer, &source->children[i], schema->children[i]) < 0) {
            return -1;
        }
    }
    if (schema->dictionary) {
        source->dictionary = PyMem_Calloc(1, sizeof *source->dictionary);
        if (!source->dictionary) {
            PyErr_NoMemory();
            return -1;
        }
        return arrow_source_init(importer, source->dictionary, schema->dictionary);
    }
    return 0;
}

int arrow_source_init(arrow_importer *importer, arrow_source *source,
                      const struct ArrowSchema *schema)
{
    source->format = schema->format;
    source->name = schema->name ? schema->name : "";
    source->name_len = strlen(source->name);
    if (!parse_format(source)) {
        PyErr_Format(PyExc_TypeError, "the column %s has the Arrow type %s, which cannot be stored",
                     source->name, source->format);
        return -1;
    }
    return take_zone(importer, source) < 0 ? -1 : take_children(importer, source, schema);
}

void arrow_source_clear(arrow_source *source)
{
    for (uint32_t i = 0; i < source->child_count; i++) {
        arrow_source_clear(&source->children[i]);
    }
    if (source->dictionary) {
        arrow_source_clear(source->dictionary);
        PyMem_Free(source->dictionary);
    }
    PyMem_Free(source->children);
    PyMem_Free(source->columns);
    Py_CLEAR(source->zone);
}

int arrow_source_begin(arrow_source *source, const struct ArrowArray *array)
{
    source->array = array;
    if (array->n_children != (int64_t)source->child_count ||
        (source->dictionary && !array->dictionary)) {
        PyErr_SetString(PyExc_ValueError, "an Arrow array does not fit its schema");
        return -1;
    }
    for (uint32_t i = 0; i < source->child_count; i++) {
        if (arrow_source_begin(&source->children[i], array->children[i]) < 0) {
            return -1;
        }
    }
    return source->dictionary ? arrow_source_begin(source->dictionary, array->dictionary) : 0;
}

void arrow_source_run(const arrow_source *source, int64_t at, int64_t *start, int64_t *end)
{
    const uint8_t *offsets = (const uint8_t *)source->array->buffers[1] + (size_t)at * source->len;
    *start = arrow_load_signed(offsets, source->len);
    *end = arrow_load_signed(offsets + source->len, source->len);
}
