/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_DECODE_REUSE_H
#define LADLE_PYMODULE_DECODE_REUSE_H

/*
 * Values in the place of others, which are used again where nobody else holds them.
 *
 * No code of Python's runs meanwhile, for what the user put into a record is not given back here,
 * and the collector is paused: so nobody sees a record half done.
 */

#include "decode.h"

/*
 * How deep and how large plain records may be.
 */
enum { REUSE_DEPTH_MAX = 3, REUSE_ITEMS_MAX = 64 };

enum reuse {
    REUSE_DONE,
    REUSE_FAILED, /* as in decode.h */
    REUSE_FOREIGN /* the user changed the record: the next one is to be made anew */
};

/*
 * Make the next record of one that only the caller holds, and that the same view made: a tuple, a
 * list, or a dict of the same key list. It is a whole one whatever is returned. Behind the next
 * record the cursors are only if that is REUSE_DONE.
 */
enum reuse core_reuse_tuple(core_decoder *decoder, ladle_view *view, PyObject *tuple);
enum reuse core_reuse_list(core_decoder *decoder, ladle_view *view, PyObject *list);
enum reuse core_reuse_dict(core_decoder *decoder, ladle_view *view, PyObject *dict);

#endif
