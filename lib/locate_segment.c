/* SPDX-License-Identifier: BSD-2-Clause */
#include "locate_segment.h"

#include "metadata.h"
#include "status.h"

static ladle_status fail(ladle_error *error, ladle_status status, uint64_t offset, const char *why)
{
    return ladle_fail(error, status, offset, LADLE_UNKNOWN, "%s", why);
}

void ladle_locator_init(struct ladle_locator *locator, const struct ladle_input *input,
                        struct ladle_block_decoder *decoder, const ladle_limits *limits,
                        const ladle_allocator *allocator)
{
    *locator = (struct ladle_locator){.max_depth = limits->max_depth,
                                      .metadata = {.allocator = allocator}};
    ladle_index_init(&locator->index, input, decoder, limits->max_record, allocator);
}

static void forget(struct ladle_locator *locator)
{
    ladle_pages_forget(&locator->index.pages);
    ladle_buffer_free(&locator->metadata);
    locator->segments_kept = 0;
    locator->segment_count = 0;
    locator->segment_stride = 1;
    locator->is_open = false;
    locator->is_walked = false;
}

void ladle_locator_free(struct ladle_locator *locator)
{
    forget(locator);
    ladle_index_free(&locator->index);
}

/*
 * The metadata of a segment under those of the segments behind it. Damage is for whoever reads the
 * segment to report.
 */
static ladle_status add_metadata(struct ladle_locator *locator,
                                 const struct ladle_segment_end *segment, ladle_error *error)
{
    struct ladle_block_header header;
    struct ladle_stream bytes = {.len = 0};
    uint8_t head[LADLE_BLOCK_HEADER_LEN];
    const char *why;
    size_t got;
    LADLE_TRY(ladle_input_read_at(locator->index.input, head, sizeof head,
                                  segment->offset + LADLE_HEADER_LEN, &got, error));
    if (got < sizeof head ||
        ladle_block_header_load(head, segment->salt, LADLE_HEADER_LEN, &header, &why) != LADLE_OK ||
        header.type != LADLE_BLOCK_METADATA) {
        return LADLE_OK;
    }
    ladle_buffer merged = {.allocator = locator->index.allocator};
    ladle_status status = ladle_index_content(&locator->index, segment, LADLE_HEADER_LEN,
                                              LADLE_BLOCK_METADATA, &header, &bytes, error);
    if (status == LADLE_OK) {
        status = ladle_metadata_merge(&merged, bytes.data, bytes.len, locator->max_depth);
    }
    if (status == LADLE_OK && locator->metadata.len) {
        status = ladle_metadata_merge(&merged, locator->metadata.data, locator->metadata.len,
                                      locator->max_depth);
    }
    if (status == LADLE_OK) {
        ladle_buffer_free(&locator->metadata);
        locator->metadata = merged;
        return LADLE_OK;
    }
    ladle_buffer_free(&merged);
    if (status == LADLE_E_MEMORY) {
        return fail(error, status, LADLE_UNKNOWN, ladle_status_text(status));
    }
    return status == LADLE_E_CORRUPT || status == LADLE_E_UNSUPPORTED ? LADLE_OK : status;
}

/*
 * Keep a segment, and if there is no room for it every second one of those kept.
 */
static void keep_segment(struct ladle_locator *locator, const struct ladle_located_segment *segment)
{
    if (locator->segment_count++ % locator->segment_stride) {
        return;
    }
    if (locator->segments_kept == LADLE_SEGMENTS_KEPT) {
        for (uint32_t i = 0; i < LADLE_SEGMENTS_KEPT / 2; i++) {
            locator->segments[i] = locator->segments[2 * (size_t)i];
        }
        locator->segments_kept = LADLE_SEGMENTS_KEPT / 2;
        locator->segment_stride *= 2;
    }
    locator->segments[locator->segments_kept++] = *segment;
}

static ladle_status walked_before(const struct ladle_locator *locator,
                                  const struct ladle_located_segment *segment,
                                  struct ladle_located_segment *before)
{
    uint32_t i = 0;
    while (locator->segments[i].end.offset != segment->end.offset) {
        i++;
    }
    *before = locator->segments[i + 1];
    return LADLE_OK;
}

ladle_status ladle_locator_before(struct ladle_locator *locator,
                                  const struct ladle_located_segment *segment,
                                  struct ladle_located_segment *before, ladle_error *error)
{
    uint64_t records_behind = segment->records_behind + segment->end.record_count;
    if (segment->end.offset == 0) {
        return LADLE_END;
    }
    if (locator->is_walked) {
        return walked_before(locator, segment, before);
    }
    ladle_status status =
        ladle_find_complete(locator->index.input, segment->end.offset, &before->end, error);
    before->records_behind = records_behind;
    if (status != LADLE_END) {
        return status;
    }
    return fail(error, LADLE_E_CORRUPT, segment->end.offset,
                "a part of the file ends before its writer completed it");
}

/*
 * What the last checkpoint of a segment tells: the largest block, and how many records a trailer
 * must count, for much is sized by that number before a record is read.
 */
static ladle_status take_totals(struct ladle_locator *locator,
                                const struct ladle_segment_end *segment, ladle_error *error)
{
    struct ladle_checkpoint_parts parts;
    uint64_t end;
    if (segment->checkpoint_offset == 0) {
        return LADLE_OK;
    }
    ladle_status status = ladle_index_checkpoint(&locator->index, segment,
                                                 segment->checkpoint_offset, &parts, &end, error);
    if (status == LADLE_E_CORRUPT || status == LADLE_E_UNSUPPORTED) {
        return LADLE_OK; /* blocks are found by their headers then */
    }
    LADLE_TRY(status);
    if (!locator->is_walked && segment->is_complete &&
        parts.totals.record_count != segment->record_count) {
        return fail(error, LADLE_E_CORRUPT, segment->offset + segment->end,
                    "a trailer does not fit its checkpoint");
    }
    if (locator->decoded_len_max == LADLE_UNKNOWN ||
        locator->decoded_len_max < parts.totals.decoded_len_max) {
        locator->decoded_len_max = parts.totals.decoded_len_max;
    }
    return LADLE_OK;
}

/*
 * What stands behind the last intact item of an unfinished file: nothing, or a torn tail, unless
 * something between is damaged.
 */
static ladle_status check_tail(const struct ladle_locator *locator,
                               const struct ladle_segment_end *last, ladle_error *error)
{
    struct ladle_place place = ladle_place_of_end(last, 0);
    struct ladle_scan scan;
    ladle_source source = locator->index.input->source;
    source.close = NULL;
    ladle_scan_init(&scan, &source, locator->index.max_record, false, locator->index.allocator);
    scan.is_open = true;
    ladle_scan_go(&scan, &place);
    ladle_status status = ladle_scan_next(&scan);
    if (status == LADLE_OK) {
        status = ladle_scan_payload(&scan);
    }
    if (status < 0 && status != LADLE_E_TRUNCATED) {
        scan.failure.record = LADLE_UNKNOWN;
        *error = scan.failure;
    }
    ladle_scan_free(&scan);
    return status == LADLE_E_TRUNCATED || status > 0 ? LADLE_OK : status;
}

/*
 * The last segment: complete at the end of the file, and standing on complete ones; else searched.
 */
static ladle_status find_last(struct ladle_locator *locator, struct ladle_segment_end *last,
                              ladle_error *error)
{
    ladle_status status = ladle_find_complete(locator->index.input, locator->file_len, last, error);
    if (status == LADLE_OK) {
        status = ladle_check_chain(locator->index.input, last, error);
    }
    if (status != LADLE_END) {
        return status;
    }
    LADLE_TRY(ladle_find_end(locator->index.input, locator->file_len, locator->index.max_record,
                             &locator->index.stored, last, error));
    return check_tail(locator, last, error);
}

static void begin_segments(struct ladle_locator *locator, const struct ladle_segment_end *last)
{
    locator->complete_len = last->offset + last->end;
    locator->is_complete = last->is_complete && locator->complete_len == locator->file_len;
}

/*
 * The next segment, from the last one on.
 */
static ladle_status take_segment(struct ladle_locator *locator,
                                 const struct ladle_located_segment *segment, ladle_error *error)
{
    keep_segment(locator, segment);
    locator->record_count = segment->records_behind + segment->end.record_count;
    LADLE_TRY(take_totals(locator, &segment->end, error));
    return add_metadata(locator, &segment->end, error);
}

static ladle_status follow_trailers(struct ladle_locator *locator, ladle_error *error)
{
    struct ladle_located_segment segment = {.records_behind = 0};
    LADLE_TRY(find_last(locator, &segment.end, error));
    begin_segments(locator, &segment.end);
    ladle_status status = LADLE_OK;
    while (status == LADLE_OK) {
        LADLE_TRY(take_segment(locator, &segment, error));
        struct ladle_located_segment before;
        status = ladle_locator_before(locator, &segment, &before, error);
        segment = before;
    }
    return status == LADLE_END ? LADLE_OK : status;
}

/*
 * Put the segments into the end of the array, the last one first. LADLE_E_CORRUPT when there is no
 * room.
 */
static ladle_status walk_segments(struct ladle_locator *locator, uint32_t *count,
                                  ladle_error *error)
{
    struct ladle_walk walk;
    struct ladle_segment_end end;
    ladle_walk_init(&walk, locator->index.input, locator->index.max_record,
                    locator->index.allocator);
    ladle_status status = ladle_walk_next(&walk, &end, error);
    for (*count = 0; status == LADLE_OK && *count < LADLE_SEGMENTS_KEPT; ++*count) {
        locator->segments[LADLE_SEGMENTS_KEPT - 1 - *count].end = end;
        status = ladle_walk_next(&walk, &end, error);
    }
    ladle_walk_free(&walk);
    if (status == LADLE_OK) {
        *error = locator->damage;
        return LADLE_E_CORRUPT;
    }
    return status == LADLE_END ? LADLE_OK : status;
}

/*
 * Trailers do not lead to all segments: go through the headers of all blocks.
 */
static ladle_status follow_headers(struct ladle_locator *locator, ladle_error *error)
{
    uint32_t count;
    struct ladle_located_segment segment = {.records_behind = 0};
    locator->damage = *error;
    forget(locator);
    LADLE_TRY(walk_segments(locator, &count, error));
    uint32_t next = LADLE_SEGMENTS_KEPT - count;
    LADLE_TRY(ladle_find_end_of(locator->index.input, locator->file_len, locator->index.max_record,
                                &locator->index.stored, &locator->segments[next].end, error));
    begin_segments(locator, &locator->segments[next].end);
    locator->is_walked = true;
    for (; next < LADLE_SEGMENTS_KEPT; next++) {
        segment.end = locator->segments[next].end;
        LADLE_TRY(take_segment(locator, &segment, error));
        segment.records_behind += segment.end.record_count;
    }
    locator->decoded_len_max = LADLE_UNKNOWN;
    return LADLE_OK;
}

ladle_status ladle_locator_open(struct ladle_locator *locator, ladle_error *error)
{
    ladle_error *failure = &locator->failure;
    forget(locator);
    locator->decoded_len_max = LADLE_UNKNOWN;
    ladle_status status = ladle_input_size(locator->index.input, &locator->file_len, failure);
    if (status == LADLE_OK) {
        status = follow_trailers(locator, failure);
    }
    if (status == LADLE_E_CORRUPT) {
        status = follow_headers(locator, failure);
    }
    locator->is_open = status == LADLE_OK;
    return ladle_locator_report(locator, status, error);
}
