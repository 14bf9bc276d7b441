/* SPDX-License-Identifier: BSD-2-Clause */
#include "arrow_import.h"

#include "convert.h"
#include "extension.h"
#include "utf8.h"

#include <string.h>

enum op {
    OP_NULL,
    OP_BOOL,
    OP_INT,
    OP_UINT,
    OP_FLOAT,
    OP_TEXT, /* offsets of 'len' bytes */
    OP_BINARY,
    OP_TEXT_VIEW,
    OP_BINARY_VIEW,
    OP_FIXED, /* bytes */
    OP_DECIMAL,
    OP_DATE, /* times: 'scale' makes days or microseconds of them */
    OP_TIMESTAMP,
    OP_TIME,
    OP_DURATION,
    OP_LIST,
    OP_LIST_VIEW,
    OP_RUN,
    OP_STRUCT,
    OP_MAP,
    OP_SPARSE,
    OP_DENSE,
    OP_ENCODED /* runs of equal values */
};

#define EPOCH_DAY   719163
#define DAY_US      INT64_C(86400000000)
#define DAY_LAST    3652059
#define COUNT_OF(x) (sizeof(x) / sizeof *(x))

static int fail(arrow_importer *importer, const arrow_source *source, const char *why)
{
    importer->failed = source;
    importer->why = why;
    return -1;
}

/*
 * Formats without parameters.
 */
static const struct {
    const char *format;
    enum op op;
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
        source->zone = PyObject_CallMethod(importer->helpers, "zone_of", "s", source->format + 4);
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

static bool is_null(const arrow_source *source, int64_t at)
{
    bool has_validity =
        source->op != OP_NULL && source->op < OP_SPARSE && source->array->n_buffers > 0;
    const uint8_t *validity = has_validity ? source->array->buffers[0] : NULL;
    return validity && !(validity[at / 8] >> at % 8 & 1);
}

static const uint8_t *item_at(const arrow_source *source, int64_t at)
{
    return (const uint8_t *)source->array->buffers[1] + (size_t)at * source->len;
}

static int64_t load_signed(const uint8_t *from, size_t len)
{
    int8_t i8;
    int16_t i16;
    int32_t i32;
    int64_t i64;
    switch (len) {
    case 1:
        memcpy(&i8, from, len);
        return i8;
    case 2:
        memcpy(&i16, from, len);
        return i16;
    case 4:
        memcpy(&i32, from, len);
        return i32;
    default:
        memcpy(&i64, from, sizeof i64);
        return i64;
    }
}

static uint64_t load_unsigned(const uint8_t *from, size_t len)
{
    uint64_t mask = len < 8 ? ((uint64_t)1 << 8 * len) - 1 : UINT64_MAX;
    return (uint64_t)load_signed(from, len) & mask;
}

static int done(arrow_importer *importer, ladle_status status)
{
    return core_encode_status(importer->encoder, status);
}

/*
 * The node for a value of a kind.
 */
static int accept(arrow_importer *importer, ladle_node *node, ladle_kind kind, uint32_t detail,
                  const arrow_source *source, ladle_node **target)
{
    ladle_status status = ladle_node_accept(importer->encoder->shape, node, kind, detail, target);
    if (status == LADLE_OK && (*target)->kind != kind) {
        return fail(importer, source, "is nested too deep, or of too many types");
    }
    return done(importer, status);
}

static int put_none(arrow_importer *importer, ladle_node *node, const arrow_source *source)
{
    ladle_node *target;
    if (accept(importer, node, LADLE_NONE, 0, source, &target) < 0) {
        return -1;
    }
    ladle_node_count(target);
    return 0;
}

static int put_int(arrow_importer *importer, ladle_node *node, const arrow_source *source,
                   uint64_t bits, bool is_unsigned)
{
    ladle_node *target;
    ladle_shape *shape = importer->encoder->shape;
    uint8_t bytes[9] = {0};
    if (accept(importer, node, LADLE_INT, 0, source, &target) < 0) {
        return -1;
    }
    enum ladle_sign sign = is_unsigned ? LADLE_SIGN_UNSIGNED : LADLE_SIGN_NEGATIVE;
    if (!(bits >> 63) || ladle_node_takes_int(target, sign)) {
        return done(importer, ladle_node_put_u64(shape, target, bits));
    }
    ladle_node_unselect(node, target);
    if (accept(importer, node, LADLE_BIGINT, 0, source, &target) < 0) {
        return -1;
    }
    ladle_store_u64(bytes, bits);
    return done(importer, ladle_node_put_data(shape, target, bytes, is_unsigned ? 9 : 8));
}

static int put_float(arrow_importer *importer, ladle_node *node, const arrow_source *source,
                     const uint8_t *item)
{
    ladle_node *target;
    uint16_t half;
    float narrow;
    double value;
    memcpy(&half, item, sizeof half);
    if (source->len == 2) {
        value = core_double_from_half(half);
    } else if (source->len == 4) {
        memcpy(&narrow, item, sizeof narrow);
        value = narrow;
    } else {
        memcpy(&value, item, sizeof value);
    }
    if (accept(importer, node, LADLE_FLOAT, 0, source, &target) < 0) {
        return -1;
    }
    uint64_t bits = ladle_bits_from_double(value);
    return done(importer, ladle_node_put_u64(importer->encoder->shape, target, bits));
}

static int put_bool(arrow_importer *importer, ladle_node *node, const arrow_source *source,
                    int64_t at)
{
    ladle_node *target;
    const uint8_t *bits = source->array->buffers[1];
    if (accept(importer, node, LADLE_BOOL, 0, source, &target) < 0) {
        return -1;
    }
    uint8_t bit = bits[at / 8] >> at % 8 & 1;
    return done(importer, ladle_node_put_u8(importer->encoder->shape, target, bit));
}

static bool is_utf8(const uint8_t *at, size_t len)
{
    const uint8_t *end = at + len;
    for (; end - at >= 8 && !(ladle_load_u64(at) & 0x8080808080808080); at += 8) {
    }
    while (at != end) {
        if (utf8_next(&at, end, false) < 0) {
            return false;
        }
    }
    return true;
}

static int put_data(arrow_importer *importer, ladle_node *node, const arrow_source *source,
                    ladle_kind kind, const uint8_t *data, size_t len)
{
    ladle_node *target;
    if (kind == LADLE_STR && !is_utf8(data, len)) {
        return fail(importer, source, "is a text that is not UTF-8");
    }
    if (len >= INT32_MAX) {
        return fail(importer, source, "is larger than 2 GiB");
    }
    return accept(importer, node, kind, 0, source, &target) < 0
               ? -1
               : done(importer, ladle_node_put_data(importer->encoder->shape, target, data, len));
}

static void find_run(const arrow_source *source, int64_t at, int64_t *start, int64_t *end)
{
    const uint8_t *offsets = (const uint8_t *)source->array->buffers[1] + (size_t)at * source->len;
    *start = load_signed(offsets, source->len);
    *end = load_signed(offsets + source->len, source->len);
}

static int put_content(arrow_importer *importer, ladle_node *node, const arrow_source *source,
                       int64_t at)
{
    int64_t start;
    int64_t end;
    find_run(source, at, &start, &end);
    ladle_kind kind = source->op == OP_TEXT ? LADLE_STR : LADLE_BYTES;
    const uint8_t *data = source->array->buffers[2];
    return put_data(importer, node, source, kind, start == end ? (const uint8_t *)"" : data + start,
                    (size_t)(end - start));
}

/*
 * A view of up to 12 bytes has them in itself; others say in which buffer they are and where.
 */
static int put_view(arrow_importer *importer, ladle_node *node, const arrow_source *source,
                    int64_t at)
{
    const uint8_t *view = item_at(source, at);
    size_t len = (size_t)load_signed(view, 4);
    const uint8_t *data = view + 4;
    if (len > 12) {
        int64_t buffer = load_signed(view + 8, 4);
        int64_t offset = load_signed(view + 12, 4);
        data = (const uint8_t *)source->array->buffers[2 + buffer] + offset;
    }
    ladle_kind kind = source->op == OP_TEXT_VIEW ? LADLE_STR : LADLE_BYTES;
    return put_data(importer, node, source, kind, data, len);
}

/*
 * An int of microseconds or days as what its extension code makes of it.
 */
static int put_extension(arrow_importer *importer, ladle_node *node, const arrow_source *source,
                         uint8_t code, core_int128 number)
{
    ladle_node *target;
    int64_t word = (int64_t)number;
    bool is_valid = code == CODE_DATE ? number >= 1 && number <= DAY_LAST
                    : code == CODE_DATETIME_PLAIN
                        ? number >= 0 && number < DAY_LAST * (core_int128)DAY_US
                    : code == CODE_TIME_PLAIN ? number >= 0 && number < DAY_US
                                              : number == word;
    if (!is_valid) {
        return fail(importer, source, "is a time that Python does not have");
    }
    if (accept(importer, node, LADLE_EXTENSION, code, source, &target) < 0) {
        return -1;
    }
    ladle_node_count(target);
    return put_int(importer, target->children[0], source, (uint64_t)word, false);
}

static int put_object(arrow_importer *importer, ladle_node *node, PyObject *object)
{
    int result = object ? core_encode_value(importer->encoder, node, object) : -1;
    Py_XDECREF(object);
    return result;
}

static int put_time(arrow_importer *importer, ladle_node *node, const arrow_source *source,
                    int64_t at)
{
    core_int128 time = load_signed(item_at(source, at), source->len);
    if (source->scale < 0 && time % -source->scale) {
        return fail(importer, source, "is a time that is no whole number of microseconds or days");
    }
    time = source->scale < 0 ? time / -source->scale : time * source->scale;
    switch (source->op) {
    case OP_DATE:
        return put_extension(importer, node, source, CODE_DATE, time + EPOCH_DAY);
    case OP_TIME:
        return put_extension(importer, node, source, CODE_TIME_PLAIN, time);
    case OP_DURATION:
        return put_extension(importer, node, source, CODE_TIMEDELTA, time);
    default:
        if (source->zone && time == (int64_t)time) {
            PyObject *object = PyObject_CallMethod(importer->helpers, "moment_in", "LO",
                                                   (long long)time, source->zone);
            return put_object(importer, node, object);
        }
        return put_extension(importer, node, source, CODE_DATETIME_PLAIN,
                             time + (core_int128)(EPOCH_DAY - 1) * DAY_US);
    }
}

static int put_decimal(arrow_importer *importer, ladle_node *node, const arrow_source *source,
                       int64_t at)
{
    const char *item = (const char *)item_at(source, at);
    return put_object(importer, node,
                      PyObject_CallMethod(importer->helpers, "decimal_of", "y#L", item,
                                          (Py_ssize_t)source->len, (long long)source->scale));
}

static int put_children(arrow_importer *importer, ladle_node *node, const arrow_source *source,
                        int64_t start, int64_t count)
{
    ladle_node *target;
    core_encoder *encoder = importer->encoder;
    if (count > INT32_MAX || accept(importer, node, LADLE_LIST, 0, source, &target) < 0) {
        return -1;
    }
    if (core_encode_enter(encoder, count) < 0) {
        return -1;
    }
    for (int64_t i = 0; i < count; i++) {
        if (arrow_source_put(importer, target->children[0], &source->children[0], start + i) < 0) {
            return -1;
        }
    }
    core_encode_leave(encoder);
    return done(importer, ladle_node_put_u32(encoder->shape, target, (uint32_t)count));
}

static int put_list(arrow_importer *importer, ladle_node *node, const arrow_source *source,
                    int64_t at)
{
    int64_t start = at * source->scale;
    int64_t end = start + source->scale;
    if (source->op == OP_LIST) {
        find_run(source, at, &start, &end);
    } else if (source->op == OP_LIST_VIEW) {
        const uint8_t *sizes = source->array->buffers[2];
        start = load_signed(item_at(source, at), source->len);
        end = start + load_signed(sizes + (size_t)at * source->len, source->len);
    }
    return put_children(importer, node, source, start, end - start);
}

/*
 * Whether the columns that were found for the last row are those of the node still.
 */
static bool knows_columns(const ladle_node *node, const arrow_source *source, uint32_t list)
{
    const ladle_keys *keys = node->keys;
    if (list >= keys->list_count || keys->lists[list].count != source->child_count ||
        memcmp(keys->lists[list].columns, source->columns,
               source->child_count * sizeof *source->columns) != 0) {
        return false;
    }
    for (uint32_t i = 0; i < source->child_count; i++) {
        const ladle_key *key = &keys->items[source->columns[i]];
        const arrow_source *child = &source->children[i];
        if (key->name_len != child->name_len ||
            memcmp(key->name, child->name, child->name_len) != 0) {
            return false;
        }
    }
    return true;
}

/*
 * The columns of a dict node for the fields. -1: failed.
 */
static int find_columns(arrow_importer *importer, ladle_node *node, const arrow_source *source,
                        uint32_t *list)
{
    ladle_shape *shape = importer->encoder->shape;
    ladle_status status = LADLE_OK;
    for (uint32_t i = 0; i < source->child_count && status == LADLE_OK; i++) {
        uint32_t column;
        const arrow_source *child = &source->children[i];
        status = ladle_dict_column(shape, node, child->name, child->name_len, &column);
        for (uint32_t j = 0; j < i && status == LADLE_OK; j++) {
            if (source->columns[j] == column) {
                return fail(importer, child, "stands there twice: a dict has each key once");
            }
        }
        source->columns[i] = (uint16_t)column;
    }
    if (status == LADLE_OK) {
        status = ladle_dict_list(shape, node, source->columns, source->child_count, list);
    }
    return status == LADLE_END ? fail(importer, source, "has too many fields")
                               : done(importer, status);
}

static int put_struct(arrow_importer *importer, ladle_node *node, const arrow_source *source,
                      int64_t at)
{
    ladle_node *target;
    core_encoder *encoder = importer->encoder;
    if (accept(importer, node, LADLE_DICT, 0, source, &target) < 0) {
        return -1;
    }
    uint32_t list = target->guess;
    if (!knows_columns(target, source, list) && find_columns(importer, target, source, &list) < 0) {
        return -1;
    }
    target->guess = (uint8_t)list;
    if (core_encode_enter(encoder, source->child_count) < 0 ||
        done(importer, ladle_node_put_u8(encoder->shape, target, (uint8_t)list)) < 0) {
        return -1;
    }
    for (uint32_t i = 0; i < source->child_count; i++) {
        if (arrow_source_put(importer, target->children[source->columns[i]], &source->children[i],
                             at) < 0) {
            return -1;
        }
    }
    core_encode_leave(encoder);
    return 0;
}

/*
 * The bytes that tell one key from another. False: keys of this type are not compared.
 */
static bool key_bytes(const arrow_source *source, int64_t index, const uint8_t **data, size_t *len)
{
    int64_t start;
    int64_t end;
    int64_t at = source->array->offset + index;
    if (source->op == OP_TEXT || source->op == OP_BINARY) {
        find_run(source, at, &start, &end);
        *data = (const uint8_t *)source->array->buffers[2] + start;
        *len = (size_t)(end - start);
        return true;
    }
    *data = item_at(source, at);
    *len = source->len;
    return !source->dictionary && source->op >= OP_INT && source->op <= OP_DURATION &&
           source->op != OP_FLOAT && source->op != OP_TEXT_VIEW && source->op != OP_BINARY_VIEW;
}

/*
 * Whether the key of an entry is another than those before it.
 */
static int check_key(arrow_importer *importer, const arrow_source *source, int64_t start,
                     int64_t entry)
{
    const uint8_t *data;
    const uint8_t *other;
    size_t len;
    size_t other_len;
    if (!key_bytes(source, entry, &data, &len)) {
        return fail(importer, source, "is a key of a map of a type that is not taken as one");
    }
    for (int64_t i = start; i < entry; i++) {
        (void)key_bytes(source, i, &other, &other_len);
        if (len == other_len && memcmp(data, other, len) == 0) {
            return fail(importer, source, "is a key that stands in a map twice");
        }
    }
    return 0;
}

/*
 * Maps become dicts.
 */
static int put_map(arrow_importer *importer, ladle_node *node, const arrow_source *source,
                   int64_t at)
{
    int64_t start;
    int64_t end;
    ladle_node *target;
    core_encoder *encoder = importer->encoder;
    const arrow_source *entries = &source->children[0];
    int64_t shift = entries->array->offset;
    find_run(source, at, &start, &end);
    if (end - start > INT32_MAX || accept(importer, node, LADLE_MAP, 0, source, &target) < 0 ||
        core_encode_enter(encoder, end - start) < 0) {
        return -1;
    }
    for (int64_t i = start + shift; i < end + shift; i++) {
        if (check_key(importer, &entries->children[0], start + shift, i) < 0 ||
            arrow_source_put(importer, target->children[0], &entries->children[0], i) < 0 ||
            arrow_source_put(importer, target->children[1], &entries->children[1], i) < 0) {
            return -1;
        }
    }
    core_encode_leave(encoder);
    return done(importer, ladle_node_put_u32(encoder->shape, target, (uint32_t)(end - start)));
}

/*
 * The child of a union that a type id stands for: its format lists the ids.
 */
static int put_union(arrow_importer *importer, ladle_node *node, const arrow_source *source,
                     int64_t at)
{
    const int8_t *ids = source->array->buffers[0];
    const int32_t *offsets = source->op == OP_DENSE ? source->array->buffers[1] : NULL;
    const char *known = source->format + 4;
    for (uint32_t i = 0; i < source->child_count; i++) {
        if (atoi(known) == ids[at]) {
            return arrow_source_put(importer, node, &source->children[i],
                                    offsets ? offsets[at] : at);
        }
        const char *comma = strchr(known, ',');
        known = comma ? comma + 1 : "";
    }
    return fail(importer, source, "is a union with an unknown type id");
}

/*
 * A value of a run: the ends of runs ascend.
 */
static int put_encoded(arrow_importer *importer, ladle_node *node, const arrow_source *source,
                       int64_t at)
{
    const arrow_source *ends = &source->children[0];
    int64_t low = 0;
    int64_t high = ends->array->length;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (load_signed(item_at(ends, ends->array->offset + middle), ends->len) > at) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return arrow_source_put(importer, node, &source->children[1], low);
}

static int put_fixed(arrow_importer *importer, ladle_node *node, const arrow_source *source,
                     int64_t at)
{
    return put_data(importer, node, source, LADLE_BYTES, item_at(source, at), source->len);
}

int arrow_source_put(arrow_importer *importer, ladle_node *node, const arrow_source *source,
                     int64_t index)
{
    int64_t at = source->array->offset + index;
    if (source->op == OP_NULL || is_null(source, at)) {
        return put_none(importer, node, source);
    }
    if (source->dictionary) {
        return arrow_source_put(importer, node, source->dictionary,
                                load_signed(item_at(source, at), source->len));
    }
    switch ((enum op)source->op) {
    case OP_BOOL:
        return put_bool(importer, node, source, at);
    case OP_INT:
        return put_int(importer, node, source,
                       (uint64_t)load_signed(item_at(source, at), source->len), false);
    case OP_UINT:
        return put_int(importer, node, source, load_unsigned(item_at(source, at), source->len),
                       true);
    case OP_FLOAT:
        return put_float(importer, node, source, item_at(source, at));
    case OP_TEXT:
    case OP_BINARY:
        return put_content(importer, node, source, at);
    case OP_TEXT_VIEW:
    case OP_BINARY_VIEW:
        return put_view(importer, node, source, at);
    case OP_FIXED:
        return put_fixed(importer, node, source, at);
    case OP_DECIMAL:
        return put_decimal(importer, node, source, at);
    case OP_DATE:
    case OP_TIMESTAMP:
    case OP_TIME:
    case OP_DURATION:
        return put_time(importer, node, source, at);
    case OP_LIST:
    case OP_LIST_VIEW:
    case OP_RUN:
        return put_list(importer, node, source, at);
    case OP_STRUCT:
        return put_struct(importer, node, source, at);
    case OP_MAP:
        return put_map(importer, node, source, at);
    case OP_ENCODED:
        return put_encoded(importer, node, source, at);
    default:
        return put_union(importer, node, source, at);
    }
}
