/* SPDX-License-Identifier: BSD-2-Clause */
#include "scan.h"

#include "limit.h"
#include "status.h"

/*
 * Read until 'len' bytes of the next item are there, or the input ends.
 */
static ladle_status fill_head(struct ladle_scan *scan, size_t len)
{
    if (scan->head_len >= len) {
        return LADLE_OK;
    }
    size_t most = ladle_input_has_places(&scan->input) ? LADLE_HEADER_LEN + scan->lead_len : len;
    size_t got;
    LADLE_TRY(ladle_input_read(&scan->input, scan->head + scan->head_len, len - scan->head_len,
                               most - scan->head_len, &got, &scan->failure));
    scan->head_len += got;
    return LADLE_OK;
}

/*
 * Begin a segment whose header is in scan->head.
 */
static ladle_status begin_segment(struct ladle_scan *scan)
{
    struct ladle_file_header header;
    const char *why;
    ladle_status status = ladle_file_header_load(scan->head, &header, &why);
    if (status != LADLE_OK) {
        return ladle_scan_fail(scan, status, why);
    }
    if (scan->is_open && !scan->segment.is_complete) {
        scan->found = (struct ladle_found){.magic = LADLE_MAGIC_FILE,
                                           .record_count = LADLE_UNKNOWN,
                                           .least_count = scan->segment.record_count};
        return ladle_scan_fail(scan, LADLE_E_CORRUPT,
                               "a part of the file ends before its writer completed it");
    }
    scan->segment = (struct ladle_segment){.offset = scan->block_offset,
                                           .first_record = ladle_scan_record(scan),
                                           .salt = ladle_salt(header.uuid),
                                           .block_len = header.block_len};
    ladle_scan_use_head(scan, LADLE_HEADER_LEN);
    return LADLE_OK;
}

/*
 * Read the first header of the file. What is not a ladle file is told from one that was cut.
 */
static ladle_status begin_file(struct ladle_scan *scan)
{
    LADLE_TRY(fill_head(scan, LADLE_HEADER_LEN));
    if (!ladle_begins_file(scan->head, scan->head_len)) {
        return ladle_fail(&scan->failure, LADLE_E_FORMAT, 0, LADLE_UNKNOWN,
                          "it does not begin as a ladle file does");
    }
    if (scan->head_len < LADLE_HEADER_LEN) {
        return ladle_fail(&scan->failure, LADLE_E_TRUNCATED, scan->head_len, 0,
                          scan->head_len ? "the file ends inside its header" : "the file is empty");
    }
    LADLE_TRY(begin_segment(scan));
    scan->is_open = true;
    return LADLE_OK;
}

static ladle_status next_segment(struct ladle_scan *scan)
{
    LADLE_TRY(fill_head(scan, LADLE_HEADER_LEN));
    return scan->head_len < LADLE_HEADER_LEN ? ladle_scan_fail_truncated(scan)
                                             : begin_segment(scan);
}

static bool differs(uint64_t expected, uint64_t value)
{
    return expected != LADLE_UNKNOWN && expected != value;
}

static ladle_status read_trailer(struct ladle_scan *scan)
{
    struct ladle_segment *segment = &scan->segment;
    struct ladle_trailer trailer;
    const char *why;
    uint64_t offset = ladle_scan_place(scan);
    LADLE_TRY(fill_head(scan, LADLE_TRAILER_LEN));
    if (scan->head_len < LADLE_TRAILER_LEN) {
        return ladle_scan_fail_truncated(scan);
    }
    ladle_status status = ladle_trailer_load(scan->head, segment->salt, offset, &trailer, &why);
    if (status != LADLE_OK) {
        return ladle_scan_fail(scan, status, why);
    }
    if (trailer.record_count != segment->record_count || differs(segment->checkpoint_end, offset) ||
        differs(segment->checkpoint_offset, offset - trailer.checkpoint_distance)) {
        return ladle_scan_fail(scan, LADLE_E_CORRUPT,
                               "a trailer does not fit the blocks before it");
    }
    ladle_scan_use_head(scan, LADLE_TRAILER_LEN);
    segment->is_complete = true;
    segment->checkpoint_offset = offset - trailer.checkpoint_distance;
    return LADLE_OK;
}

/*
 * What must hold between a block's header and the blocks before it.
 */
static ladle_status check_header(struct ladle_scan *scan)
{
    const struct ladle_block_header *header = &scan->header;
    const struct ladle_segment *segment = &scan->segment;
    uint64_t latest =
        header->checkpoint_distance ? ladle_scan_place(scan) - header->checkpoint_distance : 0;
    if (header->first_record != segment->record_count) {
        return ladle_scan_fail(scan, LADLE_E_CORRUPT, "a block does not follow the one before it");
    }
    if (differs(segment->checkpoint_offset, latest)) {
        return ladle_scan_fail(scan, LADLE_E_CORRUPT,
                               "the header of a block breaks the rules of the format");
    }
    uint64_t len_max = ladle_block_len_max(header, scan->max_record);
    if (header->decoded_len > len_max) {
        scan->can_leave_out = true;
        uint64_t needed = scan->max_record + (header->decoded_len - len_max);
        return ladle_fail_limit(&scan->failure, "max_record", scan->max_record, needed,
                                scan->block_offset, ladle_scan_record(scan));
    }
    scan->segment.checkpoint_offset = latest;
    return LADLE_OK;
}

static ladle_status read_block_header(struct ladle_scan *scan)
{
    const char *why;
    LADLE_TRY(fill_head(scan, LADLE_BLOCK_HEADER_LEN));
    if (scan->head_len < LADLE_BLOCK_HEADER_LEN) {
        return ladle_scan_fail_truncated(scan);
    }
    ladle_status status = ladle_block_header_load(scan->head, scan->segment.salt,
                                                  ladle_scan_place(scan), &scan->header, &why);
    if (status != LADLE_OK) {
        scan->can_leave_out = status == LADLE_E_UNSUPPORTED;
        return ladle_scan_fail(scan, status, why);
    }
    LADLE_TRY(check_header(scan));
    ladle_scan_use_head(scan, LADLE_BLOCK_HEADER_LEN);
    scan->has_header = true;
    return LADLE_OK;
}

static ladle_status next_header(struct ladle_scan *scan)
{
    while (!scan->has_header) {
        scan->block_offset = ladle_scan_item_offset(scan);
        if (!scan->is_open) {
            LADLE_TRY(begin_file(scan));
            continue;
        }
        LADLE_TRY(fill_head(scan, LADLE_TRAILER_LEN));
        if (scan->head_len == 0 && scan->segment.is_complete) {
            return LADLE_END;
        }
        if (scan->head_len < LADLE_ALIGNMENT) {
            return ladle_scan_fail_truncated(scan);
        }
        switch (ladle_magic_of(scan->head)) {
        case LADLE_MAGIC_BLOCK:
            LADLE_TRY(read_block_header(scan));
            break;
        case LADLE_MAGIC_TRAILER:
            LADLE_TRY(read_trailer(scan));
            break;
        case LADLE_MAGIC_FILE:
            LADLE_TRY(next_segment(scan));
            break;
        default:
            return ladle_scan_fail(
                scan, LADLE_E_CORRUPT,
                "neither a block nor the end of the file is where one should be");
        }
    }
    return LADLE_OK;
}

ladle_status ladle_scan_next(struct ladle_scan *scan)
{
    scan->found.magic = LADLE_MAGIC_NONE;
    scan->can_leave_out = false;
    scan->lost = LADLE_UNKNOWN;
    scan->stored.len = scan->has_header ? scan->stored.len : 0;
    if (scan->is_searching) {
        ladle_status status = ladle_scan_search(scan);
        return status == LADLE_E_TRUNCATED ? LADLE_WAIT : status;
    }
    return ladle_scan_settle(scan, next_header(scan));
}

ladle_status ladle_scan_fit(struct ladle_scan *scan, const struct ladle_totals *totals)
{
    struct ladle_segment *segment = &scan->segment;
    if (totals->record_count != segment->record_count ||
        differs(segment->block_count, totals->block_count)) {
        return ladle_scan_refuse(scan, LADLE_E_CORRUPT,
                                 "a checkpoint does not fit the blocks before it");
    }
    segment->block_count = totals->block_count;
    return LADLE_OK;
}

ladle_status ladle_scan_resume(struct ladle_scan *scan, uint64_t *lost)
{
    *lost = scan->lost;
    if (*lost != LADLE_UNKNOWN) {
        return LADLE_OK;
    }
    if (scan->can_leave_out) {
        *lost = scan->header.type == LADLE_BLOCK_DATA ? scan->header.record_count : 0;
        ladle_scan_use_head(scan, LADLE_BLOCK_HEADER_LEN);
        return ladle_scan_leave_out(scan);
    }
    if (scan->found.magic == LADLE_MAGIC_NONE) {
        return LADLE_E_STATE;
    }
    *lost = ladle_scan_adopt(scan);
    return LADLE_OK;
}

ladle_status ladle_scan_begin_anyhow(struct ladle_scan *scan)
{
    scan->segment = (struct ladle_segment){.is_complete = true};
    scan->is_open = true;
    return ladle_scan_settle(scan, LADLE_E_CORRUPT);
}

struct ladle_place ladle_scan_tell(const struct ladle_scan *scan)
{
    return (struct ladle_place){.segment = scan->segment, .offset = ladle_scan_item_offset(scan)};
}

void ladle_scan_go(struct ladle_scan *scan, const struct ladle_place *place)
{
    ladle_scan_move(scan, place->offset);
    scan->segment = place->segment;
}
