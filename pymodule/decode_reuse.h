/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_DECODE_REUSE_H
#define LADLE_PYMODULE_DECODE_REUSE_H

/*
 * Values in the place of others, which are used again where nobody else holds them.
 */

#include "decode.h"

/*
 * The next record, a tuple or a dict, in the place of one that only the caller holds, and that
 * holds but what core_decode_record makes of plain records. It is taken over. NULL: failed.
 */
PyObject *core_reuse_tuple(core_decoder *decoder, ladle_view *view, PyObject *tuple);
PyObject *core_reuse_dict(core_decoder *decoder, ladle_view *view, PyObject *dict);

#endif
