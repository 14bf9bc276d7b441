/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_NUMPY_TYPES_H
#define LADLE_PYMODULE_NUMPY_TYPES_H

/*
 * NumPy, found when it is needed: nothing of it is needed to build. Arrays are reached through the
 * buffer protocol, dtypes through ladle._numpy.
 */

#include "decode.h"
#include "encode.h"

struct core_numpy;

/*
 * What is kept of NumPy, empty at first. NULL: an exception is set.
 */
struct core_numpy *core_numpy_new(void);
int core_numpy_visit(struct core_numpy *numpy, visitproc visit, void *arg);
void core_numpy_free(struct core_numpy *numpy);

/*
 * Import what we need of NumPy when somebody has imported NumPy. 1: there it is. 0: nobody has. -1:
 * an exception is set.
 */
int core_numpy_look(struct core_numpy *numpy);

/*
 * Import NumPy. -1: an exception is set.
 */
int core_numpy_load(struct core_numpy *numpy);

/*
 * Whether an object is an array, of any class, after core_numpy_load. -1: an exception is set.
 */
int core_is_array(const core_state *state, PyObject *object);

/*
 * Call a function of ladle._numpy, after core_numpy_load. The format is that of
 * Py_BuildValue for the tuple of arguments.
 */
PyObject *core_numpy_call(const struct core_numpy *numpy, const char *name, const char *format,
                          ...);

/*
 * A NumPy scalar or array as it goes into a column.
 */
typedef struct core_items {
    ladle_kind kind;     /* SCALAR or ARRAY */
    const uint8_t *type; /* as ladle_node_accept_typed takes it */
    size_t type_len;
    const void *data; /* all items, in the order that 'type' says */
    size_t data_len;
    Py_buffer view;
    PyObject *prefix;
    uint8_t *own_type; /* allocated, or NULL */
    void *own_data;    /* allocated, or NULL */
    uint8_t short_type[256];
} core_items;

/*
 * Look at an object. 1: it is one, and core_items_close is to be called. 0: it is none that can be
 * stored. -1: an exception is set.
 */
int core_items_open(const core_state *state, PyObject *object, core_items *items);
void core_items_close(core_items *items);

/*
 * The kind and type of the rows of an array, of which 'row' is one: without its memory. It is
 * forgotten by core_items_forget. -1: an exception is set.
 */
int core_items_describe(const core_state *state, PyObject *array, const Py_buffer *row, char order,
                        core_items *items);
void core_items_forget(core_items *items);

/*
 * As core_extension_reduce and core_extension_build: arrays of objects, and of strings of any
 * length.
 */
PyObject *core_object_array_reduce(const core_state *state, PyObject *array, uint8_t *code,
                                   PyTypeObject **culprit);
PyObject *core_object_array_build(const core_state *state, uint8_t code, PyObject *value,
                                  ladle_error *error);

/*
 * The array whose rows can be written in bulk. Py_None: these records are none, or its rows are
 * scalars of text, which are of many lengths, or objects. NULL: an exception is set.
 */
PyObject *core_array_rows(const core_state *state, PyObject *records);

/*
 * What is written of the rows of an array with fields of objects, or of an array of text: an iterator.
 * Py_None: these records are no such array. NULL: an exception is set.
 */
PyObject *core_object_rows(const core_state *state, PyObject *records);

/*
 * Why some of NumPy's values are not stored, and what to do. NULL: nothing is to be said of the
 * object; most times without an exception.
 */
PyObject *core_refusal_reason(const core_state *state, PyObject *object);

/*
 * What describes a dtype in files, bytes, borrowed: the text and the length of an item. None: it
 * cannot be stored. NULL: an exception is set.
 */
PyObject *core_dtype_prefix(const core_state *state, PyObject *dtype);

/*
 * The next value of a SCALAR or ARRAY view, whose tag points to a place for an object that is NULL
 * at first; and a tagged value. NULL: failed, as in decode.h.
 */
PyObject *core_decode_items(core_decoder *decoder, ladle_view *view);
PyObject *core_decode_tagged_items(core_decoder *decoder, const ladle_item *item);

/*
 * The dtype of a SCALAR or ARRAY view. NULL: failed, as in decode.h.
 */
PyObject *core_decode_dtype(core_decoder *decoder, const ladle_view *view);

#endif
