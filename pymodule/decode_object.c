/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode_object.h"

#include "decode_block.h"
#include "decode_plan.h"
#include "errors.h"

/*
 * Values that are collected on the stack.
 */
#define FEW 32

/*
 * Bytes that an object takes beside its fields: with the dict that an Opaque or a class has.
 */
#define OBJECT_WITH_DICT_LEN 240

/*
 * 0: objects can be rebuilt, and this one was accounted for. -1: failed.
 */
static int begin(core_decoder *decoder, const core_plan *plan)
{
    if (plan->refusal) {
        const char *why = PyUnicode_AsUTF8(plan->refusal);
        if (why) {
            core_fail(&decoder->error, LADLE_E_UNSUPPORTED, "%s", why);
        }
        return -1;
    }
    uint64_t len = plan->has_dict ? OBJECT_WITH_DICT_LEN : 0;
    if (plan->class && !plan->class->type) {
        core_fail(&decoder->error, LADLE_E_UNSUPPORTED,
                  "a class was registered anew while its objects were read");
        return -1;
    }
    if (plan->class) {
        len += (uint64_t)plan->class->type->tp_basicsize;
        for (uint32_t i = 0; i < plan->missing_count; i++) {
            len += plan->missing[i].is_factory ? OBJECT_WITH_DICT_LEN : sizeof(PyObject *);
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

static PyObject *default_value(const struct core_missing *missing)
{
    return missing->is_factory ? PyObject_CallNoArgs(missing->value) : Py_NewRef(missing->value);
}

static PyObject *build_fields(const core_plan *plan, PyObject **values)
{
    PyObject *none = PyTuple_New(0);
    PyObject *object = none ? PyBaseObject_Type.tp_new(plan->class->type, none, NULL) : NULL;
    int result = object ? 0 : -1;
    Py_XDECREF(none);
    for (uint32_t i = 0; result == 0 && i < plan->count; i++) {
        result = set_attribute(object, plan->fields[i], plan->places[i], values[i]);
    }
    for (uint32_t i = 0; result == 0 && i < plan->missing_count; i++) {
        const struct core_missing *missing = &plan->missing[i];
        PyObject *value = default_value(missing);
        result = value ? set_attribute(object, missing->name, missing->place, value) : -1;
        Py_XDECREF(value);
    }
    if (result < 0) {
        Py_CLEAR(object);
    }
    return object;
}

static PyObject *build_tuple(const core_plan *plan, PyObject **values)
{
    const core_class *class = plan->class;
    PyObject *tuple = class->type->tp_alloc(class->type, PyTuple_GET_SIZE(class->fields));
    int result = tuple ? 0 : -1;
    for (uint32_t i = 0; result == 0 && i < plan->missing_count; i++) {
        const struct core_missing *missing = &plan->missing[i];
        PyTuple_SET_ITEM(tuple, missing->place, Py_NewRef(missing->value));
    }
    for (uint32_t i = 0; result == 0 && i < plan->count; i++) {
        if (plan->places[i] >= 0) {
            PyTuple_SET_ITEM(tuple, plan->places[i], Py_NewRef(values[i]));
        } else {
            result = set_attribute(tuple, plan->fields[i], plan->places[i], values[i]);
        }
    }
    if (result < 0) {
        Py_CLEAR(tuple);
    }
    return tuple;
}

static PyObject *no_member(core_decoder *decoder, const core_plan *plan, PyObject *value)
{
    PyObject *text =
        PyUnicode_FromFormat("the class %U has no member %.80R here", plan->name, value);
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
static PyObject *combine_members(const core_decoder *decoder, const core_plan *plan,
                                 PyObject *value)
{
    PyObject *member = PyObject_CallOneArg((PyObject *)plan->class->type, value);
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

static PyObject *build_member(core_decoder *decoder, const core_plan *plan, PyObject *value)
{
    bool is_flag = plan->class->kind == CLASS_FLAG;
    bool is_right = is_flag ? PyLong_CheckExact(value) : PyUnicode_CheckExact(value);
    PyObject *member = is_right ? PyDict_GetItemWithError(plan->members, value) : NULL;
    if (member || PyErr_Occurred()) {
        return Py_XNewRef(member);
    }
    if (is_flag && is_right) {
        member = combine_members(decoder, plan, value);
        if (member || PyErr_Occurred()) {
            return member;
        }
    }
    return no_member(decoder, plan, value);
}

static PyObject *state_of(const core_plan *plan, PyObject **values)
{
    if (plan->is_value) {
        return Py_NewRef(values[0]);
    }
    PyObject *state = PyDict_New();
    for (uint32_t i = 0; state && i < plan->count; i++) {
        if (PyDict_SetItem(state, plan->fields[i], values[i]) < 0) {
            Py_CLEAR(state);
        }
    }
    return state;
}

static PyObject *build_from_state(core_decoder *decoder, const core_plan *plan, PyObject **values)
{
    PyObject *state = state_of(plan, values);
    PyObject *object = NULL;
    if (state && plan->class) {
        object = PyObject_CallOneArg(plan->class->from_state, state);
    } else if (state) {
        decoder->made_opaque = true;
        object = core_opaque_new(decoder->state, plan->name, state);
    }
    Py_XDECREF(state);
    return object;
}

static PyObject *build_object(core_decoder *decoder, const core_plan *plan, PyObject **values)
{
    switch (plan->class->kind) {
    case CLASS_TUPLE:
        return build_tuple(plan, values);
    case CLASS_FIELDS:
        return build_fields(plan, values);
    default:
        return build_member(decoder, plan, values[0]);
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
static PyObject *build_from_dict(core_decoder *decoder, const core_plan *plan, PyObject *state)
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
    core_plan *own = names && values
                         ? core_plan_new(decoder, plan->name, ((PyListObject *)names)->ob_item,
                                         (uint32_t)PyList_GET_SIZE(names), false)
                         : NULL;
    PyObject *object = NULL;
    if (own && begin(decoder, own) == 0) {
        object = build_object(decoder, own, ((PyListObject *)values)->ob_item);
    }
    if (own) {
        core_plan_free(own);
    }
    Py_XDECREF(names);
    Py_XDECREF(values);
    return object;
}

static PyObject *build(core_decoder *decoder, const core_plan *plan, PyObject **values)
{
    if (begin(decoder, plan) < 0) {
        return NULL;
    }
    if (!plan->class || plan->class->from_state) {
        return build_from_state(decoder, plan, values);
    }
    return plan->is_value ? build_from_dict(decoder, plan, values[0])
                          : build_object(decoder, plan, values);
}

static void drop(PyObject **objects, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        Py_DECREF(objects[i]);
    }
}

PyObject *core_decode_object(core_decoder *decoder, ladle_view *view)
{
    const core_plan *plan = view->tag;
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
    values[0] = NULL;
    while (made < count && (values[made] = core_decode_value(decoder, &view->children[made]))) {
        made++;
    }
    if (made == count) {
        object = build(decoder, plan, values);
    }
    drop(values, made);
    if (values != few) {
        PyMem_Free(values);
    }
    return object;
}

PyObject *core_build_object(core_decoder *decoder, PyObject *name, PyObject **fields,
                            PyObject **values, uint32_t count)
{
    const core_plan *plan = core_plan_of_tagged(decoder, name, fields, count);
    return plan ? build(decoder, plan, values) : NULL;
}
