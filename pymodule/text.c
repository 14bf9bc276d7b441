/* SPDX-License-Identifier: BSD-2-Clause */
#include "text.h"

Py_ssize_t text_len(PyObject *text, bool *has_surrogates)
{
    *has_surrogates = false;
#if PY_VERSION_HEX < 0x030C0000
    if (PyUnicode_READY(text) < 0) {
        return -1;
    }
#endif
    Py_ssize_t count = PyUnicode_GET_LENGTH(text);
    if (PyUnicode_IS_ASCII(text)) {
        return count;
    }
    int kind = PyUnicode_KIND(text);
    const void *data = PyUnicode_DATA(text);
    bool found = false;
    Py_ssize_t len = count;
    for (Py_ssize_t i = 0; i < count; i++) {
        Py_UCS4 point = PyUnicode_READ(kind, data, i);
        len += (point >= 0x80) + (point >= 0x800) + (point >= 0x10000);
        found |= point >= 0xD800 && point < 0xE000;
    }
    *has_surrogates = found;
    return len;
}

void text_put(PyObject *text, uint8_t *to)
{
    Py_ssize_t count = PyUnicode_GET_LENGTH(text);
    int kind = PyUnicode_KIND(text);
    const void *data = PyUnicode_DATA(text);
    if (PyUnicode_IS_ASCII(text)) {
        memcpy(to, data, (size_t)count);
        return;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        Py_UCS4 point = PyUnicode_READ(kind, data, i);
        if (point < 0x80) {
            *to++ = (uint8_t)point;
            continue;
        }
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
