/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode_object.h"

#include "classes.h"
#include "decode_block.h"
#include "errors.h"

/*
 * Values that are collected on the stack.
 */
#define FEW 32

/*
 * Bytes that an object takes beside its fields: with the dict that an Opaque or a class has.
 */
#define OBJECT_WITH_DICT_LEN 240

struct missing {
    PyObject *name;
    PyObject *value; /* the default, or what makes it */
    Py_ssize_t place;
    bool is_factory;
};

struct core_layout {
    core_layout *next;
    core_class *class; /* NULL: Opaque */
    PyObject *name;
    PyObject **fields;
    Py_ssize_t *places; /* FIELDS: see classes.h; TUPLE: of an item, or as for FIELDS */
    struct missing *missing;
    PyObject *members; /* MEMBER, FLAG: dict of them */
    PyObject *refusal; /* why objects cannot be rebuilt, or NULL */
    uint32_t count;    /* fields in the file */
    bool is_value;     /* the one field is the state itself */
    bool has_dict;     /* the objects have */
    uint32_t missing_count;
};

static void layout_free(core_layout *layout)
{
    for (uint32_t i = 0; layout->fields && i < layout->count; i++) {
        Py_XDECREF(layout->fields[i]);
    }
    for (uint32_t i = 0; i < layout->missing_count; i++) {
        Py_XDECREF(layout->missing[i].name);
        Py_XDECREF(layout->missing[i].value);
    }
    Py_XDECREF(layout->class);
    Py_XDECREF(layout->name);
    Py_XDECREF(layout->members);
    Py_XDECREF(layout->refusal);
    PyMem_Free(layout->fields);
    PyMem_Free(layout->places);
    PyMem_Free(layout->missing);
    PyMem_Free(layout);
}

void core_layouts_clear(core_decoder *decoder)
{
    core_layout *layout = decoder->layouts;
    decoder->layouts = NULL;
    while (layout) {
        core_layout *next = layout->next;
        layout_free(layout);
        layout = next;
    }
    for (size_t i = 0; i < TAGGED_LAYOUTS; i++) {
        layout = decoder->tagged_layouts[i];
        decoder->tagged_layouts[i] = NULL;
        if (layout) {
            layout_free(layout);
        }
    }
}

static int layout_visit(const core_layout *layout, visitproc visit, void *arg)
{
    for (uint32_t i = 0; i < layout->missing_count; i++) {
        Py_VISIT(layout->missing[i].value);
    }
    Py_VISIT(layout->class);
    Py_VISIT(layout->members);
    return 0;
}

int core_layouts_visit(const core_decoder *decoder, visitproc visit, void *arg)
{
    int result = 0;
    for (const core_layout *layout = decoder->layouts; !result && layout; layout = layout->next) {
        result = layout_visit(layout, visit, arg);
    }
    for (size_t i = 0; !result && i < TAGGED_LAYOUTS; i++) {
        const core_layout *layout = decoder->tagged_layouts[i];
        result = layout ? layout_visit(layout, visit, arg) : 0;
    }
    return result;
}

static int refuse(core_layout *layout, PyObject *why)
{
    Py_XSETREF(layout->refusal, why);
    return why ? 0 : -1;
}

static Py_ssize_t index_of(PyObject *const *names, Py_ssize_t count, PyObject *name)
{
    for (Py_ssize_t i = 0; i < count; i++) {
        if (names[i] == name || PyUnicode_Compare(names[i], name) == 0) {
            return i;
        }
    }
    return -1;
}

/*
 * Take the default of a field that the file lacks. 1: there is none.
 */
static int add_missing(const core_decoder *decoder, core_layout *layout, PyObject *field,
                       Py_ssize_t place)
{
    struct missing *missing = &layout->missing[layout->missing_count];
    PyObject *known = PyObject_CallFunctionObjArgs(decoder->state->classes->default_of,
                                                   (PyObject *)layout->class->type, field, NULL);
    if (!known || known == Py_None) {
        Py_XDECREF(known);
        return known ? 1 : -1;
    }
    missing->is_factory = PyTuple_GET_ITEM(known, 0) == Py_True;
    missing->value = Py_NewRef(PyTuple_GET_ITEM(known, 1));
    missing->name = Py_NewRef(field);
    missing->place = place;
    layout->missing_count++;
    Py_DECREF(known);
    return 0;
}

static Py_ssize_t place_of_field(const core_class *class, Py_ssize_t index)
{
    return class->kind == CLASS_TUPLE ? index : class->places[index];
}

/*
 * Find defaults for the fields of the class that the file lacks.
 */
static int find_missing(const core_decoder *decoder, core_layout *layout)
{
    const core_class *class = layout->class;
    Py_ssize_t count = class->needs_all ? PyTuple_GET_SIZE(class->fields) : 0;
    PyObject *lacking = PyList_New(0);
    layout->missing = PyMem_Calloc((size_t)count + 1, sizeof *layout->missing);
    int result = lacking && layout->missing ? 0 : -1;
    for (Py_ssize_t i = 0; result == 0 && i < count; i++) {
        PyObject *field = PyTuple_GET_ITEM(class->fields, i);
        if (index_of(layout->fields, layout->count, field) < 0) {
            result = add_missing(decoder, layout, field, place_of_field(class, i));
            result = result == 1 ? PyList_Append(lacking, field) : result;
        }
    }
    if (result == 0 && PyList_GET_SIZE(lacking)) {
        result = refuse(layout, PyUnicode_FromFormat(
                                    "an object of the class %U lacks the fields %R, which have no "
                                    "default here",
                                    layout->name, lacking));
    }
    Py_XDECREF(lacking);
    return result;
}

static int find_places(const core_decoder *decoder, core_layout *layout)
{
    const core_class *class = layout->class;
    layout->places = PyMem_Calloc((size_t)layout->count + 1, sizeof *layout->places);
    if (!layout->places) {
        return -1;
    }
    for (uint32_t i = 0; i < layout->count; i++) {
        PyObject *field = layout->fields[i];
        Py_ssize_t place = -1;
        if (class->kind == CLASS_TUPLE) {
            place = index_of(&PyTuple_GET_ITEM(class->fields, 0), PyTuple_GET_SIZE(class->fields),
                             field);
        }
        layout->places[i] = place >= 0 ? place : core_class_place(class->type, field);
    }
    return find_missing(decoder, layout);
}

static int find_members(core_layout *layout)
{
    bool is_flag = layout->class->kind == CLASS_FLAG;
    const char *field = is_flag ? "value" : "name";
    if (layout->count != 1 || PyUnicode_CompareWithASCIIString(layout->fields[0], field) != 0) {
        return refuse(
            layout, PyUnicode_FromFormat("an object of the class %U is no member of an enumeration",
                                         layout->name));
    }
    layout->members = PyObject_GetAttrString((PyObject *)layout->class->type,
                                             is_flag ? "_value2member_map_" : "_member_map_");
    return layout->members && PyDict_CheckExact(layout->members) ? 0 : -1;
}

/*
 * Whether the one field of an object is its state: FORMAT.md section 7.
 */
static bool is_value(PyObject *const *fields, uint32_t count)
{
    return count == 1 && PyUnicode_GET_LENGTH(fields[0]) == 0;
}

static int fill_in(const core_decoder *decoder, core_layout *layout)
{
    const core_class *class = core_class_named(decoder->state, decoder->types, layout->name);
    layout->class = (core_class *)Py_XNewRef((PyObject *)class);
    layout->has_dict = !class || !class->type || core_class_has_dict(class->type);
    if (!class || !class->type) {
        return PyErr_Occurred() ? -1 : 0;
    }
    if (class->from_state) {
        return 0;
    }
    if (class->type->tp_flags & Py_TPFLAGS_IS_ABSTRACT) {
        return refuse(layout, PyUnicode_FromFormat("the class %U is abstract here", layout->name));
    }
    if (layout->is_value) {
        return 0;
    }
    bool is_enum = class->kind == CLASS_MEMBER || class->kind == CLASS_FLAG;
    return is_enum ? find_members(layout) : find_places(decoder, layout);
}

/*
 * A layout with references of its own. NULL: an exception is set.
 */
static core_layout *layout_new(const core_decoder *decoder, PyObject *name, PyObject *const *fields,
                               uint32_t count, bool is_value)
{
    core_layout *layout = PyMem_Calloc(1, sizeof *layout);
    PyObject **copy = PyMem_Calloc((size_t)count + 1, sizeof *copy);
    if (!layout || !copy) {
        PyMem_Free(layout);
        PyMem_Free(copy);
        PyErr_NoMemory();
        return NULL;
    }
    if (count) {
        memcpy(copy, fields, count * sizeof *copy);
    }
    *layout = (core_layout){.name = name, .fields = copy, .count = count, .is_value = is_value};
    for (uint32_t i = 0; i < count; i++) {
        Py_INCREF(copy[i]);
    }
    Py_INCREF(name);
    if (fill_in(decoder, layout) < 0) {
        layout_free(layout);
        if (!PyErr_Occurred()) {
            PyErr_NoMemory();
        }
        return NULL;
    }
    return layout;
}

/*
 * 0: objects can be rebuilt, and this one was accounted for. -1: failed.
 */
static int begin(core_decoder *decoder, const core_layout *layout)
{
    if (layout->refusal) {
        const char *why = PyUnicode_AsUTF8(layout->refusal);
        if (why) {
            core_fail(&decoder->error, LADLE_E_UNSUPPORTED, "%s", why);
        }
        return -1;
    }
    uint64_t len = layout->has_dict ? OBJECT_WITH_DICT_LEN : 0;
    if (layout->class && !layout->class->type) {
        core_fail(&decoder->error, LADLE_E_UNSUPPORTED,
                  "a class was registered anew while its objects were read");
        return -1;
    }
    if (layout->class) {
        len += (uint64_t)layout->class->type->tp_basicsize;
        for (uint32_t i = 0; i < layout->missing_count; i++) {
            len += layout->missing[i].is_factory ? OBJECT_WITH_DICT_LEN : sizeof(PyObject *);
        }
    }
    return core_decode_take_memory(decoder, len);
}

/*
 * Set an attribute of an object that nobody has seen yet; no descriptor of the class is asked, and
 * an attribute for which there is no place is left out.
 */
static int set_attribute(PyObject *object, PyObject *name, Py_ssize_t place, PyObject *value)
{
    if (place >= 0) {
        PyObject **slot = (PyObject **)((char *)object + place);
        Py_XSETREF(*slot, Py_NewRef(value));
        return 0;
    }
    if (place == PLACE_ATTRIBUTE) {
        return PyObject_GenericSetAttr(object, name, value);
    }
    PyObject *dict = place == PLACE_DICT ? PyObject_GenericGetDict(object, NULL) : NULL;
    int result = dict ? PyDict_SetItem(dict, name, value) : place == PLACE_DICT ? -1 : 0;
    Py_XDECREF(dict);
    return result;
}

static PyObject *default_value(const struct missing *missing)
{
    return missing->is_factory ? PyObject_CallNoArgs(missing->value) : Py_NewRef(missing->value);
}

static PyObject *build_fields(const core_layout *layout, PyObject **values)
{
    PyObject *none = PyTuple_New(0);
    PyObject *object = none ? PyBaseObject_Type.tp_new(layout->class->type, none, NULL) : NULL;
    int result = object ? 0 : -1;
    Py_XDECREF(none);
    for (uint32_t i = 0; result == 0 && i < layout->count; i++) {
        result = set_attribute(object, layout->fields[i], layout->places[i], values[i]);
    }
    for (uint32_t i = 0; result == 0 && i < layout->missing_count; i++) {
        const struct missing *missing = &layout->missing[i];
        PyObject *value = default_value(missing);
        result = value ? set_attribute(object, missing->name, missing->place, value) : -1;
        Py_XDECREF(value);
    }
    if (result < 0) {
        Py_CLEAR(object);
    }
    return object;
}

static PyObject *build_tuple(const core_layout *layout, PyObject **values)
{
    const core_class *class = layout->class;
    PyObject *tuple = class->type->tp_alloc(class->type, PyTuple_GET_SIZE(class->fields));
    int result = tuple ? 0 : -1;
    for (uint32_t i = 0; result == 0 && i < layout->missing_count; i++) {
        const struct missing *missing = &layout->missing[i];
        PyTuple_SET_ITEM(tuple, missing->place, Py_NewRef(missing->value));
    }
    for (uint32_t i = 0; result == 0 && i < layout->count; i++) {
        if (layout->places[i] >= 0) {
            PyTuple_SET_ITEM(tuple, layout->places[i], Py_NewRef(values[i]));
        } else {
            result = set_attribute(tuple, layout->fields[i], layout->places[i], values[i]);
        }
    }
    if (result < 0) {
        Py_CLEAR(tuple);
    }
    return tuple;
}

static PyObject *no_member(core_decoder *decoder, const core_layout *layout, PyObject *value)
{
    PyObject *text =
        PyUnicode_FromFormat("the class %U has no member %.80R here", layout->name, value);
    const char *why = text ? PyUnicode_AsUTF8(text) : NULL;
    if (why) {
        core_fail(&decoder->error, LADLE_E_UNSUPPORTED, "%s", why);
    }
    Py_XDECREF(text);
    return NULL;
}

/*
 * Have the class make a flag of several members. NULL: it cannot, or an exception is set.
 */
static PyObject *combine_members(const core_decoder *decoder, const core_layout *layout,
                                 PyObject *value)
{
    PyObject *member = PyObject_CallOneArg((PyObject *)layout->class->type, value);
    if (!member) {
        if (PyErr_ExceptionMatches(PyExc_ValueError) || PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_Clear();
        }
        return NULL;
    }
    /* Some drop the bits that they do not know. */
    PyObject *made = PyObject_GetAttr(member, decoder->state->classes->value_of_flag);
    int is_same = made ? PyObject_RichCompareBool(made, value, Py_EQ) : -1;
    Py_XDECREF(made);
    if (is_same <= 0) {
        Py_CLEAR(member);
    }
    return member;
}

static PyObject *build_member(core_decoder *decoder, const core_layout *layout, PyObject *value)
{
    bool is_flag = layout->class->kind == CLASS_FLAG;
    bool is_right = is_flag ? PyLong_CheckExact(value) : PyUnicode_CheckExact(value);
    PyObject *member = is_right ? PyDict_GetItemWithError(layout->members, value) : NULL;
    if (member || PyErr_Occurred()) {
        return Py_XNewRef(member);
    }
    if (is_flag && is_right) {
        member = combine_members(decoder, layout, value);
        if (member || PyErr_Occurred()) {
            return member;
        }
    }
    return no_member(decoder, layout, value);
}

static PyObject *state_of(const core_layout *layout, PyObject **values)
{
    if (layout->is_value) {
        return Py_NewRef(values[0]);
    }
    PyObject *state = PyDict_New();
    for (uint32_t i = 0; state && i < layout->count; i++) {
        if (PyDict_SetItem(state, layout->fields[i], values[i]) < 0) {
            Py_CLEAR(state);
        }
    }
    return state;
}

static PyObject *build_from_state(core_decoder *decoder, const core_layout *layout,
                                  PyObject **values)
{
    PyObject *state = state_of(layout, values);
    PyObject *object = NULL;
    if (state && layout->class) {
        object = PyObject_CallOneArg(layout->class->from_state, state);
    } else if (state) {
        decoder->made_opaque = true;
        object = PyObject_CallFunctionObjArgs(decoder->state->classes->opaque_type, layout->name,
                                              state, NULL);
    }
    Py_XDECREF(state);
    return object;
}

static PyObject *build_object(core_decoder *decoder, const core_layout *layout, PyObject **values)
{
    switch (layout->class->kind) {
    case CLASS_TUPLE:
        return build_tuple(layout, values);
    case CLASS_FIELDS:
        return build_fields(layout, values);
    default:
        return build_member(decoder, layout, values[0]);
    }
}

static bool has_names(PyObject *state)
{
    PyObject *key;
    Py_ssize_t position = 0;
    if (!PyDict_CheckExact(state)) {
        return false;
    }
    while (PyDict_Next(state, &position, &key, NULL)) {
        if (!PyUnicode_CheckExact(key)) {
            return false;
        }
    }
    return true;
}

/*
 * An object whose attributes are in a dict: too many to be fields, or of unusual names.
 */
static PyObject *build_from_dict(core_decoder *decoder, const core_layout *layout, PyObject *state)
{
    if (!has_names(state)) {
        core_fail(&decoder->error, LADLE_E_UNSUPPORTED,
                  "the state of an object of a class is a %.80s, which only from_state= of "
                  "register could take",
                  Py_TYPE(state)->tp_name);
        return NULL;
    }
    PyObject *names = PyDict_Keys(state);
    PyObject *values = PyDict_Values(state);
    core_layout *own = names && values
                           ? layout_new(decoder, layout->name, ((PyListObject *)names)->ob_item,
                                        (uint32_t)PyList_GET_SIZE(names), false)
                           : NULL;
    PyObject *object = NULL;
    if (own && begin(decoder, own) == 0) {
        object = build_object(decoder, own, ((PyListObject *)values)->ob_item);
    }
    if (own) {
        layout_free(own);
    }
    Py_XDECREF(names);
    Py_XDECREF(values);
    return object;
}

static PyObject *build(core_decoder *decoder, const core_layout *layout, PyObject **values)
{
    if (begin(decoder, layout) < 0) {
        return NULL;
    }
    if (!layout->class || layout->class->from_state) {
        return build_from_state(decoder, layout, values);
    }
    return layout->is_value ? build_from_dict(decoder, layout, values[0])
                            : build_object(decoder, layout, values);
}

static void drop(PyObject **objects, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        Py_DECREF(objects[i]);
    }
}

PyObject *core_decode_object(core_decoder *decoder, ladle_view *view)
{
    const core_layout *layout = view->tag;
    uint32_t count = view->child_count;
    PyObject *few[FEW];
    PyObject *object = NULL;
    view->next++;
    if (core_decode_enter(decoder, count, ITEM_LEN) < 0) {
        return NULL;
    }
    PyObject **values = count <= FEW ? few : PyMem_Malloc(count * sizeof *values);
    if (!values) {
        return PyErr_NoMemory();
    }
    uint32_t made = 0;
    while (made < count && (values[made] = core_decode_value(decoder, &view->children[made]))) {
        made++;
    }
    if (made == count) {
        object = build(decoder, layout, values);
    }
    drop(values, made);
    if (values != few) {
        PyMem_Free(values);
    }
    return object;
}

int core_layout_set(core_decoder *decoder, ladle_view *view)
{
    uint32_t count = view->child_count;
    PyObject **fields = PyMem_Calloc((size_t)count + 1, sizeof *fields);
    PyObject *name = fields ? core_decoder_name(decoder, &view->name) : NULL;
    uint32_t made = 0;
    while (name && made < count &&
           (fields[made] = core_decoder_name(decoder, &view->names[made]))) {
        made++;
    }
    core_layout *layout = name && made == count
                              ? layout_new(decoder, name, fields, count, is_value(fields, count))
                              : NULL;
    if (layout) {
        layout->next = decoder->layouts;
        decoder->layouts = layout;
        view->tag = layout;
    }
    Py_XDECREF(name);
    drop(fields, made);
    PyMem_Free(fields);
    return layout ? 0 : -1;
}

static bool is_layout_of(const core_layout *layout, PyObject *name, PyObject *const *fields,
                         uint32_t count)
{
    return layout && layout->name == name && layout->count == count &&
           (!count || memcmp(layout->fields, fields, count * sizeof *fields) == 0);
}

/*
 * The layout of a tagged object: one of the latest, or a new one.
 */
static const core_layout *tagged_layout(core_decoder *decoder, PyObject *name, PyObject **fields,
                                        uint32_t count)
{
    size_t index = ((uintptr_t)name / 16 + count) % TAGGED_LAYOUTS;
    core_layout **known = &decoder->tagged_layouts[index];
    if (!is_layout_of(*known, name, fields, count)) {
        core_layout *before = *known;
        *known = layout_new(decoder, name, fields, count, is_value(fields, count));
        if (before) {
            layout_free(before);
        }
    }
    return *known;
}

PyObject *core_build_object(core_decoder *decoder, PyObject *name, PyObject **fields,
                            PyObject **values, uint32_t count)
{
    const core_layout *layout = tagged_layout(decoder, name, fields, count);
    return layout ? build(decoder, layout, values) : NULL;
}
