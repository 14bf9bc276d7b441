/* SPDX-License-Identifier: BSD-2-Clause */
#include <ladle/reader.h>

#include "alloc.h"
#include "block_decode.h"
#include "checkpoint.h"
#include "io.h"
#include "limit.h"
#include "metadata.h"
#include "status.h"
#include "view.h"

/*
 * Stored bytes are read in steps of this length, so that memory is taken as they come and not as a
 * header promises them; and this much is kept from one block to the next.
 */
#define STEP_LEN ((size_t)4 << 20)

/*
 * What a shape may take in a block beside its records.
 */
#define SHAPE_SLACK ((uint64_t)1 << 20)

struct segment {
    uint64_t offset;       /* in the file */
    uint64_t first_record; /* in the file */
    uint64_t record_count; /* so far */
    uint64_t block_count;
    uint64_t checkpoint_offset; /* in the segment; 0: none */
    uint64_t checkpoint_end;    /* behind it */
    uint32_t salt;
    bool is_complete; /* the latest item is a trailer */
    bool is_begun;    /* an item was read */
};

struct ladle_reader {
    const ladle_allocator *allocator;
    ladle_limits limits;
    struct ladle_input input;
    struct ladle_block_decoder decoder;
    struct segment segment;
    uint8_t head[LADLE_HEADER_LEN]; /* the first bytes of the next item */
    size_t head_len;
    struct ladle_block_header header; /* of the block at hand */
    uint64_t block_offset;            /* in the file */
    bool has_header;                  /* it was read, its payload was not */
    ladle_buffer stored;              /* payload of the block at hand */
    ladle_buffer metadata;
    ladle_buffer record; /* tagged */
    ladle_view *root;
    uint64_t rows_left;  /* of the block at hand, for ladle_reader_next */
    ladle_status status; /* not LADLE_OK: how reading ended */
    ladle_error failure;
};

static uint64_t record_number(const ladle_reader *reader)
{
    return reader->segment.first_record + reader->segment.record_count;
}

/*
 * The place in the file of the next item.
 */
static uint64_t item_offset(const ladle_reader *reader)
{
    return reader->input.offset - reader->head_len;
}

static ladle_status fail_at(ladle_reader *reader, ladle_status status, const char *why)
{
    return ladle_fail(&reader->failure, status, reader->block_offset, record_number(reader), "%s",
                      why);
}

static ladle_status fail_truncated(ladle_reader *reader)
{
    return fail_at(reader, LADLE_E_TRUNCATED, "the file ends before its writer completed it");
}

/*
 * Read until 'len' bytes of the next item are there, or the input ends.
 */
static ladle_status fill_head(ladle_reader *reader, size_t len)
{
    if (reader->head_len >= len) {
        return LADLE_OK;
    }
    size_t got;
    ladle_status status = ladle_input_read(&reader->input, reader->head + reader->head_len,
                                           len - reader->head_len, &got, &reader->failure);
    if (status == LADLE_OK) {
        reader->head_len += got;
    }
    return status;
}

static void use_head(ladle_reader *reader, size_t len)
{
    reader->head_len -= len;
    memmove(reader->head, reader->head + len, reader->head_len);
}

/*
 * Read the payload of the block at hand.
 */
static ladle_status read_payload(ladle_reader *reader)
{
    size_t len = reader->header.stored_len;
    ladle_buffer *stored = &reader->stored;
    if (stored->capacity > STEP_LEN && len < STEP_LEN) {
        ladle_buffer_free(stored);
    }
    stored->len = 0;
    LADLE_TRY(ladle_buffer_reserve(stored, 1)); /* no NULL, for arithmetic */
    /* The head may hold the beginning of a payload shorter than itself. */
    size_t from_head = reader->head_len < len ? reader->head_len : len;
    LADLE_TRY(ladle_buffer_put(stored, reader->head, from_head));
    use_head(reader, from_head);
    while (stored->len < len) {
        size_t step = len - stored->len < STEP_LEN ? len - stored->len : STEP_LEN;
        size_t got;
        LADLE_TRY(ladle_buffer_reserve(stored, step));
        LADLE_TRY(ladle_input_read(&reader->input, stored->data + stored->len, step, &got,
                                   &reader->failure));
        stored->len += got;
        if (got < step) {
            return fail_truncated(reader);
        }
    }
    reader->has_header = false;
    return LADLE_OK;
}

/*
 * Begin a segment whose header is in reader->head.
 */
static ladle_status begin_segment(ladle_reader *reader)
{
    struct ladle_file_header header;
    const char *why;
    reader->block_offset = item_offset(reader);
    ladle_status status = ladle_file_header_load(reader->head, &header, &why);
    if (status != LADLE_OK) {
        return fail_at(reader, status, why);
    }
    reader->segment = (struct segment){.offset = reader->block_offset,
                                       .first_record = record_number(reader),
                                       .salt = ladle_salt(header.uuid)};
    use_head(reader, LADLE_HEADER_LEN);
    return LADLE_OK;
}

/*
 * A further segment may begin where the one before is complete.
 */
static ladle_status next_segment(ladle_reader *reader)
{
    if (!reader->segment.is_complete) {
        return fail_at(reader, LADLE_E_TRUNCATED,
                       "a part of the file ends before its writer completed it");
    }
    LADLE_TRY(fill_head(reader, LADLE_HEADER_LEN));
    return reader->head_len < LADLE_HEADER_LEN ? fail_truncated(reader) : begin_segment(reader);
}

static ladle_status read_trailer(ladle_reader *reader)
{
    struct segment *segment = &reader->segment;
    struct ladle_trailer trailer;
    const char *why;
    uint64_t offset = item_offset(reader) - segment->offset;
    LADLE_TRY(fill_head(reader, LADLE_TRAILER_LEN));
    if (reader->head_len < LADLE_TRAILER_LEN) {
        return fail_truncated(reader);
    }
    ladle_status status = ladle_trailer_load(reader->head, segment->salt, offset, &trailer, &why);
    if (status != LADLE_OK) {
        return fail_at(reader, status, why);
    }
    if (trailer.record_count != segment->record_count || offset != segment->checkpoint_end ||
        offset - trailer.checkpoint_distance != segment->checkpoint_offset) {
        return fail_at(reader, LADLE_E_CORRUPT, "a trailer does not fit the blocks before it");
    }
    use_head(reader, LADLE_TRAILER_LEN);
    segment->is_complete = true;
    return LADLE_OK;
}

static ladle_status check_limits(ladle_reader *reader)
{
    const struct ladle_block_header *header = &reader->header;
    uint64_t slack = header->record_count > 1 ? LADLE_BLOCK_SLACK : SHAPE_SLACK;
    if (header->decoded_len > reader->limits.max_record + slack) {
        return ladle_fail_limit(&reader->failure, "max_record", reader->limits.max_record,
                                header->decoded_len, reader->block_offset, record_number(reader));
    }
    return LADLE_OK;
}

/*
 * What must hold between a block's header and the blocks before it.
 */
static ladle_status check_header(ladle_reader *reader)
{
    const struct ladle_block_header *header = &reader->header;
    const struct segment *segment = &reader->segment;
    uint64_t offset = reader->block_offset - segment->offset;
    uint64_t distance = segment->checkpoint_offset ? offset - segment->checkpoint_offset : 0;
    /* A codec that does not make a stream smaller is not used: FORMAT.md section 4. */
    uint64_t stored_len_max =
        (uint64_t)header->decoded_len +
        (uint64_t)header->stream_count * (LADLE_STREAM_ENTRY_LEN + LADLE_ALIGNMENT);
    if (header->first_record != segment->record_count) {
        return fail_at(reader, LADLE_E_CORRUPT, "a block does not follow the one before it");
    }
    if (header->checkpoint_distance != distance || header->stored_len > stored_len_max) {
        return fail_at(reader, LADLE_E_CORRUPT,
                       "the header of a block breaks the rules of the format");
    }
    return check_limits(reader);
}

static ladle_status read_block_header(ladle_reader *reader)
{
    const char *why;
    reader->block_offset = item_offset(reader);
    LADLE_TRY(fill_head(reader, LADLE_BLOCK_HEADER_LEN));
    if (reader->head_len < LADLE_BLOCK_HEADER_LEN) {
        return fail_truncated(reader);
    }
    ladle_status status = ladle_block_header_load(reader->head, reader->segment.salt,
                                                  reader->block_offset - reader->segment.offset,
                                                  &reader->header, &why);
    if (status != LADLE_OK) {
        return fail_at(reader, status, why);
    }
    use_head(reader, LADLE_BLOCK_HEADER_LEN);
    reader->has_header = true;
    reader->segment.is_complete = false;
    return check_header(reader);
}

/*
 * Read on to the header of the next block, over trailers and file headers. LADLE_END at the end of
 * a complete file.
 */
static ladle_status next_header(ladle_reader *reader)
{
    while (!reader->has_header) {
        LADLE_TRY(fill_head(reader, LADLE_TRAILER_LEN));
        reader->block_offset = item_offset(reader);
        if (reader->head_len == 0 && reader->segment.is_complete) {
            return LADLE_END;
        }
        if (reader->head_len < LADLE_ALIGNMENT) {
            return fail_truncated(reader);
        }
        switch (ladle_magic_of(reader->head)) {
        case LADLE_MAGIC_BLOCK:
            LADLE_TRY(read_block_header(reader));
            break;
        case LADLE_MAGIC_TRAILER:
            LADLE_TRY(read_trailer(reader));
            break;
        case LADLE_MAGIC_FILE:
            LADLE_TRY(next_segment(reader));
            break;
        default:
            return fail_at(reader, LADLE_E_CORRUPT,
                           "neither a block nor the end of the file is where one should be");
        }
    }
    return LADLE_OK;
}

static ladle_status read_metadata(ladle_reader *reader)
{
    struct ladle_stream bytes;
    const char *why;
    if (reader->segment.is_begun) {
        return fail_at(reader, LADLE_E_CORRUPT, "metadata stand behind other blocks");
    }
    ladle_status status = ladle_block_decode_bytes(&reader->decoder, &reader->header,
                                                   reader->stored.data, &bytes, &why);
    if (status == LADLE_OK) {
        why = "the metadata break the rules of the format";
        status = ladle_metadata_merge(&reader->metadata, bytes.data, bytes.len,
                                      reader->limits.max_depth);
    }
    return status == LADLE_OK ? LADLE_OK : fail_at(reader, status, why);
}

static ladle_status read_checkpoint(ladle_reader *reader)
{
    struct segment *segment = &reader->segment;
    struct ladle_stream bytes;
    struct ladle_checkpoint_parts parts;
    uint64_t offset = reader->block_offset - segment->offset;
    const char *why;
    ladle_status status = ladle_block_decode_bytes(&reader->decoder, &reader->header,
                                                   reader->stored.data, &bytes, &why);
    if (status == LADLE_OK) {
        why = "a checkpoint breaks the rules of the format";
        status = ladle_checkpoint_parse(bytes.data, bytes.len, offset, &parts);
    }
    if (status != LADLE_OK) {
        return fail_at(reader, status, why);
    }
    if (parts.totals.record_count != segment->record_count ||
        parts.totals.block_count != segment->block_count) {
        return fail_at(reader, LADLE_E_CORRUPT, "a checkpoint does not fit the blocks before it");
    }
    segment->checkpoint_offset = offset;
    segment->checkpoint_end = item_offset(reader) - segment->offset;
    return LADLE_OK;
}

static ladle_status read_data(ladle_reader *reader)
{
    const char *why;
    ladle_status status = ladle_block_decode(&reader->decoder, &reader->header, reader->stored.data,
                                             &reader->root, &why);
    if (status != LADLE_OK) {
        return fail_at(reader, status, why);
    }
    reader->rows_left = reader->header.record_count;
    reader->segment.record_count += reader->header.record_count;
    reader->segment.block_count++;
    return LADLE_OK;
}

/*
 * Verify a block that is not needed.
 */
static ladle_status skip_block(ladle_reader *reader)
{
    const char *why;
    ladle_status status = ladle_block_verify(&reader->header, reader->stored.data, &why);
    return status == LADLE_OK ? LADLE_OK : fail_at(reader, status, why);
}

static ladle_status read_block(ladle_reader *reader)
{
    ladle_status status = read_payload(reader);
    if (status == LADLE_OK) {
        switch (reader->header.type) {
        case LADLE_BLOCK_DATA:
            status = read_data(reader);
            break;
        case LADLE_BLOCK_METADATA:
            status = read_metadata(reader);
            break;
        case LADLE_BLOCK_CHECKPOINT:
            status = read_checkpoint(reader);
            break;
        default:
            status = skip_block(reader);
            break;
        }
    }
    reader->segment.is_begun = true;
    return status;
}

/*
 * Remember how reading ended.
 */
static ladle_status keep(ladle_reader *reader, ladle_status status)
{
    if (status == LADLE_E_MEMORY) {
        fail_at(reader, status, ladle_status_text(status));
    }
    if (status != LADLE_OK) {
        reader->status = status;
        reader->root = NULL;
        reader->rows_left = 0;
    }
    return status;
}

static ladle_status report(const ladle_reader *reader, ladle_error *error)
{
    if (reader->status < 0 && error) {
        *error = reader->failure;
    }
    return reader->status;
}

/*
 * Read on to the next block with records.
 */
static ladle_status next_data(ladle_reader *reader)
{
    ladle_status status = reader->status;
    reader->rows_left = 0;
    while (status == LADLE_OK && reader->rows_left == 0) {
        status = next_header(reader);
        if (status == LADLE_OK) {
            status = read_block(reader);
        }
    }
    return reader->status == LADLE_OK ? keep(reader, status) : status;
}

ladle_status ladle_reader_next_block(ladle_reader *reader, ladle_view **root,
                                     uint64_t *first_record, ladle_error *error)
{
    if (next_data(reader) != LADLE_OK) {
        return report(reader, error);
    }
    reader->rows_left = 0;
    *root = reader->root;
    *first_record = record_number(reader) - reader->header.record_count;
    return LADLE_OK;
}

static ladle_status next_record(ladle_reader *reader)
{
    uint64_t number = record_number(reader) - reader->rows_left;
    reader->record.len = 0;
    ladle_status status =
        ladle_view_decode(reader->root, &reader->record, &reader->limits, &reader->failure);
    if (status == LADLE_OK) {
        reader->rows_left--;
        return LADLE_OK;
    }
    reader->failure.offset = reader->block_offset;
    reader->failure.record = number;
    reader->rows_left = 0;
    reader->status = status;
    return status;
}

ladle_status ladle_reader_next(ladle_reader *reader, ladle_cursor *value, ladle_error *error)
{
    if (reader->rows_left == 0 && next_data(reader) != LADLE_OK) {
        return report(reader, error);
    }
    if (next_record(reader) != LADLE_OK) {
        return report(reader, error);
    }
    *value = ladle_cursor_over(reader->record.data, reader->record.len);
    return LADLE_OK;
}

static ladle_status fail_missing(ladle_error *error)
{
    return ladle_fail(error, LADLE_E_UNSUPPORTED, LADLE_UNKNOWN, LADLE_UNKNOWN,
                      "this call is not there yet");
}

ladle_status ladle_reader_resume(ladle_reader *reader, uint64_t *lost, ladle_error *error)
{
    (void)reader;
    *lost = LADLE_UNKNOWN;
    return fail_missing(error);
}

ladle_status ladle_reader_count(ladle_reader *reader, uint64_t *count, ladle_error *error)
{
    (void)reader;
    *count = 0;
    return fail_missing(error);
}

ladle_status ladle_reader_seek(ladle_reader *reader, uint64_t record, ladle_error *error)
{
    (void)reader;
    (void)record;
    return fail_missing(error);
}

uint64_t ladle_reader_position(const ladle_reader *reader)
{
    return record_number(reader) - reader->rows_left;
}

void ladle_reader_select(ladle_reader *reader, ladle_reader_wants *wants, void *ctx)
{
    (void)reader;
    (void)wants;
    (void)ctx;
}

ladle_status ladle_reader_schema(ladle_reader *reader, const struct ladle_schema **schema,
                                 ladle_error *error)
{
    (void)reader;
    *schema = NULL;
    return fail_missing(error);
}

ladle_status ladle_reader_info(ladle_reader *reader, ladle_info *info, ladle_error *error)
{
    (void)reader;
    (void)info;
    return fail_missing(error);
}

uint64_t ladle_reader_memory_bound(ladle_reader *reader)
{
    return 4 * (reader->limits.max_record + LADLE_BLOCK_SLACK);
}

const void *ladle_reader_metadata(const ladle_reader *reader, size_t *len)
{
    *len = reader->metadata.len;
    return reader->metadata.data;
}

uint64_t ladle_reader_block_offset(const ladle_reader *reader)
{
    return reader->block_offset;
}

void ladle_reader_close(ladle_reader *reader)
{
    if (!reader) {
        return;
    }
    ladle_input_close(&reader->input);
    ladle_block_decoder_free(&reader->decoder);
    ladle_buffer_free(&reader->stored);
    ladle_buffer_free(&reader->metadata);
    ladle_buffer_free(&reader->record);
    ladle_free(reader->allocator, reader, 1, sizeof *reader);
}

/*
 * Read the file header. What is not a ladle file is told from one that was cut.
 */
static ladle_status begin_file(ladle_reader *reader)
{
    LADLE_TRY(fill_head(reader, LADLE_HEADER_LEN));
    if (!ladle_begins_file(reader->head, reader->head_len)) {
        return ladle_fail(&reader->failure, LADLE_E_FORMAT, 0, LADLE_UNKNOWN,
                          "it does not begin as a ladle file does");
    }
    if (reader->head_len < LADLE_HEADER_LEN) {
        return ladle_fail(&reader->failure, LADLE_E_TRUNCATED, reader->head_len, 0,
                          reader->head_len ? "the file ends inside its header"
                                           : "the file is empty");
    }
    return begin_segment(reader);
}

/*
 * Read the metadata if they come next. What goes wrong behind the header is for the next call to
 * say.
 */
static void begin_metadata(ladle_reader *reader)
{
    ladle_status status = next_header(reader);
    if (status == LADLE_OK && reader->header.type == LADLE_BLOCK_METADATA) {
        status = read_block(reader);
    }
    keep(reader, status);
}

static ladle_reader *reader_new(const ladle_reader_options *options, const ladle_limits *limits,
                                const ladle_source *source)
{
    const ladle_allocator *allocator = options->allocator;
    ladle_reader *reader = ladle_alloc(allocator, 1, sizeof *reader);
    if (reader) {
        reader->allocator = allocator;
        reader->limits = *limits;
        reader->input.source = *source;
        reader->stored.allocator = allocator;
        reader->metadata.allocator = allocator;
        reader->record.allocator = allocator;
        reader->record.len_max = limits->max_memory < SIZE_MAX / 2 ? (size_t)limits->max_memory : 0;
        ladle_block_decoder_init(&reader->decoder, allocator);
    }
    return reader;
}

static void close_source(const ladle_source *source)
{
    if (source->close) {
        source->close(source->ctx);
    }
}

ladle_status ladle_reader_open(ladle_reader **reader, const ladle_source *source,
                               const ladle_reader_options *options, ladle_error *error)
{
    const ladle_reader_options defaults = LADLE_READER_OPTIONS_INIT;
    ladle_limits limits;
    options = options ? options : &defaults;
    *reader = NULL;
    ladle_status status = ladle_limits_resolve(options->limits, &limits, error);
    if (status != LADLE_OK) {
        close_source(source);
        return status;
    }
    ladle_reader *made = reader_new(options, &limits, source);
    if (!made) {
        close_source(source);
        return ladle_fail(error, LADLE_E_MEMORY, LADLE_UNKNOWN, LADLE_UNKNOWN, "%s",
                          ladle_status_text(LADLE_E_MEMORY));
    }
    status = begin_file(made);
    if (status != LADLE_OK) {
        if (error) {
            *error = made->failure;
        }
        ladle_reader_close(made);
        return status;
    }
    begin_metadata(made);
    *reader = made;
    return LADLE_OK;
}
