/* SPDX-License-Identifier: BSD-2-Clause */
#include "errors.h"

#include <stdarg.h>

ladle_status core_fail(ladle_error *error, ladle_status status, const char *format, ...)
{
    *error = (ladle_error){.status = status, .offset = LADLE_UNKNOWN, .record = LADLE_UNKNOWN};
    va_list arguments;
    va_start(arguments, format);
    PyOS_vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    return status;
}

ladle_status core_fail_limit(ladle_error *error, const char *limit, uint64_t limit_value,
                             uint64_t needed)
{
    core_fail(error, LADLE_E_LIMIT, "%s is %llu but would have to be at least %llu", limit,
              (unsigned long long)limit_value, (unsigned long long)needed);
    error->limit = limit;
    error->limit_value = limit_value;
    error->needed = needed;
    return LADLE_E_LIMIT;
}

/*
 * Protocols 0 and 1 have no magic number: these are lists, dicts and objects.
 */
static bool is_old_pickle(const uint8_t *head, size_t len)
{
    static const char *const beginnings[] = {"(lp", "(dp", "ccopy_reg\n", "]q", "}q"};
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
        size_t beginning_len = strlen(beginnings[i]);
        if (len >= beginning_len && memcmp(head, beginnings[i], beginning_len) == 0) {
            return true;
        }
    }
    return false;
}

const char *core_looks_like(const uint8_t *head, size_t len)
{
    if ((len >= 2 && head[0] == 0x80 && head[1] <= 5) || is_old_pickle(head, len)) {
        return "; it looks like a pickle: 'ladle convert OLD NEW' makes a ladle file of it "
               "without executing it";
    }
    if (len >= 4 && memcmp(head, "\x89LDL", 4) == 0) {
        return "; it looks like a ladle file: use ladle.load";
    }
    if (len >= 4 && memcmp(head, "\x89LV\x01", 4) == 0) {
        return "; it looks like the result of ladle.dumps: use ladle.loads";
    }
    return "";
}

static PyObject *exception_class(const core_state *state, ladle_status status)
{
    switch (status) {
    case LADLE_E_FORMAT:
        return state->format_error;
    case LADLE_E_CORRUPT:
        return state->corrupt_error;
    case LADLE_E_TRUNCATED:
        return state->truncated_error;
    case LADLE_E_UNSUPPORTED:
        return state->unsupported_error;
    case LADLE_E_LIMIT:
        return state->limit_error;
    case LADLE_E_ARGUMENT:
        return PyExc_ValueError;
    default:
        return state->error;
    }
}

/*
 * What to call the file in which an error is, or None. Of several files that are read as one the
 * name tells which it is by its method locate, and the offset becomes that in the file.
 */
static PyObject *file_of(PyObject *name, ladle_error *error)
{
    if (!name || name == Py_None || PyUnicode_Check(name)) {
        return Py_NewRef(name ? name : Py_None);
    }
    if (error->offset == LADLE_UNKNOWN) {
        return PyObject_Str(name);
    }
    PyObject *file = NULL;
    unsigned long long offset;
    PyObject *place = PyObject_CallMethod(name, "locate", "K", (unsigned long long)error->offset);
    if (place && PyArg_ParseTuple(place, "UK:locate", &file, &offset)) {
        Py_INCREF(file);
        error->offset = offset;
    }
    Py_XDECREF(place);
    return file;
}

/*
 * "file: text (byte 12, record 3)", as far as it is known.
 */
static PyObject *message_of(const ladle_error *error, PyObject *file)
{
    bool has_place = error->status != LADLE_E_ARGUMENT && error->status != LADLE_E_STATE;
    bool has_offset = has_place && error->offset != LADLE_UNKNOWN;
    bool has_record = has_place && error->record != LADLE_UNKNOWN;
    PyObject *prefix =
        file == Py_None ? PyUnicode_FromString("") : PyUnicode_FromFormat("%U: ", file);
    if (!prefix) {
        return NULL;
    }
    char offset[40] = "";
    char record[40] = "";
    if (has_offset) {
        PyOS_snprintf(offset, sizeof offset, "byte %llu", (unsigned long long)error->offset);
    }
    if (has_record) {
        PyOS_snprintf(record, sizeof record, "record %llu", (unsigned long long)error->record);
    }
    const char *open = has_offset || has_record ? " (" : "";
    const char *comma = has_offset && has_record ? ", " : "";
    const char *close = has_offset || has_record ? ")" : "";
    PyObject *message = PyUnicode_FromFormat("%U%s%s%s%s%s%s", prefix, error->text, open, offset,
                                             comma, record, close);
    Py_DECREF(prefix);
    if (message && error->limit) {
        Py_SETREF(message, PyUnicode_FromFormat("%U; to allow it pass limits=ladle.Limits(%s=...)",
                                                message, error->limit));
    }
    return message;
}

int core_set_number(PyObject *exception, const char *attribute, uint64_t number)
{
    if (number == LADLE_UNKNOWN) {
        return 0;
    }
    PyObject *value = PyLong_FromUnsignedLongLong(number);
    int result = value ? PyObject_SetAttrString(exception, attribute, value) : -1;
    Py_XDECREF(value);
    return result;
}

static int set_attributes(PyObject *exception, const ladle_error *error, PyObject *file)
{
    if (error->status == LADLE_E_ARGUMENT) {
        return 0;
    }
    if (PyObject_SetAttrString(exception, "filename", file) < 0) {
        return -1;
    }
    if (error->status == LADLE_E_CORRUPT || error->status == LADLE_E_TRUNCATED) {
        if (core_set_number(exception, "offset", error->offset) < 0) {
            return -1;
        }
        return core_set_number(exception, "first_record", error->record);
    }
    if (error->status != LADLE_E_LIMIT || !error->limit) {
        return 0;
    }
    PyObject *limit = PyUnicode_FromString(error->limit);
    int result = limit ? PyObject_SetAttrString(exception, "limit", limit) : -1;
    Py_XDECREF(limit);
    if (result < 0 || core_set_number(exception, "needed", error->needed) < 0) {
        return -1;
    }
    return core_set_number(exception, "record", error->record);
}

/*
 * OSError(errno, text, filename), which Python makes a FileNotFoundError and the like.
 */
static void raise_os_error(const ladle_error *error, PyObject *name)
{
    ladle_error found = *error;
    PyObject *filename = file_of(name, &found);
    PyObject *arguments =
        filename ? Py_BuildValue("(isO)", error->os_errno, error->text, filename) : NULL;
    if (arguments) {
        PyErr_SetObject(PyExc_OSError, arguments);
    }
    Py_XDECREF(arguments);
    Py_XDECREF(filename);
}

PyObject *core_exception_of(const core_state *state, const ladle_error *error, PyObject *name)
{
    ladle_error found = *error;
    PyObject *file = file_of(name, &found);
    PyObject *message = file ? message_of(&found, file) : NULL;
    PyObject *exception =
        message ? PyObject_CallOneArg(exception_class(state, error->status), message) : NULL;
    if (exception && set_attributes(exception, &found, file) < 0) {
        Py_CLEAR(exception);
    }
    Py_XDECREF(message);
    Py_XDECREF(file);
    return exception;
}

void core_raise(const core_state *state, const ladle_error *error, PyObject *name)
{
    if (PyErr_Occurred()) {
        return;
    }
    if (error->status == LADLE_E_MEMORY) {
        PyErr_NoMemory();
        return;
    }
    if (error->status == LADLE_E_IO && error->os_errno) {
        raise_os_error(error, name);
        return;
    }
    PyObject *exception = core_exception_of(state, error, name);
    if (exception) {
        PyErr_SetObject((PyObject *)Py_TYPE(exception), exception);
        Py_DECREF(exception);
    }
}

PyObject *core_name_of(PyObject *name, PyObject *file)
{
    PyObject *found = NULL;
    if (name && name != Py_None) {
        found = Py_NewRef(name);
    } else if (!PyLong_Check(file)) {
        found = PyObject_GetAttrString(file, "name");
        PyErr_Clear();
    }
    if (found && PyBytes_Check(found)) {
        Py_SETREF(found, PyUnicode_DecodeFSDefaultAndSize(PyBytes_AS_STRING(found),
                                                          PyBytes_GET_SIZE(found)));
        return found;
    }
    if (found && (PyUnicode_Check(found) || PyObject_HasAttrString(found, "locate"))) {
        return found;
    }
    Py_XDECREF(found);
    return Py_NewRef(Py_None);
}

void core_exception_keep(PyObject **kept)
{
#if PY_VERSION_HEX >= 0x030C0000
    PyObject *exception = PyErr_GetRaisedException();
    Py_XSETREF(*kept, Py_XNewRef(exception));
    PyErr_SetRaisedException(exception);
#else
    PyObject *type, *exception, *traceback;
    PyErr_Fetch(&type, &exception, &traceback);
    PyErr_NormalizeException(&type, &exception, &traceback);
    Py_XSETREF(*kept, Py_XNewRef(exception));
    PyErr_Restore(type, exception, traceback);
#endif
}

void core_exception_again(PyObject *kept)
{
    /* Otherwise each time would add to the traceback of the time before. */
    (void)PyException_SetTraceback(kept, Py_None);
    PyErr_SetObject((PyObject *)Py_TYPE(kept), kept);
}
