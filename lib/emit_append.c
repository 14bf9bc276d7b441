/* SPDX-License-Identifier: BSD-2-Clause */
#include "emit_append.h"

#include "block_decode.h"
#include "locate_end.h"
#include "status.h"
#include <ladle/wire.h>

/*
 * What is needed to read the end of the file.
 */
struct append {
    struct ladle_emitter *emitter;
    struct ladle_input input;
    uint64_t file_len;
    uint64_t max_record;
    struct ladle_segment_end segment; /* the last one */
    ladle_buffer stored;              /* a block that was read */
    struct ladle_block_decoder decoder;
    struct ladle_block block;
    uint64_t walk_offset; /* in the segment, from where on blocks are looked at */
    ladle_error *error;
};

static ladle_status fail_at(const struct append *append, ladle_status status, uint64_t offset,
                            const char *why)
{
    return ladle_fail(append->error, status, append->segment.offset + offset, LADLE_UNKNOWN, "%s",
                      why);
}

static ladle_status fail_damaged(const struct append *append, uint64_t offset)
{
    return fail_at(append, LADLE_E_CORRUPT, offset,
                   "the file is damaged: repair it before anything is appended");
}

/*
 * Read an intact block.
 */
static ladle_status read_block(struct append *append, uint64_t offset,
                               struct ladle_block_header *header, const uint8_t **payload)
{
    ladle_status status =
        ladle_read_block_at(&append->input, &append->segment, offset, LADLE_BLOCK_LEN_MAX,
                            &append->stored, header, append->error);
    *payload = append->stored.data + LADLE_BLOCK_HEADER_LEN;
    return status == LADLE_END ? fail_damaged(append, offset) : status;
}

static ladle_status read_checkpoint(struct append *append, uint64_t offset,
                                    struct ladle_checkpoint_parts *parts, uint64_t *end)
{
    struct ladle_block_header header;
    struct ladle_stream bytes;
    const uint8_t *payload;
    const char *why;
    LADLE_TRY(read_block(append, offset, &header, &payload));
    *end = offset + LADLE_BLOCK_HEADER_LEN + header.stored_len;
    if (header.type != LADLE_BLOCK_CHECKPOINT) {
        return fail_damaged(append, offset);
    }
    ladle_status status =
        ladle_block_decode_bytes(&append->block, &append->decoder, &header, payload, &bytes, &why);
    if (status == LADLE_OK) {
        why = "a checkpoint breaks the rules of the format";
        status = ladle_checkpoint_parse(bytes.data, bytes.len, offset, parts);
    }
    return status == LADLE_OK ? LADLE_OK : fail_at(append, status, offset, why);
}

/*
 * A merged shape that cannot be found is given up: the file does not need it.
 */
static ladle_status settle_shape(struct append *append, ladle_status status)
{
    if (status == LADLE_E_CORRUPT || status == LADLE_E_UNSUPPORTED) {
        ladle_emitter_forget_shape(append->emitter);
        return LADLE_OK;
    }
    return status == LADLE_OK ? LADLE_OK : ladle_emitter_fail(append->error, status);
}

/*
 * The merged shape up to some checkpoint, from where on blocks are to be merged.
 */
static ladle_status read_shape(struct append *append, const struct ladle_checkpoint_parts *parts)
{
    struct ladle_emitter *emitter = append->emitter;
    struct ladle_checkpoint_parts older = {.shape_offset = 0};
    uint64_t end;
    if (!parts->shape_offset) {
        ladle_emitter_forget_shape(emitter);
        return LADLE_OK;
    }
    if (!parts->shape) {
        LADLE_TRY(read_checkpoint(append, parts->shape_offset, &older, &end));
        append->walk_offset = end;
        parts = &older;
    }
    ladle_status status =
        parts->shape ? ladle_merged_add_bytes(emitter->merged, parts->shape, parts->shape_len)
                     : LADLE_E_CORRUPT;
    return settle_shape(append, status);
}

/*
 * The state at the last checkpoint.
 */
static ladle_status begin_state(struct append *append, uint64_t *listed_offset)
{
    struct ladle_emitter *emitter = append->emitter;
    struct ladle_checkpoint_parts parts = {.shape_offset = 0};
    uint64_t offset = append->segment.checkpoint_offset;
    *listed_offset = LADLE_HEADER_LEN;
    append->walk_offset = LADLE_HEADER_LEN;
    if (!offset) {
        return LADLE_OK;
    }
    LADLE_TRY(read_checkpoint(append, offset, &parts, listed_offset));
    append->walk_offset = *listed_offset;
    ladle_checkpoint_resume(&emitter->checkpoint, &parts, offset);
    LADLE_TRY(read_shape(append, &parts));
    if (!emitter->merged) {
        append->walk_offset = *listed_offset;
    }
    return LADLE_OK;
}

static ladle_status add_data(struct append *append, uint64_t offset, bool is_listed,
                             const struct ladle_block_header *header, const uint8_t *payload)
{
    struct ladle_emitter *emitter = append->emitter;
    const char *why;
    if (!is_listed) {
        if (header->first_record != emitter->checkpoint.totals.record_count) {
            return fail_damaged(append, offset);
        }
        LADLE_TRY(ladle_checkpoint_reserve(&emitter->checkpoint, 1));
        ladle_checkpoint_add(&emitter->checkpoint, offset,
                             LADLE_BLOCK_HEADER_LEN + (uint64_t)header->stored_len,
                             header->record_count, header->decoded_len);
    }
    if (!emitter->merged) {
        return LADLE_OK;
    }
    ladle_status status = LADLE_E_UNSUPPORTED;
    if (header->decoded_len <= ladle_block_len_max(header, append->max_record)) {
        status = ladle_block_decode(&append->block, &append->decoder, header, payload, &why);
    }
    if (status == LADLE_OK) {
        status = ladle_merged_add_view(emitter->merged, append->block.root);
    }
    return settle_shape(append, status);
}

/*
 * Whether a trailer stands at a place of the segment.
 */
static ladle_status has_trailer(const struct append *append, uint64_t offset, bool *is_there)
{
    uint8_t bytes[LADLE_TRAILER_LEN];
    struct ladle_trailer trailer;
    const char *why;
    size_t got;
    LADLE_TRY(ladle_input_read_at(&append->input, bytes, sizeof bytes,
                                  append->segment.offset + offset, &got, append->error));
    *is_there = got == sizeof bytes &&
                ladle_trailer_load(bytes, append->segment.salt, offset, &trailer, &why) == LADLE_OK;
    return LADLE_OK;
}

/*
 * Look at the item at a place: it moves on.
 */
static ladle_status take_item(struct append *append, uint64_t *offset, uint64_t listed_offset)
{
    struct ladle_block_header header;
    const uint8_t *payload;
    bool is_trailer;
    LADLE_TRY(has_trailer(append, *offset, &is_trailer));
    if (is_trailer) {
        *offset += LADLE_TRAILER_LEN;
        return LADLE_OK;
    }
    LADLE_TRY(read_block(append, *offset, &header, &payload));
    if (header.type == LADLE_BLOCK_METADATA) {
        append->emitter->checkpoint.totals.metadata_offset = *offset;
    } else if (header.type == LADLE_BLOCK_DATA) {
        LADLE_TRY(add_data(append, *offset, *offset < listed_offset, &header, payload));
    }
    *offset += LADLE_BLOCK_HEADER_LEN + (uint64_t)header.stored_len;
    return LADLE_OK;
}

/*
 * Go through the items that the state at the last checkpoint, or the merged shape, lacks.
 */
static ladle_status find_state(struct append *append)
{
    const struct ladle_checkpoint *checkpoint = &append->emitter->checkpoint;
    uint64_t end = append->segment.end;
    uint64_t listed_offset;
    LADLE_TRY(begin_state(append, &listed_offset));
    for (uint64_t offset = append->walk_offset; offset < end;) {
        LADLE_TRY(take_item(append, &offset, listed_offset));
    }
    return checkpoint->totals.record_count == append->segment.record_count
               ? LADLE_OK
               : fail_damaged(append, end);
}

/*
 * Count the records of the segments before.
 */
static ladle_status count_before(struct append *append)
{
    struct ladle_segment_end segment = append->segment;
    while (segment.offset) {
        uint64_t end = segment.offset;
        ladle_status status = ladle_find_complete(&append->input, end, &segment, append->error);
        if (status == LADLE_END) {
            return ladle_fail(append->error, LADLE_E_CORRUPT, end, LADLE_UNKNOWN,
                              "a part of the file is not complete: repair it before anything is "
                              "appended");
        }
        LADLE_TRY(status);
        append->emitter->first_record += segment.record_count;
    }
    return LADLE_OK;
}

/*
 * What begins behind the last item that was found may be whole, but of a newer version. It is not
 * to be cut.
 */
static ladle_status check_behind(const struct append *append)
{
    uint8_t bytes[LADLE_HEADER_LEN] = {0};
    struct ladle_block_header block;
    struct ladle_file_header file;
    const char *why;
    size_t got;
    uint64_t offset = append->segment.end;
    LADLE_TRY(ladle_input_read_at(&append->input, bytes, sizeof bytes,
                                  append->segment.offset + offset, &got, append->error));
    if (ladle_block_header_load(bytes, append->segment.salt, offset, &block, &why) ==
            LADLE_E_UNSUPPORTED ||
        ladle_file_header_load(bytes, &file, &why) == LADLE_E_UNSUPPORTED) {
        return fail_at(append, LADLE_E_UNSUPPORTED, offset, why);
    }
    return LADLE_OK;
}

/*
 * Whether an intact file header stands somewhere in these bytes. '*place' is where.
 */
static bool find_file_header(const uint8_t *bytes, size_t len, size_t *place)
{
    struct ladle_file_header header;
    const char *why;
    for (*place = 0; *place + LADLE_HEADER_LEN <= len; ++*place) {
        if (bytes[*place] == LADLE_FILE_MAGIC_FIRST) {
            ladle_status status = ladle_file_header_load(bytes + *place, &header, &why);
            if (status == LADLE_OK || status == LADLE_E_UNSUPPORTED) {
                return true;
            }
        }
    }
    return false;
}

/*
 * Whether an intact block header stands among these bytes, as one of a segment that begins where
 * the file is to be cut, 'past' bytes before them: its own header is damaged.
 */
static bool has_block_header(const uint8_t *bytes, size_t len, uint64_t past)
{
    struct ladle_block_header header;
    const char *why;
    size_t over = (size_t)(past % LADLE_ALIGNMENT);
    size_t place = over ? LADLE_ALIGNMENT - over : 0;
    for (; place + LADLE_BLOCK_HEADER_LEN <= len; place += LADLE_ALIGNMENT) {
        const uint8_t *item = bytes + place;
        if (ladle_magic_of(item) == LADLE_MAGIC_BLOCK &&
            ladle_block_header_load(item, ladle_load_u32(item + 4), past + place, &header, &why) !=
                LADLE_E_CORRUPT) {
            return true;
        }
    }
    return false;
}

static ladle_status check_piece(const struct append *append, uint64_t end, uint64_t offset,
                                size_t len)
{
    const uint8_t *bytes = append->stored.data;
    size_t place;
    if (find_file_header(bytes, len, &place)) {
        return ladle_fail(append->error, LADLE_E_CORRUPT, offset + place, LADLE_UNKNOWN,
                          "a file begins here, behind one that was never completed: take the "
                          "two apart and repair the first before anything is appended");
    }
    if (append->segment.is_complete && has_block_header(bytes, len, offset - end)) {
        return fail_damaged(append, append->segment.end);
    }
    return LADLE_OK;
}

/*
 * Bytes behind the last intact item are cut only if no file begins among them: files that were
 * joined, of which the first was never completed, or the header of the next is damaged. A record
 * may hold a file too, but nobody can tell.
 */
static ladle_status check_cut(struct append *append, uint64_t end)
{
    const size_t step_len = (size_t)64 << 10;
    append->stored.len = 0;
    LADLE_TRY(ladle_buffer_reserve(&append->stored, step_len));
    size_t got = step_len;
    for (uint64_t offset = end; got == step_len; offset += step_len - LADLE_HEADER_LEN) {
        LADLE_TRY(ladle_input_read_at(&append->input, append->stored.data, step_len, offset, &got,
                                      append->error));
        LADLE_TRY(check_piece(append, end, offset, got));
    }
    return LADLE_OK;
}

/*
 * Look at the header of the file. '*is_there' is false for the beginning of one, which a crash may
 * leave.
 */
static ladle_status check_header(const struct append *append, bool *is_there)
{
    uint8_t bytes[LADLE_HEADER_LEN];
    struct ladle_file_header header;
    const char *why;
    size_t got;
    LADLE_TRY(ladle_input_read_at(&append->input, bytes, sizeof bytes, 0, &got, append->error));
    *is_there = got == sizeof bytes;
    if (!*is_there) {
        return ladle_begins_file(bytes, got)
                   ? LADLE_OK
                   : ladle_fail(append->error, LADLE_E_FORMAT, 0, LADLE_UNKNOWN,
                                "it does not begin as a ladle file does");
    }
    ladle_status status = ladle_file_header_load(bytes, &header, &why);
    return status == LADLE_OK ? LADLE_OK : fail_at(append, status, 0, why);
}

static ladle_status find_end(struct append *append, struct ladle_found_end *found)
{
    struct ladle_emitter *emitter = append->emitter;
    bool has_header;
    LADLE_TRY(ladle_input_size(&append->input, &append->file_len, append->error));
    found->cut_len = append->file_len;
    LADLE_TRY(check_header(append, &has_header));
    if (!has_header) {
        return LADLE_OK;
    }
    LADLE_TRY(ladle_find_end(&append->input, append->file_len, LADLE_BLOCK_LEN_MAX, &append->stored,
                             &append->segment, append->error));
    LADLE_TRY(check_behind(append));
    emitter->segment_offset = append->segment.offset;
    emitter->salt = append->segment.salt;
    LADLE_TRY(find_state(append));
    LADLE_TRY(count_before(append));
    found->end = append->segment.offset + append->segment.end;
    found->cut_len = append->file_len - found->end;
    if (found->cut_len) {
        LADLE_TRY(check_cut(append, found->end));
    }
    found->is_complete = append->segment.is_complete && found->cut_len == 0;
    emitter->is_complete = append->segment.is_complete;
    return LADLE_OK;
}

ladle_status ladle_emitter_find_end(struct ladle_emitter *emitter, const ladle_source *source,
                                    uint64_t max_record, struct ladle_found_end *found,
                                    ladle_error *error)
{
    struct append append = {.emitter = emitter,
                            .max_record = max_record,
                            .stored = {.allocator = emitter->allocator},
                            .error = error};
    *found = (struct ladle_found_end){.end = 0};
    ladle_input_init(&append.input, source, emitter->allocator);
    ladle_block_decoder_init(&append.decoder, emitter->allocator);
    ladle_block_init(&append.block, emitter->allocator);
    ladle_status status = find_end(&append, found);
    ladle_block_free(&append.block);
    ladle_block_decoder_free(&append.decoder);
    ladle_buffer_free(&append.stored);
    return status;
}
