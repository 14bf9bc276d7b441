/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_ENCODE_H
#define LADLE_PYMODULE_ENCODE_H

/*
 * From Python objects to columns (encode.c) and to tagged values (encode_tagged.c).
 *
 * Functions return 0, or -1 when the value cannot be stored: then an exception is set, or the
 * encoder knows what is wrong and core_encoder_raise sets one. Objects are given by pointers
 * that the caller holds; Python code (default=, the collector's callbacks) may run inside, so
 * nothing that was read of a list or dict before a call is believed after it.
 */

#include "module.h"

#include <ladle/shape.h>

typedef struct core_encoder {
    const core_state *state;
    ladle_shape *shape;     /* NULL for tagged values only */
    PyObject *default_hook; /* the owner's; NULL when there is none */
    ladle_limits limits;
    uint32_t depth;            /* containers around the value at hand */
    uint32_t key_depth;        /* of these, sets, and dicts whose key it is or is in */
    uint64_t items;            /* values in containers of the record so far */
    PyTypeObject *unsupported; /* the type that cannot be stored */
    PyObject *reason;          /* why, when it is not for the type alone */
    PyObject *path;            /* list of where it stands, innermost first */
    ladle_error error;
} core_encoder;

/*
 * Encode a record at the root of a shape; it may be borrowed. After a failure the caller takes back
 * what was put of it.
 */
int core_encode_record(core_encoder *encoder, PyObject *object);

/*
 * Append a value in tagged form; after a failure 'to' is longer than it was.
 */
int core_encode_tagged(core_encoder *encoder, ladle_buffer *to, PyObject *object);

/*
 * Encode a value that the caller holds at a node below; the second in tagged form, at an ANY node.
 */
int core_encode_value(core_encoder *encoder, ladle_node *node, PyObject *object);
int core_encode_any(core_encoder *encoder, ladle_node *node, PyObject *object);

/*
 * Set the exception for a failure. 'record' is the number of the record, or LADLE_UNKNOWN for a
 * value outside of files.
 */
void core_encoder_raise(core_encoder *encoder, uint64_t record, PyObject *name);

/* What both halves share. Each returns -1 where it is said to fail. */
int core_encode_fail(core_encoder *encoder, ladle_status status);
int core_encode_changed(const char *what);
int core_encode_too_deep(core_encoder *encoder);
int core_encode_too_many(core_encoder *encoder);

/*
 * What default= makes of an object, or NULL: a failure, as with an object of an unsupported type.
 * The caller is one level deeper while it encodes that, so that a hook cannot go on for ever.
 */
PyObject *core_encode_default(core_encoder *encoder, PyObject *object, PyTypeObject *unsupported);

/*
 * Note where a value stands that failed. Always -1.
 */
int core_path_index(core_encoder *encoder, Py_ssize_t index);
int core_path_key(core_encoder *encoder, PyObject *key);
int core_path_member(core_encoder *encoder, const char *what);
int core_path_field(core_encoder *encoder, PyObject *name);

static inline int core_encode_status(core_encoder *encoder, ladle_status status)
{
    return LADLE_LIKELY(status == LADLE_OK) ? 0 : core_encode_fail(encoder, status);
}

/*
 * Step into a container of 'count' values, and out of it again.
 */
static inline int core_encode_enter(core_encoder *encoder, Py_ssize_t count)
{
    encoder->items += (uint64_t)count;
    if (LADLE_UNLIKELY(++encoder->depth > encoder->limits.max_depth)) {
        return core_encode_too_deep(encoder);
    }
    if (LADLE_UNLIKELY(encoder->items > encoder->limits.max_items)) {
        return core_encode_too_many(encoder);
    }
    return 0;
}

static inline void core_encode_leave(core_encoder *encoder)
{
    encoder->depth--;
}

#endif
