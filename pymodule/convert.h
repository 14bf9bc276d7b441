/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_CONVERT_H
#define LADLE_PYMODULE_CONVERT_H

/*
 * One value into one item of an array, exactly or not at all: the general way, for what the loops
 * of fill_leaf.c have no loop for, and for the rules.
 */

#include "layout.h"

#include <ladle/value.h>

__extension__ typedef __int128 core_int128;

/*
 * A value without others in it, whatever it comes from.
 */
typedef struct core_value {
    enum {
        VALUE_NONE,
        VALUE_BOOL,
        VALUE_INT, /* 'integer' by its bits, and is_unsigned */
        VALUE_BIG, /* data: two's complement */
        VALUE_FLOAT,
        VALUE_COMPLEX,
        VALUE_STR,   /* data: UTF-8; with_surrogates says which */
        VALUE_UCS4,  /* data: code points of 4 bytes, and is_swapped */
        VALUE_BYTES, /* data */
        VALUE_VOID,  /* data */
        VALUE_TIME,  /* a datetime64: 'time' times units of unit */
        VALUE_SPAN,  /* a timedelta64 */
        VALUE_ZONED, /* a datetime with a zone */
        VALUE_OTHER
    } kind;
    bool is_unsigned;
    bool with_surrogates;
    bool is_swapped;
    bool is_nat; /* TIME, SPAN: none */
    int8_t unit;
    int32_t units;
    uint64_t integer;
    double real;
    double imaginary;
    core_int128 time;
    const uint8_t *data;
    size_t len;
} core_value;

/*
 * Why a value did not go into an item.
 */
enum core_fit {
    FIT_OK,
    FIT_KIND,      /* no conversion from one to the other */
    FIT_NONE,      /* None */
    FIT_RANGE,     /* a number out of range */
    FIT_LONG,      /* str or bytes with more than fits */
    FIT_NOT_ASCII, /* a str that bytes cannot hold */
    FIT_INEXACT,   /* a time between two that can be told */
    FIT_ZONE,      /* a datetime with a zone */
    FIT_BAD_TEXT,  /* a str that is no UTF-8 */
    FIT_ABSENT,    /* a key or field is missing */
    FIT_COUNT      /* a sequence has another number of items */
};

/*
 * Put a value at 'to', which has layout->len bytes and any alignment. On failure nothing is
 * written.
 */
enum core_fit core_convert(const core_value *value, const core_layout *layout, uint8_t *to);

/*
 * The value of an item of an array.
 */
void core_value_load(core_value *value, const core_layout *layout, const uint8_t *from);

/*
 * The value of a tagged item that holds no others. An extension is made of the value inside.
 */
void core_value_from_item(core_value *value, const ladle_item *item);
void core_value_extend(core_value *value, uint8_t code);

/*
 * A datetime is a tuple in files (FORMAT.md section 7, code 3).
 */
void core_value_datetime(core_value *value, uint64_t microseconds, bool has_zone);

/*
 * Reverse the bytes of an item, or of each part of a complex one or a str.
 */
void core_swap(const core_layout *layout, uint8_t *item);

/*
 * For put of TIME and SPAN: as core_convert, in the machine's byte order.
 */
enum core_fit core_put_time(const core_value *value, const core_layout *layout, uint8_t *to);

uint16_t core_half_from_double(double value);
double core_double_from_half(uint16_t half);

#endif
