/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_LOCATE_INDEX_H
#define LADLE_LIB_LOCATE_INDEX_H

#include "locate_end.h"
#include "locate_page.h"

/*
 * The index of a segment: from its last checkpoint back to the page that lists the block of a record
 * (FORMAT.md section 9). Pages are read as they are needed; memory does not grow with the file. What
 * checkpoints say is not trusted: it gives a place where the block should be, and whoever reads
 * there checks it.
 */
struct ladle_index {
    const ladle_allocator *allocator;
    const struct ladle_input *input; /* has places */
    uint64_t max_record;
    struct ladle_block_decoder *decoder;
    struct ladle_block content;
    ladle_buffer stored;
    struct ladle_pages pages;
};

/*
 * The input and the decoder stay the caller's.
 */
void ladle_index_init(struct ladle_index *index, const struct ladle_input *input,
                      struct ladle_block_decoder *decoder, uint64_t max_record,
                      const ladle_allocator *allocator);
void ladle_index_free(struct ladle_index *index);

/*
 * Read a block of a type that holds no records. 'bytes' point into memory of the index and are valid
 * until the next call.
 *
 * Returns LADLE_OK, LADLE_E_CORRUPT, LADLE_E_UNSUPPORTED, LADLE_E_IO, LADLE_E_MEMORY; error is
 * filled in.
 */
ladle_status ladle_index_content(struct ladle_index *index, const struct ladle_segment_end *segment,
                                 uint64_t offset, uint8_t type, struct ladle_block_header *header,
                                 struct ladle_stream *bytes, ladle_error *error);

/*
 * Read a checkpoint. 'parts' as the bytes of ladle_index_content; '*end' is the place in the segment
 * behind it. Returns as that.
 */
ladle_status ladle_index_checkpoint(struct ladle_index *index,
                                    const struct ladle_segment_end *segment, uint64_t offset,
                                    struct ladle_checkpoint_parts *parts, uint64_t *end,
                                    ladle_error *error);

/*
 * The page that has a record of a segment; NULL when the index is damaged, so that none is found.
 * Returns LADLE_OK, LADLE_E_IO, LADLE_E_MEMORY; error is filled in.
 */
ladle_status ladle_index_find(struct ladle_index *index, const struct ladle_segment_end *segment,
                              uint64_t record, struct ladle_page **page, ladle_error *error);

#endif
