/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_SCAN_DAMAGE_H
#define LADLE_LIB_SCAN_DAMAGE_H

#include "scan_state.h"

/*
 * What a call came to, which is for the caller of the scan to know: behind damage something intact
 * is looked for. While the input may grow, the end of it is no error: what is read in order goes on
 * from there, what has places from the beginning of the item, for its bytes may be others then.
 */
ladle_status ladle_scan_settle(struct ladle_scan *scan, ladle_status status);

/*
 * Look on for something intact: LADLE_E_CORRUPT if there is, LADLE_E_TRUNCATED if the tail is torn
 * off, or why it could not be looked for.
 */
ladle_status ladle_scan_search(struct ladle_scan *scan);

/*
 * Go on at what was found: it says what the state of its segment is. Returns how many records lie
 * between, or LADLE_UNKNOWN.
 */
uint64_t ladle_scan_adopt(struct ladle_scan *scan);

/*
 * After LADLE_E_CORRUPT, on the way to a record: go on behind the damage if that lies before the
 * record for certain. False, and nothing is done, when it does not.
 */
bool ladle_scan_pass(struct ladle_scan *scan, uint64_t record);

/*
 * After LADLE_E_CORRUPT or LADLE_WAIT in a file that somebody may still write to: read the item at
 * hand anew, once. What was read of it may be from before a writer cut a torn end off and went on
 * there.
 */
bool ladle_scan_doubt(struct ladle_scan *scan, ladle_status status);

/*
 * Forget what was read and looked for: the item at this place in the file comes next.
 */
void ladle_scan_move(struct ladle_scan *scan, uint64_t offset);

#endif
