/* SPDX-License-Identifier: BSD-2-Clause */
#include "scan.h"

#include "block_decode.h"
#include "limit.h"
#include "status.h"

#include <stdio.h>

/*
 * Stored bytes are read in steps of this length, so that memory is taken as they come and not as a
 * header promises them; and this much is kept from one block to the next.
 */
#define STEP_LEN ((size_t)4 << 20)

void ladle_scan_init(struct ladle_scan *scan, const ladle_source *source, uint64_t max_record,
                     bool is_live, const ladle_allocator *allocator)
{
    *scan = (struct ladle_scan){.max_record = max_record,
                                .is_live = is_live,
                                .stored = {.allocator = allocator},
                                .search = {.window = {.allocator = allocator}}};
    ladle_input_init(&scan->input, source, allocator);
}

void ladle_scan_free(struct ladle_scan *scan)
{
    ladle_input_close(&scan->input);
    ladle_buffer_free(&scan->stored);
    ladle_search_end(&scan->search);
}

uint64_t ladle_scan_record(const struct ladle_scan *scan)
{
    return scan->segment.first_record + scan->segment.record_count;
}

/*
 * The place in the file of the next item.
 */
static uint64_t item_offset(const struct ladle_scan *scan)
{
    return scan->input.offset - scan->head_len;
}

static uint64_t offset_in_segment(const struct ladle_scan *scan)
{
    return scan->block_offset - scan->segment.offset;
}

static ladle_status fail(struct ladle_scan *scan, ladle_status status, const char *why)
{
    return ladle_fail(&scan->failure, status, scan->block_offset, ladle_scan_record(scan), "%s",
                      why);
}

static ladle_status fail_truncated(struct ladle_scan *scan)
{
    return fail(scan, LADLE_E_TRUNCATED, "the file ends before its writer completed it");
}

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

static void use_head(struct ladle_scan *scan, size_t len)
{
    scan->head_len -= len;
    memmove(scan->head, scan->head + len, scan->head_len);
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
        return fail(scan, status, why);
    }
    if (scan->is_open && !scan->segment.is_complete) {
        scan->found = (struct ladle_found){.magic = LADLE_MAGIC_FILE,
                                           .record_count = LADLE_UNKNOWN,
                                           .least_count = scan->segment.record_count};
        return fail(scan, LADLE_E_CORRUPT,
                    "a part of the file ends before its writer completed it");
    }
    scan->segment = (struct ladle_segment){.offset = scan->block_offset,
                                           .first_record = ladle_scan_record(scan),
                                           .salt = ladle_salt(header.uuid),
                                           .block_len = header.block_len};
    use_head(scan, LADLE_HEADER_LEN);
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
    return scan->head_len < LADLE_HEADER_LEN ? fail_truncated(scan) : begin_segment(scan);
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
    uint64_t offset = offset_in_segment(scan);
    LADLE_TRY(fill_head(scan, LADLE_TRAILER_LEN));
    if (scan->head_len < LADLE_TRAILER_LEN) {
        return fail_truncated(scan);
    }
    ladle_status status = ladle_trailer_load(scan->head, segment->salt, offset, &trailer, &why);
    if (status != LADLE_OK) {
        return fail(scan, status, why);
    }
    if (trailer.record_count != segment->record_count || differs(segment->checkpoint_end, offset) ||
        differs(segment->checkpoint_offset, offset - trailer.checkpoint_distance)) {
        return fail(scan, LADLE_E_CORRUPT, "a trailer does not fit the blocks before it");
    }
    use_head(scan, LADLE_TRAILER_LEN);
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
        header->checkpoint_distance ? offset_in_segment(scan) - header->checkpoint_distance : 0;
    if (header->first_record != segment->record_count) {
        return fail(scan, LADLE_E_CORRUPT, "a block does not follow the one before it");
    }
    if (differs(segment->checkpoint_offset, latest)) {
        return fail(scan, LADLE_E_CORRUPT, "the header of a block breaks the rules of the format");
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
        return fail_truncated(scan);
    }
    ladle_status status = ladle_block_header_load(scan->head, scan->segment.salt,
                                                  offset_in_segment(scan), &scan->header, &why);
    if (status != LADLE_OK) {
        scan->can_leave_out = status == LADLE_E_UNSUPPORTED;
        return fail(scan, status, why);
    }
    LADLE_TRY(check_header(scan));
    use_head(scan, LADLE_BLOCK_HEADER_LEN);
    scan->has_header = true;
    return LADLE_OK;
}

static ladle_status next_header(struct ladle_scan *scan)
{
    while (!scan->has_header) {
        scan->block_offset = item_offset(scan);
        if (!scan->is_open) {
            LADLE_TRY(begin_file(scan));
            continue;
        }
        LADLE_TRY(fill_head(scan, LADLE_TRAILER_LEN));
        if (scan->head_len == 0 && scan->segment.is_complete) {
            return LADLE_END;
        }
        if (scan->head_len < LADLE_ALIGNMENT) {
            return fail_truncated(scan);
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
            return fail(scan, LADLE_E_CORRUPT,
                        "neither a block nor the end of the file is where one should be");
        }
    }
    return LADLE_OK;
}

/*
 * Forget what was read of the item at hand.
 */
static void drop_item(struct ladle_scan *scan)
{
    scan->head_len = 0;
    scan->stored.len = 0;
    scan->has_header = false;
}

/*
 * Look for something intact behind the damage: there is damage in the middle if there is, and a
 * torn tail if not.
 */
static ladle_status search(struct ladle_scan *scan)
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
        return fail(scan, status, ladle_status_text(status));
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
    drop_item(scan);
    if (status != LADLE_OK) {
        return fail(scan, status, ladle_status_text(status));
    }
    return search(scan);
}

/*
 * What a call came to. While the input may grow, the end of it is no error: what is read in order
 * goes on from there, what has places from the beginning of the item, for its bytes may be others
 * then.
 */
static ladle_status settle(struct ladle_scan *scan, ladle_status status)
{
    if (status == LADLE_E_MEMORY) {
        return fail(scan, status, ladle_status_text(status));
    }
    if (status == LADLE_E_CORRUPT && scan->is_open && scan->found.magic == LADLE_MAGIC_NONE) {
        status = begin_search(scan);
    }
    if (status != LADLE_E_TRUNCATED || !scan->is_live) {
        return status;
    }
    if (ladle_input_has_places(&scan->input)) {
        ladle_search_end(&scan->search);
        drop_item(scan);
        scan->is_searching = false;
        scan->input.offset = scan->block_offset;
    }
    return LADLE_WAIT;
}

ladle_status ladle_scan_next(struct ladle_scan *scan)
{
    scan->found.magic = LADLE_MAGIC_NONE;
    scan->can_leave_out = false;
    scan->lost = LADLE_UNKNOWN;
    scan->stored.len = scan->has_header ? scan->stored.len : 0;
    if (scan->is_searching) {
        ladle_status status = search(scan);
        return status == LADLE_E_TRUNCATED ? LADLE_WAIT : status;
    }
    return settle(scan, next_header(scan));
}

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
            return fail_truncated(scan);
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
    use_head(scan, from_head);
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
        segment->checkpoint_offset = offset_in_segment(scan);
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
        return fail(scan, status, why);
    }
    pass_block(scan);
    return LADLE_OK;
}

ladle_status ladle_scan_payload(struct ladle_scan *scan)
{
    return settle(scan, get_payload(scan));
}

ladle_status ladle_scan_hold(struct ladle_scan *scan)
{
    size_t len = scan->header.stored_len;
    if (!ladle_input_has_places(&scan->input)) {
        return settle(scan, read_whole(scan));
    }
    ladle_status status = ladle_buffer_reserve(&scan->stored, len + 1);
    if (status == LADLE_OK) {
        scan->got_len = scan->head_len < len ? scan->head_len : len;
        scan->wanted_len = 0;
        memcpy(scan->stored.data, scan->head, scan->got_len);
    }
    return settle(scan, status);
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
    return got == end - begin ? LADLE_OK : fail_truncated(scan);
}

ladle_status ladle_scan_release(struct ladle_scan *scan, ladle_status status, const char *why)
{
    if (status == LADLE_E_CORRUPT) {
        return settle(scan, fail(scan, status, why));
    }
    if (status != LADLE_OK && status != LADLE_E_UNSUPPORTED) {
        return settle(scan, status);
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

/*
 * Go over what is left of the payload.
 */
static ladle_status skip_payload(struct ladle_scan *scan)
{
    uint64_t left = scan->header.stored_len;
    size_t from_head = scan->head_len < left ? scan->head_len : (size_t)left;
    use_head(scan, from_head);
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
            return fail_truncated(scan);
        }
        left -= got;
    }
    pass_block(scan);
    return LADLE_OK;
}

ladle_status ladle_scan_skip(struct ladle_scan *scan)
{
    return settle(scan, skip_payload(scan));
}

ladle_status ladle_scan_refuse(struct ladle_scan *scan, ladle_status status, const char *why)
{
    scan->lost = scan->header.record_count;
    return ladle_fail(&scan->failure, status, scan->block_offset,
                      ladle_scan_record(scan) - scan->lost, "%s",
                      status == LADLE_E_MEMORY ? ladle_status_text(status) : why);
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

/*
 * Go on at what was found: it says what the state of its segment is. Returns how many records lie
 * between.
 */
static uint64_t adopt(struct ladle_scan *scan)
{
    struct ladle_segment *segment = &scan->segment;
    const struct ladle_found *found = &scan->found;
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
    return lost;
}

ladle_status ladle_scan_resume(struct ladle_scan *scan, uint64_t *lost)
{
    *lost = scan->lost;
    if (*lost != LADLE_UNKNOWN) {
        return LADLE_OK;
    }
    if (scan->can_leave_out) {
        *lost = scan->header.type == LADLE_BLOCK_DATA ? scan->header.record_count : 0;
        use_head(scan, LADLE_BLOCK_HEADER_LEN);
        return skip_payload(scan);
    }
    if (scan->found.magic == LADLE_MAGIC_NONE) {
        return LADLE_E_STATE;
    }
    *lost = adopt(scan);
    scan->found.magic = LADLE_MAGIC_NONE;
    return LADLE_OK;
}

bool ladle_scan_pass(struct ladle_scan *scan, uint64_t record)
{
    const struct ladle_found *found = &scan->found;
    bool is_on_the_way = ladle_scan_record(scan) < record && found->magic != LADLE_MAGIC_NONE &&
                         found->record_count != LADLE_UNKNOWN && !found->is_next &&
                         found->record_count <= record - scan->segment.first_record;
    if (is_on_the_way) {
        (void)adopt(scan);
        scan->found.magic = LADLE_MAGIC_NONE;
    }
    return is_on_the_way;
}

ladle_status ladle_scan_begin_anyhow(struct ladle_scan *scan)
{
    scan->segment = (struct ladle_segment){.is_complete = true};
    scan->is_open = true;
    return settle(scan, LADLE_E_CORRUPT);
}

struct ladle_place ladle_scan_tell(const struct ladle_scan *scan)
{
    return (struct ladle_place){.segment = scan->segment, .offset = item_offset(scan)};
}

void ladle_scan_go(struct ladle_scan *scan, const struct ladle_place *place)
{
    ladle_search_end(&scan->search);
    drop_item(scan);
    scan->is_searching = false;
    scan->segment = place->segment;
    scan->input.offset = place->offset;
}
