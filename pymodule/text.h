/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_TEXT_H
#define LADLE_PYMODULE_TEXT_H

/*
 * UTF-8 of a str, written straight to where it belongs: PyUnicode_AsUTF8 would keep a copy of it
 * in every str of the user's.
 */

#include <Python.h>
#include <stdbool.h>
#include <stdint.h>

#include <ladle/wire.h>

/*
 * Bytes of a str as UTF-8, a surrogate taking three; whether there is a surrogate. -1: an
 * exception is set.
 */
Py_ssize_t text_len(PyObject *text, bool *has_surrogates);

/*
 * Write them. The str was measured by text_len.
 */
void text_put(PyObject *text, uint8_t *to);

/*
 * The number in the name of an item of a tuple, f0, f1 ...; UINT32_MAX: it is none.
 */
uint32_t text_item_number(const char *name, size_t len);

static inline bool text_is_ascii(PyObject *text)
{
    return PyUnicode_IS_COMPACT_ASCII(text);
}

/*
 * The content of a str that text_is_ascii.
 */
static inline const uint8_t *text_ascii(PyObject *text)
{
    return (const uint8_t *)((PyASCIIObject *)text + 1);
}

/*
 * Give a str that nobody else holds another content of ASCII, if it has room for that and is no
 * str that is shared.
 */
static inline bool text_replace(PyObject *text, const uint8_t *content, size_t len)
{
    PyASCIIObject *object = (PyASCIIObject *)text;
    /* Those of up to one character are shared by all of Python. */
    if (!text_is_ascii(text) || PyUnicode_CHECK_INTERNED(text) || len < 2 ||
        (Py_ssize_t)len > object->length) {
        return false;
    }
#if PY_VERSION_HEX < 0x030C0000
    if (object->wstr) {
        return false;
    }
#endif
    uint8_t *to = PyUnicode_1BYTE_DATA(text);
    ladle_copy(to, content, len);
    to[len] = 0;
    object->length = (Py_ssize_t)len;
    object->hash = -1;
    return true;
}

#endif
