/* SPDX-License-Identifier: BSD-2-Clause */
/* register and types=: which classes may be rebuilt. */
#include "classes.h"
#include "extension.h"

/*
 * What a class is rebuilt as that types= has. Borrowed.
 */
static core_class *class_given(const core_state *state, PyTypeObject *type)
{
    core_class *class = core_class_of(state, type);
    if (!class || class->kind != CLASS_NONE) {
        return class;
    }
    if (!class->given) {
        core_class *given = core_class_describe(state, type, true, NULL, NULL, NULL);
        class->given = (PyObject *)given;
    }
    return (core_class *)class->given;
}

static int add_given(const core_state *state, PyObject *types, PyObject *item)
{
    if (!PyType_Check(item)) {
        PyErr_Format(PyExc_TypeError, "types holds a %s: it must hold classes",
                     Py_TYPE(item)->tp_name);
        return -1;
    }
    core_class *class = class_given(state, (PyTypeObject *)item);
    PyObject *other = class ? PyDict_GetItemWithError(types, class->name) : NULL;
    if (!class || PyErr_Occurred()) {
        return -1;
    }
    if (other && other != (PyObject *)class) {
        PyErr_Format(PyExc_ValueError, "types holds two classes with the name %U", class->name);
        return -1;
    }
    return PyDict_SetItem(types, class->name, (PyObject *)class);
}

int core_types_from(const core_state *state, PyObject *given, PyObject **types)
{
    *types = NULL;
    if (!given) {
        return 0;
    }
    PyObject *sequence = PySequence_Tuple(given);
    if (!sequence) {
        if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_Clear();
            PyErr_SetString(PyExc_TypeError, "types must be a tuple of classes");
        }
        return -1;
    }
    PyObject *dict = PyDict_New();
    for (Py_ssize_t i = 0; dict && i < PyTuple_GET_SIZE(sequence); i++) {
        if (add_given(state, dict, PyTuple_GET_ITEM(sequence, i)) < 0) {
            Py_CLEAR(dict);
        }
    }
    /* What is known of a type does not hold it. */
    if (dict && PyDict_GET_SIZE(dict) && PyDict_SetItem(dict, Py_None, sequence) < 0) {
        Py_CLEAR(dict);
    }
    Py_DECREF(sequence);
    *types = dict;
    return dict ? 0 : -1;
}

const char core_register_doc[] =
    "register(cls, *, name=None, to_state=None, from_state=None)\n--\n\n"
    "Make the objects of a class storable, and have them rebuilt when a file has them.\n\n"
    "cls         a class. Dataclasses, named tuples and enumerations can be stored anyway; other\n"
    "            classes written in Python are stored as their attributes\n"
    "name        what files call it; its module and qualified name unless told\n"
    "to_state    a callable: gets an object, returns a dict of fields, or any other value\n"
    "from_state  a callable: gets what to_state returned, returns the object. Without it the\n"
    "            fields become attributes, and __init__ is not called\n\n"
    "Returns the class, so that it may be used as a decorator. A subclass is another class.\n"
    "Registering a class again replaces what was said before. Raises TypeError for a class that\n"
    "cannot be stored without to_state and from_state, and for one that is stored as it is;\n"
    "ValueError when another class has the name.";

/*
 * 0: the arguments are as they should be.
 */
static int check_arguments(PyObject *cls, PyObject *name, PyObject *to_state, PyObject *from_state)
{
    if (!PyType_Check(cls)) {
        PyErr_Format(PyExc_TypeError, "cls is a %s: it must be a class", Py_TYPE(cls)->tp_name);
    } else if (name && !PyUnicode_CheckExact(name)) {
        PyErr_Format(PyExc_TypeError, "name is a %s: it must be a str or None",
                     Py_TYPE(name)->tp_name);
    } else if (to_state && !PyCallable_Check(to_state)) {
        PyErr_SetString(PyExc_TypeError, "to_state must be callable, or None");
    } else if (from_state && !PyCallable_Check(from_state)) {
        PyErr_SetString(PyExc_TypeError, "from_state must be callable, or None");
    }
    return PyErr_Occurred() ? -1 : 0;
}

/*
 * 0: no other class has the name.
 */
static int check_name(const core_state *state, const core_class *class)
{
    PyObject *other = PyDict_GetItemWithError(state->classes->by_name, class->name);
    if (other && ((core_class *)other)->type != class->type) {
        PyErr_Format(PyExc_ValueError, "%R has the name %R already; register %R with another name=",
                     ((core_class *)other)->kept, class->name, class->type);
        return -1;
    }
    return PyErr_Occurred() ? -1 : 0;
}

static int forget_name(const core_state *state, const core_class *before)
{
    if (!before->kept) {
        return 0;
    }
    return PyDict_DelItem(state->classes->by_name, before->name);
}

static int add_class(const core_state *state, core_class *class)
{
    core_class *before = core_class_of(state, class->type);
    if (!before || check_name(state, class) < 0 || forget_name(state, before) < 0 ||
        PyDict_SetItem(state->classes->by_name, class->name, (PyObject *)class) < 0) {
        return -1;
    }
    class->kept = Py_NewRef((PyObject *)class->type);
    return core_class_keep(state, (core_class *)Py_NewRef((PyObject *)class)) ? 0 : -1;
}

PyObject *core_register(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {"", "name", "to_state", "from_state", NULL};
    const core_state *state = PyModule_GetState(module);
    PyObject *cls;
    PyObject *name = Py_None;
    PyObject *to_state = Py_None;
    PyObject *from_state = Py_None;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|$OOO:register", keywords, &cls, &name,
                                     &to_state, &from_state)) {
        return NULL;
    }
    name = name == Py_None ? NULL : name;
    to_state = to_state == Py_None ? NULL : to_state;
    from_state = from_state == Py_None ? NULL : from_state;
    if (check_arguments(cls, name, to_state, from_state) < 0) {
        return NULL;
    }
    PyTypeObject *type = (PyTypeObject *)cls;
    if (cls == state->classes->opaque_type || core_extension_is_stored(state, type)) {
        return PyErr_Format(PyExc_TypeError, "%R is stored as it is: it cannot be registered", cls);
    }
    core_class *class = core_class_describe(state, type, true, name, to_state, from_state);
    int result = class ? add_class(state, class) : -1;
    Py_XDECREF(class);
    return result < 0 ? NULL : Py_NewRef(cls);
}

const char core_registered_doc[] =
    "_registered()\n--\n\nThe registered classes by their names, a new dict.";

PyObject *core_registered(PyObject *module, PyObject *Py_UNUSED(ignored))
{
    const core_state *state = PyModule_GetState(module);
    PyObject *name, *class;
    Py_ssize_t at = 0;
    PyObject *classes = PyDict_New();
    while (classes && PyDict_Next(state->classes->by_name, &at, &name, &class)) {
        if (PyDict_SetItem(classes, name, ((core_class *)class)->kept) < 0) {
            Py_CLEAR(classes);
        }
    }
    return classes;
}
