/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode_plan.h"

void core_plan_free(core_plan *plan)
{
    for (uint32_t i = 0; plan->fields && i < plan->count; i++) {
        Py_XDECREF(plan->fields[i]);
    }
    for (uint32_t i = 0; i < plan->missing_count; i++) {
        Py_XDECREF(plan->missing[i].name);
        Py_XDECREF(plan->missing[i].value);
    }
    Py_XDECREF(plan->class);
    Py_XDECREF(plan->name);
    Py_XDECREF(plan->members);
    Py_XDECREF(plan->refusal);
    PyMem_Free(plan->fields);
    PyMem_Free(plan->places);
    PyMem_Free(plan->missing);
    PyMem_Free(plan);
}

void core_plans_clear(core_decoder *decoder)
{
    core_plan *plan = decoder->plans;
    decoder->plans = NULL;
    while (plan) {
        core_plan *next = plan->next;
        core_plan_free(plan);
        plan = next;
    }
    for (size_t i = 0; i < TAGGED_PLANS; i++) {
        plan = decoder->tagged_plans[i];
        decoder->tagged_plans[i] = NULL;
        if (plan) {
            core_plan_free(plan);
        }
    }
}

static int plan_visit(const core_plan *plan, visitproc visit, void *arg)
{
    for (uint32_t i = 0; i < plan->missing_count; i++) {
        Py_VISIT(plan->missing[i].value);
    }
    Py_VISIT(plan->class);
    Py_VISIT(plan->members);
    return 0;
}

int core_plans_visit(const core_decoder *decoder, visitproc visit, void *arg)
{
    int result = 0;
    for (const core_plan *plan = decoder->plans; !result && plan; plan = plan->next) {
        result = plan_visit(plan, visit, arg);
    }
    for (size_t i = 0; !result && i < TAGGED_PLANS; i++) {
        const core_plan *plan = decoder->tagged_plans[i];
        result = plan ? plan_visit(plan, visit, arg) : 0;
    }
    return result;
}

static int refuse(core_plan *plan, PyObject *why)
{
    Py_XSETREF(plan->refusal, why);
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
static int add_missing(const core_decoder *decoder, core_plan *plan, PyObject *field,
                       Py_ssize_t place)
{
    struct core_missing *missing = &plan->missing[plan->missing_count];
    PyObject *known = PyObject_CallFunctionObjArgs(decoder->state->classes->default_of,
                                                   (PyObject *)plan->class->type, field, NULL);
    if (!known || known == Py_None) {
        Py_XDECREF(known);
        return known ? 1 : -1;
    }
    missing->is_factory = PyTuple_GET_ITEM(known, 0) == Py_True;
    missing->value = Py_NewRef(PyTuple_GET_ITEM(known, 1));
    missing->name = Py_NewRef(field);
    missing->place = place;
    plan->missing_count++;
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
static int find_missing(const core_decoder *decoder, core_plan *plan)
{
    const core_class *class = plan->class;
    Py_ssize_t count = class->needs_all ? PyTuple_GET_SIZE(class->fields) : 0;
    PyObject *lacking = PyList_New(0);
    plan->missing = PyMem_Calloc((size_t)count + 1, sizeof *plan->missing);
    int result = lacking && plan->missing ? 0 : -1;
    for (Py_ssize_t i = 0; result == 0 && i < count; i++) {
        PyObject *field = PyTuple_GET_ITEM(class->fields, i);
        if (index_of(plan->fields, plan->count, field) < 0) {
            result = add_missing(decoder, plan, field, place_of_field(class, i));
            result = result == 1 ? PyList_Append(lacking, field) : result;
        }
    }
    if (result == 0 && PyList_GET_SIZE(lacking)) {
        result = refuse(plan, PyUnicode_FromFormat(
                                  "an object of the class %U lacks the fields %R, which have no "
                                  "default here",
                                  plan->name, lacking));
    }
    Py_XDECREF(lacking);
    return result;
}

static int find_places(const core_decoder *decoder, core_plan *plan)
{
    const core_class *class = plan->class;
    plan->places = PyMem_Calloc((size_t)plan->count + 1, sizeof *plan->places);
    if (!plan->places) {
        return -1;
    }
    for (uint32_t i = 0; i < plan->count; i++) {
        PyObject *field = plan->fields[i];
        Py_ssize_t place = -1;
        if (class->kind == CLASS_TUPLE) {
            place = index_of(&PyTuple_GET_ITEM(class->fields, 0), PyTuple_GET_SIZE(class->fields),
                             field);
        }
        plan->places[i] = place >= 0 ? place : core_class_place(class->type, field);
    }
    return find_missing(decoder, plan);
}

static int find_members(core_plan *plan)
{
    bool is_flag = plan->class->kind == CLASS_FLAG;
    const char *field = is_flag ? "value" : "name";
    if (plan->count != 1 || PyUnicode_CompareWithASCIIString(plan->fields[0], field) != 0) {
        return refuse(
            plan, PyUnicode_FromFormat("an object of the class %U is no member of an enumeration",
                                       plan->name));
    }
    plan->members = PyObject_GetAttrString((PyObject *)plan->class->type,
                                           is_flag ? "_value2member_map_" : "_member_map_");
    return plan->members && PyDict_CheckExact(plan->members) ? 0 : -1;
}

/*
 * Whether the one field of an object is its state: FORMAT.md section 7.
 */
static bool is_value(PyObject *const *fields, uint32_t count)
{
    return count == 1 && PyUnicode_GET_LENGTH(fields[0]) == 0;
}

static int fill_in(const core_decoder *decoder, core_plan *plan)
{
    const core_class *class = core_class_named(decoder->state, decoder->types, plan->name);
    plan->class = (core_class *)Py_XNewRef((PyObject *)class);
    plan->has_dict = !class || !class->type || core_class_has_dict(class->type);
    if (!class || !class->type) {
        return PyErr_Occurred() ? -1 : 0;
    }
    if (class->from_state) {
        return 0;
    }
    if (class->type->tp_flags & Py_TPFLAGS_IS_ABSTRACT) {
        return refuse(plan, PyUnicode_FromFormat("the class %U is abstract here", plan->name));
    }
    if (plan->is_value) {
        return 0;
    }
    bool is_enum = class->kind == CLASS_MEMBER || class->kind == CLASS_FLAG;
    return is_enum ? find_members(plan) : find_places(decoder, plan);
}

core_plan *core_plan_new(const core_decoder *decoder, PyObject *name, PyObject *const *fields,
                         uint32_t count, bool is_value)
{
    core_plan *plan = PyMem_Calloc(1, sizeof *plan);
    PyObject **copy = PyMem_Calloc((size_t)count + 1, sizeof *copy);
    if (!plan || !copy) {
        PyMem_Free(plan);
        PyMem_Free(copy);
        PyErr_NoMemory();
        return NULL;
    }
    if (count) {
        memcpy(copy, fields, count * sizeof *copy);
    }
    *plan = (core_plan){.name = name, .fields = copy, .count = count, .is_value = is_value};
    for (uint32_t i = 0; i < count; i++) {
        Py_INCREF(copy[i]);
    }
    Py_INCREF(name);
    if (fill_in(decoder, plan) < 0) {
        core_plan_free(plan);
        if (!PyErr_Occurred()) {
            PyErr_NoMemory();
        }
        return NULL;
    }
    return plan;
}

int core_plan_set(core_decoder *decoder, ladle_view *view)
{
    uint32_t count = view->child_count;
    PyObject **fields = PyMem_Calloc((size_t)count + 1, sizeof *fields);
    PyObject *name = fields ? core_decoder_name(decoder, &view->name) : NULL;
    uint32_t made = 0;
    while (name && made < count &&
           (fields[made] = core_decoder_name(decoder, &view->names[made]))) {
        made++;
    }
    core_plan *plan = name && made == count
                          ? core_plan_new(decoder, name, fields, count, is_value(fields, count))
                          : NULL;
    if (plan) {
        plan->next = decoder->plans;
        decoder->plans = plan;
        view->tag = plan;
    }
    Py_XDECREF(name);
    for (uint32_t i = 0; i < made; i++) {
        Py_DECREF(fields[i]);
    }
    PyMem_Free(fields);
    return plan ? 0 : -1;
}

static bool is_plan_of(const core_plan *plan, PyObject *name, PyObject *const *fields,
                       uint32_t count)
{
    return plan && plan->name == name && plan->count == count &&
           (!count || memcmp(plan->fields, fields, count * sizeof *fields) == 0);
}

const core_plan *core_plan_of_tagged(core_decoder *decoder, PyObject *name, PyObject *const *fields,
                                     uint32_t count)
{
    size_t index = ((uintptr_t)name / 16 + count) % TAGGED_PLANS;
    core_plan **known = &decoder->tagged_plans[index];
    if (!is_plan_of(*known, name, fields, count)) {
        core_plan *before = *known;
        *known = core_plan_new(decoder, name, fields, count, is_value(fields, count));
        if (before) {
            core_plan_free(before);
        }
    }
    return *known;
}
