/* SPDX-License-Identifier: BSD-2-Clause */
#include "scan_damage.h"

#include "status.h"

#include <stdio.h>

/*
 * Forget what was read of the item at hand.
 */
static void drop(struct ladle_scan *scan)
{
    scan->head_len = 0;
    scan->stored.len = 0;
    scan->has_header = false;
}

void ladle_scan_move(struct ladle_scan *scan, uint64_t offset)
{
    drop(scan);
    ladle_search_end(&scan->search);
    scan->is_searching = false;
    scan->input.offset = offset;
}

ladle_status ladle_scan_search(struct ladle_scan *scan)
{
    ladle_error failure;
    ladle_status status = ladle_search_next(&scan->search, &scan->input, &scan->segment,
                                            scan->max_record, &scan->found, &failure);
    scan->is_searching = status == LADLE_END && scan->is_live;
    if (status == LADLE_OK) {
        return LADLE_E_CORRUPT;
    }
    scan->found.magic = LADLE_MAGIC_NONE;
    if (status == LADLE_END && scan->is_live) {
        return LADLE_E_TRUNCATED;
    }
    if (status == LADLE_END) {
        size_t len = strlen(scan->failure.text);
        snprintf(scan->failure.text + len, sizeof scan->failure.text - len,
                 ", and nothing behind it is intact");
        scan->failure.status = LADLE_E_TRUNCATED;
        return LADLE_E_TRUNCATED;
    }
    if (status == LADLE_E_MEMORY) {
        return ladle_scan_fail(scan, status, ladle_status_text(status));
    }
    scan->failure = failure;
    return status;
}

/*
 * Begin to look behind the beginning of the item at hand. When the header of a block is intact, it
 * tells where the next item begins.
 */
static ladle_status begin_search(struct ladle_scan *scan)
{
    const struct ladle_block_header *header = &scan->header;
    scan->search.begin = scan->block_offset;
    scan->search.edge = scan->block_offset;
    scan->search.record_count = scan->segment.record_count;
    if (scan->has_header) {
        scan->search.edge += LADLE_BLOCK_HEADER_LEN + (uint64_t)header->stored_len;
        scan->search.record_count += header->type == LADLE_BLOCK_DATA ? header->record_count : 0;
    }
    ladle_status status = ladle_input_unread(&scan->input, scan->head, scan->head_len);
    if (status == LADLE_OK) {
        status = ladle_input_unread(&scan->input, scan->stored.data, scan->stored.len);
    }
    drop(scan);
    if (status != LADLE_OK) {
        return ladle_scan_fail(scan, status, ladle_status_text(status));
    }
    return ladle_scan_search(scan);
}

ladle_status ladle_scan_settle(struct ladle_scan *scan, ladle_status status)
{
    if (status == LADLE_E_MEMORY) {
        return ladle_scan_fail(scan, status, ladle_status_text(status));
    }
    if (status == LADLE_E_CORRUPT && scan->is_open && scan->found.magic == LADLE_MAGIC_NONE) {
        status = begin_search(scan);
    }
    if (status != LADLE_E_TRUNCATED || !scan->is_live) {
        return status;
    }
    if (ladle_input_has_places(&scan->input)) {
        ladle_scan_move(scan, scan->block_offset);
    }
    return LADLE_WAIT;
}

uint64_t ladle_scan_adopt(struct ladle_scan *scan)
{
    struct ladle_segment *segment = &scan->segment;
    struct ladle_found *found = &scan->found;
    if (found->is_next) {
        *segment = (struct ladle_segment){.offset = scan->search.begin,
                                          .first_record = ladle_scan_record(scan),
                                          .salt = found->salt};
    }
    uint64_t lost = found->record_count == LADLE_UNKNOWN
                        ? LADLE_UNKNOWN
                        : found->record_count - segment->record_count;
    segment->record_count = lost == LADLE_UNKNOWN ? found->least_count : found->record_count;
    segment->block_count = LADLE_UNKNOWN;
    segment->checkpoint_offset = LADLE_UNKNOWN;
    segment->checkpoint_end = LADLE_UNKNOWN;
    segment->is_begun = true;
    segment->is_complete = found->magic == LADLE_MAGIC_FILE;
    found->magic = LADLE_MAGIC_NONE;
    return lost;
}

bool ladle_scan_pass(struct ladle_scan *scan, uint64_t record)
{
    const struct ladle_found *found = &scan->found;
    bool is_on_the_way = ladle_scan_record(scan) < record && found->magic != LADLE_MAGIC_NONE &&
                         found->record_count != LADLE_UNKNOWN && !found->is_next &&
                         found->record_count <= record - scan->segment.first_record;
    if (is_on_the_way) {
        (void)ladle_scan_adopt(scan);
    }
    return is_on_the_way;
}

bool ladle_scan_doubt(struct ladle_scan *scan, ladle_status status)
{
    bool is_unread = status == LADLE_WAIT ||
                     (status == LADLE_E_CORRUPT && scan->found.magic != LADLE_MAGIC_NONE);
    bool may_be_stale = is_unread && scan->is_live && ladle_input_has_places(&scan->input) &&
                        scan->doubted_offset != scan->block_offset;
    if (may_be_stale) {
        scan->doubted_offset = scan->block_offset;
        scan->found.magic = LADLE_MAGIC_NONE;
        ladle_scan_move(scan, scan->block_offset);
    }
    return may_be_stale;
}
