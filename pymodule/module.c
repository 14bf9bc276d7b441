/* SPDX-License-Identifier: BSD-2-Clause */
#include "module.h"

#include "classes.h"
#include "numpy_types.h"
#include "options.h"
#include "temporal.h"

#include <ladle/base.h>

#define STRINGIFY_(x) #x
#define STRINGIFY(x)  STRINGIFY_(x)
#define VERSION                                                                                    \
    STRINGIFY(LADLE_VERSION_MAJOR)                                                                 \
    "." STRINGIFY(LADLE_VERSION_MINOR) "." STRINGIFY(LADLE_VERSION_PATCH)

static PyObject *after_fork(PyObject *module, PyObject *Py_UNUSED(ignored))
{
    core_state *state = PyModule_GetState(module);
    state->fork_count++;
    core_writers_after_fork(state);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"dumps", (PyCFunction)(void (*)(void))core_dumps, METH_FASTCALL | METH_KEYWORDS,
     core_dumps_doc},
    {"loads", (PyCFunction)(void (*)(void))core_loads, METH_FASTCALL | METH_KEYWORDS,
     core_loads_doc},
    {"register", (PyCFunction)(void (*)(void))core_register, METH_VARARGS | METH_KEYWORDS,
     core_register_doc},
    {"_registered", core_registered, METH_NOARGS, core_registered_doc},
    {"_verify", core_verify, METH_VARARGS, core_verify_doc},
    {"_repair", core_repair, METH_VARARGS, core_repair_doc},
    {"_concat", core_concat, METH_VARARGS, core_concat_doc},
    {"lock", core_lock, METH_O, core_lock_doc},
    {"is_locked", core_is_locked, METH_O, core_is_locked_doc},
    {"_arrow_stream", core_arrow_stream, METH_VARARGS, core_arrow_stream_doc},
    {"_arrow_schema", core_arrow_schema, METH_O, core_arrow_schema_doc},
    {"_arrow_measure", core_arrow_measure, METH_VARARGS, core_arrow_measure_doc},
    {"_arrow_describe", core_arrow_describe, METH_O, core_arrow_describe_doc},
    {"_after_fork", after_fork, METH_NOARGS, "Called in the child of a fork."},
    {NULL, NULL, 0, NULL},
};

/*
 * Put an attribute of a module at '*to'.
 */
static int fetch(const char *module_name, const char *name, PyObject **to)
{
    PyObject *module = PyImport_ImportModule(module_name);
    if (module) {
        Py_XSETREF(*to, PyObject_GetAttrString(module, name));
        Py_DECREF(module);
    }
    return module && *to ? 0 : -1;
}

static int fetch_all(core_state *state)
{
    struct {
        const char *module;
        const char *name;
        PyObject **to;
    } wanted[] = {
        {"ladle._errors", "Error", &state->error},
        {"ladle._errors", "FormatError", &state->format_error},
        {"ladle._errors", "CorruptError", &state->corrupt_error},
        {"ladle._errors", "TruncatedError", &state->truncated_error},
        {"ladle._errors", "LimitError", &state->limit_error},
        {"ladle._errors", "UnsupportedError", &state->unsupported_error},
        {"ladle._limits", "Limits", &state->limits_type},
        {"io", "RawIOBase", &state->raw_io_type},
        {"collections.abc", "Mapping", &state->mapping_type},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        if (fetch(wanted[i].module, wanted[i].name, wanted[i].to) < 0) {
            return -1;
        }
    }
    return 0;
}

/*
 * Have os call after_fork in every child; systems without fork need none.
 */
static int register_after_fork(PyObject *module)
{
    PyObject *os = PyImport_ImportModule("os");
    PyObject *call = os ? PyObject_GetAttrString(os, "register_at_fork") : NULL;
    Py_XDECREF(os);
    if (!call) {
        if (!os || !PyErr_ExceptionMatches(PyExc_AttributeError)) {
            return -1;
        }
        PyErr_Clear();
        return 0;
    }
    PyObject *function = PyObject_GetAttrString(module, "_after_fork");
    PyObject *none = PyTuple_New(0);
    PyObject *keywords = function ? Py_BuildValue("{sO}", "after_in_child", function) : NULL;
    PyObject *result = none && keywords ? PyObject_Call(call, none, keywords) : NULL;
    Py_XDECREF(result);
    Py_XDECREF(keywords);
    Py_XDECREF(none);
    Py_XDECREF(function);
    Py_DECREF(call);
    return result ? 0 : -1;
}

/*
 * What dumps and loads need at each call.
 */
static int prepare_calls(core_state *state)
{
    PyObject *limits = PyObject_CallNoArgs(state->limits_type);
    int result = limits ? core_limits_from(state, limits, &state->limits) : -1;
    Py_XDECREF(limits);
    state->scratch = PyMem_Calloc(1, sizeof *state->scratch);
    state->keys = PyMem_Calloc(CORE_KEYS, sizeof *state->keys);
    if (!state->scratch || !state->keys) {
        PyErr_NoMemory();
        return -1;
    }
    return result;
}

static int add_type(PyObject *module, PyType_Spec *spec, PyTypeObject **type)
{
    *type = (PyTypeObject *)PyType_FromModuleAndSpec(module, spec, NULL);
    return *type ? PyModule_AddType(module, *type) : -1;
}

static int module_exec(PyObject *module)
{
    core_state *state = PyModule_GetState(module);
    state->numpy = core_numpy_new();
    if (!state->numpy || core_classes_init(module, state) < 0 || fetch_all(state) < 0 ||
        core_temporal_init(state) < 0 || prepare_calls(state) < 0 ||
        add_type(module, &core_writer_spec, &state->writer_type) < 0 ||
        add_type(module, &core_records_spec, &state->records_type) < 0 ||
        add_type(module, &pickle_records_spec, &state->pickle_records_type) < 0 ||
        add_type(module, &pickle_special_spec, &state->pickle_special_type) < 0 ||
        register_after_fork(module) < 0) {
        return -1;
    }
    return PyModule_AddStringConstant(module, "__version__", VERSION);
}

static int module_traverse(PyObject *module, visitproc visit, void *arg)
{
    core_state *state = PyModule_GetState(module);
    Py_VISIT(state->writer_type);
    Py_VISIT(state->records_type);
    Py_VISIT(state->pickle_records_type);
    Py_VISIT(state->pickle_special_type);
    Py_VISIT(state->error);
    Py_VISIT(state->format_error);
    Py_VISIT(state->corrupt_error);
    Py_VISIT(state->truncated_error);
    Py_VISIT(state->limit_error);
    Py_VISIT(state->unsupported_error);
    Py_VISIT(state->limits_type);
    Py_VISIT(state->raw_io_type);
    Py_VISIT(state->mapping_type);
    if (core_classes_visit(state, visit, arg)) {
        return -1;
    }
    return core_numpy_visit(state->numpy, visit, arg);
}

static int module_clear(PyObject *module)
{
    core_state *state = PyModule_GetState(module);
    Py_CLEAR(state->writer_type);
    Py_CLEAR(state->records_type);
    Py_CLEAR(state->pickle_records_type);
    Py_CLEAR(state->pickle_special_type);
    Py_CLEAR(state->error);
    Py_CLEAR(state->format_error);
    Py_CLEAR(state->corrupt_error);
    Py_CLEAR(state->truncated_error);
    Py_CLEAR(state->limit_error);
    Py_CLEAR(state->unsupported_error);
    Py_CLEAR(state->limits_type);
    Py_CLEAR(state->raw_io_type);
    Py_CLEAR(state->mapping_type);
    core_classes_clear(state);
    if (state->scratch) {
        ladle_buffer_free(state->scratch);
        PyMem_Free(state->scratch);
        state->scratch = NULL;
    }
    for (int i = 0; state->keys && i < CORE_KEYS; i++) {
        Py_CLEAR(state->keys[i]);
    }
    PyMem_Free(state->keys);
    state->keys = NULL;
    core_numpy_free(state->numpy);
    state->numpy = NULL;
    return 0;
}

static void module_free(void *module)
{
    (void)module_clear(module);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, (void *)module_exec},
#if PY_VERSION_HEX >= 0x030D0000
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
    {Py_mod_gil, Py_MOD_GIL_USED},
#elif PY_VERSION_HEX >= 0x030C0000
    /* datetime of 3.12 is for interpreters that share the GIL. */
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_SUPPORTED},
#endif
    {0, NULL},
};

struct PyModuleDef core_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ladle._core",
    .m_doc = "The extension below the package ladle: values to files and back.",
    .m_size = sizeof(core_state),
    .m_methods = methods,
    .m_slots = slots,
    .m_traverse = module_traverse,
    .m_clear = module_clear,
    .m_free = module_free,
};

PyMODINIT_FUNC PyInit__core(void);

PyMODINIT_FUNC PyInit__core(void)
{
    return PyModuleDef_Init(&core_module);
}
