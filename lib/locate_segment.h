/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_LOCATE_SEGMENT_H
#define LADLE_LIB_LOCATE_SEGMENT_H

#include "locate_index.h"

/*
 * The segments of a file, from the last one on, by their trailers, or where these do not lead on by
 * the headers of all blocks.
 */

enum { LADLE_SEGMENTS_KEPT = 256 };

/*
 * A segment, and how many records stand in those behind it.
 */
struct ladle_located_segment {
    struct ladle_segment_end end;
    uint64_t records_behind;
};

/*
 * Where the records of a file are.
 */
struct ladle_locator {
    struct ladle_index index;
    uint32_t max_depth;
    ladle_error failure;
    bool is_open;
    bool is_complete;      /* the file is */
    bool is_walked;        /* no trailer leads on somewhere: segments were found by their blocks */
    uint64_t file_len;     /* when it was opened */
    uint64_t complete_len; /* behind the last complete item */
    uint64_t record_count; /* of the file */
    uint64_t segment_count;
    uint64_t decoded_len_max; /* of the blocks that checkpoints tell of; LADLE_UNKNOWN: none does */
    ladle_buffer metadata;    /* of all segments, a tagged dict or empty */
    uint64_t segment_stride;  /* every so many-th segment is kept, from the last one on */
    uint32_t segments_kept;
    struct ladle_located_segment segments[LADLE_SEGMENTS_KEPT]; /* from the last one on */
    ladle_error damage;                                         /* is_walked: what is wrong */
};

/*
 * The input and the decoder stay the caller's.
 */
void ladle_locator_init(struct ladle_locator *locator, const struct ladle_input *input,
                        struct ladle_block_decoder *decoder, const ladle_limits *limits,
                        const ladle_allocator *allocator);
void ladle_locator_free(struct ladle_locator *locator);

/*
 * Find the end of the file and its segments; again, when it was open before. When the end of some
 * segment is damaged, so that no trailer leads from the one behind to it, the headers of all blocks
 * are gone through: locator->is_walked then. More than LADLE_SEGMENTS_KEPT segments of such a file
 * are LADLE_E_CORRUPT.
 *
 * Returns LADLE_OK; LADLE_E_TRUNCATED when there is no header; LADLE_E_IO, LADLE_E_MEMORY, or what
 * else the source gave; error is filled in.
 */
ladle_status ladle_locator_open(struct ladle_locator *locator, ladle_error *error);

/*
 * The segment before another one: LADLE_OK, LADLE_END when there is none, or a failure to read.
 */
ladle_status ladle_locator_before(struct ladle_locator *locator,
                                  const struct ladle_located_segment *segment,
                                  struct ladle_located_segment *before, ladle_error *error);

/*
 * Copy the locator's failure to a caller, who may want no details. Returns the status.
 */
static inline ladle_status ladle_locator_report(const struct ladle_locator *locator,
                                                ladle_status status, ladle_error *error)
{
    if (status != LADLE_OK && error) {
        *error = locator->failure;
    }
    return status;
}

#endif
