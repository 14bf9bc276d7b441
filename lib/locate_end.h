/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_LOCATE_END_H
#define LADLE_LIB_LOCATE_END_H

#include "block_decode.h"
#include "walk.h"

/*
 * Where the last segment of a file ends, found from the end (FORMAT.md section 10).
 */

/*
 * Find the last segment with anything intact in it, in a file of which 'file_len' bytes are looked
 * at. Its end is before file_len when the writer was interrupted. The cost depends on how many
 * bytes stand behind the last intact item, not on the length of the file; only when several files
 * were joined and the last was interrupted all headers of the file are gone through.
 *
 * stored  lends its memory
 *
 * Returns LADLE_OK, LADLE_E_TRUNCATED (not even the header of the file is whole), LADLE_E_IO,
 * LADLE_E_MEMORY, or what else the source gave; error is filled in.
 */
ladle_status ladle_find_end(const struct ladle_input *input, uint64_t file_len, uint64_t max_record,
                            ladle_buffer *stored, struct ladle_segment_end *segment,
                            ladle_error *error);

/*
 * The same when it is known which segment is the last one, and what stands before it does not
 * matter. 'segment' says it, and is then told where it ends.
 */
ladle_status ladle_find_end_of(const struct ladle_input *input, uint64_t file_len,
                               uint64_t max_record, ladle_buffer *stored,
                               struct ladle_segment_end *segment, ladle_error *error);

/*
 * The segment that ends with a trailer at 'end' in the file. LADLE_OK; LADLE_END when none does;
 * LADLE_E_IO and what else the source gave.
 */
ladle_status ladle_find_complete(const struct ladle_input *input, uint64_t end,
                                 struct ladle_segment_end *segment, ladle_error *error);

/*
 * Whether a segment stands at the start of the file or behind others that are complete: LADLE_OK or
 * LADLE_END. What only looks like one, a ladle file in a record for example, does not. Or a failure
 * to read.
 */
ladle_status ladle_check_chain(const struct ladle_input *input,
                               const struct ladle_segment_end *segment, ladle_error *error);

/*
 * Read the block at a place of a file and verify it. Its payload is in 'stored', behind
 * LADLE_BLOCK_HEADER_LEN bytes. LADLE_OK; LADLE_END when no block is there that is intact and
 * within the limit; LADLE_E_IO, LADLE_E_MEMORY and what else the source gave.
 */
ladle_status ladle_read_block_at(const struct ladle_input *input,
                                 const struct ladle_segment_end *segment, uint64_t offset,
                                 uint64_t max_record, ladle_buffer *stored,
                                 struct ladle_block_header *header, ladle_error *error);

#endif
