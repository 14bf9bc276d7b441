/* SPDX-License-Identifier: BSD-2-Clause */
/* Records._select: only some of the columns. */
#include "records.h"

#include "text.h"

/*
 * Names that are wanted. A name f0, f1 ... is that of an item of a tuple, too.
 */
struct core_selection {
    size_t count;
    struct selected {
        ladle_string name;
        uint32_t number; /* of an item, or UINT32_MAX */
    } items[];
};

/*
 * Names of a file often have one beginning.
 */
static bool is_same(const ladle_string *a, const ladle_string *b)
{
    return a->len == b->len && (a->len == 0 || (a->data[a->len - 1] == b->data[a->len - 1] &&
                                                memcmp(a->data, b->data, a->len) == 0));
}

/*
 * Called without the GIL.
 */
static bool wants(void *ctx, const ladle_view *parent, uint32_t child)
{
    const struct core_selection *selection = ctx;
    for (size_t i = 0; i < selection->count; i++) {
        const struct selected *item = &selection->items[i];
        const ladle_string *known = parent->names ? &parent->names[child] : NULL;
        if (known ? is_same(known, &item->name) : item->number == child) {
            return true;
        }
    }
    return false;
}

static int take_names(Records *self, PyObject *names)
{
    Py_ssize_t count = PyTuple_GET_SIZE(names);
    struct core_selection *selection =
        PyMem_Malloc(sizeof *selection + (size_t)count * sizeof *selection->items);
    if (!selection) {
        PyErr_NoMemory();
        return -1;
    }
    selection->count = (size_t)count;
    for (Py_ssize_t i = 0; i < count; i++) {
        Py_ssize_t len = 0;
        struct selected *item = &selection->items[i];
        item->name.data = PyUnicode_AsUTF8AndSize(PyTuple_GET_ITEM(names, i), &len);
        item->name.len = (size_t)len;
        if (!item->name.data) {
            PyMem_Free(selection);
            return -1;
        }
        item->number = text_item_number(item->name.data, item->name.len);
    }
    PyMem_Free(self->selection);
    self->selection = selection;
    Py_XSETREF(self->selected, Py_NewRef(names));
    return 0;
}

const char core_records_select_doc[] = PyDoc_STR(
    "_select($self, names, /)\n--\n\n"
    "Read only the columns with these names, from the next block on. Then read_into is the only\n"
    "call that may read.");

PyObject *core_records_select(Records *self, PyObject *names)
{
    PyObject *tuple = PySequence_Tuple(names);
    if (!tuple || core_records_enter(self) < 0) {
        Py_XDECREF(tuple);
        return NULL;
    }
    int result = take_names(self, tuple);
    Py_DECREF(tuple);
    if (result == 0) {
        ladle_reader_select(self->reader, wants, self->selection);
    }
    core_records_leave(self);
    return result < 0 ? NULL : Py_NewRef(Py_None);
}
