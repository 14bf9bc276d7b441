/* SPDX-License-Identifier: BSD-2-Clause */
#include "argument.h"
#include "reader_seek.h"

#include "limit.h"
#include "status.h"
#include <ladle/schema.h>

/*
 * A walk through the file beside that of the reader.
 */
static void begin_walk(const ladle_reader *reader, struct ladle_scan *scan)
{
    ladle_source source = reader->scan.input.source;
    source.close = NULL;
    ladle_scan_init(scan, &source, reader->limits.max_record, false, reader->allocator);
}

/*
 * Go on behind damage, and behind blocks that are refused. False where there is nothing more.
 */
static bool walk_on(struct ladle_scan *scan)
{
    uint64_t lost;
    return ladle_scan_resume(scan, &lost) == LADLE_OK;
}

/*
 * Which codecs the streams of a block have. A directory that is damaged tells of none.
 */
static ladle_status note_codecs(const struct ladle_scan *scan, ladle_buffer *directory,
                                uint32_t *codecs, ladle_error *error)
{
    size_t len = (size_t)scan->header.stream_count * LADLE_STREAM_ENTRY_LEN;
    size_t got;
    directory->len = 0;
    if (ladle_buffer_reserve(directory, len + 1) != LADLE_OK || !directory->data) {
        return ladle_fail(error, LADLE_E_MEMORY, LADLE_UNKNOWN, LADLE_UNKNOWN, "%s",
                          ladle_status_text(LADLE_E_MEMORY));
    }
    LADLE_TRY(ladle_input_read_at(&scan->input, directory->data, len,
                                  scan->block_offset + LADLE_BLOCK_HEADER_LEN, &got, error));
    if (got < len || ladle_crc32c(0, directory->data, len) != scan->header.directory_crc) {
        return LADLE_OK;
    }
    for (uint16_t i = 0; i < scan->header.stream_count; i++) {
        uint8_t codec = directory->data[(size_t)i * LADLE_STREAM_ENTRY_LEN + 12];
        *codecs |= codec < 32 ? (uint32_t)1 << codec : 0;
    }
    return LADLE_OK;
}

static ladle_status collect(struct ladle_scan *scan, ladle_buffer *directory, ladle_info *info,
                            ladle_error *error)
{
    for (;;) {
        ladle_status status = ladle_scan_next(scan);
        if (status == LADLE_OK && scan->header.type == LADLE_BLOCK_DATA) {
            uint64_t decoded_len = scan->header.decoded_len;
            LADLE_TRY(note_codecs(scan, directory, &info->codecs, error));
            info->block_count++;
            info->stored_len += LADLE_BLOCK_HEADER_LEN + (uint64_t)scan->header.stored_len;
            info->decoded_len += decoded_len;
            info->decoded_len_max =
                info->decoded_len_max < decoded_len ? decoded_len : info->decoded_len_max;
        }
        if (status == LADLE_OK) {
            status = ladle_scan_skip(scan);
        }
        if (status == LADLE_E_IO || status == LADLE_E_MEMORY) {
            if (error) {
                *error = scan->failure;
            }
            return status;
        }
        if (status != LADLE_OK && !walk_on(scan)) {
            return LADLE_OK;
        }
    }
}

ladle_status ladle_reader_info(ladle_reader *reader, ladle_info *info, ladle_error *error)
{
    ladle_info known;
    LADLE_TRY(ladle_need(reader && info, error));
    LADLE_TRY(ladle_take_struct(&known, sizeof known, info, error));
    struct ladle_scan scan;
    ladle_buffer directory = {.allocator = reader->allocator};
    LADLE_TRY(ladle_reader_open_index(reader, error));
    const struct ladle_locator *locator = reader->locator;
    known = (ladle_info){.struct_size = info->struct_size,
                         .segment_count = locator->segment_count,
                         .record_count = locator->record_count,
                         .file_len = locator->file_len,
                         .complete_len = locator->complete_len,
                         .is_complete = locator->is_complete};
    begin_walk(reader, &scan);
    ladle_status status = collect(&scan, &directory, &known, error);
    ladle_scan_free(&scan);
    ladle_buffer_free(&directory);
    if (status == LADLE_OK) {
        memcpy(info, &known, known.struct_size < sizeof known ? known.struct_size : sizeof known);
    }
    return status;
}

uint64_t ladle_reader_memory_bound(ladle_reader *reader)
{
    if (!reader) {
        return 0;
    }
    const uint64_t fixed_len = (uint64_t)4 << 20; /* views, pages of the index, codecs */
    uint64_t block_len = reader->limits.max_record + LADLE_BLOCK_SLACK;
    if (ladle_input_has_places(&reader->scan.input) &&
        ladle_reader_open_index(reader, NULL) == LADLE_OK && reader->locator->is_complete &&
        reader->locator->decoded_len_max < block_len) {
        block_len = reader->locator->decoded_len_max;
    }
    /* Stored, decoded, and differences of a byte that are added up to values of eight; for the
       block at hand, and for those that threads read ahead. */
    uint64_t count = reader->slots.thread_count ? reader->slots.thread_count + 2 : 1;
    return 11 * block_len * count + LADLE_SLOTS_LEN + fixed_len;
}

/*
 * Add the records of a segment from a place on, block by block.
 */
static ladle_status merge_blocks(ladle_reader *reader, const struct ladle_place *place,
                                 uint64_t end, ladle_error *error)
{
    struct ladle_scan scan;
    struct ladle_block block;
    ladle_status status = LADLE_OK;
    begin_walk(reader, &scan);
    ladle_block_init(&block, reader->allocator);
    scan.is_open = true;
    ladle_scan_go(&scan, place);
    while (status == LADLE_OK && scan.input.offset - scan.head_len < end) {
        const char *why;
        status = ladle_scan_next(&scan);
        if (status == LADLE_OK) {
            status = ladle_scan_payload(&scan);
        }
        if (status == LADLE_OK && scan.header.type == LADLE_BLOCK_DATA) {
            status = ladle_block_decode(&block, &reader->slots.decoders[0], &scan.header,
                                        scan.stored.data, &why);
            status = status == LADLE_OK ? ladle_merged_add_view(reader->merged, block.root)
                                        : ladle_scan_refuse(&scan, status, why);
        }
        if (status != LADLE_OK && status != LADLE_E_IO && status != LADLE_E_MEMORY) {
            status = walk_on(&scan) ? LADLE_OK : LADLE_END;
        }
    }
    if (status < 0 && error) {
        *error = scan.failure;
    }
    ladle_block_free(&block);
    ladle_scan_free(&scan);
    return status < 0 ? status : LADLE_OK;
}

/*
 * Add a segment: what a checkpoint says, and the blocks behind that checkpoint.
 */
static ladle_status merge_segment(ladle_reader *reader, const struct ladle_segment_end *segment,
                                  ladle_error *error)
{
    struct ladle_locator *locator = reader->locator;
    struct ladle_checkpoint_parts parts = {.shape = NULL};
    struct ladle_place place = ladle_place_of_start(segment, 0);
    ladle_error ignored;
    uint64_t offset = segment->checkpoint_offset;
    uint64_t end;
    ladle_status status = LADLE_OK;
    while (offset && !parts.shape && status == LADLE_OK) {
        status = ladle_index_checkpoint(&locator->index, segment, offset, &parts, &end, &ignored);
        offset = status == LADLE_OK && parts.shape_offset < offset ? parts.shape_offset : 0;
    }
    if (status == LADLE_OK && parts.shape) {
        status = ladle_merged_add_bytes(reader->merged, parts.shape, parts.shape_len);
        if (status == LADLE_OK) {
            place = ladle_place_at(segment, end, 0, parts.totals.record_count);
        }
    }
    if (status == LADLE_E_MEMORY || status == LADLE_E_IO) {
        return ladle_fail(error, status, LADLE_UNKNOWN, LADLE_UNKNOWN, "%s",
                          ladle_status_text(status));
    }
    return merge_blocks(reader, &place, segment->offset + segment->end, error);
}

static ladle_status merge_segments(ladle_reader *reader, ladle_error *error)
{
    struct ladle_located_segment segment = reader->locator->segments[0];
    ladle_status status = LADLE_OK;
    while (status == LADLE_OK) {
        struct ladle_located_segment before;
        LADLE_TRY(merge_segment(reader, &segment.end, error));
        status = ladle_locator_before(reader->locator, &segment, &before, error);
        segment = before;
    }
    return status == LADLE_END ? LADLE_OK : status;
}

ladle_status ladle_reader_schema(ladle_reader *reader, const struct ladle_schema **schema,
                                 ladle_error *error)
{
    LADLE_TRY(ladle_need(reader && schema, error));
    uint64_t count;
    LADLE_TRY(ladle_reader_count(reader, &count, error));
    if (reader->merged && ladle_merged_schema(reader->merged)->count == count) {
        *schema = ladle_merged_schema(reader->merged);
        return LADLE_OK;
    }
    ladle_merged_free(reader->merged);
    reader->merged = ladle_merged_new(reader->allocator);
    ladle_status status = reader->merged ? merge_segments(reader, error) : LADLE_E_MEMORY;
    if (status != LADLE_OK) {
        ladle_merged_free(reader->merged);
        reader->merged = NULL;
        return ladle_fail(error, status, LADLE_UNKNOWN, LADLE_UNKNOWN, "%s",
                          ladle_status_text(status));
    }
    *schema = ladle_merged_schema(reader->merged);
    return LADLE_OK;
}
