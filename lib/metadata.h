/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_METADATA_H
#define LADLE_LIB_METADATA_H

#include <ladle/value.h>

/*
 * Whether bytes are a tagged dict with str keys and nothing behind it (FORMAT.md section 8).
 */
bool ladle_metadata_is_valid(const void *data, size_t len, uint32_t max_depth);

/*
 * Put metadata over those that are there: 'merged' is empty or a tagged dict, and stays as it was
 * on failure. Returns LADLE_OK, LADLE_E_CORRUPT or LADLE_E_MEMORY.
 */
ladle_status ladle_metadata_merge(ladle_buffer *merged, const void *data, size_t len,
                                  uint32_t max_depth);

#endif
