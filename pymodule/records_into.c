/* SPDX-License-Identifier: BSD-2-Clause */
/* Records.read_into: rows of arrays from records. */
#include "fill.h"
#include "numpy_types.h"
#include "records.h"

/*
 * Arrays to fill, and what their rows look like.
 */
struct target {
    core_layout layout;
    Py_buffer *views; /* one, or one a column */
    Py_ssize_t view_count;
    Py_ssize_t len; /* rows */
    PyObject *kept; /* what the layout points into */
};

static void close_target(struct target *target)
{
    core_layout_clear(&target->layout);
    for (Py_ssize_t i = 0; i < target->view_count; i++) {
        PyBuffer_Release(&target->views[i]);
    }
    PyMem_Free(target->views);
    Py_XDECREF(target->kept);
}

/*
 * Refuse a masked array: what is filled would stay behind its mask.
 */
static int check_mask(const core_state *state, PyObject *array)
{
    PyObject *answer = core_numpy_call(state->numpy, "is_masked", "(O)", array);
    int is_masked = answer ? PyObject_IsTrue(answer) : -1;
    Py_XDECREF(answer);
    if (is_masked > 0) {
        PyErr_SetString(PyExc_TypeError,
                        "out is masked: its data is an array that can be filled, behind its mask");
    }
    return is_masked ? -1 : 0;
}

/*
 * Export an array that is to be written.
 */
static int open_array(struct target *target, const core_state *state, PyObject *array)
{
    int is_array = core_is_array(state, array);
    if (is_array <= 0) {
        if (is_array == 0) {
            PyErr_Format(PyExc_TypeError,
                         "out is a %s: it must be a NumPy array, or a dict of them by field",
                         Py_TYPE(array)->tp_name);
        }
        return -1;
    }
    if (check_mask(state, array) < 0) {
        return -1;
    }
    Py_buffer *view = &target->views[target->view_count];
    if (PyObject_GetBuffer(array, view, PyBUF_STRIDES | PyBUF_WRITABLE) < 0) {
        PyErr_Clear();
        if (PyObject_GetBuffer(array, view, PyBUF_STRIDES) < 0) {
            return -1;
        }
        PyBuffer_Release(view);
        PyErr_SetString(PyExc_ValueError, "out is read-only");
        return -1;
    }
    target->view_count++;
    if (view->ndim == 0) {
        PyErr_SetString(PyExc_ValueError, "out has no dimension: it must have one row a record");
        return -1;
    }
    if (target->view_count > 1 && view->shape[0] != target->len) {
        PyErr_Format(PyExc_ValueError, "the arrays of out have different lengths: %zd and %zd",
                     target->len, view->shape[0]);
        return -1;
    }
    target->len = view->shape[0];
    return 0;
}

static int open_columns(struct target *target, const core_state *state, PyObject *out)
{
    Py_ssize_t position = 0;
    PyObject *name;
    PyObject *array;
    target->kept = PyDict_New();
    if (!target->kept || PyDict_Update(target->kept, out) < 0) {
        return -1;
    }
    Py_ssize_t count = PyDict_GET_SIZE(target->kept);
    target->views = PyMem_Calloc(count ? (size_t)count : 1, sizeof *target->views);
    if (!target->views) {
        PyErr_NoMemory();
        return -1;
    }
    while (PyDict_Next(target->kept, &position, &name, &array)) {
        if (!PyUnicode_Check(name)) {
            PyErr_Format(PyExc_TypeError, "a key of out is a %s: it must be the str of a field",
                         Py_TYPE(name)->tp_name);
            return -1;
        }
        if (open_array(target, state, array) < 0) {
            return -1;
        }
    }
    if (count == 0) {
        PyErr_SetString(PyExc_ValueError, "out is empty: it must have an array for each field");
        return -1;
    }
    return core_layout_init_columns(state, &target->layout, target->kept, target->views);
}

static int open_rows(struct target *target, const core_state *state, PyObject *out)
{
    target->views = PyMem_Calloc(1, sizeof *target->views);
    if (!target->views) {
        PyErr_NoMemory();
        return -1;
    }
    if (open_array(target, state, out) < 0) {
        return -1;
    }
    PyObject *dtype = PyObject_GetAttrString(out, "dtype");
    int result = dtype ? core_layout_init_rows(state, &target->layout, dtype, target->views) : -1;
    Py_XDECREF(dtype);
    return result;
}

static int open_target(struct target *target, const core_state *state, PyObject *out,
                       PyObject *missing)
{
    int is_mapping = PyObject_IsInstance(out, state->mapping_type);
    if (is_mapping < 0 || core_numpy_load(state->numpy) < 0) {
        return -1;
    }
    int result = is_mapping ? open_columns(target, state, out) : open_rows(target, state, out);
    if (result == 0 && missing) {
        result = core_layout_set_absent(state, &target->layout, missing);
    }
    return result;
}

/*
 * Fill rows from the block at hand. Fewer than 'count' are done when the next one does not fit.
 */
static int fill_some(Records *self, core_fill *fill, const struct target *target, uint64_t filled,
                     uint64_t count, uint64_t *done)
{
    const Py_buffer *view = target->view_count == 1 && !target->kept ? target->views : NULL;
    ptrdiff_t stride = view ? view->strides[0] : 0;
    uint8_t *to = view ? (uint8_t *)view->buf + (ptrdiff_t)filled * stride : NULL;
    int result = core_fill_rows(fill, self->root, self->row, count, to, stride, filled, done);
    self->row += *done;
    if (self->row < self->row_count) {
        ladle_view_seek(self->root, self->row);
    }
    return result;
}

/*
 * Fill the rows of the target from the records that come. -1: an exception is set; the rows before
 * are filled.
 */
static int fill_all(Records *self, core_fill *fill, const struct target *target, uint64_t *filled)
{
    uint64_t total = (uint64_t)target->len;
    while (*filled < total) {
        if (self->row == self->row_count) {
            int result = PyErr_CheckSignals() < 0 ? -1 : core_records_next_rows(self);
            if (result <= 0) {
                return result;
            }
            core_fill_block(fill);
        }
        uint64_t there = self->row_count - self->row;
        uint64_t count = total - *filled < there ? total - *filled : there;
        uint64_t done;
        int result = fill_some(self, fill, target, *filled, count, &done);
        *filled += done;
        if (result < 0 && core_records_fail(self) < 0) {
            return -1;
        }
        if (result == 0 && done < count) {
            core_fill_raise(fill, core_records_position(self));
            return -1;
        }
    }
    return 0;
}

const char core_records_read_into_doc[] = PyDoc_STR(
    "read_into($self, out, *, missing=<raise>)\n--\n\n"
    "Fill the next len(out) rows of an array, and return how many were filled: fewer at the end\n"
    "of the file, and then 0. Rows past that are left as they are. No objects are made.\n\n"
    "out      a NumPy array, which may have any strides and byte order: with fields, which are\n"
    "         matched by name to the keys of dicts and the fields of objects, and by position\n"
    "         to tuples; with two dimensions, a row a record; or with one, for records that are\n"
    "         numbers and the like. Or a mapping from fields to arrays\n"
    "missing  what to put for None and for keys that a record lacks, wherever a field takes it\n"
    "         as it takes a record's value, None as NaN and NaT; without it they are errors.\n"
    "         Keys that out lacks are left out.\n\n"
    "Values are converted only upwards: bool to int to float to complex; floats are rounded to\n"
    "narrower ones; str and bytes go into S and U, where NumPy takes NULs at the end for none;\n"
    "dates and times into datetime64 and timedelta64. What does not fit raises and names record\n"
    "and field: OverflowError for a number out of range, ValueError for what is too long or not\n"
    "exact, TypeError for a type that is not converted and for None, KeyError for a missing\n"
    "key. Then the rows before are filled, and position stands at the record. Raises what\n"
    "next() raises, too.");

PyObject *core_records_read_into(Records *self, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {"", "missing", NULL};
    PyObject *out;
    PyObject *missing = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|$O:read_into", keywords, &out, &missing) ||
        core_records_enter(self) < 0) {
        return NULL;
    }
    struct target target = {.len = 0};
    core_fill fill;
    uint64_t filled = 0;
    int result = open_target(&target, self->state, out, missing);
    if (result == 0) {
        result = core_fill_begin(&fill, self->state, &self->decoder, &target.layout,
                                 target.kept ? 0 : (size_t)target.views[0].len);
        if (result == 0) {
            result = fill_all(self, &fill, &target, &filled);
        }
        core_fill_end(&fill);
    }
    close_target(&target);
    core_records_leave(self);
    return result < 0 ? NULL : PyLong_FromUnsignedLongLong(filled);
}

const char core_records_batches_doc[] = PyDoc_STR(
    "batches($self, size, *, strings='fixed', missing=...)\n--\n\n"
    "An iterator of arrays of up to size records: with fields for tuples, dicts and objects, else\n"
    "of one dimension. The dtype follows from all records of the file, so that it is the same for\n"
    "all; where the file cannot be read at any place, from those of a batch.\n\n"
    "strings  'fixed': S and U as long as needed; 'object': str and bytes themselves\n"
    "missing  what to put for None and missing keys; without it fields that have such are of\n"
    "         objects, and keep them\n\n"
    "Raises what read_into raises, behind a batch of the records before; ValueError and TypeError\n"
    "for a wrong size.");

PyObject *core_records_batches(Records *self, PyObject *args, PyObject *kwargs)
{
    PyObject *arrays = PyImport_ImportModule("ladle._arrays");
    PyObject *function = arrays ? PyObject_GetAttrString(arrays, "batches") : NULL;
    PyObject *all = PyTuple_New(1 + PyTuple_GET_SIZE(args));
    PyObject *result = NULL;
    if (function && all) {
        PyTuple_SET_ITEM(all, 0, Py_NewRef(self));
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(args); i++) {
            PyTuple_SET_ITEM(all, i + 1, Py_NewRef(PyTuple_GET_ITEM(args, i)));
        }
        result = PyObject_Call(function, all, kwargs);
    }
    Py_XDECREF(all);
    Py_XDECREF(function);
    Py_XDECREF(arrays);
    return result;
}
