/* SPDX-License-Identifier: BSD-2-Clause */
/* Values of Arrow arrays into a shape. */
#include "arrow_import.h"

#include "convert.h"
#include "extension.h"
#include "utf8.h"

#include <string.h>

#define EPOCH_DAY 719163
#define DAY_US    INT64_C(86400000000)
#define DAY_LAST  3652059

/*
 * Whole days of a timedelta.
 */
#define SPAN_DAYS_MAX ((core_int128)999999999)

int arrow_import_fail(arrow_importer *importer, const arrow_source *source, const char *why)
{
    importer->failed = source;
    importer->why = why;
    return -1;
}

int arrow_import_crowded(arrow_importer *importer, const arrow_source *source, const char *why)
{
    importer->is_crowded = true;
    return arrow_import_fail(importer, source, why);
}

int arrow_import_done(arrow_importer *importer, ladle_status status)
{
    return core_encode_status(importer->encoder, status);
}

int arrow_import_accept(arrow_importer *importer, ladle_node *node, ladle_kind kind,
                        uint32_t detail, const arrow_source *source, ladle_node **target)
{
    ladle_status status = ladle_node_accept(importer->encoder->shape, node, kind, detail, target);
    if (status == LADLE_OK && (*target)->kind != kind) {
        return arrow_import_crowded(importer, source, "is nested too deep, or of too many types");
    }
    return arrow_import_done(importer, status);
}

bool arrow_source_is_null(const arrow_source *source, int64_t at)
{
    bool has_validity =
        source->op != OP_NULL && source->op < OP_SPARSE && source->array->n_buffers > 0;
    const uint8_t *validity = has_validity ? source->array->buffers[0] : NULL;
    return validity && !(validity[at / 8] >> at % 8 & 1);
}

static uint64_t load_unsigned(const uint8_t *from, size_t len)
{
    uint64_t mask = len < 8 ? ((uint64_t)1 << 8 * len) - 1 : UINT64_MAX;
    return (uint64_t)arrow_load_signed(from, len) & mask;
}

static int put_none(arrow_importer *importer, ladle_node *node, const arrow_source *source)
{
    ladle_node *target;
    if (arrow_import_accept(importer, node, LADLE_NONE, 0, source, &target) < 0) {
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
    if (arrow_import_accept(importer, node, LADLE_INT, 0, source, &target) < 0) {
        return -1;
    }
    enum ladle_sign sign = is_unsigned ? LADLE_SIGN_UNSIGNED : LADLE_SIGN_NEGATIVE;
    if (!(bits >> 63) || ladle_node_takes_int(target, sign)) {
        return arrow_import_done(importer, ladle_node_put_u64(shape, target, bits));
    }
    ladle_node_unselect(node, target);
    if (arrow_import_accept(importer, node, LADLE_BIGINT, 0, source, &target) < 0) {
        return -1;
    }
    ladle_store_u64(bytes, bits);
    return arrow_import_done(importer,
                             ladle_node_put_data(shape, target, bytes, is_unsigned ? 9 : 8));
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
    if (arrow_import_accept(importer, node, LADLE_FLOAT, 0, source, &target) < 0) {
        return -1;
    }
    uint64_t bits = ladle_bits_from_double(value);
    return arrow_import_done(importer, ladle_node_put_u64(importer->encoder->shape, target, bits));
}

static int put_bool(arrow_importer *importer, ladle_node *node, const arrow_source *source,
                    int64_t at)
{
    ladle_node *target;
    const uint8_t *bits = source->array->buffers[1];
    if (arrow_import_accept(importer, node, LADLE_BOOL, 0, source, &target) < 0) {
        return -1;
    }
    uint8_t bit = bits[at / 8] >> at % 8 & 1;
    return arrow_import_done(importer, ladle_node_put_u8(importer->encoder->shape, target, bit));
}

static int put_data(arrow_importer *importer, ladle_node *node, const arrow_source *source,
                    ladle_kind kind, const uint8_t *data, size_t len)
{
    ladle_node *target;
    if (kind == LADLE_STR && !utf8_is_valid(data, len)) {
        return arrow_import_fail(importer, source, "is a text that is not UTF-8");
    }
    if (len >= INT32_MAX) {
        return arrow_import_fail(importer, source, "is larger than 2 GiB");
    }
    return arrow_import_accept(importer, node, kind, 0, source, &target) < 0
               ? -1
               : arrow_import_done(
                     importer, ladle_node_put_data(importer->encoder->shape, target, data, len));
}

static int put_content(arrow_importer *importer, ladle_node *node, const arrow_source *source,
                       int64_t at)
{
    int64_t start;
    int64_t end;
    arrow_source_run(source, at, &start, &end);
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
    const uint8_t *view = arrow_source_item(source, at);
    size_t len = (size_t)arrow_load_signed(view, 4);
    const uint8_t *data = view + 4;
    if (len > 12) {
        int64_t buffer = arrow_load_signed(view + 8, 4);
        int64_t offset = arrow_load_signed(view + 12, 4);
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
        return arrow_import_fail(importer, source, "is a time that Python does not have");
    }
    if (arrow_import_accept(importer, node, LADLE_EXTENSION, code, source, &target) < 0) {
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

/*
 * A duration, which in seconds may be longer than Python's, and those longer than 64 bits.
 */
static int put_duration(arrow_importer *importer, ladle_node *node, const arrow_source *source,
                        core_int128 time)
{
    if (time == (int64_t)time) {
        return put_extension(importer, node, source, CODE_TIMEDELTA, time);
    }
    if (time < -SPAN_DAYS_MAX * DAY_US || time >= (SPAN_DAYS_MAX + 1) * DAY_US) {
        return arrow_import_fail(importer, source, "is a time that Python does not have");
    }
    return put_object(importer, node,
                      PyObject_CallMethod(importer->helpers, "span_of", "LL",
                                          (long long)(time / DAY_US), (long long)(time % DAY_US)));
}

/*
 * A time in a zone, where it may lie beyond Python's years although it does not in UTC.
 */
static int put_zoned(arrow_importer *importer, ladle_node *node, const arrow_source *source,
                     int64_t time)
{
    PyObject *object =
        PyObject_CallMethod(importer->helpers, "moment_in", "LO", (long long)time, source->zone);
    if (!object && PyErr_ExceptionMatches(PyExc_OverflowError)) {
        PyErr_Clear();
        return arrow_import_fail(importer, source, "is a time that Python does not have");
    }
    return put_object(importer, node, object);
}

static int put_time(arrow_importer *importer, ladle_node *node, const arrow_source *source,
                    int64_t at)
{
    core_int128 time = arrow_load_signed(arrow_source_item(source, at), source->len);
    if (source->scale < 0 && time % -source->scale) {
        return arrow_import_fail(importer, source,
                                 "is a time that is no whole number of microseconds or days");
    }
    time = source->scale < 0 ? time / -source->scale : time * source->scale;
    switch (source->op) {
    case OP_DATE:
        return put_extension(importer, node, source, CODE_DATE, time + EPOCH_DAY);
    case OP_TIME:
        return put_extension(importer, node, source, CODE_TIME_PLAIN, time);
    case OP_DURATION:
        return put_duration(importer, node, source, time);
    default:
        if (source->zone && time == (int64_t)time) {
            return put_zoned(importer, node, source, (int64_t)time);
        }
        return put_extension(importer, node, source, CODE_DATETIME_PLAIN,
                             time + (core_int128)(EPOCH_DAY - 1) * DAY_US);
    }
}

static int put_decimal(arrow_importer *importer, ladle_node *node, const arrow_source *source,
                       int64_t at)
{
    const char *item = (const char *)arrow_source_item(source, at);
    return put_object(importer, node,
                      PyObject_CallMethod(importer->helpers, "decimal_of", "y#L", item,
                                          (Py_ssize_t)source->len, (long long)source->scale));
}

static int put_fixed(arrow_importer *importer, ladle_node *node, const arrow_source *source,
                     int64_t at)
{
    return put_data(importer, node, source, LADLE_BYTES, arrow_source_item(source, at),
                    source->len);
}

int arrow_source_put(arrow_importer *importer, ladle_node *node, const arrow_source *source,
                     int64_t index)
{
    int64_t at = source->array->offset + index;
    if (source->op == OP_NULL || arrow_source_is_null(source, at)) {
        return put_none(importer, node, source);
    }
    if (source->dictionary) {
        const uint8_t *item = arrow_source_item(source, at);
        int64_t number = source->op == OP_UINT ? (int64_t)load_unsigned(item, source->len)
                                               : arrow_load_signed(item, source->len);
        return arrow_source_put(importer, node, source->dictionary, number);
    }
    switch (source->op) {
    case OP_BOOL:
        return put_bool(importer, node, source, at);
    case OP_INT:
        return put_int(importer, node, source,
                       (uint64_t)arrow_load_signed(arrow_source_item(source, at), source->len),
                       false);
    case OP_UINT:
        return put_int(importer, node, source,
                       load_unsigned(arrow_source_item(source, at), source->len), true);
    case OP_FLOAT:
        return put_float(importer, node, source, arrow_source_item(source, at));
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
        return arrow_import_list(importer, node, source, at);
    case OP_STRUCT:
        return arrow_import_struct(importer, node, source, at);
    case OP_MAP:
        return arrow_import_map(importer, node, source, at);
    case OP_ENCODED:
        return arrow_import_encoded(importer, node, source, at);
    default:
        return arrow_import_union(importer, node, source, at);
    }
}
