/* SPDX-License-Identifier: BSD-2-Clause */
#define _POSIX_C_SOURCE 200809L

#include "io.h"

#include "status.h"

#include <string.h>

ladle_status ladle_fail_io(ladle_error *error, ladle_status status, uint64_t offset, int os_errno,
                           const char *action)
{
    const char *reason = ladle_status_text(status);
    char os_reason[80];
    if (os_errno && strerror_r(os_errno, os_reason, sizeof os_reason) == 0) {
        reason = os_reason;
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

ladle_status ladle_input_read(struct ladle_input *input, void *buffer, size_t len, size_t *got,
                              ladle_error *error)
{
    const ladle_source *source = &input->source;
    *got = 0;
    while (*got < len) {
        size_t part_len = 0;
        int os_errno = 0;
        uint8_t *to = (uint8_t *)buffer + *got;
        ladle_status status =
            source->read_at
                ? source->read_at(source->ctx, to, len - *got, input->offset, &part_len, &os_errno)
                : source->read(source->ctx, to, len - *got, &part_len, &os_errno);
        status = as_error(status);
        if (status != LADLE_OK) {
            return ladle_fail_io(error, status, input->offset, os_errno, "read");
        }
        if (part_len > len - *got) {
            return ladle_fail(error, LADLE_E_IO, input->offset, LADLE_UNKNOWN,
                              "the source gave more bytes than it was asked for");
        }
        if (part_len == 0) {
            break;
        }
        *got += part_len;
        input->offset += part_len;
    }
    return LADLE_OK;
}

void ladle_input_close(struct ladle_input *input)
{
    if (input->source.close) {
        input->source.close(input->source.ctx);
        input->source.close = NULL;
    }
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
