/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_VALUE_H
#define LADLE_VALUE_H

/*
 * Values one by one, in the tagged form of FORMAT.md section 6.
 *
 * A value is a sequence of items in pre-order: a tuple of 3 is the item "tuple, count 3" and
 * then the items of three values. ladle_value_put_* append items to a buffer; ladle_value_next
 * reads them back. A complete value in a buffer is a record for ladle_writer_append, and
 * ladle_reader_next hands out records in the same form.
 */

#include <ladle/buffer.h>
#include <ladle/wire.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Kinds of values and of nodes of a shape. The numbers are those of the file.
 */
typedef enum ladle_kind {
    LADLE_EMPTY = 0, /* a node without values */
    LADLE_NONE = 1,
    LADLE_BOOL = 2,
    LADLE_INT = 4,    /* -2^63 to 2^64 - 1 */
    LADLE_BIGINT = 9, /* two's complement, little-endian */
    LADLE_FLOAT = 10,
    LADLE_COMPLEX = 11,
    LADLE_STR = 12,           /* UTF-8 */
    LADLE_SURROGATE_STR = 13, /* UTF-8 with lone surrogates encoded like other code points */
    LADLE_BYTES = 14,
    LADLE_BYTEARRAY = 15,
    LADLE_TUPLE = 16,
    LADLE_LIST = 17,
    LADLE_SET = 18,
    LADLE_FROZENSET = 19,
    LADLE_DICT = 20,      /* item: count pairs of key and value follow */
    LADLE_OBJECT = 21,    /* item: a class name; count pairs of field name and value follow */
    LADLE_EXTENSION = 22, /* item: a code of FORMAT.md section 7; one value follows */
    LADLE_SCALAR = 23,    /* a NumPy scalar */
    LADLE_ARRAY = 24,     /* a NumPy array */
    LADLE_ANY = 32,       /* nodes only, from here on */
    LADLE_UNION = 33,
    LADLE_DICTIONARY = 34,
    LADLE_MAP = 35,
    LADLE_TUPLES = 36
} ladle_kind;

enum ladle_tag {
    LADLE_TAG_FALSE = 2,
    LADLE_TAG_TRUE = 3,
    LADLE_TAG_I8 = 4,
    LADLE_TAG_I16 = 5,
    LADLE_TAG_I32 = 6,
    LADLE_TAG_I64 = 7,
    LADLE_TAG_U64 = 8,
    LADLE_TAG_SMALL_INT = 64,
    LADLE_TAG_SMALL_STR = 128,
    LADLE_TAG_SMALL_TUPLE = 192,
    LADLE_TAG_SMALL_LIST = 208,
    LADLE_TAG_SMALL_DICT = 224,
    LADLE_TAG_END = 240
};

#define LADLE_ARRAY_DIMENSIONS_MAX 64

/*
 * Text or bytes that belong to somebody else.
 */
typedef struct ladle_string {
    const char *data; /* not terminated; may be NULL when 'len' is 0 */
    size_t len;       /* bytes */
} ladle_string;

/*
 * One item. 'data' points into the bytes that are read and lives as long as they do.
 */
typedef struct ladle_item {
    ladle_kind kind;
    bool is_unsigned;    /* INT: 'integer' is a uint64_t */
    uint8_t code;        /* EXTENSION: code; ARRAY: 'C' or 'F' */
    uint32_t dimensions; /* ARRAY: number of extents */
    uint64_t integer;    /* INT: the value, by its bits; BOOL: 0 or 1 */
    uint64_t count;      /* TUPLE, LIST, SET, FROZENSET: items that follow; DICT, OBJECT: pairs */
    double real;         /* FLOAT, COMPLEX */
    double imaginary;    /* COMPLEX */
    const uint8_t *data; /* STR, BYTES and the like, BIGINT, SCALAR, ARRAY */
    size_t data_len;     /* bytes */
    const uint8_t *name; /* OBJECT: name of the class; SCALAR, ARRAY: dtype; UTF-8 */
    size_t name_len;     /* bytes */
    const uint8_t *extents; /* ARRAY: that many varints */
    uint64_t item_len;      /* ARRAY: bytes of one item; data_len is that times all extents */
} ladle_item;

/*
 * The next item of a tagged value, for data that is not trusted: nothing is read past the
 * cursor's end, counts and lengths are checked against the bytes that are left.
 *
 * Returns LADLE_OK, LADLE_E_CORRUPT (the cursor does not move further), or LADLE_E_UNSUPPORTED
 * for a tag that this version does not know.
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_value_next(ladle_cursor *cursor, ladle_item *item);

/*
 * The next item when it is of a kind.
 *
 * kind  FLOAT also takes an int that a double holds exactly, and sets 'real'; BYTES also takes a
 *       bytearray
 *
 * Returns LADLE_OK; LADLE_E_VALUE for an item of another kind: the cursor does not move; or an error
 * of ladle_value_next.
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_value_get(ladle_cursor *cursor, ladle_kind kind,
                                                       ladle_item *item);

/*
 * The value of the next item when it is of the kind asked for. A status of 0 means that it was, so
 * several may be asked for at once:
 *
 *     if (ladle_value_get_container(&value, LADLE_TUPLE, 2) ||
 *         ladle_value_get_str(&value, &name) || ladle_value_get_float(&value, &score)) {
 *         ... of another kind, or damaged ...
 *     }
 *
 * Each returns as ladle_value_get, and LADLE_E_VALUE also for a value that does not fit. Without
 * LADLE_OK the cursor does not move and the output is not written. The usual items take no call.
 */

/*
 * None: use it to ask whether a value is None before it is taken for something else.
 */
static inline LADLE_NODISCARD ladle_status ladle_value_get_none(ladle_cursor *cursor)
{
    ladle_item item;
    return ladle_value_get(cursor, LADLE_NONE, &item);
}

static inline LADLE_NODISCARD ladle_status ladle_value_get_bool(ladle_cursor *cursor, bool *value)
{
    ladle_item item;
    ladle_status status = ladle_value_get(cursor, LADLE_BOOL, &item);
    if (status == LADLE_OK) {
        *value = item.integer != 0;
    }
    return status;
}

/*
 * An int by its bits, at 'next', where there are 'left' bytes, at least one. Returns how many of them
 * it takes; 0 when it is none.
 */
static inline size_t ladle_value_load_int(const uint8_t *next, size_t left, uint64_t *value)
{
    uint8_t tag = *next;
    *value = (uint64_t)tag - LADLE_TAG_SMALL_INT;
    if (*value < LADLE_TAG_SMALL_STR - LADLE_TAG_SMALL_INT) {
        return 1;
    }
    if ((tag == LADLE_TAG_I64 || tag == LADLE_TAG_U64) && left >= 9) {
        *value = ladle_load_u64(next + 1);
        return 9;
    }
    if (tag == LADLE_TAG_I32 && left >= 5) {
        *value = (uint64_t)(int32_t)ladle_load_u32(next + 1);
        return 5;
    }
    if (tag == LADLE_TAG_I16 && left >= 3) {
        *value = (uint64_t)(int16_t)ladle_load_u16(next + 1);
        return 3;
    }
    if (tag == LADLE_TAG_I8 && left >= 2) {
        *value = (uint64_t)(int8_t)next[1];
        return 2;
    }
    return 0;
}

/*
 * An int by its bits. With the highest of them set it is to be unsigned, or negative, as asked for.
 */
static inline LADLE_NODISCARD ladle_status ladle_value_get_bits(ladle_cursor *cursor,
                                                                bool is_unsigned, uint64_t *bits)
{
    size_t left = ladle_cursor_left(cursor);
    if (LADLE_LIKELY(left)) {
        bool is_other = (*cursor->next == LADLE_TAG_U64) != is_unsigned;
        uint64_t word;
        size_t len = ladle_value_load_int(cursor->next, left, &word);
        if (LADLE_LIKELY(len && !(word >> 63 & (uint64_t)is_other))) {
            *bits = word;
            cursor->next += len;
            return LADLE_OK;
        }
    }
    ladle_cursor behind = *cursor;
    ladle_item item;
    ladle_status status = ladle_value_get(&behind, LADLE_INT, &item);
    return status == LADLE_OK ? LADLE_E_VALUE : status;
}

/*
 * An int from -2^63 to 2^63 - 1.
 */
static inline LADLE_NODISCARD ladle_status ladle_value_get_int(ladle_cursor *cursor, int64_t *value)
{
    uint64_t bits;
    ladle_status status = ladle_value_get_bits(cursor, false, &bits);
    if (status == LADLE_OK) {
        *value = (int64_t)bits;
    }
    return status;
}

/*
 * An int from 0 to 2^64 - 1.
 */
static inline LADLE_NODISCARD ladle_status ladle_value_get_uint(ladle_cursor *cursor,
                                                                uint64_t *value)
{
    return ladle_value_get_bits(cursor, true, value);
}

/*
 * A float, or an int that a double holds exactly.
 */
static inline LADLE_NODISCARD ladle_status ladle_value_get_float(ladle_cursor *cursor,
                                                                 double *value)
{
    if (LADLE_LIKELY(ladle_cursor_left(cursor) >= 9 && *cursor->next == LADLE_FLOAT)) {
        *value = ladle_double_from_bits(ladle_load_u64(cursor->next + 1));
        cursor->next += 9;
        return LADLE_OK;
    }
    ladle_item item;
    ladle_status status = ladle_value_get(cursor, LADLE_FLOAT, &item);
    if (status == LADLE_OK) {
        *value = item.real;
    }
    return status;
}

/*
 * A str without surrogates. It points into the bytes that are read.
 */
static inline LADLE_NODISCARD ladle_status ladle_value_get_str(ladle_cursor *cursor,
                                                               ladle_string *value)
{
    size_t left = ladle_cursor_left(cursor);
    size_t len = left ? (size_t)*cursor->next - LADLE_TAG_SMALL_STR : left;
    if (LADLE_LIKELY(len < LADLE_TAG_SMALL_TUPLE - LADLE_TAG_SMALL_STR && len < left)) {
        value->data = (const char *)cursor->next + 1;
        value->len = len;
        cursor->next += 1 + len;
        return LADLE_OK;
    }
    ladle_item item;
    ladle_status status = ladle_value_get(cursor, LADLE_STR, &item);
    if (status == LADLE_OK) {
        value->data = (const char *)item.data;
        value->len = item.data_len;
    }
    return status;
}

/*
 * A bytes or bytearray, in the same way.
 */
static inline LADLE_NODISCARD ladle_status ladle_value_get_bytes(ladle_cursor *cursor,
                                                                 ladle_string *value)
{
    ladle_item item;
    ladle_status status = ladle_value_get(cursor, LADLE_BYTES, &item);
    if (status == LADLE_OK) {
        value->data = (const char *)item.data;
        value->len = item.data_len;
    }
    return status;
}

/*
 * A container of 'kind' (TUPLE, LIST, SET, FROZENSET or DICT) with any number of values or pairs,
 * which follow. '*count' is at most what the bytes left can hold.
 */
static inline LADLE_NODISCARD ladle_status ladle_value_get_count(ladle_cursor *cursor,
                                                                 ladle_kind kind, uint64_t *count)
{
    if (kind < LADLE_TUPLE || kind > LADLE_DICT) {
        return LADLE_E_VALUE;
    }
    ladle_item item;
    ladle_status status = ladle_value_get(cursor, kind, &item);
    if (status == LADLE_OK) {
        *count = item.count;
    }
    return status;
}

/*
 * The tag of a container that has its count in it, or 0 when it has none.
 */
static inline uint8_t ladle_value_small_tag(ladle_kind kind, uint64_t count)
{
    uint8_t tag = kind == LADLE_TUPLE  ? LADLE_TAG_SMALL_TUPLE
                  : kind == LADLE_LIST ? LADLE_TAG_SMALL_LIST
                  : kind == LADLE_DICT ? LADLE_TAG_SMALL_DICT
                                       : 0;
    return tag && count < 16 ? (uint8_t)(tag + count) : 0;
}

/*
 * The same with exactly 'count' of them.
 */
static inline LADLE_NODISCARD ladle_status ladle_value_get_container(ladle_cursor *cursor,
                                                                     ladle_kind kind,
                                                                     uint64_t count)
{
    uint8_t tag = ladle_value_small_tag(kind, count);
    uint64_t least_len = kind == LADLE_DICT ? 2 * count : count;
    if (LADLE_LIKELY(tag && ladle_cursor_left(cursor) > least_len && *cursor->next == tag)) {
        cursor->next++;
        return LADLE_OK;
    }
    ladle_cursor behind = *cursor;
    uint64_t found;
    ladle_status status = ladle_value_get_count(&behind, kind, &found);
    if (status == LADLE_OK && found != count) {
        return LADLE_E_VALUE;
    }
    if (status == LADLE_OK) {
        *cursor = behind;
    }
    return status;
}

/*
 * Step over one whole value: containers with all that they hold.
 *
 * max_depth  LADLE_E_LIMIT when it is nested deeper
 *
 * Returns as ladle_value_next. No recursion, no memory.
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_value_skip(ladle_cursor *cursor, uint32_t max_depth);

/*
 * Append one item. Each returns LADLE_OK, LADLE_E_MEMORY or LADLE_E_LIMIT (buffer->len_max) and on
 * failure leaves the buffer as it was. LADLE_OK is 0, so calls can be joined:
 *
 *     if (ladle_value_put_container(&record, LADLE_TUPLE, 2) ||
 *         ladle_value_put_int(&record, id) || ladle_value_put_float(&record, score)) {
 *         ... out of memory ...
 *     }
 *
 * They keep the length at hand while they store bytes: for all that compilers know, one of these
 * could be the length.
 */
static inline LADLE_NODISCARD ladle_status ladle_value_put_tag(ladle_buffer *to, uint8_t tag)
{
    ladle_status status = ladle_buffer_reserve(to, 1);
    if (LADLE_LIKELY(status == LADLE_OK)) {
        size_t len = to->len;
        to->data[len] = tag;
        to->len = len + 1;
    }
    return status;
}

static inline LADLE_NODISCARD ladle_status ladle_value_put_none(ladle_buffer *to)
{
    return ladle_value_put_tag(to, LADLE_NONE);
}

static inline LADLE_NODISCARD ladle_status ladle_value_put_bool(ladle_buffer *to, bool value)
{
    return ladle_value_put_tag(to, value ? LADLE_TAG_TRUE : LADLE_TAG_FALSE);
}

/*
 * A tag and 8 bytes.
 */
static inline LADLE_NODISCARD ladle_status ladle_value_put_word(ladle_buffer *to, uint8_t tag,
                                                                uint64_t word)
{
    ladle_status status = ladle_buffer_reserve(to, 9);
    if (LADLE_LIKELY(status == LADLE_OK)) {
        size_t len = to->len;
        uint8_t *item = to->data + len;
        item[0] = tag;
        ladle_store_u64(item + 1, word);
        to->len = len + 9;
    }
    return status;
}

static inline LADLE_NODISCARD ladle_status ladle_value_put_float(ladle_buffer *to, double value)
{
    return ladle_value_put_word(to, LADLE_FLOAT, ladle_bits_from_double(value));
}

static inline LADLE_NODISCARD ladle_status ladle_value_put_complex(ladle_buffer *to, double real,
                                                                   double imaginary)
{
    uint8_t item[17] = {LADLE_COMPLEX};
    ladle_store_u64(item + 1, ladle_bits_from_double(real));
    ladle_store_u64(item + 9, ladle_bits_from_double(imaginary));
    return ladle_buffer_put(to, item, sizeof item);
}

/*
 * A tag and a varint: containers, and what has a length.
 */
static inline LADLE_NODISCARD ladle_status ladle_value_put_head(ladle_buffer *to, uint8_t tag,
                                                                uint64_t number)
{
    uint8_t item[1 + LADLE_VARINT_LEN_MAX] = {tag};
    return ladle_buffer_put(to, item, 1 + ladle_varint_put(item + 1, number));
}

/*
 * An integer in as many bytes as its tag says.
 */
static inline LADLE_NODISCARD ladle_status ladle_value_put_sized(ladle_buffer *to, uint8_t tag,
                                                                 uint64_t value)
{
    if (LADLE_LIKELY(tag >= LADLE_TAG_I64)) {
        return ladle_value_put_word(to, tag, value);
    }
    size_t len = 1 + ((size_t)1 << (tag - LADLE_TAG_I8));
    ladle_status status = ladle_buffer_reserve(to, len);
    if (LADLE_LIKELY(status == LADLE_OK)) {
        uint8_t *item = to->data + to->len;
        item[0] = tag;
        if (tag == LADLE_TAG_I8) {
            item[1] = (uint8_t)value;
        } else if (tag == LADLE_TAG_I16) {
            ladle_store_u16(item + 1, (uint16_t)value);
        } else {
            ladle_store_u32(item + 1, (uint32_t)value);
        }
        to->len += len;
    }
    return status;
}

/*
 * The tag of the least width that holds a number up to 2^63 - 1, or UINT64_MAX for U64.
 */
static inline uint8_t ladle_value_int_tag(uint64_t value)
{
    return (uint8_t)(LADLE_TAG_I8 + (value > INT8_MAX) + (value > INT16_MAX) + (value > INT32_MAX) +
                     (value > INT64_MAX));
}

static inline LADLE_NODISCARD ladle_status ladle_value_put_uint(ladle_buffer *to, uint64_t value)
{
    if (value < LADLE_TAG_SMALL_STR - LADLE_TAG_SMALL_INT) {
        return ladle_value_put_tag(to, (uint8_t)(LADLE_TAG_SMALL_INT + value));
    }
    return ladle_value_put_sized(to, ladle_value_int_tag(value), value);
}

static inline LADLE_NODISCARD ladle_status ladle_value_put_int(ladle_buffer *to, int64_t value)
{
    return value < 0
               ? ladle_value_put_sized(to, ladle_value_int_tag(~(uint64_t)value), (uint64_t)value)
               : ladle_value_put_uint(to, (uint64_t)value);
}

/*
 * A container of kind TUPLE, LIST, SET, FROZENSET or DICT; 'count' values, or pairs, follow.
 */
static inline LADLE_NODISCARD ladle_status ladle_value_put_container(ladle_buffer *to,
                                                                     ladle_kind kind,
                                                                     uint64_t count)
{
    uint8_t tag = ladle_value_small_tag(kind, count);
    return tag ? ladle_value_put_tag(to, tag) : ladle_value_put_head(to, (uint8_t)kind, count);
}

/*
 * A str so short that its length is in the tag.
 */
static inline LADLE_NODISCARD ladle_status ladle_value_put_small_str(ladle_buffer *to,
                                                                     const void *data, size_t len)
{
    ladle_status status = ladle_buffer_reserve(to, 1 + len);
    if (LADLE_LIKELY(status == LADLE_OK)) {
        size_t start = to->len;
        uint8_t *item = to->data + start;
        item[0] = (uint8_t)(LADLE_TAG_SMALL_STR + len);
        ladle_copy(item + 1, data, len);
        to->len = start + 1 + len;
    }
    return status;
}

/*
 * A tag and a length, and the bytes.
 */
static inline LADLE_NODISCARD ladle_status ladle_value_put_long(ladle_buffer *to, uint8_t tag,
                                                                const void *data, size_t len)
{
    size_t start = to->len;
    ladle_status status = ladle_value_put_head(to, tag, len);
    if (LADLE_LIKELY(status == LADLE_OK)) {
        /* No object is larger, and compilers warn of what would happen if it were. */
        status = len <= PTRDIFF_MAX ? ladle_buffer_put(to, data, len) : LADLE_E_MEMORY;
    }
    if (LADLE_UNLIKELY(status != LADLE_OK)) {
        to->len = start;
    }
    return status;
}

/*
 * A value of kind BIGINT, STR, SURROGATE_STR, BYTES or BYTEARRAY. STR must be UTF-8.
 */
static inline LADLE_NODISCARD ladle_status ladle_value_put_data(ladle_buffer *to, ladle_kind kind,
                                                                const void *data, size_t len)
{
    return kind == LADLE_STR && len < LADLE_TAG_SMALL_TUPLE - LADLE_TAG_SMALL_STR
               ? ladle_value_put_small_str(to, data, len)
               : ladle_value_put_long(to, (uint8_t)kind, data, len);
}

/*
 * An extension of FORMAT.md section 7; one value follows.
 */
static inline LADLE_NODISCARD ladle_status ladle_value_put_extension(ladle_buffer *to, uint8_t code)
{
    uint8_t item[2] = {LADLE_EXTENSION, code};
    return ladle_buffer_put(to, item, sizeof item);
}

/*
 * Any item as ladle_value_next gave it. Returns as all of these.
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_value_put_item(ladle_buffer *to,
                                                            const ladle_item *item);

#ifdef __cplusplus
}
#endif

#endif
