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

/*
 * Bytes of a str as UTF-8, a surrogate taking three; whether there is a surrogate. -1: an
 * exception is set.
 */
Py_ssize_t text_len(PyObject *text, bool *has_surrogates);

/*
 * Write them. The str was measured by text_len.
 */
void text_put(PyObject *text, uint8_t *to);

static inline bool text_is_ascii(PyObject *text)
{
    return PyUnicode_IS_COMPACT_ASCII(text);
}

#endif
