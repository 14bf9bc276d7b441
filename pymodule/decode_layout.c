/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode_layout.h"

void core_layout_free(core_layout *layout)
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
        core_layout_free(layout);
        layout = next;
    }
    for (size_t i = 0; i < TAGGED_LAYOUTS; i++) {
        layout = decoder->tagged_layouts[i];
        decoder->tagged_layouts[i] = NULL;
        if (layout) {
            core_layout_free(layout);
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
    struct core_missing *missing = &layout->missing[layout->missing_count];
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

core_layout *core_layout_new(const core_decoder *decoder, PyObject *name, PyObject *const *fields,
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
        core_layout_free(layout);
        if (!PyErr_Occurred()) {
            PyErr_NoMemory();
        }
        return NULL;
    }
    return layout;
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
    core_layout *layout = name && made == count ? core_layout_new(decoder, name, fields, count,
                                                                  is_value(fields, count))
                                                : NULL;
    if (layout) {
        layout->next = decoder->layouts;
        decoder->layouts = layout;
        view->tag = layout;
    }
    Py_XDECREF(name);
    for (uint32_t i = 0; i < made; i++) {
        Py_DECREF(fields[i]);
    }
    PyMem_Free(fields);
    return layout ? 0 : -1;
}

static bool is_layout_of(const core_layout *layout, PyObject *name, PyObject *const *fields,
                         uint32_t count)
{
    return layout && layout->name == name && layout->count == count &&
           (!count || memcmp(layout->fields, fields, count * sizeof *fields) == 0);
}

const core_layout *core_layout_of_tagged(core_decoder *decoder, PyObject *name,
                                         PyObject *const *fields, uint32_t count)
{
    size_t index = ((uintptr_t)name / 16 + count) % TAGGED_LAYOUTS;
    core_layout **known = &decoder->tagged_layouts[index];
    if (!is_layout_of(*known, name, fields, count)) {
        core_layout *before = *known;
        *known = core_layout_new(decoder, name, fields, count, is_value(fields, count));
        if (before) {
            core_layout_free(before);
        }
    }
    return *known;
}
