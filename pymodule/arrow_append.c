/* SPDX-License-Identifier: BSD-2-Clause */
/* From views into Arrow columns. */
#include "arrow_column.h"

#include "decode_block.h"
#include "extension.h"

/*
 * The next value of a view that holds no others, with what an extension makes of it.
 */
static int take_value(arrow_maker *maker, ladle_view *view, uint8_t code, core_value *value);

/*
 * A datetime or time that is a tuple in the file: made as an object, for its zone.
 */
static int take_moment(arrow_maker *maker, ladle_view *view, core_value *value)
{
    PyObject *object = core_decode_value(maker->decoder, view);
    PyObject *number = object ? PyObject_CallOneArg(maker->moment, object) : NULL;
    *value = (core_value){
        .kind = number == Py_None ? VALUE_OTHER : VALUE_TIME, .unit = UNIT_US, .units = 1};
    if (number && number != Py_None) {
        value->time = PyLong_AsLongLong(number);
    }
    Py_XDECREF(number);
    Py_XDECREF(object);
    return !number || PyErr_Occurred() ? -1 : 0;
}

static int take_extension(arrow_maker *maker, ladle_view *view, core_value *value)
{
    uint8_t code = view->code;
    if (code == CODE_DATETIME || code == CODE_TIME) {
        return take_moment(maker, view, value);
    }
    view->next++;
    return take_value(maker, &view->children[0], code, value);
}

/*
 * An entry of a dictionary as a view that stands at it.
 */
static ladle_view entry_at(ladle_view *view)
{
    uint64_t code = ladle_packed_get(&view->words, view->next++);
    ladle_view entry = view->children[0];
    entry.next = code;
    if (view->starts) {
        entry.next_byte = view->starts[code / LADLE_STARTS_STEP];
        for (uint64_t i = code - code % LADLE_STARTS_STEP; i < code; i++) {
            entry.next_byte += ladle_packed_get(&entry.words, i);
        }
    } else if (entry.bytes_len) {
        entry.next_byte = entry.words.base * code;
    }
    return entry;
}

static int take_value(arrow_maker *maker, ladle_view *view, uint8_t code, core_value *value)
{
    ladle_item item = {.kind = (ladle_kind)view->kind};
    ladle_view entry;
    uint64_t index = view->next;
    switch (view->kind) {
    case LADLE_UNION:
        return take_value(maker, &view->children[ladle_packed_get(&view->words, view->next++)],
                          code, value);
    case LADLE_DICTIONARY:
        entry = entry_at(view);
        return take_value(maker, &entry, code, value);
    case LADLE_EXTENSION:
        return take_extension(maker, view, value);
    case LADLE_BOOL:
    case LADLE_INT:
    case LADLE_FLOAT:
        item.integer = ladle_packed_get(&view->words, index);
        item.is_unsigned = view->words.is_unsigned;
        item.real = ladle_double_from_bits(item.integer);
        break;
    case LADLE_BIGINT:
    case LADLE_STR:
    case LADLE_SURROGATE_STR:
    case LADLE_BYTES:
    case LADLE_BYTEARRAY:
        item.data_len = (size_t)ladle_packed_get(&view->words, index);
        item.data = view->bytes + view->next_byte;
        view->next_byte += item.data_len;
        break;
    default:
        break;
    }
    view->next++;
    core_value_from_item(value, &item);
    if (code == CODE_TIME_PLAIN) {
        *value = (core_value){
            .kind = VALUE_TIME, .unit = UNIT_US, .units = 1, .time = (int64_t)value->integer};
    } else if (code && code <= CODE_TIMEDELTA) {
        core_value_extend(value, code);
    }
    return 0;
}

static int append_values(arrow_maker *maker, ladle_view *view, uint64_t count, arrow_column *column)
{
    core_value value;
    for (uint64_t i = 0; i < count; i++) {
        if (take_value(maker, view, 0, &value) < 0 || arrow_put_value(maker, column, &value) < 0) {
            return -1;
        }
    }
    return 0;
}

/*
 * Words that are items as they are. False: they have to be looked at.
 */
static int append_words(ladle_view *view, uint64_t count, arrow_column *column)
{
    size_t len = 8 * (size_t)count;
    if (arrow_check(ladle_buffer_reserve(&column->data, len)) < 0) {
        return -1;
    }
    uint8_t *to = column->data.data + column->data.len;
    if (view->words.bits == 64 && view->words.base == 0 && LADLE_SWAP(64, (uint64_t)1) == 1) {
        memcpy(to, view->words.data + 8 * view->next, len);
    } else {
        for (uint64_t i = 0; i < count; i++) {
            uint64_t word = ladle_packed_get(&view->words, view->next + i);
            memcpy(to + 8 * i, &word, sizeof word);
        }
    }
    column->data.len += len;
    view->next += count;
    return arrow_put_validity(column, count, 1);
}

/*
 * The offsets of contents or lists by their lengths, which the view has as words. '*sum' is that of
 * all lengths.
 */
static int append_offsets(arrow_maker *maker, const ladle_view *view, uint64_t count,
                          arrow_column *column, uint64_t *sum)
{
    *sum = 0;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t len = ladle_packed_get(&view->words, view->next + i);
        if (arrow_put_offset(maker, column, len) < 0) {
            return -1;
        }
        *sum += len;
    }
    return 0;
}

/*
 * Texts that are ASCII, or bytes: all contents at once.
 */
static int append_contents(arrow_maker *maker, ladle_view *view, uint64_t count,
                           arrow_column *column)
{
    uint64_t sum;
    if (append_offsets(maker, view, count, column, &sum) < 0) {
        return -1;
    }
    if (arrow_put(&column->data, view->bytes + view->next_byte, (size_t)sum) < 0) {
        return -1;
    }
    view->next += count;
    view->next_byte += sum;
    return arrow_put_validity(column, count, 1);
}

/*
 * Whether all values of a view are equal, as far as can be told without looking at each.
 */
static bool is_constant(const ladle_view *view)
{
    bool has_words =
        view->kind == LADLE_BOOL || view->kind == LADLE_INT || view->kind == LADLE_DICTIONARY;
    if (has_words || view->kind == LADLE_NONE) {
        return view->words.bits == 0 && view->words.step == 0;
    }
    bool is_constant_so_far = view->kind == LADLE_TUPLE || view->kind == LADLE_EXTENSION;
    for (uint32_t i = 0; i < view->child_count && is_constant_so_far; i++) {
        is_constant_so_far = is_constant(&view->children[i]);
    }
    return is_constant_so_far;
}

static int note_zone(arrow_maker *maker, arrow_column *column, PyObject *object)
{
    PyObject *name = object ? PyObject_CallOneArg(maker->moment, object) : NULL;
    int is_same = !name          ? -1
                  : column->zone ? PyObject_RichCompareBool(column->zone, name, Py_EQ)
                                 : 1;
    if (name && !column->zone) {
        column->zone = Py_NewRef(name);
    } else if (is_same == 0) {
        Py_SETREF(column->zone, Py_NewRef(Py_None));
    }
    Py_XDECREF(name);
    return is_same < 0 ? -1 : 0;
}

/*
 * The zones of datetimes: of one where they are all the same.
 */
static int measure_zones(arrow_maker *maker, ladle_view *view, uint64_t count, arrow_column *column)
{
    uint64_t end = view->next + count;
    const ladle_view *parts = &view->children[0];
    if (view->kind != LADLE_EXTENSION || view->code != CODE_DATETIME ||
        parts->kind != LADLE_TUPLE || parts->child_count != 3) {
        return arrow_fail(maker, column, "is of another type than the index says");
    }
    uint64_t looks = is_constant(&parts->children[2]) ? 1 : count;
    int result = 0;
    for (uint64_t i = 0; i < looks && result == 0; i++) {
        PyObject *object = core_decode_value(maker->decoder, view);
        result = note_zone(maker, column, object);
        Py_XDECREF(object);
    }
    if (looks < count) {
        ladle_view_seek(view, end);
    }
    return result < 0 ? -1 : arrow_put_validity(column, count, 1);
}

static int append_leaf(arrow_maker *maker, ladle_view *view, uint64_t count, arrow_column *column)
{
    bool is_int = column->op == ARROW_INT && view->kind == LADLE_INT && column->item_len == 8 &&
                  (view->words.is_unsigned == column->is_unsigned ||
                   (view->words.bits < 64 && !(view->words.base >> 62) && !view->words.step));
    bool is_float =
        column->op == ARROW_DOUBLE && view->kind == LADLE_FLOAT && column->item_len == 8;
    bool is_text = column->op == ARROW_TEXT && view->kind == LADLE_STR && core_view_is_ascii(view);
    bool is_binary =
        column->op == ARROW_BINARY && (view->kind == LADLE_BYTES || view->kind == LADLE_BYTEARRAY);
    if (maker->is_measure && column->op == ARROW_ZONED && !column->is_tried) {
        return measure_zones(maker, view, count, column);
    }
    if (is_int || is_float) {
        return append_words(view, count, column);
    }
    if (is_text || is_binary) {
        return append_contents(maker, view, count, column);
    }
    return append_values(maker, view, count, column);
}

/*
 * The same for a column that need not take the values. Behind one that it does not take, nobody
 * looks at more of them.
 */
static int try_leaf(arrow_maker *maker, ladle_view *view, uint64_t count, arrow_column *column)
{
    if (append_leaf(maker, view, count, column) == 0) {
        return 0;
    }
    column->is_refused = maker->failed == column;
    maker->failed = NULL;
    return column->is_refused ? 0 : -1;
}

static int append_list(arrow_maker *maker, ladle_view *view, uint64_t count, arrow_column *column)
{
    uint64_t sum;
    if (append_offsets(maker, view, count, column, &sum) < 0) {
        return -1;
    }
    view->next += count;
    if (arrow_put_validity(column, count, 1) < 0) {
        return -1;
    }
    arrow_column *child = &column->children[0];
    if (column->op == ARROW_LIST) {
        return arrow_append(maker, &view->children[0], sum, child);
    }
    return arrow_append(maker, &view->children[0], sum, &child->children[0]) < 0 ||
                   arrow_append(maker, &view->children[1], sum, &child->children[1]) < 0
               ? -1
               : arrow_put_validity(child, sum, 1);
}

static bool is_named(const arrow_column *column, const ladle_string *name)
{
    return column->name_len == name->len && memcmp(column->name, name->data, name->len) == 0;
}

/*
 * The view's child for a column, by name; they often stand in the same order.
 */
static ladle_view *child_for(ladle_view *view, const arrow_column *column, uint32_t guess,
                             uint32_t *found)
{
    for (uint32_t i = 0; i < view->child_count; i++) {
        uint32_t at = guess + i < view->child_count ? guess + i : guess + i - view->child_count;
        if (is_named(column, &view->names[at])) {
            *found = at;
            return &view->children[at];
        }
    }
    *found = UINT32_MAX;
    return NULL;
}

/*
 * Dicts of several key lists, row by row.
 */
static int append_mixed_dicts(arrow_maker *maker, ladle_view *view, uint64_t count, uint32_t found,
                              arrow_column *child)
{
    bool has_it[256] = {false};
    for (uint32_t list = 0; list < view->list_count; list++) {
        for (uint32_t j = 0; j < view->lists[list].count; j++) {
            has_it[list] |= view->lists[list].columns[j] == found;
        }
    }
    for (uint64_t row = 0; row < count; row++) {
        uint64_t list = ladle_packed_get(&view->words, view->next + row);
        int result = has_it[list & 255] ? arrow_append(maker, &view->children[found], 1, child)
                                        : arrow_put_nulls(maker, child, 1);
        if (result < 0) {
            return -1;
        }
    }
    return 0;
}

static bool list_has(const ladle_view *view, uint32_t found)
{
    for (uint32_t j = 0; j < view->lists[0].count; j++) {
        if (view->lists[0].columns[j] == found) {
            return true;
        }
    }
    return false;
}

static int append_named(arrow_maker *maker, ladle_view *view, uint64_t count, arrow_column *column)
{
    uint32_t guess = 0;
    for (uint32_t i = 0; i < column->child_count; i++) {
        uint32_t found;
        arrow_column *child = &column->children[i];
        ladle_view *source = child_for(view, child, guess, &found);
        guess = source ? found + 1 : guess;
        int result;
        if (source && view->kind == LADLE_DICT && view->list_count > 1) {
            result = append_mixed_dicts(maker, view, count, found, child);
        } else if (source && (view->kind == LADLE_OBJECT || list_has(view, found))) {
            result = arrow_append(maker, source, count, child);
        } else {
            result = arrow_put_nulls(maker, child, count);
        }
        if (result < 0) {
            return -1;
        }
    }
    view->next += count;
    return arrow_put_validity(column, count, 1);
}

static int append_struct(arrow_maker *maker, ladle_view *view, uint64_t count, arrow_column *column)
{
    if (view->kind == LADLE_DICT || view->kind == LADLE_OBJECT) {
        return append_named(maker, view, count, column);
    }
    for (uint32_t i = 0; i < column->child_count; i++) {
        arrow_column *child = &column->children[i];
        if (view->kind != LADLE_TUPLE || child->number >= view->child_count) {
            return arrow_fail(maker, column, "is of another type than the index says");
        }
        if (arrow_append(maker, &view->children[child->number], count, child) < 0) {
            return -1;
        }
    }
    view->next += count;
    return arrow_put_validity(column, count, 1);
}

static int append_union(arrow_maker *maker, ladle_view *view, uint64_t count, arrow_column *column)
{
    for (uint64_t i = 0; i < count; i++) {
        ladle_view *child = &view->children[ladle_packed_get(&view->words, view->next++)];
        if (arrow_append(maker, child, 1, column) < 0) {
            return -1;
        }
    }
    return 0;
}

int arrow_append(arrow_maker *maker, ladle_view *view, uint64_t count, arrow_column *column)
{
    if (count == 0) {
        return 0;
    }
    if (maker->is_measure && (!column->is_open || column->is_refused)) {
        ladle_view_seek(view, view->next + count);
        return arrow_put_validity(column, count, 1);
    }
    if (view->kind == LADLE_NONE) {
        view->next += count;
        return arrow_put_nulls(maker, column, count);
    }
    if (view->kind == LADLE_UNION) {
        return append_union(maker, view, count, column);
    }
    if (column->has_layout) {
        return arrow_append_items(maker, view, count, column);
    }
    bool is_list = view->kind == LADLE_LIST || view->kind == LADLE_TUPLES ||
                   view->kind == LADLE_SET || view->kind == LADLE_FROZENSET;
    switch (column->op) {
    case ARROW_LIST:
        return is_list ? append_list(maker, view, count, column)
                       : arrow_fail(maker, column, "is of another type than the index says");
    case ARROW_MAP:
        return view->kind == LADLE_MAP
                   ? append_list(maker, view, count, column)
                   : arrow_fail(maker, column, "is of another type than the index says");
    case ARROW_STRUCT:
        return append_struct(maker, view, count, column);
    default:
        return maker->is_measure && column->is_tried ? try_leaf(maker, view, count, column)
                                                     : append_leaf(maker, view, count, column);
    }
}
