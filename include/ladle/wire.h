/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_WIRE_H
#define LADLE_WIRE_H

/*
 * Little-endian integers, varints (FORMAT.md section 1), and the one bounds-checked cursor with
 * which all untrusted bytes are read.
 */

#include <ladle/base.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define LADLE_SWAP(bits, x)    __builtin_bswap##bits(x)
#define LADLE_IS_LITTLE_ENDIAN 0
#else
#define LADLE_SWAP(bits, x)    (x)
#define LADLE_IS_LITTLE_ENDIAN 1
#endif

#define LADLE_DEFINE_LOAD_STORE(bits)                                                              \
    static inline uint##bits##_t ladle_load_u##bits(const void *from)                              \
    {                                                                                              \
        uint##bits##_t value;                                                                      \
        memcpy(&value, from, sizeof value);                                                        \
        return LADLE_SWAP(bits, value);                                                            \
    }                                                                                              \
    static inline void ladle_store_u##bits(void *to, uint##bits##_t value)                         \
    {                                                                                              \
        value = LADLE_SWAP(bits, value);                                                           \
        memcpy(to, &value, sizeof value);                                                          \
    }

LADLE_DEFINE_LOAD_STORE(16)
LADLE_DEFINE_LOAD_STORE(32)
LADLE_DEFINE_LOAD_STORE(64)

/*
 * As memcpy, without a call for what is short. No byte outside of the two pieces is touched.
 */
static inline void ladle_copy(void *to, const void *from, size_t len)
{
    uint8_t *target = (uint8_t *)to;
    const uint8_t *source = (const uint8_t *)from;
    if (len > 32) {
        memcpy(target, source, len);
    } else if (len >= 16) {
        memcpy(target, source, 16);
        memcpy(target + len - 16, source + len - 16, 16);
    } else if (len >= 8) {
        memcpy(target, source, 8);
        memcpy(target + len - 8, source + len - 8, 8);
    } else if (len >= 4) {
        memcpy(target, source, 4);
        memcpy(target + len - 4, source + len - 4, 4);
    } else if (len) {
        target[0] = source[0];
        target[len / 2] = source[len / 2];
        target[len - 1] = source[len - 1];
    }
}

static inline double ladle_double_from_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint64_t ladle_bits_from_double(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline uint64_t ladle_zigzag(uint64_t value)
{
    return (value << 1) ^ (0 - (value >> 63));
}

static inline uint64_t ladle_unzigzag(uint64_t value)
{
    return (value >> 1) ^ (0 - (value & 1));
}

#define LADLE_VARINT_LEN_MAX 10

/*
 * Write a varint to 'to', which has room for LADLE_VARINT_LEN_MAX bytes. Returns its length.
 */
static inline size_t ladle_varint_put(uint8_t *to, uint64_t value)
{
    size_t len = 0;
    while (value >= 0x80) {
        to[len++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    to[len++] = (uint8_t)value;
    return len;
}

/*
 * Untrusted bytes being read. A read past the end gives zeros and sets 'failed', which stays
 * set: a caller may read a few things and ask once.
 */
typedef struct ladle_cursor {
    const uint8_t *next;
    const uint8_t *end;
    bool failed;
} ladle_cursor;

static inline ladle_cursor ladle_cursor_over(const void *data, size_t len)
{
    ladle_cursor cursor = {(const uint8_t *)data, (const uint8_t *)data + len, false};
    return cursor;
}

static inline size_t ladle_cursor_left(const ladle_cursor *cursor)
{
    return (size_t)(cursor->end - cursor->next);
}

/*
 * The next 'len' bytes, or NULL (and 'failed') when there are fewer.
 */
static inline const uint8_t *ladle_cursor_bytes(ladle_cursor *cursor, uint64_t len)
{
    const uint8_t *bytes = cursor->next;
    if (LADLE_UNLIKELY(len > ladle_cursor_left(cursor))) {
        cursor->failed = true;
        cursor->next = cursor->end;
        return NULL;
    }
    cursor->next += len;
    return bytes;
}

static inline uint8_t ladle_cursor_u8(ladle_cursor *cursor)
{
    const uint8_t *bytes = ladle_cursor_bytes(cursor, 1);
    return bytes ? bytes[0] : 0;
}

static inline uint64_t ladle_cursor_u64(ladle_cursor *cursor)
{
    const uint8_t *bytes = ladle_cursor_bytes(cursor, 8);
    return bytes ? ladle_load_u64(bytes) : 0;
}

static inline uint64_t ladle_cursor_varint(ladle_cursor *cursor)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = ladle_cursor_u8(cursor);
        if (shift == 63 && byte > 1) {
            break;
        }
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) {
            return value;
        }
    }
    cursor->failed = true;
    return 0;
}

#ifdef __cplusplus
}
#endif

#endif
