/* SPDX-License-Identifier: BSD-2-Clause */
#include "encode_object.h"

#include "encode_leaf.h"

/*
 * Say why an object cannot be stored though its class can. Always -1.
 */
static int refuse(core_encoder *encoder, PyObject *object, PyObject *reason)
{
    if (reason) {
        Py_XSETREF(encoder->unsupported, (PyTypeObject *)Py_NewRef((PyObject *)Py_TYPE(object)));
        Py_XSETREF(encoder->reason, reason);
    }
    return -1;
}

static inline PyObject *field_of(const core_encoder *encoder, const core_class *class,
                                 PyObject *object, Py_ssize_t index)
{
    switch (class->kind) {
    case CLASS_FIELDS:
        return core_class_attribute(class, object, index);
    case CLASS_TUPLE:
        return Py_NewRef(PyTuple_GET_ITEM(object, index));
    case CLASS_MEMBER:
        return PyObject_GetAttr(object, encoder->state->classes->name_of_member);
    default:
        return PyObject_GetAttr(object, encoder->state->classes->value_of_flag);
    }
}

static int lacks_field(core_encoder *encoder, const core_class *class, PyObject *object,
                       Py_ssize_t index)
{
    if (PyErr_Occurred()) {
        return -1;
    }
    return refuse(encoder, object,
                  PyUnicode_FromFormat("it has no value in its field %R",
                                       PyTuple_GET_ITEM(class->fields, index)));
}

/*
 * Whether an object is more, or less, than the fields of its class with a value each.
 */
static inline bool has_state(const core_class *class, PyObject *object)
{
    switch (class->kind) {
    case CLASS_FIELDS:
        return class->to_state || class->is_loose || !core_class_is_regular(class, object);
    case CLASS_TUPLE:
        return class->to_state || PyTuple_GET_SIZE(object) != PyTuple_GET_SIZE(class->fields) ||
               core_class_dict_len(object) > 0;
    case CLASS_OPAQUE:
        return true;
    default:
        return class->to_state;
    }
}

static int put_field(core_encoder *encoder, ladle_node *node, const core_class *class,
                     PyObject *object, Py_ssize_t index)
{
    PyObject *value = field_of(encoder, class, object, index);
    if (LADLE_UNLIKELY(!value)) {
        return lacks_field(encoder, class, object, index);
    }
    int result = 0;
    if (!core_encode_leaf(node, value) && core_encode_value(encoder, node, value) < 0) {
        result = core_path_field(encoder, PyTuple_GET_ITEM(class->fields, index));
    }
    Py_DECREF(value);
    return result;
}

static int put_fields(core_encoder *encoder, ladle_node *node, const core_class *class,
                      PyObject *object)
{
    Py_ssize_t count = PyTuple_GET_SIZE(class->fields);
    if (core_encode_enter(encoder, count) < 0) {
        return -1;
    }
    ladle_node_count(node);
    for (Py_ssize_t i = 0; i < count; i++) {
        if (put_field(encoder, node->children[i], class, object, i) < 0) {
            return -1;
        }
    }
    core_encode_leave(encoder);
    return 0;
}

/*
 * The node for a class; what is found is remembered in its tag.
 */
static ladle_status accept(core_encoder *encoder, ladle_node *node, core_class *class,
                           ladle_node **target)
{
    for (uint32_t i = 0; node->kind == LADLE_UNION && i < node->child_count; i++) {
        if (node->children[i]->tag == class) {
            *target = node->children[i];
            node->guess = (uint8_t)i;
            return ladle_node_put_u8(encoder->shape, node, (uint8_t)i);
        }
    }
    ladle_status status = ladle_node_accept_typed(
        encoder->shape, node, LADLE_OBJECT, PyBytes_AS_STRING(class->label),
        (size_t)PyBytes_GET_SIZE(class->label), (size_t)PyTuple_GET_SIZE(class->fields), target);
    if (status == LADLE_OK && (*target)->kind == LADLE_OBJECT) {
        PyObject *before = (*target)->tag;
        (*target)->tag = Py_NewRef((PyObject *)class);
        Py_XDECREF(before);
    }
    return status;
}

/*
 * What typing puts into objects of generic classes that were made as Class[int](...): it says
 * nothing of their state, and no other way to make them has it.
 */
static bool is_bookkeeping(PyObject *name)
{
    return PyUnicode_Check(name) && PyUnicode_CompareWithASCIIString(name, "__orig_class__") == 0;
}

/*
 * Comparing names may run Python code, so the dict of the object is not gone through itself.
 */
static int add_attributes(core_encoder *encoder, const core_class *class, PyObject *state,
                          PyObject *object)
{
    PyObject *dict = PyObject_GenericGetDict(object, NULL);
    PyObject *copy = dict ? PyDict_Copy(dict) : NULL;
    PyObject *key;
    PyObject *value;
    Py_ssize_t position = 0;
    int result = copy ? 0 : -1;
    while (result == 0 && PyDict_Next(copy, &position, &key, &value)) {
        if (!PyUnicode_CheckExact(key) && !class->from_state) {
            result = refuse(encoder, object,
                            PyUnicode_FromFormat("the name of its attribute %R is no str", key));
        } else if (!is_bookkeeping(key) && !PyDict_SetDefault(state, key, value)) {
            result = -1;
        }
    }
    Py_XDECREF(copy);
    Py_XDECREF(dict);
    return result;
}

/*
 * A dict of the fields of an object, and of the attributes that it has beside them.
 */
static PyObject *gather(core_encoder *encoder, const core_class *class, PyObject *object)
{
    PyObject *state = PyDict_New();
    for (Py_ssize_t i = 0; state && i < PyTuple_GET_SIZE(class->fields); i++) {
        PyObject *value = field_of(encoder, class, object, i);
        int result = 0;
        if (value) {
            result = PyDict_SetItem(state, PyTuple_GET_ITEM(class->fields, i), value);
        } else if (class->needs_all || PyErr_Occurred()) {
            result = lacks_field(encoder, class, object, i);
        }
        Py_XDECREF(value);
        if (result < 0) {
            Py_CLEAR(state);
        }
    }
    bool has_more = state && core_class_dict_len(object) > 0;
    if (has_more && add_attributes(encoder, class, state, object) < 0) {
        Py_CLEAR(state);
    }
    return state;
}

/*
 * Whether a state can be stored as fields; otherwise it is stored as a value.
 */
static bool is_fields(PyObject *state)
{
    PyObject *key;
    Py_ssize_t position = 0;
    Py_ssize_t len = 0;
    if (!PyDict_CheckExact(state) || PyDict_GET_SIZE(state) > LADLE_DICT_COLUMNS_MAX) {
        return false;
    }
    while (PyDict_Next(state, &position, &key, NULL)) {
        if (!PyUnicode_CheckExact(key) || !PyUnicode_AsUTF8AndSize(key, &len)) {
            PyErr_Clear();
            return false;
        }
    }
    return PyDict_GET_SIZE(state) != 1 || len > 0;
}

/*
 * What an object is stored as that is not regular. NULL: failed.
 */
static PyObject *state_of(core_encoder *encoder, const core_class *class, PyObject *object)
{
    if (class->kind == CLASS_OPAQUE) {
        return core_opaque_state(encoder->state, object);
    }
    if (!class->to_state) {
        if (class->kind == CLASS_TUPLE &&
            PyTuple_GET_SIZE(object) != PyTuple_GET_SIZE(class->fields)) {
            refuse(encoder, object,
                   PyUnicode_FromFormat("it has %zd items in the place of %zd fields",
                                        PyTuple_GET_SIZE(object), PyTuple_GET_SIZE(class->fields)));
            return NULL;
        }
        return gather(encoder, class, object);
    }
    PyObject *state = PyObject_CallOneArg(class->to_state, object);
    if (state && !class->from_state && !is_fields(state)) {
        PyErr_Format(PyExc_TypeError,
                     "to_state of %U returned a %s: without from_state it must return a dict of "
                     "attributes",
                     class->name, Py_TYPE(state)->tp_name);
        Py_CLEAR(state);
    }
    return state;
}

static PyObject *name_of(const core_encoder *encoder, const core_class *class, PyObject *object)
{
    return class->kind == CLASS_OPAQUE ? core_opaque_name(encoder->state, object)
                                       : Py_NewRef(class->name);
}

/*
 * A state as lists of names and of values: one value without a name when it is no dict of fields.
 */
static int split_state(PyObject *state, PyObject **names, PyObject **values)
{
    if (is_fields(state)) {
        *names = PyDict_Keys(state);
        *values = PyDict_Values(state);
    } else {
        *names = Py_BuildValue("[s]", "");
        *values = Py_BuildValue("[O]", state);
    }
    return *names && *values ? 0 : -1;
}

static int path_of_state(core_encoder *encoder, PyObject *name)
{
    return PyUnicode_GET_LENGTH(name) ? core_path_field(encoder, name) : -1;
}

static int put_values(core_encoder *encoder, ladle_node *node, PyObject *names, PyObject *values)
{
    Py_ssize_t count = PyList_GET_SIZE(values);
    if (core_encode_enter(encoder, count) < 0) {
        return -1;
    }
    ladle_node_count(node);
    for (Py_ssize_t i = 0; i < count; i++) {
        if (core_encode_value(encoder, node->children[i], PyList_GET_ITEM(values, i)) < 0) {
            return path_of_state(encoder, PyList_GET_ITEM(names, i));
        }
    }
    core_encode_leave(encoder);
    return 0;
}

/*
 * The state is taken as it is now, for to_state is not to be asked twice.
 */
static int encode_any_state(core_encoder *encoder, ladle_node *node, PyObject *name,
                            PyObject *state)
{
    PyObject *opaque = core_opaque_new(encoder->state, name, state);
    int result = opaque ? core_encode_any(encoder, node, opaque) : -1;
    Py_XDECREF(opaque);
    return result;
}

static int encode_split(core_encoder *encoder, ladle_node *node, PyObject *name, PyObject *state,
                        PyObject *names, PyObject *values)
{
    ladle_buffer label = {0};
    ladle_node *target = NULL;
    Py_ssize_t count = PyList_GET_SIZE(names);
    PyObject *const *items = ((PyListObject *)names)->ob_item;
    ladle_status status = LADLE_OK;
    int result = core_label_put(&label, name, items, count);
    if (result == 0) {
        status = ladle_node_accept_typed(encoder->shape, node, LADLE_OBJECT, label.data, label.len,
                                         (size_t)count, &target);
        result = core_encode_status(encoder, status);
    }
    ladle_buffer_free(&label);
    if (result < 0) {
        return -1;
    }
    return target->kind == LADLE_ANY ? encode_any_state(encoder, target, name, state)
                                     : put_values(encoder, target, names, values);
}

static int encode_state(core_encoder *encoder, ladle_node *node, const core_class *class,
                        PyObject *object)
{
    PyObject *names = NULL;
    PyObject *values = NULL;
    PyObject *name = name_of(encoder, class, object);
    PyObject *state = name ? state_of(encoder, class, object) : NULL;
    int result = -1;
    if (state && split_state(state, &names, &values) == 0) {
        result = encode_split(encoder, node, name, state, names, values);
    }
    Py_XDECREF(names);
    Py_XDECREF(values);
    Py_XDECREF(state);
    Py_XDECREF(name);
    return result;
}

static int encode_object(core_encoder *encoder, ladle_node *node, core_class *class,
                         PyObject *object)
{
    ladle_node *target = node;
    if (has_state(class, object)) {
        return encode_state(encoder, node, class, object);
    }
    if (node->tag != class) {
        ladle_status status = accept(encoder, node, class, &target);
        if (status != LADLE_OK) {
            return core_encode_fail(encoder, status);
        }
    }
    return target->kind == LADLE_ANY ? core_encode_any(encoder, target, object)
                                     : put_fields(encoder, target, class, object);
}

/*
 * Python code that runs meanwhile may register the class anew.
 */
int core_encode_object(core_encoder *encoder, ladle_node *node, core_class *class, PyObject *object)
{
    Py_INCREF(class);
    int result = encode_object(encoder, node, class, object);
    Py_DECREF(class);
    return result;
}

static int tag_head(core_encoder *encoder, ladle_buffer *to, PyObject *name, Py_ssize_t count)
{
    Py_ssize_t len;
    const char *utf8 = PyUnicode_AsUTF8AndSize(name, &len);
    if (!utf8) {
        return -1;
    }
    ladle_item item = {.kind = LADLE_OBJECT,
                       .name = (const uint8_t *)utf8,
                       .name_len = (size_t)len,
                       .count = (uint64_t)count};
    if (core_encode_enter(encoder, count) < 0) {
        return -1;
    }
    return core_encode_status(encoder, ladle_value_put_item(to, &item));
}

static int tag_field(core_encoder *encoder, ladle_buffer *to, PyObject *name, PyObject *value)
{
    Py_ssize_t len;
    const char *utf8 = PyUnicode_AsUTF8AndSize(name, &len);
    if (!utf8 ||
        core_encode_status(encoder, ladle_value_put_data(to, LADLE_STR, utf8, (size_t)len)) < 0) {
        return -1;
    }
    return core_encode_tagged(encoder, to, value) < 0 ? path_of_state(encoder, name) : 0;
}

static int tag_fields(core_encoder *encoder, ladle_buffer *to, const core_class *class,
                      PyObject *object)
{
    Py_ssize_t count = PyTuple_GET_SIZE(class->fields);
    int result = tag_head(encoder, to, class->name, count);
    for (Py_ssize_t i = 0; result == 0 && i < count; i++) {
        PyObject *value = field_of(encoder, class, object, i);
        result = value ? tag_field(encoder, to, PyTuple_GET_ITEM(class->fields, i), value)
                       : lacks_field(encoder, class, object, i);
        Py_XDECREF(value);
    }
    core_encode_leave(encoder);
    return result;
}

static int tag_values(core_encoder *encoder, ladle_buffer *to, PyObject *name, PyObject *names,
                      PyObject *values)
{
    Py_ssize_t count = PyList_GET_SIZE(values);
    int result = tag_head(encoder, to, name, count);
    for (Py_ssize_t i = 0; result == 0 && i < count; i++) {
        result = tag_field(encoder, to, PyList_GET_ITEM(names, i), PyList_GET_ITEM(values, i));
    }
    core_encode_leave(encoder);
    return result;
}

static int tag_state(core_encoder *encoder, ladle_buffer *to, const core_class *class,
                     PyObject *object)
{
    PyObject *names = NULL;
    PyObject *values = NULL;
    PyObject *name = name_of(encoder, class, object);
    PyObject *state = name ? state_of(encoder, class, object) : NULL;
    int result = -1;
    if (state && split_state(state, &names, &values) == 0) {
        result = tag_values(encoder, to, name, names, values);
    }
    Py_XDECREF(names);
    Py_XDECREF(values);
    Py_XDECREF(state);
    Py_XDECREF(name);
    return result;
}

int core_tag_object(core_encoder *encoder, ladle_buffer *to, core_class *class, PyObject *object)
{
    Py_INCREF(class);
    int result = has_state(class, object) ? tag_state(encoder, to, class, object)
                                          : tag_fields(encoder, to, class, object);
    Py_DECREF(class);
    return result;
}
