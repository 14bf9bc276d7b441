/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_LOCATE_H
#define LADLE_LIB_LOCATE_H

#include "locate_segment.h"

/*
 * The place of the block that has a record, or of one before it in the same segment when the index
 * does not say more. For the number of all records: the end. Returns as ladle_locator_open.
 *
 * record  0 to locator->record_count
 */
ladle_status ladle_locate(struct ladle_locator *locator, uint64_t record, struct ladle_place *place,
                          ladle_error *error);

#endif
