/* SPDX-License-Identifier: BSD-2-Clause */
/* Single values, and that there are none, into Arrow columns. */
#include "arrow_column.h"

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
 * Bytes of an item as long as it is in 'data'.
 */
static size_t kept_len(const arrow_column *column)
{
    switch (column->op) {
    case ARROW_BOOL:
        return 1;
    case ARROW_DATE:
    case ARROW_TIME:
        return column->item_len;
    case ARROW_DECIMAL:
    case ARROW_UUID:
        return 16;
    case ARROW_ITEM:
        return column->layout.len;
    default:
        return 8;
    }
}

int arrow_put_nulls(arrow_maker *maker, arrow_column *column, uint64_t count)
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
            int result = arrow_put_nulls(maker, child,
                                         column->op == ARROW_RUN ? count * column->extent : count);
            child->is_nullable = is_nullable;
            if (result < 0) {
                return -1;
            }
        }
        break;
    default:
        if (put_zeros(&column->data, kept_len(column) * (size_t)count) < 0) {
            return -1;
        }
    }
    return arrow_put_validity(column, count, 0);
}

static int put_word(arrow_column *column, uint64_t word)
{
    return arrow_put(&column->data, &word, sizeof word) < 0 ? -1 : arrow_put_validity(column, 1, 1);
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
    if (!utf8_is_valid(value->data, value->len)) {
        core_decode_corrupt(maker->decoder, "a str is not UTF-8");
        return -1;
    }
    return put_content(maker, column, value->data, value->len);
}

/*
 * A time in the unit of its column.
 */
static int put_time(arrow_maker *maker, arrow_column *column, const core_value *value)
{
    int64_t time = (int64_t)value->time;
    bool is_one = value->unit == column->layout.unit && value->time == time;
    enum core_fit fit = is_one ? FIT_OK : core_put_time(value, &column->layout, (uint8_t *)&time);
    if (fit == FIT_INEXACT) {
        return arrow_fail(maker, column, "is between two times that its column can have");
    }
    int32_t short_time = (int32_t)time;
    bool is_short = column->item_len == sizeof short_time;
    if (fit != FIT_OK || (is_short && short_time != time)) {
        return arrow_fail(maker, column, "is out of the range of Arrow's type for its column");
    }
    const void *item = is_short ? (const void *)&short_time : &time;
    return arrow_put(&column->data, item, column->item_len) < 0 ? -1
                                                                : arrow_put_validity(column, 1, 1);
}

/*
 * A float, if the column has it bit for bit.
 */
static int put_real(arrow_maker *maker, arrow_column *column, double real)
{
    double kept = column->item_len == 2   ? core_double_from_half(core_half_from_double(real))
                  : column->item_len == 4 ? (double)(float)real
                                          : real;
    uint64_t bits = ladle_bits_from_double(real);
    return ladle_bits_from_double(kept) == bits
               ? put_word(column, bits)
               : arrow_fail(maker, column, "is a float that is another one in its column");
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

static bool int_fits(const arrow_column *column, const core_value *value)
{
    unsigned bits = 8 * column->item_len - !column->is_unsigned;
    bool is_negative = !value->is_unsigned && value->integer >> 63;
    uint64_t size = is_negative ? ~value->integer : value->integer;
    return !(is_negative && column->is_unsigned) && (bits == 64 || size >> bits == 0);
}

int arrow_put_value(arrow_maker *maker, arrow_column *column, const core_value *value)
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
        if (is_number && int_fits(column, value)) {
            return put_word(column, value->integer);
        }
        break;
    case ARROW_DOUBLE:
        real = value->kind == VALUE_FLOAT ? value->real
               : value->is_unsigned       ? (double)value->integer
                                          : (double)(int64_t)value->integer;
        if (is_number || value->kind == VALUE_FLOAT) {
            return put_real(maker, column, real);
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
