/* SPDX-License-Identifier: BSD-2-Clause */
#include "text.h"

/*
 * Bytes beyond one a character, of 'count' characters at 'data', whose loop has no branch; whether
 * there is a surrogate.
 */
static Py_ssize_t more_of_latin(const uint8_t *data, Py_ssize_t count)
{
    Py_ssize_t more = 0;
    for (Py_ssize_t i = 0; i < count; i++) {
        more += data[i] >> 7;
    }
    return more;
}

static Py_ssize_t more_of_two(const uint16_t *data, Py_ssize_t count, bool *has_surrogates)
{
    Py_ssize_t more = 0;
    unsigned found = 0;
    for (Py_ssize_t i = 0; i < count; i++) {
        unsigned point = data[i];
        more += (point >= 0x80) + (point >= 0x800);
        found |= (point & 0xF800) == 0xD800;
    }
    *has_surrogates = found;
    return more;
}

static Py_ssize_t more_of_four(const uint32_t *data, Py_ssize_t count, bool *has_surrogates)
{
    Py_ssize_t more = 0;
    unsigned found = 0;
    for (Py_ssize_t i = 0; i < count; i++) {
        uint32_t point = data[i];
        more += (point >= 0x80) + (point >= 0x800) + (point >= 0x10000);
        found |= (point & 0xFFFFF800) == 0xD800;
    }
    *has_surrogates = found;
    return more;
}

Py_ssize_t text_len(PyObject *text, bool *has_surrogates)
{
    *has_surrogates = false;
#if PY_VERSION_HEX < 0x030C0000
    if (PyUnicode_READY(text) < 0) {
        return -1;
    }
#endif
    Py_ssize_t count = PyUnicode_GET_LENGTH(text);
    const void *data = PyUnicode_DATA(text);
    if (PyUnicode_IS_ASCII(text)) {
        return count;
    }
    switch (PyUnicode_KIND(text)) {
    case PyUnicode_1BYTE_KIND:
        return count + more_of_latin(data, count);
    case PyUnicode_2BYTE_KIND:
        return count + more_of_two(data, count, has_surrogates);
    default:
        return count + more_of_four(data, count, has_surrogates);
    }
}

/*
 * A character that is not ASCII, as UTF-8 at 'to'; the place behind it.
 */
static inline uint8_t *put_long(uint8_t *to, uint32_t point)
{
    if (point < 0x800) {
        *to++ = (uint8_t)(0xC0 | point >> 6);
    } else {
        if (point < 0x10000) {
            *to++ = (uint8_t)(0xE0 | point >> 12);
        } else {
            *to++ = (uint8_t)(0xF0 | point >> 18);
            *to++ = (uint8_t)(0x80 | (point >> 12 & 0x3F));
        }
        *to++ = (uint8_t)(0x80 | (point >> 6 & 0x3F));
    }
    *to++ = (uint8_t)(0x80 | (point & 0x3F));
    return to;
}

/*
 * One loop for each width of characters.
 */
#define PUT_ALL(data, count, to)                                                                   \
    for (Py_ssize_t i = 0; i < (count); i++) {                                                     \
        if ((data)[i] < 0x80) {                                                                    \
            *(to)++ = (uint8_t)(data)[i];                                                          \
        } else {                                                                                   \
            (to) = put_long((to), (data)[i]);                                                      \
        }                                                                                          \
    }

void text_put(PyObject *text, uint8_t *to)
{
    Py_ssize_t count = PyUnicode_GET_LENGTH(text);
    if (PyUnicode_IS_ASCII(text)) {
        memcpy(to, PyUnicode_DATA(text), (size_t)count);
    } else if (PyUnicode_KIND(text) == PyUnicode_1BYTE_KIND) {
        const Py_UCS1 *data = PyUnicode_1BYTE_DATA(text);
        PUT_ALL(data, count, to)
    } else if (PyUnicode_KIND(text) == PyUnicode_2BYTE_KIND) {
        const Py_UCS2 *data = PyUnicode_2BYTE_DATA(text);
        PUT_ALL(data, count, to)
    } else {
        const Py_UCS4 *data = PyUnicode_4BYTE_DATA(text);
        PUT_ALL(data, count, to)
    }
}

uint32_t text_item_number(const char *name, size_t len)
{
    char text[16];
    uint32_t number = 0;
    for (size_t i = 1; i < len && i < 9; i++) {
        number = 10 * number + (uint32_t)(name[i] - '0');
    }
    int text_len = PyOS_snprintf(text, sizeof text, "f%u", number);
    return (size_t)text_len == len && memcmp(text, name, len) == 0 ? number : UINT32_MAX;
}
