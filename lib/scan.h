/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_SCAN_H
#define LADLE_LIB_SCAN_H

#include "checkpoint.h"
#include "search.h"

/*
 * Bytes of a payload that may be read along with its header.
 */
enum { LADLE_LEAD_LEN_MAX = 8192 };

/*
 * Going through the items of a file in order, with all checks of headers, checksums, numbers and
 * places (FORMAT.md section 10). What a block holds is for the caller to decode.
 */
struct ladle_scan {
    struct ladle_input input;
    uint64_t max_record;
    bool is_live;
    bool is_open; /* the file header was read */
    struct ladle_segment segment;
    uint8_t head[LADLE_HEADER_LEN + LADLE_LEAD_LEN_MAX]; /* the first bytes of the next item */
    size_t head_len;
    struct ladle_block_header header; /* of the block at hand */
    uint64_t block_offset;            /* of it, or of the item that failed, in the file */
    bool has_header;                  /* the block's header was read, its payload was not */
    bool can_leave_out;               /* it failed, but where it ends is known */
    bool is_searching;
    uint64_t lost; /* records of a block that was refused */
    ladle_buffer stored;
    size_t got_len;    /* while a payload is held: bytes of its beginning that are there */
    size_t wanted_len; /* and that were asked for */
    size_t lead_len;   /* bytes of a payload that are read along with its header */
    struct ladle_search search;
    struct ladle_found found; /* where to go on after damage */
    ladle_error failure;      /* of the call that failed last */
};

/*
 * The scan takes the source over.
 */
void ladle_scan_init(struct ladle_scan *scan, const ladle_source *source, uint64_t max_record,
                     bool is_live, const ladle_allocator *allocator);
void ladle_scan_free(struct ladle_scan *scan);

/*
 * The number in the file of the first record that was not gone through.
 */
uint64_t ladle_scan_record(const struct ladle_scan *scan);

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
 * After LADLE_E_CORRUPT, on the way to a record: go on behind the damage if that lies before the
 * record for certain. False, and nothing is done, when it does not.
 */
bool ladle_scan_pass(struct ladle_scan *scan, uint64_t record);

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
