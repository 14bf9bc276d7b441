/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_LONG_H
#define LADLE_PYMODULE_LONG_H

/*
 * Python ints by their digits: the one place that knows how CPython lays them out.
 */

#include "cpython.h"

#include <ladle/shape.h>
#include <ladle/wire.h>

/*
 * How an int fits into 64 bits: the signs of INT nodes, and what is too large for them.
 */
enum int_fit {
    INT_PLAIN = LADLE_SIGN_NONE,        /* 0 to 2^63 - 1 */
    INT_NEGATIVE = LADLE_SIGN_NEGATIVE, /* -2^63 to -1 */
    INT_UNSIGNED = LADLE_SIGN_UNSIGNED, /* 2^63 to 2^64 - 1 */
    INT_BIG                             /* more than 64 bits */
};

/*
 * CPython has one object for each int up to this; 3.15 for those up to 1024.
 */
enum { INT_SHARED_MAX = 1024 };

#if CPYTHON_IS_KNOWN
static inline const digit *int_digits(PyObject *value, Py_ssize_t *count, bool *is_negative)
{
#if PY_VERSION_HEX >= 0x030C0000
    const _PyLongValue *layout = &((PyLongObject *)value)->long_value;
    *count = (Py_ssize_t)(layout->lv_tag >> 3);
    *is_negative = (layout->lv_tag & 3) == 2;
    return layout->ob_digit;
#else
    Py_ssize_t size = Py_SIZE(value);
    *is_negative = size < 0;
    *count = size < 0 ? -size : size;
    return ((PyLongObject *)value)->ob_digit;
#endif
}

/*
 * The 64 bits of an exact int, in two's complement when it is negative.
 */
static inline enum int_fit int_bits(PyObject *value, uint64_t *bits)
{
    Py_ssize_t count;
    bool is_negative;
    const digit *digits = int_digits(value, &count, &is_negative);
    uint64_t magnitude = 0;
    *bits = 0;
#if PYLONG_BITS_IN_DIGIT == 30
    if (count == 3 && digits[2] < 16) {
        magnitude = digits[0] | (uint64_t)digits[1] << 30 | (uint64_t)digits[2] << 60;
    } else if (count == 2) {
        magnitude = digits[0] | (uint64_t)digits[1] << 30;
    } else if (count == 1) {
        magnitude = digits[0];
    } else if (count) {
        return INT_BIG;
    }
#else
    for (Py_ssize_t i = count; i-- > 0;) {
        if (magnitude >> (64 - PYLONG_BITS_IN_DIGIT)) {
            return INT_BIG;
        }
        magnitude = magnitude << PYLONG_BITS_IN_DIGIT | digits[i];
    }
#endif
    if (LADLE_UNLIKELY(is_negative)) {
        *bits = 0 - magnitude;
        return magnitude > (uint64_t)1 << 63 ? INT_BIG : INT_NEGATIVE;
    }
    *bits = magnitude;
    return (enum int_fit)(magnitude >> 63 << 1);
}

/*
 * Give an int that nobody else holds another value, if it has room for that and the value is none
 * of those that are shared by all of Python.
 */
static inline bool int_replace(PyObject *value, uint64_t magnitude, bool is_negative)
{
#if PYLONG_BITS_IN_DIGIT == 30
    Py_ssize_t count;
    bool was_negative;
    digit *digits = (digit *)(uintptr_t)int_digits(value, &count, &was_negative);
    Py_ssize_t needed = 1 + (magnitude >> 30 != 0) + (magnitude >> 60 != 0);
    if (magnitude <= INT_SHARED_MAX || needed > count) {
        return false;
    }
    switch (needed) {
    case 3:
        digits[2] = (digit)(magnitude >> 60);
        /* fall through */
    case 2:
        digits[1] = (digit)(magnitude >> 30 & PyLong_MASK);
        /* fall through */
    default:
        digits[0] = (digit)(magnitude & PyLong_MASK);
    }
#if PY_VERSION_HEX >= 0x030C0000
    ((PyLongObject *)value)->long_value.lv_tag = (uintptr_t)needed << 3 | (is_negative ? 2 : 0);
#else
    Py_SET_SIZE(value, is_negative ? -needed : needed);
#endif
    return true;
#else
    (void)value, (void)magnitude, (void)is_negative;
    return false;
#endif
}

/*
 * Bytes that an int takes in two's complement: never too few, at times one more than needed.
 */
static inline size_t int_len(PyObject *value)
{
    Py_ssize_t count;
    bool is_negative;
    const digit *digits = int_digits(value, &count, &is_negative);
    if (count == 0) {
        return 1;
    }
    size_t bit_count = (size_t)(count - 1) * PYLONG_BITS_IN_DIGIT;
    for (digit top = digits[count - 1]; top; top >>= 1) {
        bit_count++;
    }
    return bit_count / 8 + 1;
}
#else
static inline enum int_fit int_bits(PyObject *value, uint64_t *bits)
{
    uint8_t bytes[9];
    Py_ssize_t needed =
        PyLong_AsNativeBytes(value, bytes, sizeof bytes, Py_ASNATIVEBYTES_LITTLE_ENDIAN);
    *bits = ladle_load_u64(bytes);
    bool is_high = *bits >> 63;
    if (needed > (Py_ssize_t)sizeof bytes) {
        return INT_BIG;
    }
    switch (bytes[8]) {
    case 0:
        return is_high ? INT_UNSIGNED : INT_PLAIN;
    case 0xFF:
        return is_high ? INT_NEGATIVE : INT_BIG;
    default:
        return INT_BIG;
    }
}

static inline bool int_replace(PyObject *Py_UNUSED(value), uint64_t Py_UNUSED(magnitude),
                               bool Py_UNUSED(is_negative))
{
    return false;
}

static inline size_t int_len(PyObject *value)
{
    return (size_t)PyLong_AsNativeBytes(value, NULL, 0, Py_ASNATIVEBYTES_LITTLE_ENDIAN);
}
#endif

static inline int int_sign(PyObject *value)
{
#if PY_VERSION_HEX >= 0x030E0000
    int sign = 0;
    (void)PyLong_GetSign(value, &sign);
    return sign;
#else
    return _PyLong_Sign(value);
#endif
}

/*
 * Write an int as 'len' bytes, little-endian. 'len' is what int_len gave. -1: an exception is set.
 */
static inline int int_to_bytes(PyObject *value, uint8_t *to, size_t len)
{
#if PY_VERSION_HEX >= 0x030D0000
    Py_ssize_t needed =
        PyLong_AsNativeBytes(value, to, (Py_ssize_t)len, Py_ASNATIVEBYTES_LITTLE_ENDIAN);
    return needed < 0 ? -1 : 0;
#else
    return _PyLong_AsByteArray((PyLongObject *)value, to, len, 1, 1);
#endif
}

/*
 * PyLong_FromLong knows small numbers, PyLong_FromLongLong goes over them digit by digit.
 */
static inline PyObject *int_from_word(int64_t value)
{
    return sizeof(long) == sizeof value ? PyLong_FromLong((long)value) : PyLong_FromLongLong(value);
}

static inline PyObject *int_from_bytes(const uint8_t *bytes, size_t len)
{
    if (len == 0) {
        return PyLong_FromLong(0);
    }
#if PY_VERSION_HEX >= 0x030D0000
    return PyLong_FromNativeBytes(bytes, len, Py_ASNATIVEBYTES_LITTLE_ENDIAN);
#else
    return _PyLong_FromByteArray(bytes, len, 1, 1);
#endif
}

#endif
