/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_MODULE_H
#define LADLE_PYMODULE_MODULE_H

/*
 * What the extension ladle._core keeps, one for each interpreter.
 */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <ladle/buffer.h>
#include <stdbool.h>

enum { RECENT_CLASSES = 64, CORE_KEYS = 512, EXTENSION_CODES = 32 };

struct core_class;

/*
 * What classes.c keeps.
 */
struct core_classes {
    PyObject *module; /* borrowed: it has this */
    PyTypeObject *class_type;
    PyObject *by_type;  /* dict: address of a type, to what is known of it; classes may be equal */
    PyObject *by_name;  /* dict: name to what is known of a class that was registered */
    PyObject *describe; /* functions of ladle._classes */
    PyObject *default_of;
    PyObject *opaque_type;  /* ladle.Opaque */
    Py_ssize_t opaque_name; /* offsets of its slots */
    Py_ssize_t opaque_state;
    PyObject *extensions[EXTENSION_CODES]; /* by code: types that values were read of, or NULL */
    PyObject *timezone;                    /* the last one written or read, or NULL */
    PyObject *timezone_value;              /* what it is made of */
    PyObject *uuid_safety;                 /* what UUIDs have that nothing else is known of */
    PyObject *known_zone;                  /* the last ZoneInfo that can be stored, or NULL */
    PyObject *name_of_member;              /* "_name_" */
    PyObject *value_of_flag;               /* "_value_" */
    struct core_class *recent[RECENT_CLASSES]; /* of by_type, by the address of the type */
};

typedef struct core_state {
    PyTypeObject *writer_type;
    PyTypeObject *records_type;
    PyTypeObject *pickle_records_type;
    PyTypeObject *pickle_special_type;
    PyObject *error; /* the classes of ladle._errors */
    PyObject *format_error;
    PyObject *corrupt_error;
    PyObject *truncated_error;
    PyObject *limit_error;
    PyObject *unsupported_error;
    PyObject *limits_type;  /* ladle._limits.Limits */
    PyObject *raw_io_type;  /* io.RawIOBase */
    PyObject *mapping_type; /* collections.abc.Mapping */
    const void *datetime;   /* PyDateTime_CAPI */
    PyTypeObject *timezone_type;
    struct core_numpy *numpy;
    struct core_classes *classes;
    ladle_limits limits;    /* those of a Limits() */
    PyObject **keys;        /* CORE_KEYS of them: short keys of dicts that loads met, or NULL */
    ladle_buffer *scratch;  /* what dumps writes to, empty while it is in use */
    unsigned fork_count;    /* forks of which this process is the child */
    struct Writer *writers; /* that are open */
} core_state;

extern struct PyModuleDef core_module;

/*
 * In a forked child: let go of the files that writers of the parent have open, so that their locks
 * end with the parent.
 */
void core_writers_after_fork(core_state *state);

extern PyType_Spec core_writer_spec;
extern PyType_Spec core_records_spec;
extern PyType_Spec pickle_records_spec;
extern PyType_Spec pickle_special_spec;

PyObject *core_dumps(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *names);
PyObject *core_loads(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *names);
PyObject *core_register(PyObject *module, PyObject *args, PyObject *kwargs);
extern const char core_register_doc[];
PyObject *core_registered(PyObject *module, PyObject *ignored);
extern const char core_registered_doc[];
extern const char core_dumps_doc[];
extern const char core_loads_doc[];
PyObject *core_verify(PyObject *module, PyObject *args);
PyObject *core_repair(PyObject *module, PyObject *args);
PyObject *core_concat(PyObject *module, PyObject *args);
extern const char core_verify_doc[];
extern const char core_repair_doc[];
extern const char core_concat_doc[];
PyObject *core_lock(PyObject *module, PyObject *descriptor);
PyObject *core_is_locked(PyObject *module, PyObject *descriptor);
extern const char core_lock_doc[];
extern const char core_is_locked_doc[];

PyObject *core_arrow_stream(PyObject *module, PyObject *args);
PyObject *core_arrow_schema(PyObject *module, PyObject *plan);
PyObject *core_arrow_measure(PyObject *module, PyObject *args);
PyObject *core_arrow_describe(PyObject *module, PyObject *capsule);
extern const char core_arrow_stream_doc[];
extern const char core_arrow_schema_doc[];
extern const char core_arrow_measure_doc[];
extern const char core_arrow_describe_doc[];

static inline core_state *core_state_of_type(PyTypeObject *type)
{
    return PyModule_GetState(PyType_GetModuleByDef(type, &core_module));
}

#endif
