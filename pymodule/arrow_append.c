/* SPDX-License-Identifier: BSD-2-Clause */
/* From views into Arrow columns. */
#include "arrow_column.h"

#include "decode_block.h"
#include "extension.h"
#include "utf8.h"

int arrow_fail(arrow_maker *maker, const arrow_column *column, const char *why)
{
    maker->failed = column;
    maker->why = why;
    return -1;
}

int arrow_check(ladle_status status)
{
    if (status != LADLE_OK) {
        PyErr_NoMemory();
        return -1;
    }
    return 0;
}

int arrow_put(ladle_buffer *buffer, const void *data, size_t len)
{
    return arrow_check(ladle_buffer_put(buffer, data, len));
}

/*
 * Add 'count' values that are there or not. As long as all are, nothing is kept of it.
 */
int arrow_put_validity(arrow_column *column, uint64_t count, uint8_t is_valid)
{
    ladle_buffer *validity = &column->validity;
    size_t before = validity->len ? 0 : (size_t)column->count;
    if (validity->len || !is_valid) {
        if (arrow_check(ladle_buffer_reserve(validity, before + (size_t)count)) < 0) {
            return -1;
        }
        memset(validity->data + validity->len, 1, before);
        memset(validity->data + validity->len + before, is_valid, (size_t)count);
        validity->len += before + (size_t)count;
    }
    column->count += count;
    column->null_count += is_valid ? 0 : count;
    return 0;
}

static int put_zeros(ladle_buffer *buffer, size_t len)
{
    if (arrow_check(ladle_buffer_reserve(buffer, len)) < 0) {
        return -1;
    }
    memset(buffer->data + buffer->len, 0, len);
    buffer->len += len;
    return 0;
}

/*
 * The end of the values before; the first one is put when there is none.
 */
static int last_offset(arrow_column *column, uint32_t *offset)
{
    ladle_buffer *offsets = &column->offsets;
    *offset = 0;
    if (offsets->len == 0) {
        return arrow_put(offsets, offset, sizeof *offset);
    }
    memcpy(offset, offsets->data + offsets->len - sizeof *offset, sizeof *offset);
    return 0;
}

int arrow_put_offset(arrow_maker *maker, arrow_column *column, uint64_t len)
{
    uint32_t offset;
    if (last_offset(column, &offset) < 0) {
        return -1;
    }
    if (len > INT32_MAX - (uint64_t)offset) {
        return arrow_fail(maker, column, "is more than 2 GiB together with its neighbours");
    }
    offset += (uint32_t)len;
    return arrow_put(&column->offsets, &offset, sizeof offset);
}

/*
 * Bytes of an item in 'data'.
 */
static size_t item_len(const arrow_column *column)
{
    switch (column->op) {
    case ARROW_BOOL:
        return 1;
    case ARROW_DATE:
        return 4;
    case ARROW_DECIMAL:
    case ARROW_UUID:
        return 16;
    case ARROW_ITEM:
        return column->layout.len;
    default:
        return 8;
    }
}

static int append_nulls(arrow_maker *maker, arrow_column *column, uint64_t count)
{
    if (!column->is_nullable && column->op != ARROW_NULL) {
        return arrow_fail(maker, column, "is None or missing where the index says that none is");
    }
    switch (column->op) {
    case ARROW_NULL:
        column->count += count;
        column->null_count += count;
        return 0;
    case ARROW_TEXT:
    case ARROW_BINARY:
    case ARROW_LIST:
    case ARROW_MAP:
        for (uint64_t i = 0; i < count; i++) {
            if (arrow_put_offset(maker, column, 0) < 0) {
                return -1;
            }
        }
        break;
    case ARROW_STRUCT:
    case ARROW_RUN:
        for (uint32_t i = 0; i < column->child_count; i++) {
            arrow_column *child = &column->children[i];
            bool is_nullable = child->is_nullable;
            child->is_nullable = true; /* what is below a null is not looked at */
            int result = append_nulls(maker, child,
                                      column->op == ARROW_RUN ? count * column->extent : count);
            child->is_nullable = is_nullable;
            if (result < 0) {
                return -1;
            }
        }
        break;
    default:
        if (put_zeros(&column->data, item_len(column) * (size_t)count) < 0) {
            return -1;
        }
    }
    return arrow_put_validity(column, count, 0);
}

static int put_word(arrow_column *column, uint64_t word)
{
    return arrow_put(&column->data, &word, sizeof word) < 0 ? -1 : arrow_put_validity(column, 1, 1);
}

static bool is_utf8(const uint8_t *at, size_t len)
{
    const uint8_t *end = at + len;
    while (at != end) {
        if (utf8_next(&at, end, false) < 0) {
            return false;
        }
    }
    return true;
}

static int put_content(arrow_maker *maker, arrow_column *column, const uint8_t *data, size_t len)
{
    return arrow_put_offset(maker, column, len) < 0 || arrow_put(&column->data, data, len) < 0
               ? -1
               : arrow_put_validity(column, 1, 1);
}

static int put_text(arrow_maker *maker, arrow_column *column, const core_value *value)
{
    if (value->with_surrogates) {
        return arrow_fail(maker, column,
                          "is a str with a lone surrogate, which Arrow does not take");
    }
    if (!is_utf8(value->data, value->len)) {
        core_decode_corrupt(maker->decoder, "a str is not UTF-8");
        return -1;
    }
    return put_content(maker, column, value->data, value->len);
}

/*
 * A time in the units of its column.
 */
static int put_time(arrow_maker *maker, arrow_column *column, const core_value *value)
{
    int64_t time = (int64_t)value->time;
    if (value->time != time) {
        return arrow_fail(maker, column, "is out of the range of Arrow's microseconds");
    }
    if (column->op == ARROW_DATE) {
        int32_t days = (int32_t)time;
        return arrow_put(&column->data, &days, sizeof days) < 0 ? -1
                                                                : arrow_put_validity(column, 1, 1);
    }
    return put_word(column, (uint64_t)time);
}

static core_int128 big_of(const core_value *value)
{
    core_int128 result = value->len && value->data[value->len - 1] & 0x80 ? -1 : 0;
    for (size_t i = value->len; i-- > 0;) {
        result = (core_int128)((unsigned __int128)result << 8 | value->data[i]);
    }
    return result;
}

/*
 * A decimal as Python writes it, like -12.5E+3, taken apart: digits and how many of them stand
 * behind the point. False: it is no number.
 */
static bool parse_decimal(const core_value *value, uint8_t digits[80], int *count, int *behind,
                          bool *is_negative)
{
    const uint8_t *at = value->data;
    const uint8_t *end = at + value->len;
    bool has_point = false;
    *count = 0;
    *behind = 0;
    *is_negative = at != end && *at == '-';
    at += *is_negative;
    for (; at != end && *at != 'E'; at++) {
        if (*at == '.') {
            has_point = true;
        } else if (*at < '0' || *at > '9') {
            return false;
        } else {
            *behind += has_point;
            if (*count || *at != '0') {
                if (*count == 80) {
                    return false;
                }
                digits[(*count)++] = (uint8_t)(*at - '0');
            }
        }
    }
    if (at != end) {
        char text[12] = {0};
        size_t len = (size_t)(end - at) - 1;
        if (len == 0 || len >= sizeof text) {
            return false;
        }
        memcpy(text, at + 1, len);
        *behind -= (int)strtol(text, NULL, 10);
    }
    return true;
}

static int put_int128(arrow_column *column, core_int128 number)
{
    unsigned __int128 bits = (unsigned __int128)number;
    uint64_t words[2] = {(uint64_t)bits, (uint64_t)(bits >> 64)};
    return arrow_put(&column->data, words, sizeof words) < 0 ? -1
                                                             : arrow_put_validity(column, 1, 1);
}

static int put_decimal(arrow_maker *maker, arrow_column *column, const core_value *value)
{
    uint8_t digits[80];
    int count;
    int behind;
    bool is_negative;
    if (value->kind == VALUE_INT) {
        return put_int128(column, value->is_unsigned ? (core_int128)value->integer
                                                     : (core_int128)(int64_t)value->integer);
    }
    if (value->kind == VALUE_BIG) {
        return put_int128(column, big_of(value));
    }
    if (value->kind != VALUE_STR || !parse_decimal(value, digits, &count, &behind, &is_negative)) {
        return arrow_fail(maker, column, "is a Decimal that is no number of up to 38 digits");
    }
    if (maker->is_measure) {
        int before = count - behind;
        column->digits_behind = behind > column->digits_behind ? behind : column->digits_behind;
        column->digits = before > column->digits ? before : column->digits;
        return put_zeros(&column->data, 16) < 0 ? -1 : arrow_put_validity(column, 1, 1);
    }
    core_int128 number = 0;
    int zeros = column->scale - behind;
    if (zeros < 0 || count + zeros > 38) {
        return arrow_fail(maker, column, "is a Decimal of too many digits");
    }
    for (int i = 0; i < count + zeros; i++) {
        number = number * 10 + (i < count ? digits[i] : 0);
    }
    return put_int128(column, is_negative ? -number : number);
}

/*
 * One value without others in it.
 */
static int put_value(arrow_maker *maker, arrow_column *column, const core_value *value)
{
    bool is_number = value->kind == VALUE_BOOL || value->kind == VALUE_INT;
    uint8_t byte = value->integer != 0;
    double real;
    switch (column->op) {
    case ARROW_BOOL:
        if (value->kind == VALUE_BOOL) {
            return arrow_put(&column->data, &byte, 1) < 0 ? -1 : arrow_put_validity(column, 1, 1);
        }
        break;
    case ARROW_INT:
        if (is_number &&
            !(value->integer >> 63 && value->is_unsigned != (column->format[0] == 'L'))) {
            return put_word(column, value->integer);
        }
        break;
    case ARROW_DOUBLE:
        real = value->kind == VALUE_FLOAT ? value->real
               : value->is_unsigned       ? (double)value->integer
                                          : (double)(int64_t)value->integer;
        if (is_number || value->kind == VALUE_FLOAT) {
            return put_word(column, ladle_bits_from_double(real));
        }
        break;
    case ARROW_TEXT:
        if (value->kind == VALUE_STR) {
            return put_text(maker, column, value);
        }
        break;
    case ARROW_BINARY:
        if (value->kind == VALUE_BYTES) {
            return put_content(maker, column, value->data, value->len);
        }
        break;
    case ARROW_DATE:
    case ARROW_TIMESTAMP:
    case ARROW_ZONED:
    case ARROW_TIME:
    case ARROW_DURATION:
        if (value->kind == VALUE_TIME || value->kind == VALUE_SPAN) {
            return put_time(maker, column, value);
        }
        break;
    case ARROW_DECIMAL:
        return put_decimal(maker, column, value);
    case ARROW_UUID:
        if (value->kind == VALUE_BYTES && value->len == 16) {
            return arrow_put(&column->data, value->data, 16) < 0 ? -1
                                                                 : arrow_put_validity(column, 1, 1);
        }
        break;
    default:
        break;
    }
    return arrow_fail(maker, column, "is of another type than the index says");
}

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
    *value = (core_value){.kind = number == Py_None ? VALUE_OTHER : VALUE_TIME};
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
        *value = (core_value){.kind = VALUE_TIME, .time = (int64_t)value->integer};
    } else if (code && code <= CODE_TIMEDELTA) {
        core_value_extend(value, code);
    }
    return 0;
}

static int append_values(arrow_maker *maker, ladle_view *view, uint64_t count, arrow_column *column)
{
    core_value value;
    for (uint64_t i = 0; i < count; i++) {
        if (take_value(maker, view, 0, &value) < 0 || put_value(maker, column, &value) < 0) {
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
 * Texts that are ASCII, or bytes: all contents at once.
 */
static int append_contents(arrow_maker *maker, ladle_view *view, uint64_t count,
                           arrow_column *column)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t len = ladle_packed_get(&view->words, view->next + i);
        if (arrow_put_offset(maker, column, len) < 0) {
            return -1;
        }
        sum += len;
    }
    if (arrow_put(&column->data, view->bytes + view->next_byte, (size_t)sum) < 0) {
        return -1;
    }
    view->next += count;
    view->next_byte += sum;
    return arrow_put_validity(column, count, 1);
}

static int append_leaf(arrow_maker *maker, ladle_view *view, uint64_t count, arrow_column *column)
{
    bool is_int = column->op == ARROW_INT && view->kind == LADLE_INT &&
                  (view->words.is_unsigned == (column->format[0] == 'L') ||
                   (view->words.bits < 64 && !(view->words.base >> 62) && !view->words.step));
    bool is_float = column->op == ARROW_DOUBLE && view->kind == LADLE_FLOAT;
    bool is_text = column->op == ARROW_TEXT && view->kind == LADLE_STR && core_view_is_ascii(view);
    bool is_binary =
        column->op == ARROW_BINARY && (view->kind == LADLE_BYTES || view->kind == LADLE_BYTEARRAY);
    if (is_int || is_float) {
        return append_words(view, count, column);
    }
    if (is_text || is_binary) {
        return append_contents(maker, view, count, column);
    }
    return append_values(maker, view, count, column);
}

static int append_list(arrow_maker *maker, ladle_view *view, uint64_t count, arrow_column *column)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t len = ladle_packed_get(&view->words, view->next + i);
        if (arrow_put_offset(maker, column, len) < 0) {
            return -1;
        }
        sum += len;
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
                                        : append_nulls(maker, child, 1);
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
            result = append_nulls(maker, child, count);
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
    if (view->kind != LADLE_TUPLE || view->child_count != column->child_count) {
        return arrow_fail(maker, column, "is of another type than the index says");
    }
    for (uint32_t i = 0; i < column->child_count; i++) {
        if (arrow_append(maker, &view->children[i], count, &column->children[i]) < 0) {
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
    if (view->kind == LADLE_NONE) {
        view->next += count;
        return append_nulls(maker, column, count);
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
        return append_leaf(maker, view, count, column);
    }
}
