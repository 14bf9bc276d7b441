/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_TEMPORAL_H
#define LADLE_PYMODULE_TEMPORAL_H

/*
 * The types of datetime and zoneinfo, as extension.h says.
 */

#include "extension.h"

/*
 * Find the C interface of datetime. -1: an exception is set.
 */
int core_temporal_init(core_state *state);

/*
 * Whether it is one of datetime's.
 */
bool core_temporal_has(const core_state *state, const PyTypeObject *type);

/*
 * As core_extension_reduce for codes 1 to 7, and core_extension_build for codes 1 to 8.
 */
PyObject *core_temporal_reduce(const core_state *state, PyObject *object, uint8_t *code,
                               PyTypeObject **culprit);
PyObject *core_temporal_build(const core_state *state, uint8_t code, PyObject *value,
                              ladle_error *error);

/*
 * The key of a ZoneInfo; NULL without an exception when it was made from a file, so that nobody
 * could find it again.
 */
PyObject *core_zone_key(const core_state *state, PyObject *zone);

#endif
