/* SPDX-License-Identifier: BSD-2-Clause */
#include "locate.h"

#include "alloc.h"
#include "metadata.h"
#include "status.h"

static ladle_status fail(ladle_error *error, ladle_status status, uint64_t offset, const char *why)
{
    return ladle_fail(error, status, offset, LADLE_UNKNOWN, "%s", why);
}

static ladle_status fail_memory(ladle_error *error)
{
    return fail(error, LADLE_E_MEMORY, LADLE_UNKNOWN, ladle_status_text(LADLE_E_MEMORY));
}

void ladle_locator_init(struct ladle_locator *locator, const struct ladle_input *input,
                        struct ladle_block_decoder *decoder, const ladle_limits *limits,
                        const ladle_allocator *allocator)
{
    *locator = (struct ladle_locator){.allocator = allocator,
                                      .input = input,
                                      .max_record = limits->max_record,
                                      .max_depth = limits->max_depth,
                                      .decoder = decoder,
                                      .stored = {.allocator = allocator},
                                      .metadata = {.allocator = allocator}};
    ladle_block_init(&locator->content, allocator);
}

static void page_free(struct ladle_locator *locator, struct ladle_page *page)
{
    ladle_free(locator->allocator, page->entries, page->capacity, sizeof *page->entries);
    *page = (struct ladle_page){.used = 0};
}

static void forget(struct ladle_locator *locator)
{
    for (size_t i = 0; i < LADLE_PAGE_COUNT; i++) {
        page_free(locator, &locator->pages[i]);
    }
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
    ladle_block_free(&locator->content);
    ladle_buffer_free(&locator->stored);
}

/*
 * The bytes of a block that holds no records.
 */
static ladle_status read_content(struct ladle_locator *locator,
                                 const struct ladle_segment_end *segment, uint64_t offset,
                                 uint8_t type, struct ladle_block_header *header,
                                 struct ladle_stream *bytes, ladle_error *error)
{
    const char *why = "a block of the index is damaged";
    uint64_t offset_in_file = segment->offset + offset;
    ladle_status status = ladle_read_block_at(locator->input, segment, offset, locator->max_record,
                                              &locator->stored, header, error);
    if (status < 0) {
        return status;
    }
    if (status == LADLE_END || header->type != type) {
        return fail(error, LADLE_E_CORRUPT, offset_in_file, why);
    }
    status = ladle_block_decode_bytes(&locator->content, locator->decoder, header,
                                      locator->stored.data + LADLE_BLOCK_HEADER_LEN, bytes, &why);
    return status == LADLE_OK ? LADLE_OK : fail(error, status, offset_in_file, why);
}

ladle_status ladle_locator_checkpoint(struct ladle_locator *locator,
                                      const struct ladle_segment_end *segment, uint64_t offset,
                                      struct ladle_checkpoint_parts *parts, uint64_t *end,
                                      ladle_error *error)
{
    struct ladle_block_header header;
    struct ladle_stream bytes = {.len = 0};
    LADLE_TRY(
        read_content(locator, segment, offset, LADLE_BLOCK_CHECKPOINT, &header, &bytes, error));
    ladle_status status = ladle_checkpoint_parse(bytes.data, bytes.len, offset, parts);
    if (status == LADLE_OK && (parts->totals.record_count != header.first_record ||
                               parts->listed_count > LADLE_PAGE_BLOCKS)) {
        status = LADLE_E_CORRUPT;
    }
    if (status != LADLE_OK) {
        return fail(error, status, segment->offset + offset,
                    "a checkpoint breaks the rules of the format");
    }
    *end = offset + LADLE_BLOCK_HEADER_LEN + header.stored_len;
    return LADLE_OK;
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
    LADLE_TRY(ladle_input_read_at(locator->input, head, sizeof head,
                                  segment->offset + LADLE_HEADER_LEN, &got, error));
    if (got < sizeof head ||
        ladle_block_header_load(head, segment->salt, LADLE_HEADER_LEN, &header, &why) != LADLE_OK ||
        header.type != LADLE_BLOCK_METADATA) {
        return LADLE_OK;
    }
    ladle_buffer merged = {.allocator = locator->allocator};
    ladle_status status = read_content(locator, segment, LADLE_HEADER_LEN, LADLE_BLOCK_METADATA,
                                       &header, &bytes, error);
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
        return fail_memory(error);
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
        ladle_find_complete(locator->input, segment->end.offset, &before->end, error);
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
    ladle_status status =
        ladle_locator_checkpoint(locator, segment, segment->checkpoint_offset, &parts, &end, error);
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

struct ladle_place ladle_place_at(const struct ladle_segment_end *segment, uint64_t offset,
                                  uint64_t first_record, uint64_t record_count)
{
    return (struct ladle_place){.offset = segment->offset + offset,
                                .segment = {.offset = segment->offset,
                                            .first_record = first_record,
                                            .record_count = record_count,
                                            .block_count = LADLE_UNKNOWN,
                                            .checkpoint_offset = LADLE_UNKNOWN,
                                            .checkpoint_end = LADLE_UNKNOWN,
                                            .salt = segment->salt,
                                            .is_begun = true}};
}

struct ladle_place ladle_place_of_start(const struct ladle_segment_end *segment,
                                        uint64_t first_record)
{
    struct ladle_place place = ladle_place_at(segment, LADLE_HEADER_LEN, first_record, 0);
    place.segment.block_count = 0;
    place.segment.checkpoint_offset = 0;
    place.segment.checkpoint_end = 0;
    place.segment.is_begun = false;
    return place;
}

static struct ladle_place place_of_end(const struct ladle_segment_end *last, uint64_t first_record)
{
    if (last->end == LADLE_HEADER_LEN) {
        return ladle_place_of_start(last, first_record);
    }
    struct ladle_place place = ladle_place_at(last, last->end, first_record, last->record_count);
    place.segment.is_complete = last->is_complete;
    place.segment.checkpoint_offset = last->checkpoint_offset;
    return place;
}

/*
 * What stands behind the last intact item of an unfinished file: nothing, or a torn tail, unless
 * something between is damaged.
 */
static ladle_status check_tail(const struct ladle_locator *locator,
                               const struct ladle_segment_end *last, ladle_error *error)
{
    struct ladle_place place = place_of_end(last, 0);
    struct ladle_scan scan;
    ladle_source source = locator->input->source;
    source.close = NULL;
    ladle_scan_init(&scan, &source, locator->max_record, false, locator->allocator);
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
    ladle_status status = ladle_find_complete(locator->input, locator->file_len, last, error);
    if (status == LADLE_OK) {
        status = ladle_check_chain(locator->input, last, error);
    }
    if (status != LADLE_END) {
        return status;
    }
    LADLE_TRY(ladle_find_end(locator->input, locator->file_len, locator->max_record,
                             &locator->stored, last, error));
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
    ladle_walk_init(&walk, locator->input, locator->max_record, locator->allocator);
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
    LADLE_TRY(ladle_find_end_of(locator->input, locator->file_len, locator->max_record,
                                &locator->stored, &locator->segments[next].end, error));
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

/*
 * A call of this module failed: its caller may want no details.
 */
static ladle_status report(const struct ladle_locator *locator, ladle_status status,
                           ladle_error *error)
{
    if (status != LADLE_OK && error) {
        *error = locator->failure;
    }
    return status;
}

ladle_status ladle_locator_open(struct ladle_locator *locator, ladle_error *error)
{
    forget(locator);
    locator->decoded_len_max = LADLE_UNKNOWN;
    ladle_status status = ladle_input_size(locator->input, &locator->file_len, &locator->failure);
    if (status == LADLE_OK) {
        status = follow_trailers(locator, &locator->failure);
    }
    if (status == LADLE_E_CORRUPT) {
        status = follow_headers(locator, &locator->failure);
    }
    locator->is_open = status == LADLE_OK;
    return report(locator, status, error);
}

/*
 * The segment that has a record, and the number in the file of its first record.
 */
static ladle_status find_segment(struct ladle_locator *locator, uint64_t record,
                                 struct ladle_located_segment *segment, uint64_t *first_record,
                                 ladle_error *error)
{
    uint64_t total = locator->record_count;
    uint32_t low = 0;
    uint32_t high = locator->segments_kept - 1;
    /* Kept from the last to the first: find the last one that begins behind the record. */
    while (low < high) {
        uint32_t middle = low + (high - low + 1) / 2;
        const struct ladle_located_segment *kept = &locator->segments[middle];
        if (total - kept->records_behind - kept->end.record_count > record) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    *segment = locator->segments[low];
    if (locator->segment_stride == 1 && low + 1 < locator->segments_kept &&
        total - segment->records_behind - segment->end.record_count > record) {
        *segment = locator->segments[low + 1];
    }
    for (;;) {
        *first_record = total - segment->records_behind - segment->end.record_count;
        if (*first_record <= record) {
            return LADLE_OK;
        }
        struct ladle_located_segment before;
        ladle_status status = ladle_locator_before(locator, segment, &before, error);
        if (status != LADLE_OK) {
            return status == LADLE_END ? fail(error, LADLE_E_CORRUPT, 0, "the file was changed")
                                       : status;
        }
        *segment = before;
    }
}

static struct ladle_page *find_page(struct ladle_locator *locator, uint64_t segment_offset,
                                    uint64_t record)
{
    for (size_t i = 0; i < LADLE_PAGE_COUNT; i++) {
        struct ladle_page *page = &locator->pages[i];
        if (page->used && page->segment_offset == segment_offset && page->first_record <= record &&
            record < page->record_count) {
            page->used = ++locator->uses;
            return page;
        }
    }
    return NULL;
}

/*
 * An empty page in the place of the one that was not used for the longest time. NULL without
 * memory.
 */
static struct ladle_page *new_page(struct ladle_locator *locator,
                                   const struct ladle_segment_end *segment, uint64_t first_record,
                                   uint32_t capacity)
{
    struct ladle_page *page = &locator->pages[0];
    for (size_t i = 1; i < LADLE_PAGE_COUNT; i++) {
        page = locator->pages[i].used < page->used ? &locator->pages[i] : page;
    }
    page_free(locator, page);
    page->entries = ladle_alloc(locator->allocator, capacity, sizeof *page->entries);
    if (!page->entries) {
        return NULL;
    }
    page->used = ++locator->uses;
    page->capacity = capacity;
    page->segment_offset = segment->offset;
    page->first_record = first_record;
    page->record_count = first_record;
    page->stride = 1;
    return page;
}

/*
 * 'seen' counts the blocks of the page.
 */
static void add_entry(struct ladle_page *page, uint64_t *seen, uint64_t offset,
                      uint64_t record_count)
{
    if ((*seen)++ % page->stride == 0) {
        if (page->count == page->capacity) {
            for (uint32_t i = 0; i < page->count / 2; i++) {
                page->entries[i] = page->entries[2 * (size_t)i];
            }
            page->count /= 2;
            page->stride *= 2;
        }
        page->entries[page->count++] =
            (struct ladle_page_entry){.first_record = page->record_count, .offset = offset};
    }
    page->record_count += record_count;
}

static ladle_status page_of_checkpoint(struct ladle_locator *locator,
                                       const struct ladle_segment_end *segment,
                                       struct ladle_checkpoint_parts *parts,
                                       struct ladle_page **page, ladle_error *error)
{
    struct ladle_listed_block block = {.first_record = parts->first_record};
    uint64_t seen = 0;
    *page = new_page(locator, segment, parts->first_record, (uint32_t)parts->listed_count);
    if (!*page) {
        return fail_memory(error);
    }
    while (ladle_checkpoint_next_block(parts, &block)) {
        add_entry(*page, &seen, block.offset, block.record_count);
    }
    return LADLE_OK;
}

/*
 * The page of the blocks behind the last checkpoint, from their headers. It ends where one is
 * damaged.
 */
static ladle_status page_of_tail(struct ladle_locator *locator,
                                 const struct ladle_segment_end *segment, uint64_t offset,
                                 uint64_t first_record, struct ladle_page **page,
                                 ladle_error *error)
{
    uint64_t seen = 0;
    *page = new_page(locator, segment, first_record, LADLE_PAGE_BLOCKS);
    if (!*page) {
        return fail_memory(error);
    }
    while (offset < segment->end) {
        uint8_t bytes[LADLE_BLOCK_HEADER_LEN];
        struct ladle_block_header header;
        const char *why;
        size_t got;
        ladle_status status = ladle_input_read_at(locator->input, bytes, sizeof bytes,
                                                  segment->offset + offset, &got, error);
        if (status != LADLE_OK) {
            page_free(locator, *page);
            return status;
        }
        if (got < sizeof bytes ||
            ladle_block_header_load(bytes, segment->salt, offset, &header, &why) != LADLE_OK ||
            (header.type == LADLE_BLOCK_DATA && header.first_record != (*page)->record_count)) {
            break;
        }
        if (header.type == LADLE_BLOCK_DATA) {
            add_entry(*page, &seen, offset, header.record_count);
        }
        offset += LADLE_BLOCK_HEADER_LEN + (uint64_t)header.stored_len;
    }
    if ((*page)->count == 0) {
        page_free(locator, *page);
        *page = NULL;
    }
    return LADLE_OK;
}

/*
 * Which ancestor to go to for a record before the checkpoint: the one that lists it, or the nearest
 * behind that.
 */
static const struct ladle_ancestor *choose_ancestor(const struct ladle_checkpoint_parts *parts,
                                                    uint64_t record)
{
    for (uint32_t i = 0; i < parts->ancestor_count; i++) {
        if (parts->ancestors[i].first_record <= record) {
            return &parts->ancestors[i ? i - 1 : 0];
        }
    }
    return NULL;
}

/*
 * Go from checkpoint to checkpoint to the page that has a record; '*page' is NULL when none has.
 */
static ladle_status walk(struct ladle_locator *locator, const struct ladle_segment_end *segment,
                         uint64_t record, struct ladle_page **page, ladle_error *error)
{
    struct ladle_checkpoint_parts parts;
    struct ladle_ancestor expected = {.number = UINT64_MAX};
    uint64_t offset = segment->checkpoint_offset;
    uint64_t end = LADLE_HEADER_LEN;
    *page = NULL;
    if (offset == 0) {
        return page_of_tail(locator, segment, end, 0, page, error);
    }
    for (;;) {
        LADLE_TRY(ladle_locator_checkpoint(locator, segment, offset, &parts, &end, error));
        bool is_first = expected.number == UINT64_MAX;
        if (is_first && parts.totals.record_count <= record) {
            return page_of_tail(locator, segment, end, parts.totals.record_count, page, error);
        }
        if (!is_first &&
            (parts.totals.number != expected.number ||
             parts.first_record != expected.first_record || parts.totals.record_count <= record)) {
            break;
        }
        if (parts.first_record <= record) {
            return page_of_checkpoint(locator, segment, &parts, page, error);
        }
        const struct ladle_ancestor *next = choose_ancestor(&parts, record);
        if (!next || next->number >= parts.totals.number || next->offset >= offset) {
            break;
        }
        expected = *next;
        offset = expected.offset;
    }
    return fail(error, LADLE_E_CORRUPT, segment->offset + offset,
                "a checkpoint does not fit the ones behind it");
}

static const struct ladle_page_entry *find_entry(const struct ladle_page *page, uint64_t record)
{
    uint32_t low = 0;
    uint32_t high = page->count - 1;
    while (low < high) {
        uint32_t middle = low + (high - low + 1) / 2;
        if (page->entries[middle].first_record <= record) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return &page->entries[low];
}

static ladle_status locate(struct ladle_locator *locator, uint64_t record,
                           struct ladle_place *place, ladle_error *error)
{
    struct ladle_located_segment segment;
    uint64_t first_record;
    LADLE_TRY(find_segment(locator, record, &segment, &first_record, error));
    uint64_t in_segment = record - first_record;
    struct ladle_page *page = find_page(locator, segment.end.offset, in_segment);
    if (!page) {
        ladle_status status = walk(locator, &segment.end, in_segment, &page, error);
        if (status != LADLE_OK && status != LADLE_E_CORRUPT && status != LADLE_E_UNSUPPORTED) {
            return status;
        }
    }
    if (page) {
        const struct ladle_page_entry *entry = find_entry(page, in_segment);
        *place = ladle_place_at(&segment.end, entry->offset, first_record, entry->first_record);
    } else {
        *place = ladle_place_of_start(&segment.end, first_record);
    }
    return LADLE_OK;
}

ladle_status ladle_locate(struct ladle_locator *locator, uint64_t record, struct ladle_place *place,
                          ladle_error *error)
{
    if (record >= locator->record_count) {
        const struct ladle_segment_end *last = &locator->segments[0].end;
        *place = place_of_end(last, locator->record_count - last->record_count);
        return LADLE_OK;
    }
    return report(locator, locate(locator, record, place, &locator->failure), error);
}
