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
#include <stdint.h>

/*
 * Into the second cache, to which more lines can be on their way; or into the first, for what is
 * needed soon. (Past the second cache, Intel's processors read memory at half the speed.)
 */
#if defined(__GNUC__)
#define PREFETCH(address)      __builtin_prefetch(address, 0, 2)
#define PREFETCH_SOON(address) __builtin_prefetch(address, 0, 3)
#else
#define PREFETCH(address)      ((void)(address))
#define PREFETCH_SOON(address) ((void)(address))
#endif

/*
 * For how many records one look at the list is good.
 */
enum { PREFETCH_LOOK_EVERY = 512 };

/*
 * Items of a small tuple, and how many records ahead they and the tuple are asked for.
 */
enum { PREFETCH_SMALL_MAX = 4, PREFETCH_ITEMS_AHEAD = 12, PREFETCH_TUPLE_AHEAD = 24 };

/*
 * How far behind a large tuple and each of its items more of their like is asked for, in bytes.
 */
enum { PREFETCH_BEHIND_LEN = 4096 };

/*
 * What is asked for: nothing; all of a record, for they lie far from each other; dicts and their
 * tables; the items of small tuples; what lies behind large ones. Such lie one behind the other in a
 * few places at once, and the processor loses sight of them at the end of each page.
 */
enum prefetch { PREFETCH_NOTHING, PREFETCH_ALL, PREFETCH_DICTS, PREFETCH_ITEMS, PREFETCH_BEHIND };

/*
 * What to ask for from an index of a list on, which may be its end.
 */
enum prefetch core_prefetch_look(PyObject *list, Py_ssize_t index);

/*
 * Ask for all of some records behind the one at an index; for dicts and tables behind it.
 */
void core_prefetch_all(PyObject *list, Py_ssize_t index);
void core_prefetch_dicts(PyObject *list, Py_ssize_t index);

static inline bool core_is_small_tuple(PyObject *record)
{
    return PyTuple_CheckExact(record) && PyTuple_GET_SIZE(record) <= PREFETCH_SMALL_MAX;
}

/*
 * Ask for what lies so many bytes behind an object, whatever that is.
 */
static inline void core_prefetch_behind(PyObject *object, size_t behind_len)
{
    PREFETCH((const void *)((uintptr_t)object + behind_len));
}

/*
 * Ask for what is to be asked for, before the record at an index is encoded.
 */
static inline void core_prefetch(PyObject *list, Py_ssize_t index, enum prefetch what)
{
    if (what == PREFETCH_ALL) {
        core_prefetch_all(list, index);
    } else if (what == PREFETCH_DICTS) {
        core_prefetch_dicts(list, index);
    } else if (what == PREFETCH_ITEMS && index + PREFETCH_TUPLE_AHEAD < PyList_GET_SIZE(list)) {
        PyObject *record = PyList_GET_ITEM(list, index + PREFETCH_ITEMS_AHEAD);
        Py_ssize_t count = core_is_small_tuple(record) ? PyTuple_GET_SIZE(record) : 0;
        PREFETCH_SOON(PyList_GET_ITEM(list, index + PREFETCH_TUPLE_AHEAD));
        for (Py_ssize_t i = 0; i < count; i++) {
            PREFETCH_SOON(PyTuple_GET_ITEM(record, i));
        }
    } else if (what == PREFETCH_BEHIND) {
        for (size_t line = 0; line < 3; line++) {
            core_prefetch_behind(PyList_GET_ITEM(list, index), PREFETCH_BEHIND_LEN + 64 * line);
        }
    }
}

#endif
