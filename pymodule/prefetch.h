/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_PREFETCH_H
#define LADLE_PYMODULE_PREFETCH_H

/*
 * The records of a list that was sorted or shuffled lie anywhere in memory, and waiting for that
 * takes longer than encoding them: so it is asked for ahead of time. Where records lie one behind
 * the other, the processor does that by itself, and asking costs time.
 */

#include <Python.h>
#include <stdbool.h>

/*
 * For how many records one look at the list is good.
 */
enum { PREFETCH_LOOK_EVERY = 512 };

/*
 * Whether the items of a list from an index on lie far from each other.
 */
bool core_is_scattered(PyObject *list, Py_ssize_t index);

/*
 * Ask for the memory of records behind the one at an index.
 */
void core_prefetch(PyObject *list, Py_ssize_t index);

#endif
