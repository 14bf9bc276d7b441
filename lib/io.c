/* SPDX-License-Identifier: BSD-2-Clause */
#define _POSIX_C_SOURCE 200809L

#include "io.h"

#include "argument.h"
#include "status.h"

#include <string.h>

/*
 * strerror_r comes in two kinds: one says whether it filled the buffer, GNU's returns the text.
 */
static inline const char *text_of_result(int result, const char *buffer)
{
    return result == 0 ? buffer : NULL;
}

static inline const char *text_itself(const char *text, const char *buffer)
{
    (void)buffer;
    return text;
}

#define REASON_OF(result, buffer)                                                                  \
    _Generic((result), int : text_of_result, default : text_itself)(result, buffer)

ladle_status ladle_fail_io(ladle_error *error, ladle_status status, uint64_t offset, int os_errno,
                           const char *action)
{
    const char *reason = ladle_status_text(status);
    char os_reason[80];
    if (os_errno) {
        const char *text = REASON_OF(strerror_r(os_errno, os_reason, sizeof os_reason), os_reason);
        reason = text ? text : reason;
    }
    ladle_fail(error, status, offset, LADLE_UNKNOWN, "cannot %s: %s", action, reason);
    if (error) {
        error->os_errno = os_errno;
    }
    return status;
}

/*
 * A callback that gives a positive status breaks its contract; LADLE_END must not pass
 * for the end of the records.
 */
static ladle_status as_error(ladle_status status)
{
    return status > 0 ? LADLE_E_IO : status;
}

void ladle_source_close(const ladle_source *source)
{
    if (source->close) {
        source->close(source->ctx);
    }
}

void ladle_sink_close(const ladle_sink *sink)
{
    if (sink->close) {
        int ignored;
        (void)sink->close(sink->ctx, &ignored);
    }
}

ladle_status ladle_sink_take(ladle_sink *taken, const ladle_sink *sink, ladle_error *error)
{
    LADLE_TRY(ladle_take_struct(taken, sizeof *taken, sink, error));
    if (taken->write) {
        return LADLE_OK;
    }
    ladle_sink_close(taken);
    *taken = (ladle_sink){.struct_size = sizeof *taken};
    return ladle_fail(error, LADLE_E_ARGUMENT, LADLE_UNKNOWN, LADLE_UNKNOWN,
                      "the sink has no function that writes");
}

void ladle_input_init(struct ladle_input *input, const ladle_source *source,
                      const ladle_allocator *allocator)
{
    *input = (struct ladle_input){.source = *source, .again = {.allocator = allocator}};
    if (!source->read_at || !source->size) {
        input->source.read_at = NULL;
        input->source.size = NULL;
    }
}

void ladle_input_close(struct ladle_input *input)
{
    if (input->source.close) {
        input->source.close(input->source.ctx);
        input->source.close = NULL;
    }
    ladle_buffer_free(&input->again);
}

/*
 * One call of the source.
 */
static ladle_status read_part(const ladle_source *source, void *to, size_t capacity,
                              uint64_t offset, size_t *len, ladle_error *error)
{
    int os_errno = 0;
    *len = 0;
    ladle_status status = source->read_at
                              ? source->read_at(source->ctx, to, capacity, offset, len, &os_errno)
                              : source->read(source->ctx, to, capacity, len, &os_errno);
    if (status != LADLE_OK) {
        return ladle_fail_io(error, as_error(status), offset, os_errno, "read");
    }
    if (*len > capacity) {
        return ladle_fail(error, LADLE_E_IO, offset, LADLE_UNKNOWN,
                          "the source gave more bytes than it was asked for");
    }
    return LADLE_OK;
}

/*
 * Hand out bytes that were taken back.
 */
static size_t read_again(struct ladle_input *input, void *to, size_t capacity)
{
    size_t left = input->again.len - input->again_next;
    size_t len = left < capacity ? left : capacity;
    if (len) {
        memcpy(to, input->again.data + input->again_next, len);
        input->again_next += len;
        input->offset += len;
    }
    if (left && len == left) {
        ladle_buffer_free(&input->again);
        input->again_next = 0;
    }
    return len;
}

ladle_status ladle_input_read(struct ladle_input *input, void *buffer, size_t least, size_t most,
                              size_t *got, ladle_error *error)
{
    *got = read_again(input, buffer, most);
    while (*got < least) {
        size_t len;
        LADLE_TRY(read_part(&input->source, (uint8_t *)buffer + *got, most - *got, input->offset,
                            &len, error));
        if (len == 0) {
            break;
        }
        *got += len;
        input->offset += len;
    }
    return LADLE_OK;
}

ladle_status ladle_input_unread(struct ladle_input *input, const void *data, size_t len)
{
    if (!ladle_input_has_places(input) && len) {
        ladle_buffer *again = &input->again;
        size_t left = again->len - input->again_next;
        ladle_buffer joined = {.allocator = again->allocator};
        LADLE_TRY(ladle_buffer_grow(&joined, len + left));
        memcpy(joined.data, data, len);
        if (left) {
            memcpy(joined.data + len, again->data + input->again_next, left);
        }
        joined.len = len + left;
        ladle_buffer_free(again);
        *again = joined;
        input->again_next = 0;
    }
    input->offset -= len;
    return LADLE_OK;
}

ladle_status ladle_input_read_at(const struct ladle_input *input, void *buffer, size_t len,
                                 uint64_t offset, size_t *got, ladle_error *error)
{
    *got = 0;
    while (*got < len) {
        size_t part_len;
        LADLE_TRY(read_part(&input->source, (uint8_t *)buffer + *got, len - *got, offset + *got,
                            &part_len, error));
        if (part_len == 0) {
            break;
        }
        *got += part_len;
    }
    return LADLE_OK;
}

ladle_status ladle_input_size(const struct ladle_input *input, uint64_t *size, ladle_error *error)
{
    int os_errno = 0;
    *size = 0;
    ladle_status status = input->source.size(input->source.ctx, size, &os_errno);
    return status == LADLE_OK
               ? LADLE_OK
               : ladle_fail_io(error, as_error(status), LADLE_UNKNOWN, os_errno, "get the size");
}

static ladle_status fail_dead(const struct ladle_output *output, ladle_error *error)
{
    return ladle_fail(error, LADLE_E_STATE, output->offset, LADLE_UNKNOWN,
                      "nothing more can be written after a failure");
}

static ladle_status settle(struct ladle_output *output, ladle_status status, int os_errno,
                           const char *action, ladle_error *error)
{
    if (status == LADLE_OK) {
        return LADLE_OK;
    }
    output->failed = true;
    return ladle_fail_io(error, as_error(status), output->offset, os_errno, action);
}

ladle_status ladle_output_write(struct ladle_output *output, const void *data, size_t len,
                                ladle_error *error)
{
    int os_errno = 0;
    if (output->failed) {
        return fail_dead(output, error);
    }
    ladle_status status = output->sink.write(output->sink.ctx, data, len, &os_errno);
    LADLE_TRY(settle(output, status, os_errno, "write", error));
    output->offset += len;
    return LADLE_OK;
}

ladle_status ladle_output_write_pieces(struct ladle_output *output, const ladle_piece *pieces,
                                       size_t count, ladle_error *error)
{
    int os_errno = 0;
    if (!output->sink.write_pieces || count == 1 || output->failed) {
        for (size_t i = 0; i < count; i++) {
            LADLE_TRY(ladle_output_write(output, pieces[i].data, pieces[i].len, error));
        }
        return LADLE_OK;
    }
    ladle_status status = output->sink.write_pieces(output->sink.ctx, pieces, count, &os_errno);
    LADLE_TRY(settle(output, status, os_errno, "write", error));
    for (size_t i = 0; i < count; i++) {
        output->offset += pieces[i].len;
    }
    return LADLE_OK;
}

ladle_status ladle_output_truncate(struct ladle_output *output, uint64_t len, ladle_error *error)
{
    int os_errno = 0;
    if (!output->sink.truncate) {
        return ladle_fail(error, LADLE_E_STATE, len, LADLE_UNKNOWN,
                          "the sink cannot go on behind what is there");
    }
    ladle_status status = output->sink.truncate(output->sink.ctx, len, &os_errno);
    LADLE_TRY(settle(output, status, os_errno, "cut", error));
    output->offset = len;
    return LADLE_OK;
}

/*
 * One of the sink's functions that take no data; NULL does nothing.
 */
static ladle_status call(struct ladle_output *output, ladle_status (*function)(void *, int *),
                         const char *action, ladle_error *error)
{
    int os_errno = 0;
    if (output->failed) {
        return fail_dead(output, error);
    }
    ladle_status status = function ? function(output->sink.ctx, &os_errno) : LADLE_OK;
    return settle(output, status, os_errno, action, error);
}

ladle_status ladle_output_flush(struct ladle_output *output, ladle_error *error)
{
    return call(output, output->sink.flush, "flush", error);
}

ladle_status ladle_output_sync(struct ladle_output *output, ladle_error *error)
{
    return call(output, output->sink.sync, "sync", error);
}

ladle_status ladle_output_close(struct ladle_output *output, ladle_error *error)
{
    bool was_dead = output->failed;
    ladle_status (*close)(void *, int *) = output->sink.close;
    output->sink.close = NULL;
    output->failed = false;
    ladle_status status = call(output, close, "close", error);
    output->failed = true;
    return was_dead ? fail_dead(output, error) : status;
}
