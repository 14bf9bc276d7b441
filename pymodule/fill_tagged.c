/* SPDX-License-Identifier: BSD-2-Clause */
/* Values of any form, one by one, by way of their tagged form. */
#include "fill.h"

#include "errors.h"
#include "extension.h"
#include "numpy_types.h"

/*
 * One value on its way.
 */
struct put {
    core_fill *fill;
    ladle_cursor cursor;
    const fill_picks *picks;
    uint64_t index;
    uint64_t filled; /* rows before the one at hand, for columns of their own */
};

static int put(struct put *put, const core_layout *layout, uint8_t *to, ptrdiff_t stride);

static int fail(struct put *put, enum core_fit fit, const core_layout *layout, const char *what)
{
    core_fill_fail(put->fill, put->picks, put->index, fit, layout, what);
    return 0;
}

static int fail_corrupt(struct put *put)
{
    core_decode_corrupt(put->fill->decoder, "a value breaks the rules of the format");
    return -1;
}

/*
 * Bad values among tagged ones, which were not looked at before.
 */
static int next(struct put *put, ladle_item *item)
{
    return ladle_value_next(&put->cursor, item) == LADLE_OK ? 0 : fail_corrupt(put);
}

static int skip(struct put *put)
{
    return ladle_value_skip(&put->cursor, put->fill->decoder->limits.max_depth) == LADLE_OK
               ? 0
               : fail_corrupt(put);
}

/*
 * A datetime that has a zone or a fold, behind its code: a tuple of three.
 */
static int read_datetime(struct put *put, core_value *value)
{
    ladle_item tuple;
    ladle_item time;
    ladle_item zone;
    if (next(put, &tuple) < 0 || next(put, &time) < 0 || skip(put) < 0 || next(put, &zone) < 0) {
        return -1;
    }
    if (tuple.kind != LADLE_TUPLE || tuple.count != 3 || time.kind != LADLE_INT) {
        return fail_corrupt(put);
    }
    core_value_datetime(value, time.integer, zone.kind != LADLE_NONE);
    return 0;
}

static int read_extension(struct put *put, uint8_t code, core_value *value)
{
    ladle_item inner;
    if (code == CODE_DATETIME) {
        return read_datetime(put, value);
    }
    if (next(put, &inner) < 0) {
        return -1;
    }
    core_value_from_item(value, &inner);
    core_value_extend(value, code);
    return 0;
}

static const char *name_of(const ladle_item *item)
{
    return core_fill_kind_name((uint8_t)item->kind);
}

static int put_leaf(struct put *put, const ladle_item *item, const core_layout *layout, uint8_t *to)
{
    core_value value;
    core_value_from_item(&value, item);
    if (item->kind == LADLE_EXTENSION && read_extension(put, item->code, &value) < 0) {
        return -1;
    }
    uint8_t *place = put->fill->is_check ? put->fill->scratch : to;
    enum core_fit fit = core_convert(&value, layout, place);
    return fit == FIT_OK ? 0 : fail(put, fit, layout, name_of(item));
}

void core_fill_object(uint8_t *to, const void *object)
{
    PyObject *before;
    PyObject *after;
    memcpy(&before, to, sizeof before);
    memcpy(&after, object, sizeof after);
    Py_INCREF(after);
    memcpy(to, &after, sizeof after);
    Py_XDECREF(before);
}

static int put_object(struct put *put, const core_layout *layout, uint8_t *to)
{
    const uint8_t *start = put->cursor.next;
    if (skip(put) < 0) {
        return -1;
    }
    (void)layout;
    PyObject *object =
        core_decode_tagged(put->fill->decoder, start, (size_t)(put->cursor.next - start));
    if (!object || put->fill->is_check) {
        Py_XDECREF(object);
        return object ? 0 : -1;
    }
    core_fill_object(to, &object);
    Py_DECREF(object);
    return 0;
}

static int put_items(struct put *put, const ladle_item *item, const core_layout *layout,
                     uint8_t *to, ptrdiff_t stride)
{
    ladle_view view = {.kind = (uint8_t)item->kind,
                       .code = item->code,
                       .count = 1,
                       .bytes = item->data,
                       .bytes_len = item->data_len,
                       .item_len = item->item_len,
                       .value_len = item->data_len,
                       .dimensions = item->dimensions,
                       .extents = item->extents,
                       .name = {(const char *)item->name, item->name_len}};
    uint32_t row = (uint32_t)fill_row(put->picks, put->index);
    uint32_t place = 0;
    fill_picks one = {.count = 1, .places = &place, .rows = &row, .per_row = 1};
    return core_fill_items(put->fill, &view, 0, &one, layout, to, stride);
}

static int put_absent(struct put *put, const core_layout *layout, uint8_t *to, ptrdiff_t stride,
                      const char *what)
{
    uint32_t row = (uint32_t)fill_row(put->picks, put->index);
    uint32_t place = 0;
    fill_picks one = {.count = 1, .places = &place, .rows = &row, .per_row = 1};
    return core_fill_absent(put->fill, &one, layout, to, stride, what);
}

static int skip_values(struct put *put, uint64_t count)
{
    int result = 0;
    for (uint64_t i = 0; i < count && result == 0; i++) {
        result = skip(put);
    }
    return result;
}

/*
 * A part of the value at hand: a field by its position, or an item.
 */
static int put_part(struct put *put_, const core_layout *layout, uint64_t index, uint8_t *to,
                    ptrdiff_t stride)
{
    const core_layout *field = &layout->children[layout->form == LAYOUT_FIELDS ? index : 0];
    core_fill_place(put_->fill, layout, index, &to, &stride);
    if (field->column) {
        to += (ptrdiff_t)fill_row(put_->picks, put_->index) * stride;
    }
    return put(put_, field, to, stride);
}

static int put_sequence(struct put *put, const ladle_item *item, const core_layout *layout,
                        uint8_t *to, ptrdiff_t stride)
{
    uint64_t expected = layout->form == LAYOUT_FIELDS ? layout->child_count : layout->extent;
    if (item->count != expected) {
        fail(put, FIT_COUNT, layout, NULL);
        return skip_values(put, item->count);
    }
    int result = 0;
    for (uint64_t i = 0; i < expected && result == 0; i++) {
        result = put_part(put, layout, i, to, stride);
    }
    return result;
}

/*
 * Whether each field came, for up to this many; more are looked for again and again.
 */
static int put_pairs(struct put *put_, const ladle_item *item, const core_layout *layout,
                     uint8_t *to, ptrdiff_t stride)
{
    uint8_t *came = PyMem_Calloc(layout->child_count + 1, 1);
    if (!came) {
        PyErr_NoMemory();
        return -1;
    }
    int result = 0;
    for (uint64_t i = 0; i < item->count && result == 0; i++) {
        ladle_cursor start = put_->cursor;
        ladle_item key;
        uint32_t field = 0;
        result = next(put_, &key);
        while (result == 0 && field < layout->child_count &&
               !(key.kind == LADLE_STR &&
                 fill_is_named(&layout->children[field], (const char *)key.data, key.data_len))) {
            field++;
        }
        if (result == 0 && field < layout->child_count) {
            came[field] = 1;
            result = put_part(put_, layout, field, to, stride);
        } else if (result == 0) {
            put_->cursor = start;
            result = skip_values(put_, 2);
        }
    }
    for (uint32_t i = 0; i < layout->child_count && result == 0; i++) {
        if (!came[i]) {
            const core_layout *field = &layout->children[i];
            uint8_t *field_to = to;
            ptrdiff_t field_stride = stride;
            core_fill_place(put_->fill, layout, i, &field_to, &field_stride);
            if (field->column) {
                field_to += (ptrdiff_t)fill_row(put_->picks, put_->index) * field_stride;
            }
            result = put_absent(put_, field, field_to, field_stride, "a key is missing");
        }
    }
    PyMem_Free(came);
    return result;
}

/*
 * The next tagged value into a layout.
 */
static int put(struct put *put, const core_layout *layout, uint8_t *to, ptrdiff_t stride)
{
    ladle_item item;
    if (layout->form == LAYOUT_LEAF && layout->kind == 'O') {
        return put_object(put, layout, to);
    }
    ladle_cursor start = put->cursor;
    if (next(put, &item) < 0) {
        return -1;
    }
    bool is_sequence = item.kind == LADLE_TUPLE || item.kind == LADLE_LIST;
    bool has_pairs = item.kind == LADLE_DICT || item.kind == LADLE_OBJECT;
    if (item.kind == LADLE_NONE) {
        return put_absent(put, layout, to, stride, NULL);
    }
    if (item.kind == LADLE_SCALAR || item.kind == LADLE_ARRAY) {
        return put_items(put, &item, layout, to, stride);
    }
    if (is_sequence && layout->form != LAYOUT_LEAF) {
        return put_sequence(put, &item, layout, to, stride);
    }
    if (has_pairs && layout->form == LAYOUT_FIELDS) {
        return put_pairs(put, &item, layout, to, stride);
    }
    bool is_whole = item.count == 0 && item.kind < LADLE_TUPLE;
    if (layout->form == LAYOUT_LEAF && (is_whole || item.kind == LADLE_EXTENSION)) {
        return put_leaf(put, &item, layout, to);
    }
    fail(put, FIT_KIND, layout, name_of(&item));
    put->cursor = start;
    return skip(put);
}

/*
 * Make the tagged form of the next values, each behind its length.
 */
static int take_values(core_fill *fill, ladle_view *view, uint64_t count)
{
    const ladle_limits *limits = &fill->decoder->limits;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t len = 0;
        size_t start = fill->tagged.len;
        ladle_status status = ladle_buffer_put(&fill->tagged, &len, sizeof len);
        if (status == LADLE_OK) {
            status =
                ladle_view_get_tagged(view, &fill->tagged, limits->max_depth, limits->max_items);
        }
        if (status == LADLE_E_MEMORY) {
            PyErr_NoMemory();
            return -1;
        }
        if (status != LADLE_OK) {
            core_fail(&fill->decoder->error, status, "%s", ladle_status_text(status));
            return -1;
        }
        len = fill->tagged.len - start - sizeof len;
        memcpy(fill->tagged.data + start, &len, sizeof len);
    }
    return 0;
}

int core_fill_tagged(core_fill *fill, ladle_view *view, const fill_picks *picks,
                     const core_layout *layout, uint8_t *to, ptrdiff_t stride)
{
    size_t at = fill->is_check ? fill->tagged.len : fill->tagged_next;
    if (fill->is_check && take_values(fill, view, picks->count) < 0) {
        return -1;
    }
    for (uint64_t i = 0; i < picks->count; i++) {
        uint64_t len;
        memcpy(&len, fill->tagged.data + at, sizeof len);
        at += sizeof len;
        struct put one = {.fill = fill,
                          .cursor = ladle_cursor_over(fill->tagged.data + at, (size_t)len),
                          .picks = picks,
                          .index = i};
        if (put(&one, layout, fill_place(picks, i, to, stride), stride) < 0) {
            return -1;
        }
        at += (size_t)len;
    }
    fill->tagged_next = at;
    return 0;
}
