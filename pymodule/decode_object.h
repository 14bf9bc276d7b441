/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_DECODE_OBJECT_H
#define LADLE_PYMODULE_DECODE_OBJECT_H

/*
 * Objects of classes that may be rebuilt, and ladle.Opaque in the place of others. The only code of
 * a class that runs is what was registered as from_state, a default_factory for a field that a file
 * lacks, and what a Flag does for a value that is no single member.
 */

#include "decode.h"

/*
 * The next object of a view.
 */
PyObject *core_decode_object(core_decoder *decoder, ladle_view *view);

/*
 * The object for a name and 'count' fields with their values, which stay the caller's.
 */
PyObject *core_build_object(core_decoder *decoder, PyObject *name, PyObject **fields,
                            PyObject **values, uint32_t count);

#endif
