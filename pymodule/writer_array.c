/* SPDX-License-Identifier: BSD-2-Clause */
/* Writer.extend for arrays: their rows, in bulk. */
#include "numpy_types.h"
#include "writer.h"

/*
 * Bytes that are added, or copied, between two looks at whether the user pressed Ctrl-C.
 */
#define PIECE_LEN ((size_t)1 << 20)

/*
 * An array on its way: what its rows are.
 */
struct rows {
    PyObject *array;
    Py_buffer view;
    core_items items; /* of a row: kind and type */
    size_t row_len;
    bool is_packed; /* the items of a row stand one behind the other */
};

static int open_rows(const core_state *state, struct rows *rows, PyObject *array)
{
    rows->array = array;
    if (PyObject_GetBuffer(array, &rows->view, PyBUF_STRIDES) < 0) {
        return -1;
    }
    Py_buffer row = rows->view;
    row.ndim--;
    row.shape = row.ndim ? row.shape + 1 : NULL;
    row.strides = row.ndim ? row.strides + 1 : NULL;
    row.len = row.itemsize;
    for (int i = 0; i < row.ndim; i++) {
        row.len *= row.shape[i];
    }
    rows->row_len = (size_t)row.len;
    bool is_fortran = !PyBuffer_IsContiguous(&row, 'C') && PyBuffer_IsContiguous(&row, 'F');
    rows->is_packed = is_fortran || PyBuffer_IsContiguous(&row, 'C');
    int result = core_items_describe(state, array, &row, is_fortran ? 'F' : 'C', &rows->items);
    if (result < 0) {
        PyBuffer_Release(&rows->view);
    }
    return result;
}

static void close_rows(struct rows *rows)
{
    core_items_forget(&rows->items);
    PyBuffer_Release(&rows->view);
}

static int add(Writer *self, const struct rows *rows, const void *items, Py_ssize_t count)
{
    ladle_error error;
    ladle_status status = ladle_writer_append_items(self->writer, rows->items.kind,
                                                    rows->items.type, rows->items.type_len,
                                                    rows->row_len, items, (size_t)count, &error);
    return status == LADLE_OK ? 0 : core_writer_fail(self, &error);
}

/*
 * Add some rows that do not stand one behind the other: by way of a copy of them.
 */
static int add_copy(Writer *self, const struct rows *rows, Py_ssize_t first, Py_ssize_t count)
{
    PyObject *copy = core_numpy_call(self->state->numpy, "copy_rows", "(Onn)", rows->array, first,
                                     first + count);
    Py_buffer view;
    if (!copy || PyObject_GetBuffer(copy, &view, PyBUF_STRIDES) < 0) {
        Py_XDECREF(copy);
        return -1;
    }
    int result = add(self, rows, view.buf, count);
    PyBuffer_Release(&view);
    Py_DECREF(copy);
    return result;
}

/*
 * Add some rows, each of which is packed, but not beside its neighbours.
 */
static int add_packed(Writer *self, const struct rows *rows, Py_ssize_t first, Py_ssize_t count)
{
    const char *from = (const char *)rows->view.buf + first * rows->view.strides[0];
    if (rows->view.strides[0] == (Py_ssize_t)rows->row_len || count == 1) {
        return add(self, rows, from, count);
    }
    char *copy = PyMem_Malloc(rows->row_len * (size_t)count + 1);
    if (!copy) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++, from += rows->view.strides[0]) {
        memcpy(copy + (size_t)i * rows->row_len, from, rows->row_len);
    }
    int result = add(self, rows, copy, count);
    PyMem_Free(copy);
    return result;
}

static int add_all(Writer *self, const struct rows *rows)
{
    Py_ssize_t left = rows->view.shape[0];
    size_t most = rows->row_len ? PIECE_LEN / rows->row_len + 1 : PIECE_LEN;
    int result = 0;
    for (Py_ssize_t first = 0; left && result == 0;) {
        Py_ssize_t count = (size_t)left < most ? left : (Py_ssize_t)most;
        result = rows->is_packed ? add_packed(self, rows, first, count)
                                 : add_copy(self, rows, first, count);
        if (result == 0) {
            result = PyErr_CheckSignals();
        }
        first += count;
        left -= count;
    }
    return result;
}

int core_writer_extend_array(Writer *self, PyObject *records)
{
    struct rows rows;
    PyObject *array = core_array_rows(self->state, records);
    if (!array || array == Py_None) {
        Py_XDECREF(array);
        return array ? 0 : -1;
    }
    int result = open_rows(self->state, &rows, array);
    if (result == 0) {
        result = add_all(self, &rows);
        close_rows(&rows);
    }
    Py_DECREF(array);
    return result < 0 ? -1 : 1;
}
