/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_ENCODE_BATCH_H
#define LADLE_PYMODULE_ENCODE_BATCH_H

/*
 * Records of a list that are tuples of leaves, many at a time: what is known of their columns is
 * looked at once, and counted once.
 */

#include "encode.h"
#include "prefetch.h"

enum { BATCH_MAX = 64 };

/*
 * Encode and commit up to BATCH_MAX records of a list from an index on, and stop before the first
 * that is for core_encode_record. No Python code runs.
 *
 * Returns how many it was. 0: the next one fills a block or the like. -1: the next one is no such
 * tuple, or has a value that does not fit its column.
 */
Py_ssize_t core_encode_batch(core_encoder *encoder, PyObject *list, Py_ssize_t index,
                             enum prefetch what);

#endif
