/* SPDX-License-Identifier: BSD-2-Clause */
#include "extension.h"

#include "classes.h"
#include "collection.h"
#include "errors.h"
#include "long.h"
#include "numpy_types.h"
#include "temporal.h"

/*
 * Ranges and Fractions divide the ints that they are made of, which takes time that grows with the
 * square of their length. Beyond so many bytes that is not done for the asking of a file.
 */
enum { DIVIDED_LEN_MAX = 2048 };

struct extension {
    uint8_t code;
    const char *module;
    const char *name;
};

/*
 * Types of the standard library whose modules are imported when a file has one.
 */
static const struct extension EXTENSIONS[] = {
    {CODE_ZONE, "zoneinfo", "ZoneInfo"},
    {CODE_DECIMAL, "decimal", "Decimal"},
    {CODE_FRACTION, "fractions", "Fraction"},
    {CODE_UUID, "uuid", "UUID"},
    {CODE_PURE_POSIX_PATH, "pathlib", "PurePosixPath"},
    {CODE_PURE_WINDOWS_PATH, "pathlib", "PureWindowsPath"},
    {CODE_POSIX_PATH, "pathlib", "PosixPath"},
    {CODE_WINDOWS_PATH, "pathlib", "WindowsPath"},
    {CODE_IPV4_ADDRESS, "ipaddress", "IPv4Address"},
    {CODE_IPV6_ADDRESS, "ipaddress", "IPv6Address"},
    {CODE_IPV4_NETWORK, "ipaddress", "IPv4Network"},
    {CODE_IPV6_NETWORK, "ipaddress", "IPv6Network"},
    {CODE_IPV4_INTERFACE, "ipaddress", "IPv4Interface"},
    {CODE_IPV6_INTERFACE, "ipaddress", "IPv6Interface"},
    {CODE_ARRAY, "array", "array"},
    {CODE_ORDERED_DICT, "collections", "OrderedDict"},
    {CODE_DEQUE, "collections", "deque"},
    {CODE_COUNTER, "collections", "Counter"},
    {CODE_DEFAULTDICT, "collections", "defaultdict"},
    {CODE_OBJECT_ARRAY, "numpy", "ndarray"}, /* those of numbers have kinds of their own */
};

enum { EXTENSION_COUNT = sizeof EXTENSIONS / sizeof *EXTENSIONS };

/*
 * A class of a module that somebody has imported; NULL, most times without an exception, otherwise.
 */
static PyObject *class_if_imported(const struct extension *extension)
{
    PyObject *name = PyUnicode_FromString(extension->module);
    PyObject *module = name ? PyImport_GetModule(name) : NULL;
    PyObject *class = module ? PyObject_GetAttrString(module, extension->name) : NULL;
    if (module && !class && PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Clear();
    }
    Py_XDECREF(module);
    Py_XDECREF(name);
    return class;
}

uint8_t core_extension_look_up(PyTypeObject *type)
{
    for (int i = 0; i < EXTENSION_COUNT && !PyErr_Occurred(); i++) {
        PyObject *class = class_if_imported(&EXTENSIONS[i]);
        bool is_found = class == (PyObject *)type;
        Py_XDECREF(class);
        if (is_found) {
            return EXTENSIONS[i].code;
        }
    }
    return 0;
}

bool core_extension_is_stored(const core_state *state, PyTypeObject *type)
{
    PyTypeObject *const built_in[] = {
        &PyLong_Type,      &PyUnicode_Type, &PyFloat_Type,     Py_TYPE(Py_None),
        &PyBool_Type,      &PyTuple_Type,   &PyList_Type,      &PyDict_Type,
        &PyBytes_Type,     &PyComplex_Type, &PyByteArray_Type, &PySet_Type,
        &PyFrozenSet_Type, &PyRange_Type,   &PySlice_Type,     &PyEllipsis_Type,
    };
    for (size_t i = 0; i < sizeof built_in / sizeof *built_in; i++) {
        if (type == built_in[i]) {
            return true;
        }
    }
    return core_temporal_has(state, type) || core_extension_look_up(type) != 0;
}

static PyObject *attributes_of(PyObject *object, const char *const names[], Py_ssize_t count)
{
    PyObject *values = PyTuple_New(count);
    for (Py_ssize_t i = 0; values && i < count; i++) {
        PyObject *value = PyObject_GetAttrString(object, names[i]);
        if (value) {
            PyTuple_SET_ITEM(values, i, value);
        } else {
            Py_CLEAR(values);
        }
    }
    return values;
}

static bool are_ints(PyObject *value, Py_ssize_t count)
{
    if (!PyTuple_CheckExact(value) || PyTuple_GET_SIZE(value) != count) {
        return false;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        if (!PyLong_CheckExact(PyTuple_GET_ITEM(value, i))) {
            return false;
        }
    }
    return true;
}

static bool are_divided_soon(PyObject *ints)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(ints); i++) {
        if (int_len(PyTuple_GET_ITEM(ints, i)) > DIVIDED_LEN_MAX) {
            return false;
        }
    }
    return true;
}

static PyObject *reduce_slice(PyObject *object)
{
    static const char *const names[] = {"start", "stop", "step"};
    return attributes_of(object, names, 3);
}

static PyObject *reduce_range(PyObject *object)
{
    PyObject *bounds = reduce_slice(object);
    if (bounds && are_ints(bounds, 3) && !are_divided_soon(bounds)) {
        PyErr_Format(PyExc_TypeError, "a range of ints of more than %d bytes cannot be stored",
                     DIVIDED_LEN_MAX);
        Py_CLEAR(bounds);
    }
    return bounds;
}

static PyObject *reduce_fraction(PyObject *object)
{
    static const char *const names[] = {"numerator", "denominator"};
    PyObject *parts = attributes_of(object, names, 2);
    if (parts && !are_ints(parts, 2)) {
        Py_CLEAR(parts);
    }
    return parts;
}

/*
 * Before 3.12 'c:a' in the current directory was written as if c: were a drive.
 */
static PyObject *reduce_windows_path(PyObject *object)
{
    PyObject *text = PyObject_Str(object);
    PyObject *again = text ? PyObject_CallOneArg((PyObject *)Py_TYPE(object), text) : NULL;
    int is_same = again ? PyObject_RichCompareBool(again, object, Py_EQ) : -1;
    Py_XDECREF(again);
    if (is_same <= 0) {
        Py_CLEAR(text);
    }
    return text;
}

const char *core_extension_reason(const core_state *state, PyTypeObject *culprit)
{
    const core_class *class = core_class_of(state, culprit);
    switch (class ? class->code : 0) {
    case CODE_ZONE:
        return "it was made from a file, so that its key does not find it again";
    case CODE_FRACTION:
        return "its numerator and denominator are not both of the type int";
    case CODE_PURE_WINDOWS_PATH:
    case CODE_WINDOWS_PATH:
        return "what it is written as is another path";
    case CODE_ORDERED_DICT:
    case CODE_COUNTER:
        return "it has attributes beside its items";
    default:
        return NULL;
    }
}

PyObject *core_extension_reduce(const core_state *state, PyObject *object, uint8_t *code,
                                PyTypeObject **culprit)
{
    *culprit = Py_TYPE(object);
    if (object == Py_Ellipsis) {
        *code = CODE_ELLIPSIS;
        return Py_NewRef(Py_None);
    }
    if (Py_IS_TYPE(object, &PyRange_Type)) {
        *code = CODE_RANGE;
        return reduce_range(object);
    }
    if (Py_IS_TYPE(object, &PySlice_Type)) {
        *code = CODE_SLICE;
        return reduce_slice(object);
    }
    PyObject *reduced = core_temporal_reduce(state, object, code, culprit);
    if (reduced || PyErr_Occurred() || *culprit != Py_TYPE(object)) {
        return reduced;
    }
    const core_class *class = core_class_of(state, Py_TYPE(object));
    *code = class ? class->code : 0;
    if (*code == CODE_OBJECT_ARRAY) {
        return core_object_array_reduce(state, object, code, culprit);
    }
    if (*code >= CODE_ARRAY) {
        return core_collection_reduce(object, *code, culprit);
    }
    switch (*code) {
    case 0:
        return NULL;
    case CODE_ZONE:
        return core_zone_key(state, object);
    case CODE_FRACTION:
        return reduce_fraction(object);
    case CODE_UUID:
        return PyObject_GetAttrString(object, "bytes");
    case CODE_PURE_WINDOWS_PATH:
    case CODE_WINDOWS_PATH:
        return reduce_windows_path(object);
    default:
        return PyObject_Str(object);
    }
}

static PyObject *corrupt(ladle_error *error, const char *name)
{
    core_fail(error, LADLE_E_CORRUPT, "a value of the type %s is not one", name);
    return NULL;
}

/*
 * Call a class. What it raises for a value that it cannot be made from becomes our error.
 */
static PyObject *call_class(PyObject *class, PyObject *arguments, PyObject *keywords,
                            const char *name, ladle_error *error)
{
    PyObject *built = PyObject_Call(class, arguments, keywords);
    if (built || PyErr_ExceptionMatches(PyExc_MemoryError) ||
        !PyErr_ExceptionMatches(PyExc_Exception)) {
        return built;
    }
    if (PyErr_ExceptionMatches(PyExc_NotImplementedError)) {
        core_fail(error, LADLE_E_UNSUPPORTED, "a %s cannot be made on this system", name);
        PyErr_Clear();
        return NULL;
    }
    PyErr_Clear();
    return corrupt(error, name);
}

static PyObject *class_of(const core_state *state, const struct extension *extension)
{
    PyObject **class = &state->classes->extensions[extension->code];
    if (!*class) {
        PyObject *module = PyImport_ImportModule(extension->module);
        *class = module ? PyObject_GetAttrString(module, extension->name) : NULL;
        Py_XDECREF(module);
    }
    return *class;
}

/*
 * NULL: there is none.
 */
static const struct extension *find_extension(uint8_t code)
{
    for (int i = 0; i < EXTENSION_COUNT; i++) {
        if (EXTENSIONS[i].code == code) {
            return &EXTENSIONS[i];
        }
    }
    return NULL;
}

PyObject *core_extension_class(const core_state *state, uint8_t code)
{
    return class_of(state, find_extension(code));
}

/*
 * A Fraction of ints that are not divided: that they are in lowest terms is taken on trust.
 */
static PyObject *build_long_fraction(PyObject *class, PyObject *value, ladle_error *error)
{
    PyObject *denominator = PyTuple_GET_ITEM(value, 1);
    if (int_sign(denominator) <= 0 || !PyType_Check(class)) {
        return corrupt(error, "Fraction");
    }
    PyObject *fraction = ((PyTypeObject *)class)->tp_alloc((PyTypeObject *)class, 0);
    if (fraction &&
        (PyObject_SetAttrString(fraction, "_numerator", PyTuple_GET_ITEM(value, 0)) < 0 ||
         PyObject_SetAttrString(fraction, "_denominator", denominator) < 0)) {
        Py_CLEAR(fraction);
    }
    return fraction;
}

static PyObject *build_fraction(PyObject *class, PyObject *value, ladle_error *error)
{
    return are_divided_soon(value) ? call_class(class, value, NULL, "Fraction", error)
                                   : build_long_fraction(class, value, error);
}

/*
 * Set an attribute of an object whose class lets nobody do so.
 */
static int set_slot(PyObject *object, const char *name, PyObject *value)
{
    PyObject *key = PyUnicode_InternFromString(name);
    int result = key ? PyObject_GenericSetAttr(object, key, value) : -1;
    Py_XDECREF(key);
    return result;
}

/*
 * Make a UUID by its constructor, and take note of what the others have in common with it.
 */
static PyObject *build_first_uuid(const core_state *state, PyObject *class, PyObject *value,
                                  ladle_error *error)
{
    PyObject *arguments = PyTuple_New(0);
    PyObject *keywords = Py_BuildValue("{sO}", "bytes", value);
    PyObject *uuid = NULL;
    if (arguments && keywords) {
        uuid = call_class(class, arguments, keywords, "UUID", error);
    }
    Py_XDECREF(keywords);
    Py_XDECREF(arguments);
    if (uuid && !state->classes->uuid_safety) {
        state->classes->uuid_safety = PyObject_GetAttrString(uuid, "is_safe");
        if (!state->classes->uuid_safety) {
            Py_CLEAR(uuid);
        }
    }
    return uuid;
}

/*
 * As UUID.__setstate__ does it: the constructor takes six times as long.
 */
static PyObject *build_uuid(const core_state *state, PyObject *class, PyObject *value,
                            ladle_error *error)
{
    PyTypeObject *type = (PyTypeObject *)class;
    uint8_t number[17] = {0};
    if (!state->classes->uuid_safety || !PyType_Check(class) || PyBytes_GET_SIZE(value) != 16) {
        return build_first_uuid(state, class, value, error);
    }
    for (int i = 0; i < 16; i++) {
        number[i] = (uint8_t)PyBytes_AS_STRING(value)[15 - i];
    }
    PyObject *whole = int_from_bytes(number, sizeof number);
    PyObject *uuid = whole ? type->tp_alloc(type, 0) : NULL;
    if (uuid && (set_slot(uuid, "int", whole) < 0 ||
                 set_slot(uuid, "is_safe", state->classes->uuid_safety) < 0)) {
        Py_CLEAR(uuid);
    }
    Py_XDECREF(whole);
    return uuid;
}

/*
 * The number of an address as str() writes it, for IPv4Address makes an object of that five times as
 * fast. False: the constructor is to look at the text.
 */
static bool ipv4_number(PyObject *text, uint32_t *number)
{
    Py_ssize_t len = PyUnicode_GET_LENGTH(text);
    const uint8_t *next = PyUnicode_1BYTE_DATA(text);
    const uint8_t *end = next + len;
    *number = 0;
    for (int i = 0; PyUnicode_IS_ASCII(text) && i < 4; i++) {
        const uint8_t *start = next;
        unsigned part = 0;
        for (; next < end && next - start < 3 && *next >= '0' && *next <= '9'; next++) {
            part = 10 * part + (*next - '0');
        }
        bool is_plain = next > start && part < 256 && (*start != '0' || next - start == 1);
        bool is_followed = i < 3 ? next < end && *next == '.' : next == end;
        if (!is_plain || !is_followed) {
            return false;
        }
        *number = *number << 8 | part;
        next++;
    }
    return PyUnicode_IS_ASCII(text);
}

/*
 * What the constructor takes.
 */
static PyObject *argument_of(uint8_t code, PyObject *value)
{
    uint32_t number;
    return code == CODE_IPV4_ADDRESS && ipv4_number(value, &number)
               ? PyLong_FromUnsignedLong(number)
               : Py_NewRef(value);
}

static bool is_simple_value(uint8_t code, PyObject *value)
{
    return code == CODE_UUID       ? PyBytes_CheckExact(value)
           : code == CODE_FRACTION ? are_ints(value, 2)
                                   : PyUnicode_CheckExact(value);
}

static PyObject *build_from_table(const core_state *state, const struct extension *extension,
                                  PyObject *value, ladle_error *error)
{
    bool is_collection = extension->code >= CODE_ARRAY;
    if (!is_collection && !is_simple_value(extension->code, value)) {
        return corrupt(error, extension->name);
    }
    PyObject *class = class_of(state, extension);
    if (!class) {
        return NULL;
    }
    if (is_collection) {
        return core_collection_build(class, extension->code, value, error);
    }
    switch (extension->code) {
    case CODE_UUID:
        return build_uuid(state, class, value, error);
    case CODE_FRACTION:
        return build_fraction(class, value, error);
    }
    PyObject *argument = argument_of(extension->code, value);
    PyObject *arguments = argument ? PyTuple_Pack(1, argument) : NULL;
    PyObject *built = arguments ? call_class(class, arguments, NULL, extension->name, error) : NULL;
    Py_XDECREF(arguments);
    Py_XDECREF(argument);
    return built;
}

static PyObject *build_slice(PyObject *value, ladle_error *error)
{
    if (!PyTuple_CheckExact(value) || PyTuple_GET_SIZE(value) != 3) {
        return corrupt(error, "slice");
    }
    return PySlice_New(PyTuple_GET_ITEM(value, 0), PyTuple_GET_ITEM(value, 1),
                       PyTuple_GET_ITEM(value, 2));
}

static PyObject *build_range(PyObject *value, ladle_error *error)
{
    if (!are_ints(value, 3)) {
        return corrupt(error, "range");
    }
    if (!are_divided_soon(value)) {
        core_fail(error, LADLE_E_UNSUPPORTED, "a range of ints of more than %d bytes",
                  DIVIDED_LEN_MAX);
        return NULL;
    }
    return call_class((PyObject *)&PyRange_Type, value, NULL, "range", error);
}

static PyObject *build_ellipsis(PyObject *value, ladle_error *error)
{
    return value == Py_None ? Py_NewRef(Py_Ellipsis) : corrupt(error, "Ellipsis");
}

PyObject *core_extension_build(const core_state *state, uint8_t code, PyObject *value,
                               ladle_error *error)
{
    if (code >= CODE_DATE && code <= CODE_ZONE) {
        return core_temporal_build(state, code, value, error);
    }
    switch (code) {
    case CODE_RANGE:
        return build_range(value, error);
    case CODE_SLICE:
        return build_slice(value, error);
    case CODE_ELLIPSIS:
        return build_ellipsis(value, error);
    case CODE_OBJECT_ARRAY:
    case CODE_STRING_ARRAY:
        return core_object_array_build(state, code, value, error);
    }
    const struct extension *extension = find_extension(code);
    if (extension) {
        return build_from_table(state, extension, value, error);
    }
    core_fail(error, LADLE_E_UNSUPPORTED,
              "values of the extension code %d are not known to this version", code);
    return NULL;
}
