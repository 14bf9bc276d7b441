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
 * The next item when it is of the kind asked for. A status of 0 means that it was, so several may
 * be asked for at once:
 *
 *     if (ladle_value_get_container(&value, LADLE_TUPLE, 2) ||
 *         ladle_value_get_str(&value, &name) || ladle_value_get_float(&value, &score)) {
 *         ... of another kind, or damaged ...
 *     }
 *
 * Each returns LADLE_OK; LADLE_E_VALUE for a value of another kind, or that does not fit: the
 * cursor does not move and the output is not written; or an error of ladle_value_next.
 *
 * none       None: use it to ask whether a value is None before it is taken for something else
 * bool       a bool
 * int        an int from -2^63 to 2^63 - 1
 * uint       an int from 0 to 2^64 - 1
 * float      a float, or an int that a double holds exactly
 * str        a str (without surrogates); it points into the bytes that are read
 * bytes      a bytes or bytearray, in the same way
 * container  a container of 'kind' (TUPLE, LIST, SET, FROZENSET or DICT) with exactly 'count'
 *            values or pairs, which follow
 * count      a container of 'kind' with any number of them; '*count' is at most what the bytes
 *            left can hold
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_value_get_none(ladle_cursor *cursor);
LADLE_API LADLE_NODISCARD ladle_status ladle_value_get_bool(ladle_cursor *cursor, bool *value);
LADLE_API LADLE_NODISCARD ladle_status ladle_value_get_int(ladle_cursor *cursor, int64_t *value);
LADLE_API LADLE_NODISCARD ladle_status ladle_value_get_uint(ladle_cursor *cursor, uint64_t *value);
LADLE_API LADLE_NODISCARD ladle_status ladle_value_get_float(ladle_cursor *cursor, double *value);
LADLE_API LADLE_NODISCARD ladle_status ladle_value_get_str(ladle_cursor *cursor,
                                                           ladle_string *value);
LADLE_API LADLE_NODISCARD ladle_status ladle_value_get_bytes(ladle_cursor *cursor,
                                                             ladle_string *value);
LADLE_API LADLE_NODISCARD ladle_status ladle_value_get_container(ladle_cursor *cursor,
                                                                 ladle_kind kind, uint64_t count);
LADLE_API LADLE_NODISCARD ladle_status ladle_value_get_count(ladle_cursor *cursor, ladle_kind kind,
                                                             uint64_t *count);

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
 */
static inline LADLE_NODISCARD ladle_status ladle_value_put_tag(ladle_buffer *to, uint8_t tag)
{
    return ladle_buffer_put(to, &tag, 1);
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
        to->data[to->len] = tag;
        ladle_store_u64(to->data + to->len + 1, word);
        to->len += 9;
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

LADLE_API LADLE_NODISCARD ladle_status ladle_value_put_int(ladle_buffer *to, int64_t value);
LADLE_API LADLE_NODISCARD ladle_status ladle_value_put_uint(ladle_buffer *to, uint64_t value);

/*
 * A container of kind TUPLE, LIST, SET, FROZENSET or DICT; 'count' values, or pairs, follow. Returns
 * as all of these.
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_value_put_container(ladle_buffer *to, ladle_kind kind,
                                                                 uint64_t count);

/*
 * A value of kind BIGINT, STR, SURROGATE_STR, BYTES or BYTEARRAY. STR must be UTF-8. Returns as all
 * of these.
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_value_put_data(ladle_buffer *to, ladle_kind kind,
                                                            const void *data, size_t len);

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
