/* SPDX-License-Identifier: BSD-2-Clause */
#include "classes.h"

#include "extension.h"
#include "instance.h"

#include <ladle/wire.h>
#include <structmember.h>

#if PY_VERSION_HEX >= 0x030C0000
#define MEMBER_OBJECT   Py_T_OBJECT_EX
#define MEMBER_READONLY Py_READONLY
#else
#define MEMBER_OBJECT   T_OBJECT_EX
#define MEMBER_READONLY READONLY
#endif

static int class_traverse(core_class *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->reference);
    Py_VISIT(self->kept);
    Py_VISIT(self->given);
    Py_VISIT(self->to_state);
    Py_VISIT(self->from_state);
    return 0;
}

static int class_clear(core_class *self)
{
    Py_CLEAR(self->reference);
    Py_CLEAR(self->kept);
    Py_CLEAR(self->given);
    Py_CLEAR(self->to_state);
    Py_CLEAR(self->from_state);
    return 0;
}

static void class_dealloc(core_class *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    (void)class_clear(self);
    Py_XDECREF(self->name);
    Py_XDECREF(self->fields);
    Py_XDECREF(self->label);
    PyMem_Free(self->places);
    PyMem_Free(self->value_places);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyType_Slot class_slots[] = {
    {Py_tp_dealloc, class_dealloc},
    {Py_tp_traverse, class_traverse},
    {Py_tp_clear, class_clear},
    {0, NULL},
};

PyType_Spec core_class_spec = {
    .name = "ladle._core._Class",
    .basicsize = sizeof(core_class),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE |
             Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = class_slots,
};

bool core_class_has_dict(const PyTypeObject *type)
{
#ifdef Py_TPFLAGS_MANAGED_DICT
    if (type->tp_flags & Py_TPFLAGS_MANAGED_DICT) {
        return true;
    }
#endif
    return type->tp_dictoffset != 0;
}

Py_ssize_t core_class_place(PyTypeObject *type, PyObject *name)
{
    PyObject *found = _PyType_Lookup(type, name);
    if (found && Py_IS_TYPE(found, &PyMemberDescr_Type)) {
        const PyMemberDef *member = ((PyMemberDescrObject *)found)->d_member;
        if (member->type == MEMBER_OBJECT && !(member->flags & MEMBER_READONLY)) {
            return member->offset;
        }
    }
    if (!core_class_has_dict(type)) {
        return PLACE_NONE;
    }
    return found && Py_TYPE(found)->tp_descr_set ? PLACE_DICT : PLACE_ATTRIBUTE;
}

Py_ssize_t core_class_dict_len(PyObject *object)
{
    Py_ssize_t count;
    if (!core_class_has_dict(Py_TYPE(object))) {
        return 0;
    }
    if (instance_values(object, &count)) {
        return count;
    }
    PyObject **dict = _PyObject_GetDictPtr(object);
    return dict && *dict ? PyDict_GET_SIZE(*dict) : 0;
}

bool core_class_has_attributes(PyObject *object)
{
    Py_ssize_t count = core_class_dict_len(object);
    PyObject *dict = count == 1 ? PyObject_GenericGetDict(object, NULL) : NULL;
    bool is_bookkeeping = dict && PyDict_GetItemString(dict, "__orig_class__");
    Py_XDECREF(dict);
    return count > is_bookkeeping;
}

/*
 * A field among the values of an object that has no dict, borrowed. NULL: it is not there.
 */
static inline PyObject *value_of_field(const core_class *class, PyObject *object, PyObject **values,
                                       Py_ssize_t index)
{
    PyObject *field = PyTuple_GET_ITEM(class->fields, index);
    Py_ssize_t *place = &class->value_places[index];
    PyObject *name = instance_name(Py_TYPE(object), *place);
    if (LADLE_UNLIKELY(name != field)) {
        *place = 0;
        while ((name = instance_name(Py_TYPE(object), *place)) && name != field) {
            ++*place;
        }
    }
    return name ? values[*place] : NULL;
}

bool core_class_is_regular(const core_class *class, PyObject *object)
{
    Py_ssize_t count = 0;
    if (class->dict_len == 0 && !core_class_has_dict(Py_TYPE(object))) {
        return true;
    }
    PyObject **values = instance_values(object, &count);
    PyObject **place = values ? NULL : _PyObject_GetDictPtr(object);
    PyObject *dict = place ? *place : NULL;
    if ((values ? count : dict ? PyDict_GET_SIZE(dict) : 0) != class->dict_len) {
        return false;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(class->fields); i++) {
        if (class->places[i] != PLACE_ATTRIBUTE) {
            continue;
        }
        PyObject *field = PyTuple_GET_ITEM(class->fields, i);
        if (!(values ? value_of_field(class, object, values, i)
                     : PyDict_GetItemWithError(dict, field))) {
            PyErr_Clear();
            return false;
        }
    }
    return true;
}

PyObject *core_class_attribute(const core_class *class, PyObject *object, Py_ssize_t index)
{
    Py_ssize_t place = class->places[index];
    Py_ssize_t count;
    if (place >= 0) {
        return Py_XNewRef(*(PyObject **)((char *)object + place));
    }
    PyObject **values = place == PLACE_ATTRIBUTE ? instance_values(object, &count) : NULL;
    PyObject *value = values ? value_of_field(class, object, values, index) : NULL;
    if (LADLE_LIKELY(value != NULL)) {
        return Py_NewRef(value);
    }
    value = PyObject_GetAttr(object, PyTuple_GET_ITEM(class->fields, index));
    if (!value && PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Clear();
    }
    return value;
}

static int put_text(ladle_buffer *to, PyObject *text)
{
    Py_ssize_t len;
    uint8_t number[LADLE_VARINT_LEN_MAX];
    const char *utf8 = PyUnicode_AsUTF8AndSize(text, &len);
    if (!utf8) {
        return -1;
    }
    if (ladle_buffer_put(to, number, ladle_varint_put(number, (uint64_t)len)) != LADLE_OK ||
        ladle_buffer_put(to, utf8, (size_t)len) != LADLE_OK) {
        PyErr_NoMemory();
        return -1;
    }
    return 0;
}

int core_label_put(ladle_buffer *to, PyObject *name, PyObject *const *fields, Py_ssize_t count)
{
    uint8_t number[LADLE_VARINT_LEN_MAX];
    if (put_text(to, name) < 0) {
        return -1;
    }
    if (ladle_buffer_put(to, number, ladle_varint_put(number, (uint64_t)count)) != LADLE_OK) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        if (put_text(to, fields[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

static int make_label(core_class *class)
{
    ladle_buffer label = {0};
    PyObject *fields = class->fields;
    int result =
        core_label_put(&label, class->name, &PyTuple_GET_ITEM(fields, 0), PyTuple_GET_SIZE(fields));
    if (result == 0) {
        class->label = PyBytes_FromStringAndSize((const char *)label.data, (Py_ssize_t)label.len);
    }
    ladle_buffer_free(&label);
    return class->label ? 0 : -1;
}

static int find_places(core_class *class)
{
    Py_ssize_t count = PyTuple_GET_SIZE(class->fields);
    class->places = PyMem_Malloc((size_t)(count ? count : 1) * sizeof *class->places);
    class->value_places = PyMem_Calloc((size_t)count + 1, sizeof *class->value_places);
    if (!class->places || !class->value_places) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        class->places[i] = core_class_place(class->type, PyTuple_GET_ITEM(class->fields, i));
        class->dict_len += class->places[i] == PLACE_ATTRIBUTE;
        /* A property in the place of a field keeps its value elsewhere. */
        class->is_loose |= class->places[i] == PLACE_DICT || class->places[i] == PLACE_NONE;
    }
    return 0;
}

static PyObject *interned(PyObject *names)
{
    Py_ssize_t count = PyTuple_GET_SIZE(names);
    PyObject *result = PyTuple_New(count);
    for (Py_ssize_t i = 0; result && i < count; i++) {
        PyObject *name = Py_NewRef(PyTuple_GET_ITEM(names, i));
        PyUnicode_InternInPlace(&name);
        PyTuple_SET_ITEM(result, i, name);
    }
    return result;
}

/*
 * Fill in what ladle/_classes.py says of a class.
 */
static int take_description(core_class *class, PyObject *description)
{
    int kind, needs_all, is_loose;
    PyObject *name;
    PyObject *fields;
    if (!PyArg_ParseTuple(description, "iUO!pp", &kind, &name, &PyTuple_Type, &fields, &needs_all,
                          &is_loose)) {
        return -1;
    }
    class->name = Py_NewRef(name);
    class->kind = (uint8_t)kind;
    class->needs_all = needs_all;
    class->is_loose = is_loose;
    class->fields = interned(fields);
    if (!class->fields || make_label(class) < 0) {
        return -1;
    }
    return kind == CLASS_FIELDS ? find_places(class) : 0;
}

static core_class *class_new(const core_state *state, PyTypeObject *type)
{
    PyTypeObject *class_type = state->classes->class_type;
    core_class *class = (core_class *)class_type->tp_alloc(class_type, 0);
    if (class) {
        class->type = type;
    }
    return class;
}

static PyObject *or_none(PyObject *object)
{
    return object ? object : Py_None;
}

core_class *core_class_describe(const core_state *state, PyTypeObject *type, bool is_given,
                                PyObject *name, PyObject *to_state, PyObject *from_state)
{
    core_class *class = class_new(state, type);
    PyObject *description =
        class ? PyObject_CallFunctionObjArgs(state->classes->describe, (PyObject *)type,
                                             is_given ? Py_True : Py_False, or_none(name),
                                             or_none(to_state), or_none(from_state), NULL)
              : NULL;
    if (!description || (description != Py_None && take_description(class, description) < 0)) {
        Py_XDECREF(description);
        Py_XDECREF(class);
        return NULL;
    }
    Py_DECREF(description);
    class->to_state = Py_XNewRef(to_state);
    class->from_state = Py_XNewRef(from_state);
    return class;
}

static core_class **recent_of(const core_state *state, const PyTypeObject *type)
{
    return &state->classes->recent[(uintptr_t)type / 16 % RECENT_CLASSES];
}

/*
 * A description is no longer that of its type; those who hold it will see.
 */
static void forget(const core_state *state, core_class *class)
{
    core_class **recent = recent_of(state, class->type);
    if (*recent == class) {
        *recent = NULL;
    }
    class->type = NULL;
}

/*
 * Called by the weak reference to a type that goes; 'self' is the module and what was known of it.
 */
static PyObject *forget_type(PyObject *self, PyObject *Py_UNUSED(reference))
{
    const core_state *state = PyModule_GetState(PyTuple_GET_ITEM(self, 0));
    core_class *class = (core_class *)PyTuple_GET_ITEM(self, 1);
    if (class->type && state->classes) {
        PyObject *address = PyLong_FromVoidPtr(class->type);
        forget(state, class);
        if (!address || PyDict_DelItem(state->classes->by_type, address) < 0) {
            Py_XDECREF(address);
            return NULL;
        }
        Py_DECREF(address);
    }
    return Py_NewRef(Py_None);
}

static PyMethodDef forget_method = {"_forget_type", forget_type, METH_O, NULL};

/*
 * Have a description forgotten when its type goes.
 */
static int watch(const core_state *state, core_class *class)
{
    PyObject *self = PyTuple_Pack(2, state->classes->module, (PyObject *)class);
    PyObject *callback = self ? PyCFunction_New(&forget_method, self) : NULL;
    class->reference = callback ? PyWeakref_NewRef((PyObject *)class->type, callback) : NULL;
    Py_XDECREF(callback);
    Py_XDECREF(self);
    return class->reference ? 0 : -1;
}

core_class *core_class_keep(const core_state *state, core_class *class)
{
    PyObject *by_type = state->classes->by_type;
    PyObject *address = watch(state, class) == 0 ? PyLong_FromVoidPtr(class->type) : NULL;
    PyObject *before = address ? PyDict_GetItemWithError(by_type, address) : NULL;
    if (before) {
        forget(state, (core_class *)before);
    }
    int result = address ? PyDict_SetItem(by_type, address, (PyObject *)class) : -1;
    Py_XDECREF(address);
    Py_DECREF(class);
    if (result < 0) {
        return NULL;
    }
    *recent_of(state, class->type) = class;
    return class;
}

core_class *core_class_find(const core_state *state, PyTypeObject *type)
{
    PyObject *address = PyLong_FromVoidPtr(type);
    PyObject *known = address ? PyDict_GetItemWithError(state->classes->by_type, address) : NULL;
    Py_XDECREF(address);
    if (known) {
        *recent_of(state, type) = (core_class *)known;
        return (core_class *)known;
    }
    if (PyErr_Occurred()) {
        return NULL;
    }
    bool is_opaque = (PyObject *)type == state->classes->opaque_type;
    uint8_t code = core_extension_look_up(type);
    core_class *class = PyErr_Occurred() ? NULL
                        : code || is_opaque
                            ? class_new(state, type)
                            : core_class_describe(state, type, false, NULL, NULL, NULL);
    if (!class) {
        return NULL;
    }
    class->code = code;
    class->kind = is_opaque ? CLASS_OPAQUE : class->kind;
    return core_class_keep(state, class);
}

core_class *core_class_named(const core_state *state, PyObject *types, PyObject *name)
{
    PyObject *class = types ? PyDict_GetItemWithError(types, name) : NULL;
    if (!class && !PyErr_Occurred()) {
        class = PyDict_GetItemWithError(state->classes->by_name, name);
    }
    return (core_class *)class;
}

PyObject *core_type_name(PyTypeObject *type)
{
    PyObject *name = PyObject_GetAttrString((PyObject *)type, "__qualname__");
    PyObject *module = PyObject_GetAttrString((PyObject *)type, "__module__");
    if (!name || !module) {
        PyErr_Clear();
        Py_XSETREF(name, PyUnicode_FromString(type->tp_name));
    } else if (!PyUnicode_Check(module) ||
               PyUnicode_CompareWithASCIIString(module, "builtins") != 0) {
        Py_SETREF(name, PyUnicode_FromFormat("%S.%S", module, name));
    }
    Py_XDECREF(module);
    return name;
}

static PyObject **slot_of(PyObject *opaque, Py_ssize_t offset)
{
    return (PyObject **)((char *)opaque + offset);
}

PyObject *core_opaque_new(const core_state *state, PyObject *name, PyObject *value)
{
    const struct core_classes *classes = state->classes;
    PyTypeObject *type = (PyTypeObject *)classes->opaque_type;
    PyObject *opaque = type->tp_alloc(type, 0);
    if (opaque) {
        *slot_of(opaque, classes->opaque_name) = Py_NewRef(name);
        *slot_of(opaque, classes->opaque_state) = Py_NewRef(value);
    }
    return opaque;
}

static PyObject *slot_value(PyObject *opaque, Py_ssize_t offset)
{
    PyObject *value = *slot_of(opaque, offset);
    if (!value) {
        PyErr_SetString(PyExc_ValueError, "a ladle.Opaque was not initialised");
    }
    return Py_XNewRef(value);
}

PyObject *core_opaque_name(const core_state *state, PyObject *opaque)
{
    PyObject *name = slot_value(opaque, state->classes->opaque_name);
    if (name && !PyUnicode_CheckExact(name)) {
        PyErr_SetString(PyExc_TypeError, "the type_name of a ladle.Opaque is no str");
        Py_CLEAR(name);
    }
    return name;
}

PyObject *core_opaque_state(const core_state *state, PyObject *opaque)
{
    return slot_value(opaque, state->classes->opaque_state);
}

/*
 * Where ladle.Opaque keeps an attribute.
 */
static Py_ssize_t opaque_place(const struct core_classes *classes, const char *attribute)
{
    PyObject *name = classes->opaque_type ? PyUnicode_InternFromString(attribute) : NULL;
    Py_ssize_t place =
        name ? core_class_place((PyTypeObject *)classes->opaque_type, name) : PLACE_NONE;
    Py_XDECREF(name);
    if (place < 0 && !PyErr_Occurred()) {
        PyErr_SetString(PyExc_RuntimeError, "ladle.Opaque has no slots");
    }
    return place;
}

static PyObject *attribute_of(PyObject *module, const char *name)
{
    return module ? PyObject_GetAttrString(module, name) : NULL;
}

int core_classes_init(PyObject *module, core_state *state)
{
    struct core_classes *classes = PyMem_Calloc(1, sizeof *classes);
    if (!classes) {
        PyErr_NoMemory();
        return -1;
    }
    state->classes = classes;
    classes->module = module;
    classes->class_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &core_class_spec, NULL);
    classes->by_type = PyDict_New();
    classes->by_name = PyDict_New();
    classes->name_of_member = PyUnicode_InternFromString("_name_");
    classes->value_of_flag = PyUnicode_InternFromString("_value_");
    PyObject *helper = PyImport_ImportModule("ladle._classes");
    classes->describe = attribute_of(helper, "describe");
    classes->default_of = attribute_of(helper, "default_of");
    classes->opaque_type = attribute_of(helper, "Opaque");
    classes->opaque_name = opaque_place(classes, "type_name");
    classes->opaque_state = opaque_place(classes, "state");
    Py_XDECREF(helper);
    return PyErr_Occurred() ? -1 : 0;
}

int core_classes_visit(const core_state *state, visitproc visit, void *arg)
{
    const struct core_classes *classes = state->classes;
    if (classes) {
        Py_VISIT(classes->class_type);
        Py_VISIT(classes->by_type);
        Py_VISIT(classes->by_name);
        Py_VISIT(classes->describe);
        Py_VISIT(classes->default_of);
        Py_VISIT(classes->opaque_type);
        Py_VISIT(classes->known_zone);
        Py_VISIT(classes->timezone);
        Py_VISIT(classes->timezone_value);
        Py_VISIT(classes->uuid_safety);
        for (int i = 0; i < EXTENSION_CODES; i++) {
            Py_VISIT(classes->extensions[i]);
        }
    }
    return 0;
}

void core_classes_clear(core_state *state)
{
    struct core_classes *classes = state->classes;
    state->classes = NULL;
    if (classes) {
        Py_CLEAR(classes->by_type);
        Py_CLEAR(classes->by_name);
        Py_CLEAR(classes->describe);
        Py_CLEAR(classes->default_of);
        Py_CLEAR(classes->opaque_type);
        Py_CLEAR(classes->class_type);
        Py_CLEAR(classes->known_zone);
        Py_CLEAR(classes->timezone);
        Py_CLEAR(classes->timezone_value);
        Py_CLEAR(classes->uuid_safety);
        for (int i = 0; i < EXTENSION_CODES; i++) {
            Py_CLEAR(classes->extensions[i]);
        }
        Py_CLEAR(classes->name_of_member);
        Py_CLEAR(classes->value_of_flag);
        PyMem_Free(classes);
    }
}
