/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader.h"

#include "alloc.h"
#include "argument.h"
#include "limit.h"
#include "metadata.h"
#include "status.h"
#include "view.h"
#include <ladle/schema.h>

ladle_status ladle_reader_keep(ladle_reader *reader, ladle_status status)
{
    if (status == LADLE_E_TRUNCATED && reader->take_tail) {
        status = LADLE_END;
    }
    bool is_for_now = status == LADLE_WAIT || (status == LADLE_END && reader->scan.is_live);
    if (status != LADLE_OK && !is_for_now) {
        reader->status = status;
        reader->rows_left = 0;
        reader->is_pending = false;
    }
    return status;
}

static ladle_status report(const ladle_reader *reader, ladle_status status, ladle_error *error)
{
    if (status < 0 && error) {
        *error = reader->failure;
    }
    return status;
}

/*
 * The decoded bytes of the block at hand, which holds no records.
 */
static ladle_status get_content(ladle_reader *reader, struct ladle_stream *bytes)
{
    struct ladle_scan *scan = &reader->scan;
    const char *why;
    ladle_status status = ladle_block_decode_bytes(&reader->content, &reader->slots.decoders[0],
                                                   &scan->header, scan->stored.data, bytes, &why);
    return status == LADLE_OK ? LADLE_OK : ladle_scan_refuse(scan, status, why);
}

static ladle_status read_metadata(ladle_reader *reader, bool is_first)
{
    ladle_buffer ignored = {.allocator = reader->allocator};
    bool has_all = reader->locator && reader->locator->is_open;
    struct ladle_stream bytes;
    if (!is_first) {
        return ladle_scan_refuse(&reader->scan, LADLE_E_CORRUPT,
                                 "metadata stand behind other blocks");
    }
    LADLE_TRY(get_content(reader, &bytes));
    ladle_status status = ladle_metadata_merge(has_all ? &ignored : &reader->metadata, bytes.data,
                                               bytes.len, reader->limits.max_depth);
    ladle_buffer_free(&ignored);
    return status == LADLE_OK ? LADLE_OK
                              : ladle_scan_refuse(&reader->scan, status,
                                                  "the metadata break the rules of the format");
}

static ladle_status read_checkpoint(ladle_reader *reader)
{
    struct ladle_stream bytes;
    struct ladle_checkpoint_parts parts;
    uint64_t offset = reader->scan.block_offset - reader->scan.segment.offset;
    LADLE_TRY(get_content(reader, &bytes));
    ladle_status status = ladle_checkpoint_parse(bytes.data, bytes.len, offset, &parts);
    if (status != LADLE_OK) {
        return ladle_scan_refuse(&reader->scan, status,
                                 "a checkpoint breaks the rules of the format");
    }
    return ladle_scan_fit(&reader->scan, &parts.totals);
}

/*
 * Queue the records of the block at hand, whose stored bytes the slot takes over.
 */
static void put_data(ladle_reader *reader, struct ladle_slot *slot, bool is_partial)
{
    struct ladle_scan *scan = &reader->scan;
    ladle_buffer stored = slot->stored;
    slot->stored = scan->stored;
    scan->stored = stored;
    slot->header = scan->header;
    slot->first_record = ladle_scan_record(scan) - scan->header.record_count;
    slot->block_offset = scan->block_offset;
    slot->behind = ladle_scan_tell(scan);
    ladle_slots_put(&reader->slots, slot, is_partial);
}

/*
 * Read those columns of the block at hand that are wanted.
 */
static ladle_status read_columns(ladle_reader *reader)
{
    struct ladle_scan *scan = &reader->scan;
    struct ladle_slot *slot = ladle_slots_take(&reader->slots);
    const struct ladle_block_choice choice = {.wants = reader->wants,
                                              .wants_ctx = reader->wants_ctx,
                                              .epoch = reader->slots.epoch,
                                              .get = ladle_scan_get,
                                              .get_ctx = scan};
    const char *why;
    LADLE_TRY(ladle_scan_hold(scan));
    ladle_status status = ladle_block_decode_some(&slot->block, &reader->slots.decoders[0],
                                                  &scan->header, scan->stored.data, &choice, &why);
    LADLE_TRY(ladle_scan_release(scan, status, why));
    put_data(reader, slot, true);
    return LADLE_OK;
}

void ladle_reader_stand(ladle_reader *reader)
{
    const struct ladle_slot *slot = reader->slots.current;
    uint64_t row = reader->position - slot->first_record;
    ladle_view_seek(slot->block.root, row);
    reader->rows_left = slot->header.record_count - row;
    reader->is_pending = true;
}

static ladle_status read_block(ladle_reader *reader)
{
    struct ladle_scan *scan = &reader->scan;
    bool is_first = !scan->segment.is_begun;
    uint64_t behind = ladle_scan_record(scan) + scan->header.record_count;
    bool is_before = scan->header.type == LADLE_BLOCK_DATA
                         ? behind <= reader->position
                         : ladle_scan_record(scan) < reader->position;
    if (is_before) {
        return ladle_scan_skip(scan);
    }
    if (scan->header.type == LADLE_BLOCK_DATA && reader->wants) {
        return read_columns(reader);
    }
    LADLE_TRY(ladle_scan_payload(scan));
    switch (scan->header.type) {
    case LADLE_BLOCK_DATA:
        put_data(reader, ladle_slots_take(&reader->slots), false);
        return LADLE_OK;
    case LADLE_BLOCK_METADATA:
        return read_metadata(reader, is_first);
    case LADLE_BLOCK_CHECKPOINT:
        return read_checkpoint(reader);
    default:
        return LADLE_OK;
    }
}

/*
 * How many blocks to read ahead: one; with threads to decode them more, and then a few at a time,
 * for to wake a thread takes as long as a good part of its work.
 */
static unsigned ahead_wanted(const ladle_reader *reader)
{
    const struct ladle_slots *slots = &reader->slots;
    if (!slots->pool || !reader->is_in_order || reader->wants) {
        return 1;
    }
    unsigned few = slots->thread_count + 1;
    if (slots->ahead_count >= few) {
        return few;
    }
    return 2 * few < LADLE_AHEAD_MAX ? 2 * few : LADLE_AHEAD_MAX;
}

static void read_ahead(ladle_reader *reader)
{
    const struct ladle_slots *slots = &reader->slots;
    unsigned count = ahead_wanted(reader);
    if (reader->scan.is_live && reader->ahead_status > 0) {
        reader->ahead_status = LADLE_OK; /* there may be more by now */
    }
    while (slots->ahead_count < count && reader->ahead_status == LADLE_OK) {
        reader->ahead_status = ladle_scan_next(&reader->scan);
        if (reader->ahead_status == LADLE_OK) {
            reader->ahead_status = read_block(reader);
        }
        if (ladle_scan_doubt(&reader->scan, reader->ahead_status) ||
            (reader->ahead_status == LADLE_E_CORRUPT &&
             ladle_scan_pass(&reader->scan, reader->position))) {
            reader->ahead_status = LADLE_OK;
        }
    }
}

static void tell_progress(const ladle_reader *reader, uint64_t done)
{
    const struct ladle_input *input = &reader->scan.input;
    uint64_t total = LADLE_UNKNOWN;
    if (reader->progress) {
        if (ladle_input_has_places(input) && ladle_input_size(input, &total, NULL) != LADLE_OK) {
            total = LADLE_UNKNOWN;
        }
        reader->progress(reader->progress_ctx, done, total);
    }
}

/*
 * The next block of those read ahead becomes the one at hand.
 */
static ladle_status take_ahead(ladle_reader *reader)
{
    const struct ladle_slot *slot = ladle_slots_next(&reader->slots);
    reader->is_in_order = true;
    if (slot->status != LADLE_OK) {
        reader->can_step = true;
        reader->step_to = slot->first_record + slot->header.record_count;
        return ladle_fail(
            &reader->failure, slot->status, slot->block_offset, slot->first_record, "%s",
            slot->status == LADLE_E_MEMORY ? ladle_status_text(slot->status) : slot->why);
    }
    tell_progress(reader, slot->behind.offset);
    reader->rows_left = slot->header.record_count;
    reader->is_pending = true;
    if (reader->position > slot->first_record) {
        ladle_reader_stand(reader);
    }
    return LADLE_OK;
}

/*
 * Go on to the next block with records that were not handed out.
 */
static ladle_status next_data(ladle_reader *reader)
{
    ladle_status status = reader->status;
    if (!reader->is_pending) {
        reader->position += reader->rows_left;
        reader->rows_left = 0;
    }
    if (status == LADLE_OK && !reader->is_pending) {
        read_ahead(reader);
        if (reader->slots.ahead_count) {
            status = take_ahead(reader);
        } else {
            status = reader->ahead_status;
            reader->failure = reader->scan.failure;
            reader->ahead_status = LADLE_OK;
        }
        status = ladle_reader_keep(reader, status);
    }
    reader->is_pending = false;
    return status;
}

ladle_status ladle_reader_next_block(ladle_reader *reader, ladle_view **root,
                                     uint64_t *first_record, ladle_error *error)
{
    LADLE_TRY(ladle_need(reader && root && first_record, error));
    ladle_status status = next_data(reader);
    if (status != LADLE_OK) {
        return report(reader, status, error);
    }
    *root = reader->slots.current->block.root;
    *first_record = reader->position;
    reader->position += reader->rows_left;
    reader->rows_left = 0;
    return LADLE_OK;
}

LADLE_RARE static ladle_status go_on(ladle_reader *reader, ladle_error *error)
{
    return report(reader, next_data(reader), error);
}

/*
 * Have a block at hand with records that were not handed out.
 */
static inline ladle_status look_ahead(ladle_reader *reader, ladle_error *error)
{
    return LADLE_LIKELY(reader->rows_left && !reader->is_pending) ? LADLE_OK : go_on(reader, error);
}

ladle_status ladle_reader_peek(ladle_reader *reader, ladle_view **root, uint64_t *left,
                               ladle_error *error)
{
    LADLE_TRY(look_ahead(reader, error));
    *root = reader->slots.current->block.root;
    *left = reader->rows_left;
    return LADLE_OK;
}

void ladle_reader_take(ladle_reader *reader, uint64_t count)
{
    reader->rows_left -= count;
    reader->position += count;
}

/*
 * The record at hand cannot be handed out: reading goes on behind its block, if at all.
 */
LADLE_RARE static ladle_status fail_record(ladle_reader *reader, ladle_status status,
                                           ladle_error *error)
{
    reader->failure.offset = reader->slots.current->block_offset;
    reader->failure.record = reader->position;
    reader->can_step = true;
    reader->step_to = reader->position + reader->rows_left;
    return report(reader, ladle_reader_keep(reader, status), error);
}

LADLE_RARE static ladle_status fail_partial(const ladle_reader *reader, ladle_error *error)
{
    return ladle_fail(error, LADLE_E_STATE, LADLE_UNKNOWN, reader->position,
                      "only some columns of the block were read");
}

ladle_status ladle_reader_next(ladle_reader *reader, ladle_cursor *value, ladle_error *error)
{
    LADLE_TRY(ladle_need(reader && value, error));
    LADLE_TRY(look_ahead(reader, error));
    struct ladle_slot *slot = reader->slots.current;
    if (LADLE_UNLIKELY(slot->is_partial)) {
        return fail_partial(reader, error);
    }
    reader->record.len = 0;
    ladle_status status =
        ladle_view_decode(slot->block.root, &reader->record, &reader->limits, &reader->failure);
    if (LADLE_UNLIKELY(status != LADLE_OK)) {
        return fail_record(reader, status, error);
    }
    ladle_reader_take(reader, 1);
    *value = ladle_cursor_over(reader->record.data, reader->record.len);
    return LADLE_OK;
}

ladle_status ladle_reader_resume(ladle_reader *reader, uint64_t *lost, ladle_error *error)
{
    LADLE_TRY(ladle_need(reader && lost, error));
    struct ladle_scan *scan = &reader->scan;
    ladle_status status = reader->status;
    bool may_resume =
        status == LADLE_E_CORRUPT || status == LADLE_E_LIMIT || status == LADLE_E_UNSUPPORTED;
    uint64_t step_to = reader->step_to;
    *lost = LADLE_UNKNOWN;
    if (may_resume && reader->can_step) {
        *lost = step_to - reader->failure.record;
        status = LADLE_OK;
    } else {
        status = may_resume ? ladle_scan_resume(scan, lost) : LADLE_E_STATE;
        step_to = ladle_scan_record(scan);
    }
    if (status == LADLE_E_STATE) {
        return ladle_fail(error, status, LADLE_UNKNOWN, LADLE_UNKNOWN,
                          "there is nothing to leave out");
    }
    reader->status = LADLE_OK;
    reader->can_step = false;
    reader->position = step_to > reader->position ? step_to : reader->position;
    if (status != LADLE_OK) {
        reader->failure = scan->failure;
        (void)ladle_reader_keep(reader, status);
    }
    return LADLE_OK;
}

void ladle_reader_select(ladle_reader *reader, ladle_reader_wants *wants, void *ctx)
{
    if (!reader) {
        return;
    }
    reader->wants = wants;
    reader->wants_ctx = ctx;
    reader->slots.epoch++;
}

uint64_t ladle_reader_position(const ladle_reader *reader)
{
    if (!reader) {
        return 0;
    }
    return reader->position;
}

const void *ladle_reader_metadata(const ladle_reader *reader, size_t *len)
{
    *len = reader ? reader->metadata.len : 0;
    return reader ? reader->metadata.data : NULL;
}

uint64_t ladle_reader_block_offset(const ladle_reader *reader)
{
    if (!reader) {
        return 0;
    }
    return reader->slots.current->block_offset;
}

void ladle_reader_close(ladle_reader *reader)
{
    if (!reader) {
        return;
    }
    if (reader->locator) {
        ladle_locator_free(reader->locator);
        ladle_free(reader->allocator, reader->locator, 1, sizeof *reader->locator);
    }
    ladle_merged_free(reader->merged);
    ladle_scan_free(&reader->scan);
    ladle_block_free(&reader->content);
    ladle_slots_free(&reader->slots);
    ladle_buffer_free(&reader->metadata);
    ladle_buffer_free(&reader->record);
    ladle_free(reader->allocator, reader, 1, sizeof *reader);
}

/*
 * NULL without memory. The reader takes the source over if it is made.
 */
static ladle_reader *reader_new(const ladle_reader_options *options, const ladle_limits *limits,
                                const ladle_source *source)
{
    const ladle_allocator *allocator = options->allocator;
    ladle_reader *reader = ladle_alloc(allocator, 1, sizeof *reader);
    if (!reader) {
        return NULL;
    }
    reader->allocator = allocator;
    reader->limits = *limits;
    reader->take_tail = options->take_tail;
    reader->progress = options->progress;
    reader->progress_ctx = options->progress_ctx;
    ladle_scan_init(&reader->scan, source, limits->max_record, options->live, allocator);
    reader->metadata.allocator = allocator;
    reader->record.allocator = allocator;
    reader->record.len_max = limits->max_memory < SIZE_MAX / 2 ? (size_t)limits->max_memory : 0;
    ladle_block_init(&reader->content, allocator);
    reader->is_in_order = true;
    if (ladle_slots_init(&reader->slots, options->threads, allocator) != LADLE_OK) {
        reader->scan.input.source.close = NULL; /* the caller closes it */
        ladle_reader_close(reader);
        return NULL;
    }
    return reader;
}

/*
 * Read the header, and the metadata if they come next. What goes wrong behind the header is for the
 * next call to say.
 */
static ladle_status begin_file(ladle_reader *reader)
{
    struct ladle_scan *scan = &reader->scan;
    ladle_status status = ladle_scan_next(scan);
    if (status == LADLE_OK && scan->header.type == LADLE_BLOCK_METADATA) {
        status = read_block(reader);
    }
    if (status < 0) {
        reader->failure = scan->failure;
    }
    if (!scan->is_open) {
        return status;
    }
    (void)ladle_reader_keep(reader, status);
    return LADLE_OK;
}

static ladle_status check_source(const ladle_source *source, ladle_error *error)
{
    return source->read || (source->read_at && source->size)
               ? LADLE_OK
               : ladle_fail(error, LADLE_E_ARGUMENT, LADLE_UNKNOWN, LADLE_UNKNOWN,
                            "the source has no function that reads");
}

static ladle_status open_reader(ladle_reader **reader, const ladle_source *source,
                                const ladle_reader_options *options, ladle_error *error)
{
    ladle_limits limits;
    ladle_status status = ladle_limits_resolve(options->limits, &limits, error);
    if (status == LADLE_OK) {
        status = check_source(source, error);
    }
    if (status != LADLE_OK) {
        ladle_source_close(source);
        return status;
    }
    ladle_reader *made = reader_new(options, &limits, source);
    if (!made) {
        ladle_source_close(source);
        return ladle_fail(error, LADLE_E_MEMORY, LADLE_UNKNOWN, LADLE_UNKNOWN, "%s",
                          ladle_status_text(LADLE_E_MEMORY));
    }
    status = begin_file(made);
    if (status < 0) {
        (void)report(made, status, error);
        ladle_reader_close(made);
        return status;
    }
    *reader = made;
    return status;
}

ladle_status ladle_reader_open(ladle_reader **reader, const ladle_source *source,
                               const ladle_reader_options *options, ladle_error *error)
{
    ladle_source taken_source;
    ladle_reader_options taken_options;
    LADLE_TRY(ladle_need(reader && source, error));
    *reader = NULL;
    LADLE_TRY(ladle_take_struct(&taken_source, sizeof taken_source, source, error));
    ladle_status status = ladle_take_struct(&taken_options, sizeof taken_options, options, error);
    if (status != LADLE_OK) {
        ladle_source_close(&taken_source);
        return status;
    }
    return open_reader(reader, &taken_source, &taken_options, error);
}
