/* SPDX-License-Identifier: BSD-2-Clause */
#include "pickle_special.h"

#include <structmember.h>

static pickle_special *special_new(const core_state *state, pickle_special_kind kind)
{
    PyTypeObject *type = state->pickle_special_type;
    pickle_special *special = (pickle_special *)type->tp_alloc(type, 0);
    if (special) {
        special->kind = kind;
    }
    return special;
}

PyObject *pickle_name_new(const core_state *state, PyObject *find, PyObject *module, PyObject *name,
                          bool is_inside)
{
    PyObject *flag = is_inside ? Py_True : Py_False;
    PyObject *found = PyObject_CallFunctionObjArgs(find, module, name, flag, NULL);
    if (!found || found == Py_None) {
        Py_XDECREF(found);
        return NULL;
    }
    int stream;
    PyObject *build;
    if (!PyArg_ParseTuple(found, "UUOi:find", &module, &name, &build, &stream)) {
        Py_DECREF(found);
        return NULL;
    }
    if (!PyCallable_Check(build)) {
        Py_INCREF(build);
        Py_DECREF(found);
        return build;
    }
    pickle_special *special = special_new(state, SPECIAL_NAME);
    if (special) {
        special->module = Py_NewRef(module);
        special->name = Py_NewRef(name);
        special->build = Py_NewRef(build);
        special->stream = (pickle_stream)stream;
    }
    Py_DECREF(found);
    return (PyObject *)special;
}

PyObject *pickle_call_new(const core_state *state, pickle_special *name, pickle_special_kind kind,
                          PyObject *args, PyObject *kwargs)
{
    pickle_special *special = special_new(state, kind);
    if (special) {
        special->module = Py_NewRef(name->module);
        special->name = Py_NewRef(name->name);
        special->build = Py_NewRef(name->build);
        special->stream = name->stream;
        special->args = Py_NewRef(args);
        special->kwargs = Py_XNewRef(kwargs);
    }
    return (PyObject *)special;
}

bool pickle_special_is(const pickle_special *special, const char *module, const char *name)
{
    return PyUnicode_CompareWithASCIIString(special->module, module) == 0 &&
           PyUnicode_CompareWithASCIIString(special->name, name) == 0;
}

bool pickle_special_is_set(const pickle_special *special)
{
    return pickle_special_is(special, "builtins", "set") ||
           pickle_special_is(special, "builtins", "frozenset");
}

static void forget_parts(pickle_special *special)
{
    Py_CLEAR(special->args);
    Py_CLEAR(special->kwargs);
    Py_CLEAR(special->items);
    Py_CLEAR(special->pairs);
    Py_CLEAR(special->state);
}

PyObject *pickle_special_value(pickle_special *special)
{
    if (special->value) {
        return Py_NewRef(special->value);
    }
    if (special->is_closing) {
        PyErr_Format(PyExc_ValueError, "%U.%U contains itself", special->module, special->name);
        return NULL;
    }
    special->is_closing = true;
    special->value = PyObject_CallOneArg(special->build, (PyObject *)special);
    if (!special->value) {
        return NULL;
    }
    forget_parts(special);
    return Py_NewRef(special->value);
}

static int special_traverse(pickle_special *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->build);
    Py_VISIT(self->args);
    Py_VISIT(self->kwargs);
    Py_VISIT(self->items);
    Py_VISIT(self->pairs);
    Py_VISIT(self->state);
    Py_VISIT(self->value);
    return 0;
}

static int special_clear(pickle_special *self)
{
    forget_parts(self);
    Py_CLEAR(self->build);
    Py_CLEAR(self->value);
    return 0;
}

static void special_dealloc(pickle_special *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    (void)special_clear(self);
    Py_CLEAR(self->module);
    Py_CLEAR(self->name);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *special_is_name(pickle_special *self, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(self->kind == SPECIAL_NAME);
}

static PyObject *special_is_new(pickle_special *self, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(self->kind == SPECIAL_NEW);
}

static PyMemberDef members[] = {
    {"module", T_OBJECT, offsetof(pickle_special, module), READONLY, "Where the name belongs."},
    {"name", T_OBJECT, offsetof(pickle_special, name), READONLY, "The name, with dots."},
    {"build", T_OBJECT, offsetof(pickle_special, build), READONLY, "The function of the table."},
    {"args", T_OBJECT, offsetof(pickle_special, args), READONLY, "The arguments, a tuple."},
    {"kwargs", T_OBJECT, offsetof(pickle_special, kwargs), READONLY, "Keywords, or None."},
    {"items", T_OBJECT, offsetof(pickle_special, items), READONLY, "What was appended, or None."},
    {"pairs", T_OBJECT, offsetof(pickle_special, pairs), READONLY, "Keys and values, or None."},
    {"state", T_OBJECT, offsetof(pickle_special, state), READONLY, "What BUILD gave, or None."},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef getters[] = {
    {"is_name", (getter)special_is_name, NULL, "Whether it is the class or function itself.", NULL},
    {"is_new", (getter)special_is_new, NULL, "Whether it is an instance made by __new__.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, (void *)"What a pickle names, or makes of a name."},
    {Py_tp_dealloc, special_dealloc},
    {Py_tp_traverse, special_traverse},
    {Py_tp_clear, special_clear},
    {Py_tp_members, members},
    {Py_tp_getset, getters},
    {0, NULL},
};

PyType_Spec pickle_special_spec = {
    .name = "ladle._core.PickleSpecial",
    .basicsize = sizeof(pickle_special),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};
