/* SPDX-License-Identifier: BSD-2-Clause */
#include "locate_index.h"

#include "status.h"

static ladle_status fail(ladle_error *error, ladle_status status, uint64_t offset, const char *why)
{
    return ladle_fail(error, status, offset, LADLE_UNKNOWN, "%s", why);
}

static ladle_status fail_memory(ladle_error *error)
{
    return fail(error, LADLE_E_MEMORY, LADLE_UNKNOWN, ladle_status_text(LADLE_E_MEMORY));
}

void ladle_index_init(struct ladle_index *index, const struct ladle_input *input,
                      struct ladle_block_decoder *decoder, uint64_t max_record,
                      const ladle_allocator *allocator)
{
    *index = (struct ladle_index){.allocator = allocator,
                                  .input = input,
                                  .max_record = max_record,
                                  .decoder = decoder,
                                  .stored = {.allocator = allocator},
                                  .pages = {.allocator = allocator}};
    ladle_block_init(&index->content, allocator);
}

void ladle_index_free(struct ladle_index *index)
{
    ladle_pages_forget(&index->pages);
    ladle_block_free(&index->content);
    ladle_buffer_free(&index->stored);
}

ladle_status ladle_index_content(struct ladle_index *index, const struct ladle_segment_end *segment,
                                 uint64_t offset, uint8_t type, struct ladle_block_header *header,
                                 struct ladle_stream *bytes, ladle_error *error)
{
    const char *why = "a block of the index is damaged";
    uint64_t offset_in_file = segment->offset + offset;
    ladle_status status = ladle_read_block_at(index->input, segment, offset, index->max_record,
                                              &index->stored, header, error);
    if (status < 0) {
        return status;
    }
    if (status == LADLE_END || header->type != type) {
        return fail(error, LADLE_E_CORRUPT, offset_in_file, why);
    }
    status = ladle_block_decode_bytes(&index->content, index->decoder, header,
                                      index->stored.data + LADLE_BLOCK_HEADER_LEN, bytes, &why);
    return status == LADLE_OK ? LADLE_OK : fail(error, status, offset_in_file, why);
}

ladle_status ladle_index_checkpoint(struct ladle_index *index,
                                    const struct ladle_segment_end *segment, uint64_t offset,
                                    struct ladle_checkpoint_parts *parts, uint64_t *end,
                                    ladle_error *error)
{
    struct ladle_block_header header;
    struct ladle_stream bytes = {.len = 0};
    LADLE_TRY(ladle_index_content(index, segment, offset, LADLE_BLOCK_CHECKPOINT, &header, &bytes,
                                  error));
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

static ladle_status page_of_checkpoint(struct ladle_index *index,
                                       const struct ladle_segment_end *segment,
                                       struct ladle_checkpoint_parts *parts,
                                       struct ladle_page **page, ladle_error *error)
{
    struct ladle_listed_block block = {.first_record = parts->first_record};
    *page = ladle_pages_add(&index->pages, segment->offset, parts->first_record,
                            (uint32_t)parts->listed_count);
    if (!*page) {
        return fail_memory(error);
    }
    while (ladle_checkpoint_next_block(parts, &block)) {
        ladle_page_put(*page, block.offset, block.record_count);
    }
    return LADLE_OK;
}

/*
 * The page of the blocks behind the last checkpoint, from their headers. It ends where one is
 * damaged.
 */
static ladle_status page_of_tail(struct ladle_index *index, const struct ladle_segment_end *segment,
                                 uint64_t offset, uint64_t first_record, struct ladle_page **page,
                                 ladle_error *error)
{
    *page = ladle_pages_add(&index->pages, segment->offset, first_record, LADLE_PAGE_BLOCKS);
    if (!*page) {
        return fail_memory(error);
    }
    while (offset < segment->end) {
        uint8_t bytes[LADLE_BLOCK_HEADER_LEN];
        struct ladle_block_header header;
        const char *why;
        size_t got;
        ladle_status status = ladle_input_read_at(index->input, bytes, sizeof bytes,
                                                  segment->offset + offset, &got, error);
        if (status != LADLE_OK) {
            ladle_page_free(&index->pages, *page);
            return status;
        }
        if (got < sizeof bytes ||
            ladle_block_header_load(bytes, segment->salt, offset, &header, &why) != LADLE_OK ||
            (header.type == LADLE_BLOCK_DATA && header.first_record != (*page)->record_count)) {
            break;
        }
        if (header.type == LADLE_BLOCK_DATA) {
            ladle_page_put(*page, offset, header.record_count);
        }
        offset += LADLE_BLOCK_HEADER_LEN + (uint64_t)header.stored_len;
    }
    if ((*page)->count == 0) {
        ladle_page_free(&index->pages, *page);
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
static ladle_status walk(struct ladle_index *index, const struct ladle_segment_end *segment,
                         uint64_t record, struct ladle_page **page, ladle_error *error)
{
    struct ladle_checkpoint_parts parts;
    struct ladle_ancestor expected = {.number = UINT64_MAX};
    uint64_t offset = segment->checkpoint_offset;
    uint64_t end = LADLE_HEADER_LEN;
    *page = NULL;
    if (offset == 0) {
        return page_of_tail(index, segment, end, 0, page, error);
    }
    for (;;) {
        LADLE_TRY(ladle_index_checkpoint(index, segment, offset, &parts, &end, error));
        bool is_first = expected.number == UINT64_MAX;
        if (is_first && parts.totals.record_count <= record) {
            return page_of_tail(index, segment, end, parts.totals.record_count, page, error);
        }
        if (!is_first &&
            (parts.totals.number != expected.number ||
             parts.first_record != expected.first_record || parts.totals.record_count <= record)) {
            break;
        }
        if (parts.first_record <= record) {
            return page_of_checkpoint(index, segment, &parts, page, error);
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

ladle_status ladle_index_find(struct ladle_index *index, const struct ladle_segment_end *segment,
                              uint64_t record, struct ladle_page **page, ladle_error *error)
{
    *page = ladle_pages_find(&index->pages, segment->offset, record);
    if (*page) {
        return LADLE_OK;
    }
    ladle_status status = walk(index, segment, record, page, error);
    return status == LADLE_E_CORRUPT || status == LADLE_E_UNSUPPORTED ? LADLE_OK : status;
}
