/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_CLASSES_H
#define LADLE_PYMODULE_CLASSES_H

/*
 * What is known of the types whose objects are stored as a code or by the name of their class,
 * found out once for each type (ladle/_classes.py looks at classes).
 */

#include "module.h"

#include <ladle/buffer.h>

/*
 * How objects are stored and rebuilt. The numbers are those of ladle/_classes.py.
 */
enum {
    CLASS_NONE = 0,   /* they are not, unless their type has a code */
    CLASS_FIELDS = 1, /* as their attributes */
    CLASS_TUPLE = 2,  /* named tuples, as their items */
    CLASS_MEMBER = 3, /* enumerations, by the name of the member */
    CLASS_FLAG = 4,   /* flags, by their value */
    CLASS_STATE = 5,  /* as to_state says */
    CLASS_OPAQUE = 6  /* ladle.Opaque */
};

/*
 * Where an attribute is: an offset in the object, or one of these.
 */
enum {
    PLACE_NONE = -1,      /* nowhere */
    PLACE_DICT = -2,      /* in the object's dict, behind a descriptor that has its name */
    PLACE_ATTRIBUTE = -3, /* in the object's dict */
};

typedef struct core_class {
    PyObject_HEAD
    PyTypeObject *type;  /* borrowed; NULL when it is gone, or described anew */
    PyObject *reference; /* weak, to the type */
    PyObject *kept;      /* the type, for a class that was registered */
    PyObject *given;     /* what types= makes of a class that has no fields of its own, or NULL */
    PyObject *name;      /* str */
    PyObject *fields;    /* tuple of interned str; all but FIELDS have them always */
    Py_ssize_t *places;  /* FIELDS: of each field */
    Py_ssize_t *value_places; /* FIELDS: where each was the last time, for instance.h */
    Py_ssize_t dict_len;      /* fields that are in the dict of an object */
    PyObject *label;          /* bytes: name and fields, as the nodes of their columns have them */
    PyObject *to_state;       /* or NULL */
    PyObject *from_state;     /* or NULL */
    uint8_t kind;
    uint8_t code;   /* of the extension, for CLASS_NONE */
    bool needs_all; /* all fields must be there */
    bool is_loose;  /* some need not be there, or are found by looking only */
} core_class;

extern PyType_Spec core_class_spec;

int core_classes_init(PyObject *module, core_state *state);
int core_classes_visit(const core_state *state, visitproc visit, void *arg);
void core_classes_clear(core_state *state);

/*
 * What is known of a type. Borrowed: the type keeps it. NULL: an exception is set.
 */
core_class *core_class_find(const core_state *state, PyTypeObject *type);

static inline core_class *core_class_of(const core_state *state, PyTypeObject *type)
{
    struct core_classes *classes = state->classes;
    core_class *known = classes->recent[(uintptr_t)type / 16 % RECENT_CLASSES];
    return LADLE_LIKELY(known && known->type == type) ? known : core_class_find(state, type);
}

/*
 * A new description of a type; CLASS_NONE when its objects are not stored. NULL: an exception is
 * set.
 *
 * is_given  by register or types=: then a class without declared fields has its attributes
 * name, to_state, from_state  of register, or NULL
 */
core_class *core_class_describe(const core_state *state, PyTypeObject *type, bool is_given,
                                PyObject *name, PyObject *to_state, PyObject *from_state);

/*
 * Make this what is known of its type; the reference is taken over. Borrowed: the type keeps it.
 */
core_class *core_class_keep(const core_state *state, core_class *class);

/*
 * The class that objects of a name are rebuilt as, among 'types' (a dict or NULL) and those that
 * were registered. Borrowed; NULL when there is none, most times without an exception.
 */
core_class *core_class_named(const core_state *state, PyObject *types, PyObject *name);

/*
 * types=: a dict from names to what is known of the classes, NULL for no classes. -1: an exception
 * is set.
 */
int core_types_from(const core_state *state, PyObject *given, PyObject **types);

/*
 * Where objects of a type keep an attribute.
 */
Py_ssize_t core_class_place(PyTypeObject *type, PyObject *name);

/*
 * Whether objects of a type have a dict for their attributes.
 */
bool core_class_has_dict(const PyTypeObject *type);

/*
 * Whether an object of a FIELDS class has its fields as attributes of its own, and no others.
 */
bool core_class_is_regular(const core_class *class, PyObject *object);

/*
 * The value of a field of a FIELDS class, a new reference. NULL: the object has none, or an
 * exception is set.
 */
PyObject *core_class_attribute(const core_class *class, PyObject *object, Py_ssize_t index);

/*
 * How many attributes are in the dict of an object, which is not made for that.
 */
Py_ssize_t core_class_dict_len(PyObject *object);

/*
 * Whether there are any but what typing puts there for Class[int](...).
 */
bool core_class_has_attributes(PyObject *object);

/*
 * A ladle.Opaque with references of its own; 'name' is UTF-8. NULL: an exception is set.
 */
PyObject *core_opaque_new(const core_state *state, PyObject *name, PyObject *value);

/*
 * What a ladle.Opaque has, new references. NULL: an exception is set, for it was never initialised.
 */
PyObject *core_opaque_name(const core_state *state, PyObject *opaque);
PyObject *core_opaque_state(const core_state *state, PyObject *opaque);

/*
 * Append the name of a class and its fields as the nodes of its columns have them. -1: an exception
 * is set, UnicodeEncodeError for what is no UTF-8.
 */
int core_label_put(ladle_buffer *to, PyObject *name, PyObject *const *fields, Py_ssize_t count);

/*
 * "module.Name", or "name" for what needs no import.
 */
PyObject *core_type_name(PyTypeObject *type);

#endif
