/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_VIEW_CHECK_H
#define LADLE_LIB_VIEW_CHECK_H

#include "arena.h"
#include <ladle/view.h>

/*
 * Check what the arrays of a view and below say about each other: lengths, selectors, key lists and
 * codes. What is left out becomes EMPTY. Recursion is no deeper than a shape.
 *
 * why  output on failure: a static sentence
 *
 * Returns LADLE_OK, LADLE_E_CORRUPT or LADLE_E_MEMORY.
 */
ladle_status ladle_view_check(struct ladle_arena *arena, ladle_view *view, const char **why);

#endif
