/* SPDX-License-Identifier: BSD-2-Clause */
/* Why a value cannot be stored, and where in the record it stands. */
#include "encode.h"

#include "classes.h"
#include "errors.h"
#include "extension.h"
#include "numpy_types.h"

/*
 * Characters of a key that a path shows.
 */
#define KEY_SHOWN_MAX 60

int core_encode_fail(core_encoder *encoder, ladle_status status)
{
    if (status == LADLE_E_LIMIT) {
        uint64_t limit = encoder->limits.max_record;
        core_fail_limit(&encoder->error, "max_record", limit, limit + 1);
    } else {
        core_fail(&encoder->error, status, "%s", ladle_status_text(status));
    }
    return -1;
}

int core_encode_too_deep(core_encoder *encoder)
{
    uint64_t limit = encoder->limits.max_depth;
    core_fail_limit(&encoder->error, "max_depth", limit, limit + 1);
    size_t len = strlen(encoder->error.text);
    PyOS_snprintf(encoder->error.text + len, sizeof encoder->error.text - len,
                  ", unless the value holds itself");
    return -1;
}

int core_encode_too_many(core_encoder *encoder)
{
    core_fail_limit(&encoder->error, "max_items", encoder->limits.max_items, encoder->items);
    return -1;
}

static void note_unsupported(core_encoder *encoder, PyTypeObject *type)
{
    Py_XSETREF(encoder->unsupported, (PyTypeObject *)Py_NewRef(type));
}

int core_encode_changed(const char *what)
{
    PyErr_Format(PyExc_RuntimeError, "%s changed size while it was written", what);
    return -1;
}

static PyObject *reason_of(const core_encoder *encoder, PyObject *object, PyTypeObject *unsupported)
{
    const char *reason =
        encoder->default_hook
            ? "default= is not asked about keys of dicts and items of sets, for what it makes of "
              "them might be equal, or not hashable"
            : core_extension_reason(encoder->state, unsupported);
    if (reason || PyErr_Occurred()) {
        return reason ? PyUnicode_FromString(reason) : NULL;
    }
    return core_refusal_reason(encoder->state, object);
}

PyObject *core_encode_default(core_encoder *encoder, PyObject *object, PyTypeObject *unsupported)
{
    if (!encoder->default_hook || encoder->key_depth) {
        note_unsupported(encoder, unsupported);
        Py_XSETREF(encoder->reason, reason_of(encoder, object, unsupported));
        return NULL;
    }
    PyObject *replacement = PyObject_CallOneArg(encoder->default_hook, object);
    if (replacement == object) {
        Py_DECREF(replacement);
        note_unsupported(encoder, unsupported);
        return NULL;
    }
    return replacement;
}

static int add_part(core_encoder *encoder, PyObject *part)
{
    if (part && !encoder->path) {
        encoder->path = PyList_New(0);
    }
    if (part && encoder->path) {
        (void)PyList_Append(encoder->path, part);
    }
    Py_XDECREF(part);
    return -1;
}

static bool wants_path(const core_encoder *encoder)
{
    return encoder->unsupported && !PyErr_Occurred();
}

int core_path_index(core_encoder *encoder, Py_ssize_t index)
{
    return wants_path(encoder) ? add_part(encoder, PyUnicode_FromFormat("[%zd]", index)) : -1;
}

int core_path_member(core_encoder *encoder, const char *what)
{
    return wants_path(encoder) ? add_part(encoder, PyUnicode_FromFormat("<%s>", what)) : -1;
}

int core_path_field(core_encoder *encoder, PyObject *name)
{
    return wants_path(encoder) ? add_part(encoder, PyUnicode_FromFormat(".%U", name)) : -1;
}

int core_path_key(core_encoder *encoder, PyObject *key)
{
    if (!wants_path(encoder)) {
        return -1;
    }
    PyObject *text = PyObject_Repr(key);
    if (text && PyUnicode_GET_LENGTH(text) > KEY_SHOWN_MAX) {
        Py_SETREF(text, PyUnicode_Substring(text, 0, KEY_SHOWN_MAX));
        Py_XSETREF(text, text ? PyUnicode_FromFormat("%U...", text) : NULL);
    }
    int result = text ? add_part(encoder, PyUnicode_FromFormat("[%U]", text)) : -1;
    Py_XDECREF(text);
    return result;
}

static PyObject *joined_path(PyObject *path)
{
    PyObject *empty = PyUnicode_FromString("");
    PyObject *joined = NULL;
    if (empty && (!path || PyList_Reverse(path) == 0)) {
        joined = path ? PyUnicode_Join(empty, path) : Py_NewRef(empty);
    }
    Py_XDECREF(empty);
    return joined;
}

/*
 * "record 17: ['meta']['fn']: function cannot be stored; ..."
 */
static void raise_unsupported(core_encoder *encoder, uint64_t record)
{
    PyObject *path = joined_path(encoder->path);
    PyObject *name = path ? core_type_name(encoder->unsupported) : NULL;
    PyObject *reason =
        encoder->reason ? PyUnicode_FromFormat(": %U", encoder->reason)
        : encoder->default_hook
            ? PyUnicode_FromString("; default= must return a value of a supported type")
            : PyUnicode_FromString(
                  "; pass default= to turn it into a value of a supported type, or "
                  "register the class");
    if (name && reason) {
        char number[40] = "";
        const char *colon = PyUnicode_GET_LENGTH(path) ? ": " : "";
        if (record != LADLE_UNKNOWN) {
            PyOS_snprintf(number, sizeof number, "record %llu: ", (unsigned long long)record);
        }
        PyErr_Format(PyExc_TypeError, "%s%U%s%U cannot be stored%U", number, path, colon, name,
                     reason);
    }
    Py_XDECREF(reason);
    Py_XDECREF(name);
    Py_XDECREF(path);
}

void core_encoder_raise(core_encoder *encoder, uint64_t record, PyObject *name)
{
    if (!PyErr_Occurred()) {
        if (encoder->unsupported) {
            raise_unsupported(encoder, record);
        } else {
            encoder->error.record = record;
            core_raise(encoder->state, &encoder->error, name);
        }
    }
    Py_CLEAR(encoder->unsupported);
    Py_CLEAR(encoder->reason);
    Py_CLEAR(encoder->path);
}
