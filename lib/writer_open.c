/* SPDX-License-Identifier: BSD-2-Clause */
/* Beginning a file, or going on with one. */
#include "writer.h"

#include "alloc.h"
#include "argument.h"
#include "emit_append.h"
#include "limit.h"
#include "metadata.h"
#include "status.h"

/*
 * Larger blocks save little (a file of log records with zstd becomes 1.7 % smaller at 200,000), and
 * cost whoever reads single records. Not a power of two, and neither are the columns of common
 * records then: columns that lie such a distance apart compete for the same lines of the cache.
 */
#define BLOCK_LEN_DEFAULT 132000
#define BLOCK_LEN_MIN     1024
#define BLOCK_LEN_MAX     ((size_t)32 << 20)

static ladle_status check_level(int level, const struct ladle_codec *codec, const char *codec_name,
                                ladle_error *error)
{
    if (level && !codec) {
        return ladle_fail(error, LADLE_E_ARGUMENT, LADLE_UNKNOWN, LADLE_UNKNOWN,
                          "there is a compression level, %d, but no compression", level);
    }
    if (level && (level < codec->level_min || level > codec->level_max)) {
        return ladle_fail(error, LADLE_E_ARGUMENT, LADLE_UNKNOWN, LADLE_UNKNOWN,
                          "the compression level is %d: %s has %d to %d", level, codec_name,
                          codec->level_min, codec->level_max);
    }
    return LADLE_OK;
}

static ladle_status check_options(const ladle_writer_options *options, const ladle_limits *limits,
                                  const struct ladle_codec *codec, ladle_error *error)
{
    const char *wrong = NULL;
    if (options->block_len &&
        (options->block_len < BLOCK_LEN_MIN || options->block_len > BLOCK_LEN_MAX)) {
        wrong = "the block length is out of its range of 1024 bytes to 32 MiB";
    } else if (options->threads > LADLE_THREADS_MAX) {
        wrong = "there may be at most 64 threads";
    } else if (options->metadata &&
               !ladle_metadata_is_valid(options->metadata, options->metadata_len,
                                        limits->max_depth)) {
        wrong = "the metadata are not a dict with str keys";
    }
    return wrong ? ladle_fail(error, LADLE_E_ARGUMENT, LADLE_UNKNOWN, LADLE_UNKNOWN, "%s", wrong)
                 : check_level(options->level, codec, options->codec, error);
}

static ladle_status writer_init(ladle_writer *writer, const ladle_sink *sink,
                                const ladle_writer_options *options,
                                const struct ladle_codec *codec)
{
    uint64_t array_len = writer->limits.max_record + LADLE_BLOCK_SLACK;
    writer->block_len = options->block_len ? options->block_len : BLOCK_LEN_DEFAULT;
    const struct ladle_emitter_options emitter_options = {.codec = codec,
                                                          .level = options->level,
                                                          .threads = options->threads,
                                                          .block_len = writer->block_len,
                                                          .progress = options->progress,
                                                          .progress_ctx = options->progress_ctx,
                                                          .allocator = options->allocator};
    writer->allocator = options->allocator;
    writer->shape = (ladle_shape){
        .allocator = options->allocator,
        .release_tag = options->release_tag,
        .array_len_max =
            (size_t)(array_len < LADLE_BLOCK_LEN_MAX ? array_len : LADLE_BLOCK_LEN_MAX - 1)};
    LADLE_TRY(ladle_emitter_init(&writer->emitter, sink, &emitter_options));
    return ladle_shape_init(&writer->shape);
}

/*
 * A writer that has written nothing yet.
 */
static ladle_status writer_new(ladle_writer **writer, const ladle_sink *sink,
                               const ladle_writer_options *options, ladle_error *error)
{
    const struct ladle_codec *codec = NULL;
    ladle_limits limits;
    LADLE_TRY(ladle_limits_resolve(options->limits, &limits, error));
    if (options->codec && ladle_codec_by_name(options->codec, &codec) != LADLE_OK) {
        (void)ladle_fail(error, LADLE_E_UNSUPPORTED, LADLE_UNKNOWN, LADLE_UNKNOWN,
                         "the codec %s is not built in", options->codec);
        return LADLE_E_UNSUPPORTED;
    }
    LADLE_TRY(check_options(options, &limits, codec, error));
    ladle_writer *made = ladle_alloc(options->allocator, 1, sizeof *made);
    if (!made) {
        (void)ladle_emitter_fail(error, LADLE_E_MEMORY);
        return LADLE_E_MEMORY;
    }
    made->limits = limits;
    ladle_status status = writer_init(made, sink, options, codec);
    if (status != LADLE_OK) {
        ladle_writer_free(made);
        (void)ladle_emitter_fail(error, status);
        return status;
    }
    *writer = made;
    return LADLE_OK;
}

uint64_t ladle_writer_options_bound(const ladle_writer_options *options)
{
    const ladle_sink nowhere = {.struct_size = sizeof nowhere};
    ladle_writer_options taken;
    ladle_writer *writer;
    if (ladle_take_struct(&taken, sizeof taken, options, NULL) != LADLE_OK ||
        writer_new(&writer, &nowhere, &taken, NULL) != LADLE_OK) {
        return 0;
    }
    uint64_t bound = ladle_writer_memory_bound(writer);
    ladle_writer_free(writer);
    return bound;
}

static ladle_status begin_segment(ladle_writer *writer, const ladle_writer_options *options,
                                  ladle_error *error)
{
    return ladle_emitter_begin(&writer->emitter, options->uuid, (uint32_t)writer->block_len,
                               options->metadata, options->metadata_len, error);
}

/*
 * Go on behind what a source has.
 */
static ladle_status append(ladle_writer *writer, const ladle_source *source,
                           const ladle_writer_options *options, ladle_recovered *recovered,
                           ladle_error *error)
{
    struct ladle_emitter *emitter = &writer->emitter;
    struct ladle_found_end found;
    LADLE_TRY(ladle_emitter_find_end(emitter, source, writer->limits.max_record, &found, error));
    LADLE_TRY(ladle_emitter_cut(emitter, found.end, error));
    recovered->record_count = ladle_emitter_count(emitter);
    recovered->cut_len = found.cut_len;
    recovered->was_complete = found.is_complete;
    emitter->synced_count = recovered->record_count;
    if (found.end == 0) {
        return begin_segment(writer, options, error);
    }
    if (options->metadata) {
        LADLE_TRY(ladle_emitter_complete(emitter, error));
        return begin_segment(writer, options, error);
    }
    return LADLE_OK;
}

/*
 * Make a writer, and have it begin a file, or go on with that of a source.
 */
static ladle_status open_writer(ladle_writer **writer, const ladle_source *source,
                                const ladle_sink *sink, const ladle_writer_options *options,
                                ladle_recovered *recovered, ladle_error *error)
{
    ladle_writer_options taken;
    ladle_status status = ladle_take_struct(&taken, sizeof taken, options, error);
    if (status == LADLE_OK) {
        options = &taken;
        status = writer_new(writer, sink, options, error);
    }
    if (*writer) {
        status = source ? append(*writer, source, options, recovered, error)
                        : begin_segment(*writer, options, error);
        if (status != LADLE_OK) {
            ladle_writer_free(*writer);
            *writer = NULL;
        }
    }
    if (status != LADLE_OK) {
        ladle_sink_close(sink);
    }
    return status;
}

static ladle_status fail_in_order(const ladle_sink *sink, ladle_error *error)
{
    ladle_sink_close(sink);
    return ladle_fail(error, LADLE_E_STATE, LADLE_UNKNOWN, LADLE_UNKNOWN,
                      "only what can be read at any place can be appended to");
}

ladle_status ladle_writer_open(ladle_writer **writer, const ladle_sink *sink,
                               const ladle_writer_options *options, ladle_error *error)
{
    ladle_sink taken;
    LADLE_TRY(ladle_need(writer && sink, error));
    *writer = NULL;
    LADLE_TRY(ladle_sink_take(&taken, sink, error));
    return open_writer(writer, NULL, &taken, options, NULL, error);
}

ladle_status ladle_writer_open_append(ladle_writer **writer, const ladle_source *source,
                                      const ladle_sink *sink, const ladle_writer_options *options,
                                      ladle_recovered *recovered, ladle_error *error)
{
    ladle_recovered ignored;
    ladle_source taken_source;
    ladle_sink taken_sink;
    LADLE_TRY(ladle_need(writer && source && sink, error));
    *writer = NULL;
    recovered = recovered ? recovered : &ignored;
    *recovered = (ladle_recovered){.record_count = 0};
    ladle_status status = ladle_sink_take(&taken_sink, sink, error);
    ladle_status of_source =
        ladle_take_struct(&taken_source, sizeof taken_source, source, status ? NULL : error);
    if (of_source != LADLE_OK) {
        ladle_sink_close(&taken_sink);
        return status ? status : of_source;
    }
    if (status == LADLE_OK) {
        status = taken_source.read_at && taken_source.size
                     ? open_writer(writer, &taken_source, &taken_sink, options, recovered, error)
                     : fail_in_order(&taken_sink, error);
    }
    ladle_source_close(&taken_source);
    return status;
}
