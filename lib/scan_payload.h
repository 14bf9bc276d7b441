/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_SCAN_PAYLOAD_H
#define LADLE_LIB_SCAN_PAYLOAD_H

#include "scan_state.h"

/*
 * Behind LADLE_OK of ladle_scan_next: read the payload into scan->stored and verify it, or leave it
 * out. Return as it does. After LADLE_WAIT ladle_scan_next comes first again.
 */
ladle_status ladle_scan_payload(struct ladle_scan *scan);
ladle_status ladle_scan_skip(struct ladle_scan *scan);

/*
 * The payload piece by piece, instead of ladle_scan_payload: hold it, get bytes of it as often as
 * wanted, let go of it with what came of verifying and decoding them. Bytes are in
 * scan->stored.data as they were got; those of a source that is read in order are all there. As
 * much as was wanted of the beginning of one is read along with the header of the next.
 * ladle_scan_get returns LADLE_OK, or what is to be handed to ladle_scan_release. The others return
 * as ladle_scan_payload.
 */
ladle_status ladle_scan_hold(struct ladle_scan *scan);
ladle_status ladle_scan_get(void *scan, size_t offset, size_t len);
ladle_status ladle_scan_release(struct ladle_scan *scan, ladle_status status, const char *why);

/*
 * What the block at hand holds breaks the rules, though its checksums are right. Fills in
 * scan->failure, and returns the status.
 */
ladle_status ladle_scan_refuse(struct ladle_scan *scan, ladle_status status, const char *why);

/*
 * Go over what is left of the payload, as ladle_scan_skip does, but what goes wrong is not settled.
 */
ladle_status ladle_scan_leave_out(struct ladle_scan *scan);

#endif
