/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_TEST_FAULT_IO_H
#define LADLE_TEST_FAULT_IO_H

#include <ladle/buffer.h>
#include <ladle/io.h>

/*
 * Bytes that come in pieces, and an error at a place.
 */
struct fault_source {
    const uint8_t *data;
    size_t len;
    size_t position;
    size_t chunk_len;   /* bytes that a read gives at most; 0: all that is asked for */
    size_t fail_at;     /* EIO instead of the byte at this place; SIZE_MAX: never */
    unsigned fail_call; /* EIO from the call with this number, for a source with places */
    unsigned call_count;
    unsigned failure_count;
    unsigned close_count;
};

void fault_source_init(ladle_source *source, struct fault_source *fault, const void *data,
                       size_t len);

/*
 * Make it a source with places: only 'chunk_len' and 'fail_call' matter then.
 */
void fault_source_at_places(ladle_source *source, struct fault_source *fault);

/*
 * A sink with room for 'fail_at' bytes: it takes those and then fails with ENOSPC.
 */
struct fault_sink {
    ladle_buffer written;
    size_t fail_at; /* SIZE_MAX: never */
    bool fails_flush;
    bool fails_sync;
    bool fails_close;
    bool fails_truncate;
    unsigned failure_count;
    unsigned flush_count;
    unsigned sync_count;
    unsigned close_count;
};

void fault_sink_init(ladle_sink *sink, struct fault_sink *fault);

/*
 * Have a sink take several pieces at a time.
 */
void fault_sink_in_pieces(ladle_sink *sink);

#endif
