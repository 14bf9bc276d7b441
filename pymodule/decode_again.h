/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_DECODE_AGAIN_H
#define LADLE_PYMODULE_DECODE_AGAIN_H

/*
 * Most loops over records let go of one before they ask for the one after the next. The memory of
 * such a record, and of what is in it, is used again for a later one, as zip and enumerate do with
 * their tuples: that costs half of what making new objects costs. What anybody else still holds is
 * never touched, and once a record was changed that was let go of, none is used again.
 */

#include "decode.h"

/*
 * Prepare for a block, or let go of what is kept for one. -1: an exception is set.
 */
int core_again_begin_block(core_decoder *decoder, const ladle_view *root);
void core_again_end_block(core_decoder *decoder);

void core_again_free(core_decoder *decoder);
int core_again_visit(core_decoder *decoder, visitproc visit, void *arg);

/*
 * The next record of a block, as core_decode_record.
 */
PyObject *core_decode_next(core_decoder *decoder, ladle_view *root);

#endif
