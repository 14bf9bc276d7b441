/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_EXTENSION_H
#define LADLE_PYMODULE_EXTENSION_H

/*
 * Types that are stored as a code and a value of a simpler type (FORMAT.md section 7).
 */

#include "module.h"

#include <ladle/base.h>

enum {
    CODE_DATE = 1,
    CODE_DATETIME_PLAIN = 2,
    CODE_DATETIME = 3,
    CODE_TIME_PLAIN = 4,
    CODE_TIME = 5,
    CODE_TIMEDELTA = 6,
    CODE_TIMEZONE = 7,
    CODE_ZONE = 8,
    CODE_DECIMAL = 9,
    CODE_FRACTION = 10,
    CODE_UUID = 11,
    CODE_PURE_POSIX_PATH = 12,
    CODE_PURE_WINDOWS_PATH = 13,
    CODE_POSIX_PATH = 14,
    CODE_WINDOWS_PATH = 15,
    CODE_IPV4_ADDRESS = 16,
    CODE_IPV6_ADDRESS = 17,
    CODE_IPV4_NETWORK = 18,
    CODE_IPV6_NETWORK = 19,
    CODE_IPV4_INTERFACE = 20,
    CODE_IPV6_INTERFACE = 21,
    CODE_RANGE = 22,
    CODE_SLICE = 23,
    CODE_ELLIPSIS = 24,
    CODE_ARRAY = 25,
    CODE_ORDERED_DICT = 26,
    CODE_DEQUE = 27,
    CODE_COUNTER = 28,
    CODE_DEFAULTDICT = 29,
    CODE_OBJECT_ARRAY = 30,
    CODE_STRING_ARRAY = 31
};

/*
 * The code and the simpler value of an object; 0 as the code when it is of no such type. NULL
 * with a code of 0 and no exception: the object cannot be stored, '*culprit' is the type that
 * is the reason (borrowed).
 */
PyObject *core_extension_reduce(const core_state *state, PyObject *object, uint8_t *code,
                                PyTypeObject **culprit);

/*
 * The class of a code that core_extension_look_up may give, borrowed: its module is imported for the
 * first value. NULL: an exception is set.
 */
PyObject *core_extension_class(const core_state *state, uint8_t code);

/*
 * Why some objects of a type with a code cannot be stored. NULL: nothing is to be said; most times
 * without an exception.
 */
const char *core_extension_reason(const core_state *state, PyTypeObject *culprit);

/*
 * The code of a type whose module is imported when a value of it comes; 0 when it is none such,
 * or an exception is set. core_class_of remembers what was found.
 */
uint8_t core_extension_look_up(PyTypeObject *type);

/*
 * Whether objects of a type are stored without any class being described.
 */
bool core_extension_is_stored(const core_state *state, PyTypeObject *type);

/*
 * The object for a code and a value, both from a file. NULL: 'error' says what is wrong, or an
 * exception is set.
 */
PyObject *core_extension_build(const core_state *state, uint8_t code, PyObject *value,
                               ladle_error *error);

#endif
