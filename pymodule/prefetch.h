/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_PREFETCH_H
#define LADLE_PYMODULE_PREFETCH_H

/*
 * The records of a list that was sorted or shuffled lie anywhere in memory, and waiting for that
 * takes longer than encoding them: so it is asked for ahead of time. Where records lie one behind
 * the other, the processor does that by itself, and asking for all of it costs time.
 */

#include <Python.h>
#include <stdbool.h>

/*
 * For how many records one look at the list is good.
 */
enum { PREFETCH_LOOK_EVERY = 512 };

/*
 * What is asked for: nothing; all of a record, for they lie far from each other; the items of small
 * tuples, which lie one behind the other in a few places at once, so that the processor loses sight
 * of them at the end of each page.
 */
enum prefetch { PREFETCH_NOTHING, PREFETCH_ALL, PREFETCH_ITEMS };

/*
 * What to ask for from an index of a list on.
 */
enum prefetch core_prefetch_look(PyObject *list, Py_ssize_t index);

/*
 * Ask for the memory of records behind the one at an index.
 */
void core_prefetch(PyObject *list, Py_ssize_t index, enum prefetch what);

#endif
