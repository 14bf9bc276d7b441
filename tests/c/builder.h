/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_TEST_BUILDER_H
#define LADLE_TEST_BUILDER_H

/*
 * Files by hand: whatever bytes are wanted, with right checksums around them.
 */

#include "frame.h"
#include "view_place.h"
#include <ladle/buffer.h>

/*
 * Append a block of any type to 'file'; its streams are not compressed. The header's lengths,
 * counts of streams and checksums are filled in.
 */
void build_block(ladle_buffer *file, struct ladle_block_header header,
                 const struct ladle_stream *streams, size_t stream_count);

/*
 * A file of one DATA block with these streams.
 */
void build_file(ladle_buffer *file, const struct ladle_stream *streams, size_t stream_count,
                uint32_t record_count);

/*
 * The same in parts: the header, and what ends a file that has one DATA block at its beginning.
 */
void build_header(ladle_buffer *file);
void build_footer(ladle_buffer *file, uint64_t record_count);

#endif
