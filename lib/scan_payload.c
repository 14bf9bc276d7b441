/* SPDX-License-Identifier: BSD-2-Clause */
#include "scan_payload.h"

#include "block_decode.h"
#include "scan_damage.h"
#include "status.h"

/*
 * Stored bytes are read in steps of this length, so that memory is taken as they come and not as a
 * header promises them; and this much is kept from one block to the next.
 */
#define STEP_LEN ((size_t)4 << 20)

/*
 * Read the payload, and the beginning of the next item along with it.
 */
static ladle_status read_payload(struct ladle_scan *scan)
{
    ladle_buffer *stored = &scan->stored;
    size_t len = scan->header.stored_len;
    size_t extra = ladle_input_has_places(&scan->input) ? LADLE_HEADER_LEN : 0;
    while (stored->len < len) {
        size_t left = len - stored->len;
        size_t step = left < STEP_LEN ? left : STEP_LEN;
        size_t most = step == left ? step + extra : step;
        size_t got;
        LADLE_TRY(ladle_buffer_reserve(stored, most));
        LADLE_TRY(ladle_input_read(&scan->input, stored->data + stored->len, step, most, &got,
                                   &scan->failure));
        stored->len += got;
        if (got < step) {
            return ladle_scan_fail_truncated(scan);
        }
    }
    scan->head_len = stored->len - len;
    if (scan->head_len) {
        memcpy(scan->head, stored->data + len, scan->head_len);
    }
    stored->len = len;
    return LADLE_OK;
}

/*
 * The beginning of the payload is in scan->head.
 */
static ladle_status begin_payload(struct ladle_scan *scan)
{
    ladle_buffer *stored = &scan->stored;
    size_t len = scan->header.stored_len;
    if (stored->capacity > STEP_LEN && len < STEP_LEN) {
        ladle_buffer_free(stored);
    }
    size_t from_head = scan->head_len < len ? scan->head_len : len;
    LADLE_TRY(ladle_buffer_reserve(stored, from_head + 1)); /* no NULL, for arithmetic */
    LADLE_TRY(ladle_buffer_put(stored, scan->head, from_head));
    ladle_scan_use_head(scan, from_head);
    return LADLE_OK;
}

/*
 * The block at hand was gone through.
 */
static void pass_block(struct ladle_scan *scan)
{
    struct ladle_segment *segment = &scan->segment;
    const struct ladle_block_header *header = &scan->header;
    scan->has_header = false;
    segment->is_begun = true;
    segment->is_complete = false;
    if (header->type == LADLE_BLOCK_DATA) {
        segment->record_count += header->record_count;
        segment->block_count += segment->block_count != LADLE_UNKNOWN;
    } else if (header->type == LADLE_BLOCK_CHECKPOINT) {
        segment->checkpoint_offset = ladle_scan_place(scan);
        segment->checkpoint_end =
            segment->checkpoint_offset + LADLE_BLOCK_HEADER_LEN + header->stored_len;
    }
}

static ladle_status read_whole(struct ladle_scan *scan)
{
    if (scan->stored.len == 0) {
        LADLE_TRY(begin_payload(scan));
    }
    return scan->stored.len < scan->header.stored_len ? read_payload(scan) : LADLE_OK;
}

static ladle_status get_payload(struct ladle_scan *scan)
{
    const char *why;
    LADLE_TRY(read_whole(scan));
    ladle_status status = ladle_block_verify(&scan->header, scan->stored.data, &why);
    if (status != LADLE_OK) {
        return ladle_scan_fail(scan, status, why);
    }
    pass_block(scan);
    return LADLE_OK;
}

ladle_status ladle_scan_payload(struct ladle_scan *scan)
{
    return ladle_scan_settle(scan, get_payload(scan));
}

ladle_status ladle_scan_hold(struct ladle_scan *scan)
{
    size_t len = scan->header.stored_len;
    if (!ladle_input_has_places(&scan->input)) {
        return ladle_scan_settle(scan, read_whole(scan));
    }
    ladle_status status = ladle_buffer_reserve(&scan->stored, len + 1);
    if (status == LADLE_OK) {
        scan->got_len = scan->head_len < len ? scan->head_len : len;
        scan->wanted_len = 0;
        memcpy(scan->stored.data, scan->head, scan->got_len);
    }
    return ladle_scan_settle(scan, status);
}

ladle_status ladle_scan_get(void *ctx, size_t offset, size_t len)
{
    struct ladle_scan *scan = ctx;
    size_t end = offset + len;
    size_t begin = offset > scan->got_len ? offset : scan->got_len;
    size_t got = 0;
    if (offset == scan->wanted_len) {
        scan->wanted_len = end;
    }
    if (!ladle_input_has_places(&scan->input) || end <= begin) {
        return LADLE_OK;
    }
    LADLE_TRY(ladle_input_read_at(&scan->input, scan->stored.data + begin, end - begin,
                                  scan->block_offset + LADLE_BLOCK_HEADER_LEN + begin, &got,
                                  &scan->failure));
    return got == end - begin ? LADLE_OK : ladle_scan_fail_truncated(scan);
}

ladle_status ladle_scan_release(struct ladle_scan *scan, ladle_status status, const char *why)
{
    if (status == LADLE_E_CORRUPT) {
        return ladle_scan_settle(scan, ladle_scan_fail(scan, status, why));
    }
    if (status != LADLE_OK && status != LADLE_E_UNSUPPORTED) {
        return ladle_scan_settle(scan, status);
    }
    if (ladle_input_has_places(&scan->input)) {
        scan->input.offset =
            scan->block_offset + LADLE_BLOCK_HEADER_LEN + (uint64_t)scan->header.stored_len;
        scan->head_len = 0;
        scan->lead_len =
            scan->wanted_len < LADLE_LEAD_LEN_MAX ? scan->wanted_len : LADLE_LEAD_LEN_MAX;
    }
    pass_block(scan);
    return status == LADLE_OK ? LADLE_OK : ladle_scan_refuse(scan, status, why);
}

ladle_status ladle_scan_leave_out(struct ladle_scan *scan)
{
    uint64_t left = scan->header.stored_len;
    size_t from_head = scan->head_len < left ? scan->head_len : (size_t)left;
    ladle_scan_use_head(scan, from_head);
    left -= from_head;
    if (left && ladle_input_has_places(&scan->input)) {
        scan->input.offset += left;
        left = 0;
    }
    scan->stored.len = 0;
    while (left) {
        size_t step = left < STEP_LEN ? (size_t)left : STEP_LEN;
        size_t got;
        LADLE_TRY(ladle_buffer_reserve(&scan->stored, step));
        LADLE_TRY(
            ladle_input_read(&scan->input, scan->stored.data, step, step, &got, &scan->failure));
        if (got < step) {
            return ladle_scan_fail_truncated(scan);
        }
        left -= got;
    }
    pass_block(scan);
    return LADLE_OK;
}

ladle_status ladle_scan_skip(struct ladle_scan *scan)
{
    return ladle_scan_settle(scan, ladle_scan_leave_out(scan));
}

ladle_status ladle_scan_refuse(struct ladle_scan *scan, ladle_status status, const char *why)
{
    scan->lost = scan->header.record_count;
    return ladle_fail(&scan->failure, status, scan->block_offset,
                      ladle_scan_record(scan) - scan->lost, "%s",
                      status == LADLE_E_MEMORY ? ladle_status_text(status) : why);
}
