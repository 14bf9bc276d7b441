/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_DECODE_PLAN_H
#define LADLE_PYMODULE_DECODE_PLAN_H

/*
 * How objects with a class name and fields become Python objects: found once for a column, and
 * remembered for the latest tagged objects.
 */

#include "classes.h"
#include "decode.h"

struct core_missing {
    PyObject *name;
    PyObject *value; /* the default, or what makes it */
    Py_ssize_t place;
    bool is_factory;
};

typedef struct core_plan core_plan;

struct core_plan {
    core_plan *next;
    core_class *class; /* NULL: Opaque */
    PyObject *name;
    PyObject **fields;
    Py_ssize_t *places; /* FIELDS: see classes.h; TUPLE: of an item, or as for FIELDS */
    struct core_missing *missing;
    PyObject *members; /* MEMBER, FLAG: dict of them */
    PyObject *refusal; /* why objects cannot be rebuilt, or NULL */
    uint32_t count;    /* fields in the file */
    bool is_value;     /* the one field is the state itself */
    bool has_dict;     /* the objects have */
    uint32_t missing_count;
};

/*
 * A plan with references of its own, to be freed. NULL: an exception is set.
 *
 * is_value  the one field is the state itself, not one of its fields
 */
core_plan *core_plan_new(const core_decoder *decoder, PyObject *name, PyObject *const *fields,
                         uint32_t count, bool is_value);
void core_plan_free(core_plan *plan);

/*
 * The plan of a tagged object, which lives until the next one is asked for. NULL: an exception is
 * set.
 */
const core_plan *core_plan_of_tagged(core_decoder *decoder, PyObject *name, PyObject *const *fields,
                                     uint32_t count);

/*
 * Prepare an OBJECT view: its tag is the plan, which lives as long as the block. -1: failed.
 */
int core_plan_set(core_decoder *decoder, ladle_view *view);

void core_plans_clear(core_decoder *decoder);
int core_plans_visit(const core_decoder *decoder, visitproc visit, void *arg);

#endif
