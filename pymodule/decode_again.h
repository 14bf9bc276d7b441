/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_DECODE_AGAIN_H
#define LADLE_PYMODULE_DECODE_AGAIN_H

/*
 * Most loops over records let go of one before they ask for the one after the next. The memory of
 * such a record, and of what is in it, is used again for a later one, as zip and enumerate do with
 * their tuples: that costs half of what making new objects costs. What anybody else still holds is
 * never touched.
 */

#include "decode.h"

/*
 * Whether the records of a block are such that this pays: small tuples of atoms.
 */
bool core_again_pays(const ladle_view *root);

/*
 * The next record of a block, as core_decode_record.
 */
PyObject *core_decode_next(core_decoder *decoder, ladle_view *root);

/*
 * Let go of the records that are kept to be used again.
 */
void core_again_clear(core_decoder *decoder);

#endif
