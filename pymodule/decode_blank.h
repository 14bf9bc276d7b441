/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_DECODE_BLANK_H
#define LADLE_PYMODULE_DECODE_BLANK_H

/*
 * Dicts without values, of which those of a key list are copies.
 */

#include "decode.h"

/*
 * A dict with the keys of a key list of a view, which have been prepared, and None for each value.
 * NULL: failed.
 */
PyObject *core_blank_dict(core_decoder *decoder, const ladle_view *view,
                          const ladle_columns *columns);

#endif
