/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_CLOSING_H
#define LADLE_PYMODULE_CLOSING_H

/*
 * What iterators over the records of open files have in common: they are closed, stay closed, and
 * are used by one thread at a time. Their types have an attribute 'closed' and a method 'close'.
 */

#include <Python.h>
#include <stdbool.h>

/*
 * Set the exception for a call on one that is closed, or in use. -1: always.
 */
int core_refuse_reading(bool is_open);

/*
 * __enter__ and __exit__.
 */
PyObject *core_closing_enter(PyObject *self, PyObject *ignored);
PyObject *core_closing_exit(PyObject *self, PyObject *ignored);

/*
 * Let 'close' (-1: an exception is set) end what is being collected; an exception that is set
 * meanwhile stays.
 */
void core_closing_finalize(PyObject *self, int (*close)(PyObject *self));

extern const char core_closing_doc[];

#endif
