/* SPDX-License-Identifier: BSD-2-Clause */
#include "options.h"

static int number_of(PyObject *limits, const char *name, uint64_t *number)
{
    PyObject *value = PyObject_GetAttrString(limits, name);
    if (!value) {
        return -1;
    }
    *number = PyLong_AsUnsignedLongLong(value);
    Py_DECREF(value);
    return PyErr_Occurred() ? -1 : 0;
}

int core_limits_from(const core_state *state, PyObject *given, ladle_limits *limits)
{
    uint64_t max_depth;
    if (!given || given == Py_None) {
        *limits = state->limits;
        return 0;
    }
    int is_limits = PyObject_IsInstance(given, state->limits_type);
    if (is_limits <= 0) {
        if (is_limits == 0) {
            PyErr_Format(PyExc_TypeError, "limits is a %s: it must be a ladle.Limits or None",
                         Py_TYPE(given)->tp_name);
        }
        return -1;
    }
    *limits = (ladle_limits)LADLE_LIMITS_INIT;
    if (number_of(given, "max_depth", &max_depth) < 0 ||
        number_of(given, "max_record", &limits->max_record) < 0 ||
        number_of(given, "max_items", &limits->max_items) < 0 ||
        number_of(given, "max_memory", &limits->max_memory) < 0) {
        return -1;
    }
    limits->max_depth = (uint32_t)max_depth;
    return 0;
}

int core_default_check(PyObject *callable)
{
    if (callable && callable != Py_None && !PyCallable_Check(callable)) {
        PyErr_Format(PyExc_TypeError, "default is a %s: it must be callable, or None",
                     Py_TYPE(callable)->tp_name);
        return -1;
    }
    return 0;
}

static int bad_uuid(PyObject *given)
{
    PyErr_Format(PyExc_TypeError, "uuid is a %s: it must be 16 bytes, a uuid.UUID, or None",
                 Py_TYPE(given)->tp_name);
    return -1;
}

int core_uuid_from(PyObject *given, uint8_t uuid[16], bool *is_given)
{
    *is_given = given && given != Py_None;
    if (!*is_given) {
        return 0;
    }
    PyObject *bytes =
        PyBytes_Check(given) ? Py_NewRef(given) : PyObject_GetAttrString(given, "bytes");
    if (!bytes) {
        return PyErr_ExceptionMatches(PyExc_AttributeError) ? bad_uuid(given) : -1;
    }
    int result = 0;
    if (!PyBytes_Check(bytes)) {
        result = bad_uuid(given);
    } else if (PyBytes_GET_SIZE(bytes) != 16) {
        PyErr_Format(PyExc_ValueError, "uuid has %zd bytes: it must have 16",
                     PyBytes_GET_SIZE(bytes));
        result = -1;
    } else {
        memcpy(uuid, PyBytes_AS_STRING(bytes), 16);
    }
    Py_DECREF(bytes);
    return result;
}

int core_compression_check(const char *name)
{
    static const char *const known[] = {"none", "zlib", "zstd", "lz4"};
    for (size_t i = 0; name && i < sizeof known / sizeof *known; i++) {
        if (strcmp(name, known[i]) == 0) {
            return 0;
        }
    }
    if (name) {
        PyErr_Format(PyExc_ValueError,
                     "compression is '%s': it must be None, 'zlib', 'zstd' or 'lz4'", name);
    }
    return name ? -1 : 0;
}

int core_number_from(PyObject *given, const char *name, int64_t lowest, int64_t highest,
                     int64_t *number)
{
    int overflow;
    if (!given || given == Py_None) {
        return 0;
    }
    if (!PyLong_Check(given) || PyBool_Check(given)) {
        PyErr_Format(PyExc_TypeError, "%s is a %s: it must be an int or None", name,
                     Py_TYPE(given)->tp_name);
        return -1;
    }
    *number = PyLong_AsLongLongAndOverflow(given, &overflow);
    if (overflow || *number < lowest || *number > highest) {
        PyErr_Format(PyExc_ValueError, "%s is %S: it must be from %lld to %lld", name, given,
                     (long long)lowest, (long long)highest);
        return -1;
    }
    return 0;
}
