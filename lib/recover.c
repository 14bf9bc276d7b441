/* SPDX-License-Identifier: BSD-2-Clause */
#include <ladle/recover.h>

#include "argument.h"
#include "block_decode.h"
#include "emit.h"
#include "limit.h"
#include "metadata.h"
#include "scan.h"
#include "status.h"
#include "text.h"
#include "view.h"

/*
 * A whole file being gone through.
 */
struct recovery {
    ladle_recover_options options;
    ladle_limits limits;
    struct ladle_scan scan;
    struct ladle_block_decoder decoder;
    struct ladle_block block;
    ladle_buffer record;   /* tagged */
    ladle_buffer metadata; /* of the segment at hand */
    uint64_t total;        /* bytes of the source */
    ladle_recover_report report;
    ladle_status status;           /* the first thing that is wrong, or LADLE_OK */
    ladle_error failure;           /* what it is */
    struct ladle_emitter *emitter; /* NULL: nothing is copied */
    uint64_t segment_offset;       /* in the source, of the segment at hand */
    bool has_segment;              /* it was begun in the copy */
};

static ladle_status fail(ladle_error *error, ladle_status status, const char *why)
{
    return ladle_fail(error, status, LADLE_UNKNOWN, LADLE_UNKNOWN, "%s", why);
}

static ladle_status fail_memory(ladle_error *error)
{
    return fail(error, LADLE_E_MEMORY, ladle_status_text(LADLE_E_MEMORY));
}

/*
 * The recovery takes the source over, also on failure.
 */
static ladle_status begin(struct recovery *recovery, const ladle_source *source,
                          const ladle_recover_options *options, ladle_error *error)
{
    *recovery = (struct recovery){
        .options = *options, .total = LADLE_UNKNOWN, .segment_offset = LADLE_UNKNOWN};
    const ladle_allocator *allocator = recovery->options.allocator;
    ladle_status status = ladle_limits_resolve(recovery->options.limits, &recovery->limits, error);
    ladle_scan_init(&recovery->scan, source, recovery->limits.max_record, false, allocator);
    ladle_block_decoder_init(&recovery->decoder, allocator);
    ladle_block_init(&recovery->block, allocator);
    recovery->record.allocator = allocator;
    recovery->metadata.allocator = allocator;
    LADLE_TRY(status);
    if (!recovery->scan.input.source.read && !ladle_input_has_places(&recovery->scan.input)) {
        return fail(error, LADLE_E_ARGUMENT, "the source has no function that reads");
    }
    return ladle_input_has_places(&recovery->scan.input)
               ? ladle_input_size(&recovery->scan.input, &recovery->total, error)
               : LADLE_OK;
}

static void end(struct recovery *recovery)
{
    ladle_scan_free(&recovery->scan);
    ladle_block_free(&recovery->block);
    ladle_block_decoder_free(&recovery->decoder);
    ladle_buffer_free(&recovery->record);
    ladle_buffer_free(&recovery->metadata);
}

static void note_failure(struct recovery *recovery, ladle_status status, const ladle_error *failure)
{
    if (recovery->status == LADLE_OK) {
        recovery->status = status;
        recovery->failure = *failure;
    }
}

static void note_loss(struct recovery *recovery, const ladle_loss *loss)
{
    ladle_recover_report *report = &recovery->report;
    report->loss_count++;
    if (loss->count == LADLE_UNKNOWN || report->lost_count == LADLE_UNKNOWN) {
        report->lost_count = LADLE_UNKNOWN;
    } else {
        report->lost_count += loss->count;
    }
    if (recovery->options.lost) {
        recovery->options.lost(recovery->options.ctx, loss);
    }
}

static ladle_status note_progress(const struct recovery *recovery, ladle_error *error)
{
    const ladle_recover_options *options = &recovery->options;
    if (options->progress &&
        !options->progress(options->ctx, ladle_scan_tell(&recovery->scan).offset,
                           recovery->total)) {
        return fail(error, LADLE_E_STATE, "it was stopped");
    }
    return LADLE_OK;
}

/*
 * Begin in the copy the segment that the block at hand belongs to, and complete the one before.
 */
static ladle_status follow_segment(struct recovery *recovery, ladle_error *error)
{
    const struct ladle_segment *segment = &recovery->scan.segment;
    if (!recovery->emitter || recovery->has_segment) {
        return LADLE_OK;
    }
    recovery->has_segment = true;
    return ladle_emitter_begin(recovery->emitter, NULL, segment->block_len, recovery->metadata.data,
                               recovery->metadata.len, error);
}

static ladle_status leave_segment(struct recovery *recovery, ladle_error *error)
{
    if (!recovery->emitter || recovery->segment_offset == LADLE_UNKNOWN) {
        return LADLE_OK;
    }
    LADLE_TRY(follow_segment(recovery, error));
    recovery->has_segment = false;
    recovery->metadata.len = 0;
    return ladle_emitter_complete(recovery->emitter, error);
}

/*
 * The bytes of the block at hand, which has no records.
 */
static ladle_status get_content(struct recovery *recovery, struct ladle_stream *bytes)
{
    struct ladle_scan *scan = &recovery->scan;
    const char *why;
    ladle_status status = ladle_block_decode_bytes(&recovery->block, &recovery->decoder,
                                                   &scan->header, scan->stored.data, bytes, &why);
    return status == LADLE_OK ? LADLE_OK : ladle_scan_refuse(scan, status, why);
}

static ladle_status take_metadata(struct recovery *recovery, bool is_first)
{
    struct ladle_scan *scan = &recovery->scan;
    struct ladle_stream bytes;
    if (!is_first) {
        return ladle_scan_refuse(scan, LADLE_E_CORRUPT, "metadata stand behind other blocks");
    }
    LADLE_TRY(get_content(recovery, &bytes));
    ladle_status status = ladle_metadata_merge(&recovery->metadata, bytes.data, bytes.len,
                                               recovery->limits.max_depth);
    return status == LADLE_OK
               ? LADLE_OK
               : ladle_scan_refuse(scan, status, "the metadata break the rules of the format");
}

static ladle_status take_checkpoint(struct recovery *recovery)
{
    struct ladle_scan *scan = &recovery->scan;
    struct ladle_stream bytes;
    struct ladle_checkpoint_parts parts;
    uint64_t offset = scan->block_offset - scan->segment.offset;
    LADLE_TRY(get_content(recovery, &bytes));
    ladle_status status = ladle_checkpoint_parse(bytes.data, bytes.len, offset, &parts);
    return status == LADLE_OK
               ? ladle_scan_fit(scan, &parts.totals)
               : ladle_scan_refuse(scan, status, "a checkpoint breaks the rules of the format");
}

/*
 * What a codec or a view cannot see: text that is no UTF-8.
 */
static bool has_good_text(ladle_cursor value)
{
    while (ladle_cursor_left(&value)) {
        ladle_item item;
        if (ladle_value_next(&value, &item) != LADLE_OK ||
            (item.kind == LADLE_STR && !ladle_is_utf8(item.data, item.data_len))) {
            return false;
        }
    }
    return true;
}

/*
 * Look at each value of the block at hand.
 */
static ladle_status check_records(struct recovery *recovery, ladle_error *error)
{
    const struct ladle_scan *scan = &recovery->scan;
    uint64_t first_record = ladle_scan_record(scan) - scan->header.record_count;
    ladle_view *root = recovery->block.root;
    for (uint64_t row = 0; row < root->count; row++) {
        ladle_error failure;
        recovery->record.len = 0;
        ladle_status status =
            ladle_view_decode(root, &recovery->record, &recovery->limits, &failure);
        if (status == LADLE_E_MEMORY) {
            return fail_memory(error);
        }
        if (status == LADLE_OK &&
            !has_good_text(ladle_cursor_over(recovery->record.data, recovery->record.len))) {
            status = fail(&failure, LADLE_E_CORRUPT, "a str is not UTF-8");
        }
        if (status == LADLE_OK) {
            recovery->report.record_count++;
            continue;
        }
        failure.offset = scan->block_offset;
        failure.record = first_record + row;
        note_failure(recovery, status, &failure);
        note_loss(recovery, &(ladle_loss){.first_record = failure.record,
                                          .count = 1,
                                          .offset = scan->block_offset,
                                          .why = failure.text});
        ladle_view_seek(root, row + 1);
    }
    return LADLE_OK;
}

static ladle_status copy_records(struct recovery *recovery, const ladle_view *root,
                                 ladle_error *error)
{
    const struct ladle_scan *scan = &recovery->scan;
    LADLE_TRY(ladle_emitter_copy(recovery->emitter, &scan->header, scan->stored.data, root, error));
    recovery->report.record_count += scan->header.record_count;
    return LADLE_OK;
}

/*
 * '*own' is what went wrong with the copy or the memory, not with the file: the end of the work.
 */
static ladle_status take_data(struct recovery *recovery, ladle_status *own, ladle_error *error)
{
    struct ladle_scan *scan = &recovery->scan;
    const char *why;
    ladle_status status = ladle_block_decode(&recovery->block, &recovery->decoder, &scan->header,
                                             scan->stored.data, &why);
    const ladle_view *root = status == LADLE_OK ? recovery->block.root : NULL;
    bool is_copied = recovery->emitter && (root || status == LADLE_E_UNSUPPORTED);
    if (!root && !is_copied) {
        return ladle_scan_refuse(scan, status, why);
    }
    recovery->report.block_count++;
    *own = is_copied ? copy_records(recovery, root, error) : check_records(recovery, error);
    return LADLE_OK;
}

static ladle_status take_block(struct recovery *recovery, ladle_status *own, ladle_error *error)
{
    struct ladle_scan *scan = &recovery->scan;
    bool is_first = !scan->segment.is_begun;
    if (scan->segment.offset != recovery->segment_offset) {
        *own = leave_segment(recovery, error);
        recovery->segment_offset = scan->segment.offset;
    }
    LADLE_TRY(ladle_scan_payload(scan));
    if (scan->header.type == LADLE_BLOCK_METADATA) {
        return take_metadata(recovery, is_first);
    }
    if (*own == LADLE_OK) {
        *own = follow_segment(recovery, error);
    }
    if (*own != LADLE_OK) {
        return LADLE_OK;
    }
    switch (scan->header.type) {
    case LADLE_BLOCK_DATA:
        return take_data(recovery, own, error);
    case LADLE_BLOCK_CHECKPOINT:
        return take_checkpoint(recovery);
    default:
        return LADLE_OK;
    }
}

/*
 * Something is wrong with the file. Go on behind it: LADLE_OK, or how the file ends.
 */
static ladle_status leave_out(struct recovery *recovery, ladle_status status, ladle_error *error)
{
    struct ladle_scan *scan = &recovery->scan;
    ladle_error failure = scan->failure;
    ladle_loss loss = {
        .first_record = ladle_scan_record(scan), .offset = scan->block_offset, .why = failure.text};
    if (status == LADLE_E_IO || status == LADLE_E_MEMORY) {
        if (error) {
            *error = failure;
            error->record = LADLE_UNKNOWN;
        }
        return status;
    }
    if (failure.record != LADLE_UNKNOWN) {
        loss.first_record = failure.record;
    }
    note_failure(recovery, status, &failure);
    ladle_status resumed = ladle_scan_resume(scan, &loss.count);
    if (resumed == LADLE_OK) {
        loss.len = ladle_scan_tell(scan).offset - loss.offset;
        note_loss(recovery, &loss);
        return LADLE_OK;
    }
    recovery->report.tail_len = scan->input.offset - scan->block_offset;
    return resumed == LADLE_E_STATE ? LADLE_END : leave_out(recovery, resumed, error);
}

/*
 * Read the first header, or go on without it. LADLE_E_STATE when nothing can be read: why is in
 * recovery->status and the error.
 */
static ladle_status open_file(struct recovery *recovery, ladle_error *error)
{
    struct ladle_scan *scan = &recovery->scan;
    ladle_status status = ladle_scan_next(scan);
    if (scan->is_open) {
        return status;
    }
    ladle_error failure = scan->failure;
    bool is_header_damaged = status == LADLE_E_FORMAT || status == LADLE_E_CORRUPT;
    if (recovery->emitter && is_header_damaged &&
        ladle_scan_begin_anyhow(scan) == LADLE_E_CORRUPT) {
        return LADLE_E_CORRUPT;
    }
    if (error) {
        *error = failure;
    }
    recovery->status = status;
    return LADLE_E_STATE;
}

/*
 * Go through the whole file. recovery->status says what is wrong with it; what is returned is
 * LADLE_OK, or what was wrong with the work.
 */
static ladle_status go_through(struct recovery *recovery, ladle_error *error)
{
    struct ladle_scan *scan = &recovery->scan;
    ladle_status own = LADLE_OK;
    ladle_status status = open_file(recovery, error);
    if (status == LADLE_E_STATE) {
        return recovery->status;
    }
    for (;;) {
        if (status == LADLE_OK) {
            status = take_block(recovery, &own, error);
        }
        LADLE_TRY(own);
        if (status == LADLE_END) {
            recovery->report.is_complete = true;
            break;
        }
        if (status != LADLE_OK) {
            status = leave_out(recovery, status, error);
        }
        if (status == LADLE_END) {
            break;
        }
        LADLE_TRY(status);
        LADLE_TRY(note_progress(recovery, error));
        status = ladle_scan_next(scan);
    }
    LADLE_TRY(note_progress(recovery, error));
    recovery->segment_offset = scan->segment.offset; /* there may have been no block at all */
    return leave_segment(recovery, error);
}

static void put_report(const struct recovery *recovery, ladle_recover_report *report)
{
    if (report) {
        size_t size = report->struct_size;
        memcpy(report, &recovery->report, size < sizeof *report ? size : sizeof *report);
        report->struct_size = size;
    }
}

/*
 * Structs of whatever version, as this one knows them. 'source' and 'sink' may be NULL for want of
 * one; on failure they are closed.
 */
struct arguments {
    ladle_source source;
    ladle_sink sink;
    ladle_recover_options options;
    ladle_recover_report report;
};

static ladle_status take_structs(struct arguments *arguments, const ladle_recover_options *options,
                                 const ladle_recover_report *report, ladle_error *error)
{
    LADLE_TRY(ladle_take_struct(&arguments->options, sizeof arguments->options, options, error));
    return ladle_take_struct(&arguments->report, sizeof arguments->report, report, error);
}

static ladle_status take_arguments(struct arguments *arguments, const ladle_source *source,
                                   const ladle_sink *sink, const ladle_recover_options *options,
                                   const ladle_recover_report *report, ladle_error *error)
{
    *arguments = (struct arguments){.source = {.struct_size = 0}};
    ladle_status status = sink ? ladle_sink_take(&arguments->sink, sink, error) : LADLE_OK;
    ladle_status of_source = ladle_take_struct(&arguments->source, sizeof arguments->source, source,
                                               status == LADLE_OK ? error : NULL);
    status = status == LADLE_OK ? of_source : status;
    if (status == LADLE_OK) {
        status = take_structs(arguments, options, report, error);
    }
    if (status != LADLE_OK) {
        ladle_source_close(&arguments->source);
        ladle_sink_close(&arguments->sink);
        arguments->sink = (ladle_sink){.struct_size = 0};
    }
    return status;
}

ladle_status ladle_verify(const ladle_source *source, const ladle_recover_options *options,
                          ladle_recover_report *report, ladle_error *error)
{
    struct recovery recovery;
    struct arguments taken;
    LADLE_TRY(ladle_need(source, error));
    LADLE_TRY(take_arguments(&taken, source, NULL, options, report, error));
    ladle_status status = begin(&recovery, &taken.source, &taken.options, error);
    if (status == LADLE_OK) {
        status = go_through(&recovery, error);
    }
    if (status == LADLE_OK && recovery.status != LADLE_OK) {
        status = recovery.status;
        if (error) {
            *error = recovery.failure;
        }
    }
    put_report(&recovery, report);
    end(&recovery);
    return status;
}

static ladle_status repair(struct recovery *recovery, ladle_error *error)
{
    LADLE_TRY(go_through(recovery, error));
    return ladle_emitter_flush(recovery->emitter, false, error);
}

ladle_status ladle_repair(const ladle_source *source, const ladle_sink *sink,
                          const ladle_recover_options *options, ladle_recover_report *report,
                          ladle_error *error)
{
    struct recovery recovery;
    struct ladle_emitter emitter = {.is_dead = false};
    ladle_error ignored;
    struct arguments taken;
    LADLE_TRY(ladle_need(source && sink, error));
    LADLE_TRY(take_arguments(&taken, source, sink, options, report, error));
    ladle_status status = begin(&recovery, &taken.source, &taken.options, error);
    struct ladle_emitter_options emitting = {.allocator = recovery.options.allocator};
    if (ladle_emitter_init(&emitter, &taken.sink, &emitting) != LADLE_OK && status == LADLE_OK) {
        status = fail_memory(error);
    }
    recovery.emitter = &emitter;
    if (status == LADLE_OK) {
        status = repair(&recovery, error);
    }
    ladle_status closed = ladle_emitter_close(&emitter, status == LADLE_OK ? error : &ignored);
    put_report(&recovery, report);
    ladle_emitter_free(&emitter);
    end(&recovery);
    return status == LADLE_OK ? closed : status;
}

/*
 * A source whose bytes are written on as they are read.
 */
struct tee {
    struct ladle_input input;
    struct ladle_output *output;
    ladle_error failure; /* of writing */
};

static ladle_status tee_read(void *ctx, void *buffer, size_t capacity, size_t *len, int *os_errno)
{
    struct tee *tee = ctx;
    ladle_error error;
    ladle_status status = ladle_input_read(&tee->input, buffer, 1, capacity, len, &error);
    if (status == LADLE_OK && *len) {
        status = ladle_output_write(tee->output, buffer, *len, &error);
        if (status != LADLE_OK) {
            tee->failure = error;
        }
    }
    *os_errno = status == LADLE_OK ? 0 : error.os_errno;
    return status;
}

/*
 * Write a file to the output while it is verified.
 */
static ladle_status join(const ladle_source *source, struct ladle_output *output,
                         const ladle_recover_options *options, ladle_error *error)
{
    struct recovery recovery;
    ladle_source taken;
    struct tee tee = {.output = output};
    LADLE_TRY(ladle_take_struct(&taken, sizeof taken, source, error));
    const ladle_source inner = {.struct_size = sizeof inner, .ctx = &tee, .read = tee_read};
    ladle_status status = begin(&recovery, &inner, options, error);
    struct ladle_scan *scan = &recovery.scan;
    ladle_input_init(&tee.input, &taken, recovery.options.allocator);
    if (status == LADLE_OK && !taken.read && !ladle_input_has_places(&tee.input)) {
        status = fail(error, LADLE_E_ARGUMENT, "the source has no function that reads");
    }
    if (status == LADLE_OK && ladle_input_has_places(&tee.input)) {
        status = ladle_input_size(&tee.input, &recovery.total, error);
    }
    while (status == LADLE_OK) {
        status = ladle_scan_next(scan);
        if (status == LADLE_OK) {
            status = ladle_scan_payload(scan);
        }
        if (status == LADLE_OK && scan->header.type == LADLE_BLOCK_CHECKPOINT) {
            status = take_checkpoint(&recovery);
        }
        if (status < 0 && error) {
            *error = tee.failure.status ? tee.failure : scan->failure;
        }
        if (status == LADLE_OK) {
            status = note_progress(&recovery, error);
        }
    }
    ladle_input_close(&tee.input);
    end(&recovery);
    return status == LADLE_END ? LADLE_OK : status;
}

ladle_status ladle_concat(const ladle_source *sources, size_t count, const ladle_sink *sink,
                          const ladle_recover_options *options, size_t *failed, ladle_error *error)
{
    struct arguments taken;
    ladle_error ignored;
    LADLE_TRY(ladle_need(sink && (sources || !count), error));
    ladle_status status = take_arguments(&taken, NULL, sink, options, NULL, error);
    struct ladle_output output = {.sink = taken.sink};
    if (status == LADLE_OK && count == 0) {
        status = fail(error, LADLE_E_ARGUMENT, "there is no file to join");
    }
    size_t i = 0;
    for (; i < count && status == LADLE_OK; i++) {
        status = join(&sources[i], &output, &taken.options, error);
    }
    if (failed) {
        *failed = status == LADLE_OK || i == 0 || output.failed ? count : i - 1;
    }
    for (; i < count; i++) {
        ladle_source_close(&sources[i]);
    }
    if (status == LADLE_OK) {
        status = ladle_output_flush(&output, error);
    }
    ladle_status closed = ladle_output_close(&output, status == LADLE_OK ? error : &ignored);
    return status == LADLE_OK ? closed : status;
}
