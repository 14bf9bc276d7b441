/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_SHAPE_DICT_H
#define LADLE_LIB_SHAPE_DICT_H

#include <ladle/shape.h>

/*
 * Longer keys are no names of columns; their dicts are maps.
 */
#define LADLE_KEY_LEN_MAX 1024

/*
 * To be called when the columns of a key list were changed.
 */
void ladle_key_list_rehash(ladle_key_list *list);

#endif
