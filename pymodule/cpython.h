/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_CPYTHON_H
#define LADLE_PYMODULE_CPYTHON_H

/*
 * Whether it is known how this CPython lays out ints, strs, dicts and instances, and that nobody
 * but us holds what one reference is counted of: it was looked up for 3.11 to 3.15 on machines of
 * 64 bits. Others, and those that can do without the GIL, are asked by public functions, which takes
 * longer.
 */

#include <Python.h>

#ifndef CPYTHON_IS_KNOWN
#if PY_VERSION_HEX < 0x03100000 && SIZEOF_VOID_P == 8 && !defined(Py_GIL_DISABLED)
#define CPYTHON_IS_KNOWN 1
#else
#define CPYTHON_IS_KNOWN 0
#endif
#endif

#endif
