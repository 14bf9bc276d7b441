/* SPDX-License-Identifier: BSD-2-Clause */
#include "convert.h"

#include "long.h"
#include "utf8.h"

#include <math.h>

uint16_t core_half_from_double(double value)
{
    uint64_t bits = ladle_bits_from_double(value);
    uint16_t sign = (uint16_t)(bits >> 48 & 0x8000);
    int exponent = (int)(bits >> 52 & 0x7FF) - 1023;
    uint64_t fraction = bits & 0xFFFFFFFFFFFFF;
    if (exponent == 1024) {
        uint16_t kept = (uint16_t)(fraction >> 42);
        return (uint16_t)(sign | 0x7C00 | (fraction && !kept ? 1 : kept));
    }
    if (exponent > 15) {
        return sign | 0x7C00;
    }
    if (exponent < -25) {
        return sign;
    }
    /* Denormals lose more bits; the rounding may carry into the exponent, which is right. */
    unsigned lost = exponent < -14 ? 42 + (unsigned)(-14 - exponent) : 42;
    uint64_t all =
        exponent < -14 ? fraction | (uint64_t)1 << 52 : fraction | (uint64_t)(exponent + 15) << 52;
    uint64_t kept = all >> lost;
    uint64_t rest = all & (((uint64_t)1 << lost) - 1);
    uint64_t half = (uint64_t)1 << (lost - 1);
    kept += rest > half || (rest == half && (kept & 1));
    return (uint16_t)(sign | kept);
}

double core_double_from_half(uint16_t half)
{
    uint64_t sign = (uint64_t)(half & 0x8000) << 48;
    uint64_t exponent = half >> 10 & 31;
    uint64_t fraction = half & 0x3FF;
    if (exponent == 31) {
        return ladle_double_from_bits(sign | (uint64_t)0x7FF << 52 | fraction << 42);
    }
    if (exponent == 0) {
        double magnitude = (double)fraction / 16777216;
        return sign ? -magnitude : magnitude;
    }
    return ladle_double_from_bits(sign | (exponent + 1008) << 52 | fraction << 42);
}

static void reverse(uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len / 2; i++) {
        uint8_t byte = bytes[i];
        bytes[i] = bytes[len - 1 - i];
        bytes[len - 1 - i] = byte;
    }
}

void core_swap(const core_layout *layout, uint8_t *item)
{
    size_t part = layout->kind == 'U' ? 4 : layout->kind == 'c' ? layout->len / 2 : layout->len;
    for (size_t i = 0; part && i < layout->len; i += part) {
        reverse(item + i, part);
    }
}

static void store_int(uint64_t integer, size_t len, uint8_t *to)
{
    uint8_t bytes[8];
    memcpy(bytes, &integer, sizeof integer);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    memcpy(to, bytes + 8 - len, len);
#else
    memcpy(to, bytes, len);
#endif
}

static enum core_fit put_int(const core_value *value, const core_layout *layout, uint8_t *to)
{
    uint64_t integer = value->integer;
    bool is_negative = !value->is_unsigned && integer >> 63;
    uint64_t magnitude = is_negative ? ~integer : integer;
    unsigned bits = 8 * (unsigned)layout->len - (layout->kind == 'i');
    if ((bits < 64 && magnitude >> bits) || (is_negative && layout->kind == 'u')) {
        return FIT_RANGE;
    }
    store_int(integer, layout->len, to);
    return FIT_OK;
}

static enum core_fit put_real(long double real, size_t len, uint8_t *to)
{
    double wide = (double)real;
    float narrow = (float)wide;
    uint16_t half = core_half_from_double(wide);
    switch (len) {
    case 2:
        memcpy(to, &half, len);
        return (half & 0x7FFF) == 0x7C00 && !isinf(real) ? FIT_RANGE : FIT_OK;
    case 4:
        memcpy(to, &narrow, len);
        return isinf(narrow) && !isinf(real) ? FIT_RANGE : FIT_OK;
    case 8:
        memcpy(to, &wide, len);
        return isinf(wide) && !isinf(real) ? FIT_RANGE : FIT_OK;
    default:
        memset(to, 0, len);
        memcpy(to, &real, sizeof real);
        return FIT_OK;
    }
}

/*
 * A number into a float or complex item. Types of lengths that this machine's C lacks are refused.
 */
static enum core_fit put_number(long double real, double imaginary, const core_layout *layout,
                                uint8_t *to)
{
    bool is_complex = layout->kind == 'c';
    size_t part = is_complex ? layout->len / 2 : layout->len;
    if (part > 8 && part != sizeof real) {
        return FIT_KIND;
    }
    enum core_fit fit = put_real(real, part, to);
    return fit == FIT_OK && is_complex ? put_real(imaginary, part, to + part) : fit;
}

/*
 * An int of more than 64 bits, or one that is among such.
 */
static enum core_fit put_big(const core_value *big, const core_layout *layout, uint8_t *to)
{
    core_value value = {.kind = VALUE_INT};
    bool is_negative = big->len && big->data[big->len - 1] & 0x80;
    size_t len = big->len;
    while (len > 8 && big->data[len - 1] == (is_negative ? 0xFF : 0)) {
        len--;
    }
    uint8_t bytes[8];
    memset(bytes, is_negative ? 0xFF : 0, sizeof bytes);
    memcpy(bytes, big->data, len < 8 ? len : 8);
    value.integer = ladle_load_u64(bytes);
    value.is_unsigned = !is_negative && value.integer >> 63;
    if (len <= 8 && !(is_negative && !(value.integer >> 63))) {
        return core_convert(&value, layout, to);
    }
    if (layout->kind != 'f' && layout->kind != 'c') {
        return layout->kind == 'i' || layout->kind == 'u' ? FIT_RANGE : FIT_KIND;
    }
    PyObject *number = int_from_bytes(big->data, big->len);
    double real = number ? PyLong_AsDouble(number) : -1;
    Py_XDECREF(number);
    if (PyErr_Occurred()) {
        PyErr_Clear();
        return FIT_RANGE;
    }
    return put_number(real, 0, layout, to);
}

/*
 * The next character of a str. -1: none left. -2: not UTF-8.
 */
static int32_t next_character(const core_value *value, const uint8_t **at)
{
    const uint8_t *end = value->data + value->len;
    if (*at == end) {
        return -1;
    }
    if (value->kind == VALUE_STR) {
        int32_t code = utf8_next(at, end, value->with_surrogates);
        return code < 0 ? -2 : code;
    }
    if (value->kind == VALUE_BYTES) {
        uint8_t byte = *(*at)++;
        return byte < 0x80 ? byte : -2;
    }
    uint32_t code;
    memcpy(&code, *at, sizeof code);
    *at += sizeof code;
    return (int32_t)(value->is_swapped ? __builtin_bswap32(code) : code);
}

static enum core_fit put_characters(const core_value *value, const core_layout *layout, uint8_t *to)
{
    const uint8_t *at = value->data;
    size_t left = layout->len / 4;
    size_t place = 0;
    for (int32_t code; (code = next_character(value, &at)) != -1; left--) {
        if (code == -2) {
            return value->kind == VALUE_BYTES ? FIT_NOT_ASCII : FIT_BAD_TEXT;
        }
        if (left == 0) {
            return FIT_LONG;
        }
        memcpy(to + place, &code, sizeof code);
        place += sizeof code;
    }
    memset(to + place, 0, layout->len - place);
    return FIT_OK;
}

static enum core_fit put_ascii(const core_value *value, const core_layout *layout, uint8_t *to)
{
    const uint8_t *at = value->data;
    size_t place = 0;
    for (int32_t code; (code = next_character(value, &at)) != -1;) {
        if (code >= 0x80 || code < 0) {
            return code == -2 ? FIT_BAD_TEXT : FIT_NOT_ASCII;
        }
        if (place == layout->len) {
            return FIT_LONG;
        }
        to[place++] = (uint8_t)code;
    }
    memset(to + place, 0, layout->len - place);
    return FIT_OK;
}

static enum core_fit put_bytes(const core_value *value, const core_layout *layout, uint8_t *to)
{
    if (value->len > layout->len) {
        return FIT_LONG;
    }
    memcpy(to, value->data, value->len);
    memset(to + value->len, 0, layout->len - value->len);
    return FIT_OK;
}

static enum core_fit put_text(const core_value *value, const core_layout *layout, uint8_t *to)
{
    if (layout->kind == 'U') {
        return put_characters(value, layout, to);
    }
    return layout->kind == 'S' ? put_ascii(value, layout, to) : FIT_KIND;
}

/*
 * As core_convert, in the machine's byte order.
 */
static enum core_fit put_native(const core_value *value, const core_layout *layout, uint8_t *to)
{
    char kind = layout->kind;
    switch (value->kind) {
    case VALUE_NONE:
        return FIT_NONE;
    case VALUE_BOOL:
        if (kind == 'b') {
            to[0] = value->integer != 0;
            return FIT_OK;
        }
        /* fall through */
    case VALUE_INT:
        return kind == 'i' || kind == 'u'   ? put_int(value, layout, to)
               : kind != 'f' && kind != 'c' ? FIT_KIND
               : value->is_unsigned
                   ? put_number((long double)value->integer, 0, layout, to)
                   : put_number((long double)(int64_t)value->integer, 0, layout, to);
    case VALUE_BIG:
        return put_big(value, layout, to);
    case VALUE_FLOAT:
        return kind == 'f' || kind == 'c' ? put_number(value->real, 0, layout, to) : FIT_KIND;
    case VALUE_COMPLEX:
        return kind == 'c' ? put_number(value->real, value->imaginary, layout, to) : FIT_KIND;
    case VALUE_STR:
    case VALUE_UCS4:
        return put_text(value, layout, to);
    case VALUE_BYTES:
        return kind == 'U'                  ? put_characters(value, layout, to)
               : kind == 'S' || kind == 'V' ? put_bytes(value, layout, to)
                                            : FIT_KIND;
    case VALUE_VOID:
        return kind == 'V' ? put_bytes(value, layout, to) : FIT_KIND;
    case VALUE_TIME:
        return kind == 'M' ? core_put_time(value, layout, to) : FIT_KIND;
    case VALUE_SPAN:
        return kind == 'm' ? core_put_time(value, layout, to) : FIT_KIND;
    case VALUE_ZONED:
        return kind == 'M' ? FIT_ZONE : FIT_KIND;
    default:
        return FIT_KIND;
    }
}

enum core_fit core_convert(const core_value *value, const core_layout *layout, uint8_t *to)
{
    enum core_fit fit = put_native(value, layout, to);
    if (layout->is_swapped && fit == FIT_OK) {
        core_swap(layout, to);
    }
    return fit;
}

static uint64_t load_int(const uint8_t *from, size_t len, bool is_signed)
{
    uint64_t integer = 0;
    for (size_t i = len; i-- > 0;) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        integer = integer << 8 | from[len - 1 - i];
#else
        integer = integer << 8 | from[i];
#endif
    }
    bool is_negative = is_signed && len < 8 && integer >> (8 * len - 1);
    return is_negative ? integer | ~(uint64_t)0 << 8 * len : integer;
}

static double load_real(const uint8_t *from, size_t len)
{
    float narrow;
    double wide;
    long double widest;
    uint16_t half;
    switch (len) {
    case 2:
        memcpy(&half, from, len);
        return core_double_from_half(half);
    case 4:
        memcpy(&narrow, from, len);
        return narrow;
    case 8:
        memcpy(&wide, from, len);
        return wide;
    default:
        memcpy(&widest, from, sizeof widest);
        return (double)widest;
    }
}

static size_t len_without_zeros(const uint8_t *data, size_t len, size_t part)
{
    static const uint8_t zeros[4];
    while (len && memcmp(data + len - part, zeros, part) == 0) {
        len -= part;
    }
    return len;
}

/*
 * Numbers and times, at most 32 bytes.
 */
static void load_number(core_value *value, const core_layout *layout, const uint8_t *from)
{
    uint8_t item[2 * sizeof(long double)];
    memcpy(item, from, layout->len);
    if (layout->is_swapped) {
        core_swap(layout, item);
    }
    size_t part = layout->kind == 'c' ? layout->len / 2 : layout->len;
    switch (layout->kind) {
    case 'b':
        value->kind = VALUE_BOOL;
        value->integer = item[0] != 0;
        break;
    case 'i':
    case 'u':
        value->kind = VALUE_INT;
        value->integer = load_int(item, layout->len, layout->kind == 'i');
        value->is_unsigned = layout->kind == 'u';
        break;
    case 'f':
    case 'c':
        value->kind = layout->kind == 'f' ? VALUE_FLOAT : VALUE_COMPLEX;
        value->real = load_real(item, part);
        value->imaginary = layout->kind == 'c' ? load_real(item + part, part) : 0;
        break;
    default:
        value->kind = layout->kind == 'M' ? VALUE_TIME : VALUE_SPAN;
        value->time = (int64_t)load_int(item, 8, true);
        value->is_nat = value->time == INT64_MIN;
        value->unit = layout->unit;
        value->units = layout->units;
    }
}

void core_value_load(core_value *value, const core_layout *layout, const uint8_t *from)
{
    *value = (core_value){.data = from, .len = layout->len, .is_swapped = layout->is_swapped};
    switch (layout->kind) {
    case 'S':
        value->kind = VALUE_BYTES;
        value->len = len_without_zeros(from, layout->len, 1);
        break;
    case 'U':
        value->kind = VALUE_UCS4;
        value->len = len_without_zeros(from, layout->len, 4);
        break;
    case 'V':
        value->kind = VALUE_VOID;
        break;
    case 'O':
        value->kind = VALUE_OTHER;
        break;
    default:
        load_number(value, layout, from);
    }
}

void core_value_from_item(core_value *value, const ladle_item *item)
{
    *value = (core_value){.integer = item->integer,
                          .is_unsigned = item->is_unsigned,
                          .real = item->real,
                          .imaginary = item->imaginary,
                          .data = item->data,
                          .len = item->data_len,
                          .with_surrogates = item->kind == LADLE_SURROGATE_STR};
    switch (item->kind) {
    case LADLE_NONE:
        value->kind = VALUE_NONE;
        break;
    case LADLE_BOOL:
        value->kind = VALUE_BOOL;
        break;
    case LADLE_INT:
        value->kind = VALUE_INT;
        break;
    case LADLE_BIGINT:
        value->kind = VALUE_BIG;
        break;
    case LADLE_FLOAT:
        value->kind = VALUE_FLOAT;
        break;
    case LADLE_COMPLEX:
        value->kind = VALUE_COMPLEX;
        break;
    case LADLE_STR:
    case LADLE_SURROGATE_STR:
        value->kind = VALUE_STR;
        break;
    case LADLE_BYTES:
    case LADLE_BYTEARRAY:
        value->kind = VALUE_BYTES;
        break;
    default:
        value->kind = VALUE_OTHER;
    }
}
