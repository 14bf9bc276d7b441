/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_OPTIONS_H
#define LADLE_PYMODULE_OPTIONS_H

/*
 * Keyword arguments that several calls share. Each function returns -1 with an exception set.
 */

#include "module.h"

#include <ladle/base.h>

/*
 * threads= may be this much.
 */
#define CORE_THREADS_MAX 64

/*
 * A ladle.Limits, or None for the defaults; every field of 'limits' is filled in.
 */
int core_limits_from(const core_state *state, PyObject *given, ladle_limits *limits);

/*
 * default=: a callable, or None, which is no callable.
 */
int core_default_check(PyObject *callable);

/*
 * uuid=: 16 bytes or a uuid.UUID. 'uuid' is where 16 bytes go, 'is_given' is false for None.
 */
int core_uuid_from(PyObject *given, uint8_t uuid[16], bool *is_given);

/*
 * compression=: the name of a codec, built in or not, or NULL.
 */
int core_compression_check(const char *name);

/*
 * An int from 'lowest' to 'highest'; None leaves '*number' alone.
 */
int core_number_from(PyObject *given, const char *name, int64_t lowest, int64_t highest,
                     int64_t *number);

#endif
