/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_COLLECTION_H
#define LADLE_PYMODULE_COLLECTION_H

/*
 * The types of array and collections, as extension.h says: codes 25 to 29.
 */

#include "extension.h"

/*
 * The simpler value of an object; NULL without an exception: it cannot be stored, '*culprit' says
 * why.
 */
PyObject *core_collection_reduce(PyObject *object, uint8_t code, PyTypeObject **culprit);

/*
 * The object of a class for a value from a file, as core_extension_build.
 */
PyObject *core_collection_build(PyObject *class, uint8_t code, PyObject *value, ladle_error *error);

#endif
