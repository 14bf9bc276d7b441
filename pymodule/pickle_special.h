/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_PICKLE_SPECIAL_H
#define LADLE_PYMODULE_PICKLE_SPECIAL_H

/*
 * What a pickle names, and what it makes of that: neither is ever looked up or called. A function
 * of our own table, in ladle._pickle_known, makes the value once the pickle has said everything
 * about it.
 */

#include "module.h"

typedef enum {
    SPECIAL_NAME, /* of a class or function */
    SPECIAL_CALL, /* what calling it would give */
    SPECIAL_NEW   /* an instance of it that __init__ never saw */
} pickle_special_kind;

/*
 * What the items are that a stream of it gives.
 */
typedef enum { STREAM_NOTHING, STREAM_ITEMS, STREAM_PAIRS } pickle_stream;

typedef struct pickle_special {
    PyObject_HEAD
    pickle_special_kind kind;
    pickle_stream stream;
    bool is_closing; /* its value is being made */
    bool is_heavy;   /* as that of a slot */
    uint32_t weight;
    PyObject *module;
    PyObject *name;
    PyObject *build; /* makes the value out of this object */
    PyObject *args;  /* a tuple, from here on for CALL and NEW */
    PyObject *kwargs;
    PyObject *items; /* a list of what was appended, or NULL */
    PyObject *pairs; /* a list of tuples of keys and values, or NULL */
    PyObject *state;
    PyObject *value; /* what was made of it */
} pickle_special;

extern PyType_Spec pickle_special_spec;

static inline pickle_special *pickle_special_of(const core_state *state, PyObject *value)
{
    return Py_IS_TYPE(value, state->pickle_special_type) ? (pickle_special *)value : NULL;
}

/*
 * A name, with what 'find' says about it: a tuple of the module and name that it has today, what
 * makes a value, and a pickle_stream. What cannot be called is the value itself: Ellipsis. NULL: an
 * exception is set, or without one 'find' gave None.
 */
PyObject *pickle_name_new(const core_state *state, PyObject *find, PyObject *module, PyObject *name,
                          bool is_inside);

/*
 * A call or a new instance. 'args' is a tuple, 'kwargs' a dict or NULL.
 */
PyObject *pickle_call_new(const core_state *state, pickle_special *name, pickle_special_kind kind,
                          PyObject *args, PyObject *kwargs);

/*
 * Whether it is what has this name today, or that of a kind of set.
 */
bool pickle_special_is(const pickle_special *special, const char *module, const char *name);
bool pickle_special_is_set(const pickle_special *special);

/*
 * The value that is made of it, once and for all (new reference).
 */
PyObject *pickle_special_value(pickle_special *special);

#endif
