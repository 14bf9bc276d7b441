/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_ERRORS_H
#define LADLE_PYMODULE_ERRORS_H

/*
 * From statuses of the library to Python exceptions: the one place where they meet.
 */

#include "module.h"

#include <ladle/base.h>

/*
 * Set the exception for an error. One that is set already, by a user's file object, is left alone.
 *
 * name  what to call the file in messages, and in 'filename' of the exception; NULL or None when it
 *       has no name. Of several files read as one: an object with a method locate, which gets an
 *       offset and returns the name of the file and the offset in it
 */
void core_raise(const core_state *state, const ladle_error *error, PyObject *name);

/*
 * The exception of this package for an error, not set. NULL: another one is set.
 */
PyObject *core_exception_of(const core_state *state, const ladle_error *error, PyObject *name);

/*
 * Set an attribute of an exception; LADLE_UNKNOWN leaves it as it is. -1: another one is set.
 */
int core_set_number(PyObject *exception, const char *attribute, uint64_t number);

/*
 * Fill in an error without a place in a file, and return its status. The text is a printf format.
 */
__attribute__((format(printf, 3, 4))) ladle_status
core_fail(ladle_error *error, ladle_status status, const char *format, ...);

/*
 * The same for LADLE_E_LIMIT.
 */
ladle_status core_fail_limit(ladle_error *error, const char *limit, uint64_t limit_value,
                             uint64_t needed);

/*
 * What bytes look like that do not begin as they should, with what to do about it; "" when unknown.
 */
const char *core_looks_like(const uint8_t *head, size_t len);

/*
 * What to call a file: 'name' as it was given, decoded if it is bytes; without one the name of the
 * file object, or None. For core_raise. NULL: an exception is set.
 */
PyObject *core_name_of(PyObject *name, PyObject *file);

/*
 * Keep the exception that is set, which stays set; set one that was kept again.
 */
void core_exception_keep(PyObject **kept);
void core_exception_again(PyObject *kept);

#endif
