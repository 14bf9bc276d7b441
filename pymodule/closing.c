/* SPDX-License-Identifier: BSD-2-Clause */
#include "closing.h"

const char core_closing_doc[] = "close($self, /)\n--\n\n"
                                "Let go of the file and of the memory. Closing twice is fine.";

int core_refuse_reading(bool is_open)
{
    if (!is_open) {
        PyErr_SetString(PyExc_ValueError, "the records are closed");
    } else {
        PyErr_SetString(PyExc_RuntimeError, "the records are read by two threads at once; guard "
                                            "them with a lock, or open the file twice");
    }
    return -1;
}

PyObject *core_closing_enter(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *closed = PyObject_GetAttrString(self, "closed");
    int is_closed = closed ? PyObject_IsTrue(closed) : -1;
    Py_XDECREF(closed);
    if (is_closed) {
        if (is_closed > 0) {
            (void)core_refuse_reading(false);
        }
        return NULL;
    }
    return Py_NewRef(self);
}

PyObject *core_closing_exit(PyObject *self, PyObject *Py_UNUSED(args))
{
    return PyObject_CallMethod(self, "close", NULL);
}

void core_closing_finalize(PyObject *self, int (*close)(PyObject *self))
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    if (close(self) < 0) {
        PyErr_WriteUnraisable(self);
    }
    PyErr_Restore(type, value, traceback);
}
