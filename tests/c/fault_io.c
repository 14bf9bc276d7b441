/* SPDX-License-Identifier: BSD-2-Clause */
#include "fault_io.h"

#include "test.h"
#include <errno.h>
#include <limits.h>

static ladle_status source_read(void *ctx, void *buffer, size_t capacity, size_t *len,
                                int *os_errno)
{
    struct fault_source *fault = ctx;
    size_t end = fault->len < fault->fail_at ? fault->len : fault->fail_at;
    check_that(fault->close_count == 0, "a read after the close");
    check_that(capacity > 0, "a read of no bytes");
    *len = end - fault->position;
    *len = *len < capacity ? *len : capacity;
    *len = fault->chunk_len && *len > fault->chunk_len ? fault->chunk_len : *len;
    if (*len == 0 && fault->position == fault->fail_at) {
        fault->failure_count++;
        *os_errno = EIO;
        return LADLE_E_IO;
    }
    if (*len) {
        memcpy(buffer, fault->data + fault->position, *len);
        fault->position += *len;
    }
    return LADLE_OK;
}

static void source_close(void *ctx)
{
    ((struct fault_source *)ctx)->close_count++;
}

void fault_source_init(ladle_source *source, struct fault_source *fault, const void *data,
                       size_t len)
{
    *fault = (struct fault_source){.data = data, .len = len, .fail_at = SIZE_MAX};
    *source = (ladle_source){
        .struct_size = sizeof *source, .ctx = fault, .read = source_read, .close = source_close};
}

static ladle_status fail_call(struct fault_source *fault, int *os_errno)
{
    check_that(fault->close_count == 0, "a call after the close");
    if (fault->call_count++ == fault->fail_call) {
        fault->failure_count++;
        *os_errno = EIO;
        return LADLE_E_IO;
    }
    return LADLE_OK;
}

static ladle_status source_read_at(void *ctx, void *buffer, size_t capacity, uint64_t offset,
                                   size_t *len, int *os_errno)
{
    struct fault_source *fault = ctx;
    size_t left = offset < fault->len ? fault->len - (size_t)offset : 0;
    *len = left < capacity ? left : capacity;
    *len = fault->chunk_len && *len > fault->chunk_len ? fault->chunk_len : *len;
    if (*len) {
        memcpy(buffer, fault->data + offset, *len);
    }
    return fail_call(fault, os_errno);
}

static ladle_status source_size(void *ctx, uint64_t *size, int *os_errno)
{
    struct fault_source *fault = ctx;
    *size = fault->len;
    return fail_call(fault, os_errno);
}

void fault_source_at_places(ladle_source *source, struct fault_source *fault)
{
    fault->fail_call = UINT_MAX;
    source->read = NULL;
    source->read_at = source_read_at;
    source->size = source_size;
}

static ladle_status fail_when(struct fault_sink *fault, bool fails, int *os_errno)
{
    check_that(fault->failure_count == 0, "a call after a failure");
    check_that(fault->close_count == 0, "a call after the close");
    if (fails) {
        fault->failure_count++;
        *os_errno = ENOSPC;
        return LADLE_E_IO;
    }
    return LADLE_OK;
}

static ladle_status sink_write(void *ctx, const void *data, size_t len, int *os_errno)
{
    struct fault_sink *fault = ctx;
    size_t room = fault->fail_at - fault->written.len;
    must(ladle_buffer_put(&fault->written, data, len < room ? len : room));
    return fail_when(fault, len > room, os_errno);
}

static ladle_status sink_write_pieces(void *ctx, const ladle_piece *pieces, size_t count,
                                      int *os_errno)
{
    ladle_status status = LADLE_OK;
    for (size_t i = 0; i < count && status == LADLE_OK; i++) {
        status = sink_write(ctx, pieces[i].data, pieces[i].len, os_errno);
    }
    return status;
}

void fault_sink_in_pieces(ladle_sink *sink)
{
    sink->write_pieces = sink_write_pieces;
}

static ladle_status sink_flush(void *ctx, int *os_errno)
{
    struct fault_sink *fault = ctx;
    fault->flush_count++;
    return fail_when(fault, fault->fails_flush, os_errno);
}

static ladle_status sink_sync(void *ctx, int *os_errno)
{
    struct fault_sink *fault = ctx;
    fault->sync_count++;
    return fail_when(fault, fault->fails_sync, os_errno);
}

static ladle_status sink_close(void *ctx, int *os_errno)
{
    struct fault_sink *fault = ctx;
    fault->close_count++;
    *os_errno = fault->fails_close ? ENOSPC : 0;
    return fault->fails_close ? LADLE_E_IO : LADLE_OK;
}

static ladle_status sink_truncate(void *ctx, uint64_t len, int *os_errno)
{
    struct fault_sink *fault = ctx;
    check_that(len <= fault->written.len, "cut to more than there is");
    if (!fault->fails_truncate) {
        fault->written.len = (size_t)len;
    }
    return fail_when(fault, fault->fails_truncate, os_errno);
}

void fault_sink_init(ladle_sink *sink, struct fault_sink *fault)
{
    *fault = (struct fault_sink){.fail_at = SIZE_MAX};
    *sink = (ladle_sink){.struct_size = sizeof *sink,
                         .ctx = fault,
                         .write = sink_write,
                         .flush = sink_flush,
                         .sync = sink_sync,
                         .close = sink_close,
                         .truncate = sink_truncate};
}
