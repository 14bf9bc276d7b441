/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_SCAN_H
#define LADLE_LIB_SCAN_H

#include "checkpoint.h"
#include "scan_damage.h"
#include "scan_payload.h"

/*
 * Going through the items of a file in order, with all checks of headers, checksums, numbers and
 * places (FORMAT.md section 10). What a block holds is for the caller to decode.
 *
 * scan_state.h has what is known meanwhile, scan_payload.h the bytes of blocks, scan_damage.h what
 * is done when something is wrong.
 */

/*
 * Go on to the header of the next block, over file headers and trailers: scan->header.
 *
 * Returns
 *   LADLE_OK
 *   LADLE_END          the file is complete
 *   LADLE_WAIT         'is_live', and the input ends
 *   LADLE_E_CORRUPT    damage, and something intact behind it, to which ladle_scan_resume goes
 *   LADLE_E_TRUNCATED  nothing intact up to the end
 *   LADLE_E_FORMAT     it is no ladle file
 *   LADLE_E_UNSUPPORTED, LADLE_E_LIMIT, LADLE_E_IO, LADLE_E_MEMORY
 * For errors scan->failure has the details.
 */
ladle_status ladle_scan_next(struct ladle_scan *scan);

/*
 * Check the totals of the CHECKPOINT at hand, behind ladle_scan_payload.
 */
ladle_status ladle_scan_fit(struct ladle_scan *scan, const struct ladle_totals *totals);

/*
 * After an error: leave out the block, or go to what was found behind the damage. '*lost' is how
 * many records lie between, or LADLE_UNKNOWN. Returns LADLE_OK, or LADLE_E_STATE when there is
 * nowhere to go on.
 */
ladle_status ladle_scan_resume(struct ladle_scan *scan, uint64_t *lost);

/*
 * After ladle_scan_next could not make anything of the first header (LADLE_E_FORMAT or
 * LADLE_E_CORRUPT): look for blocks of a file that begins where the source does. LADLE_E_CORRUPT
 * when there are some, to which ladle_scan_resume goes; LADLE_E_TRUNCATED when there are none; or a
 * failure to read.
 */
ladle_status ladle_scan_begin_anyhow(struct ladle_scan *scan);

/*
 * Between two items: a place to come back to, for an input that has places. scan->stored is not
 * touched.
 */
struct ladle_place {
    struct ladle_segment segment;
    uint64_t offset; /* in the file */
};

struct ladle_place ladle_scan_tell(const struct ladle_scan *scan);
void ladle_scan_go(struct ladle_scan *scan, const struct ladle_place *place);

#endif
