/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_WALK_H
#define LADLE_LIB_WALK_H

#include "scan.h"

/*
 * The segments of a file in order, found by the headers of all blocks as who reads in order finds
 * them, over damage too. For files whose trailers do not lead from one segment to the one before.
 */

/*
 * A segment seen from its end. Offsets are in the segment where nothing else is said.
 */
struct ladle_segment_end {
    uint64_t offset; /* in the file */
    uint64_t end;    /* behind the last complete item */
    uint64_t record_count;
    uint64_t checkpoint_offset; /* of the last one; 0: none */
    uint32_t salt;
    bool is_complete; /* the last item is a trailer */
};

struct ladle_walk {
    struct ladle_scan scan;
    bool is_over;
};

/*
 * The input stays the caller's.
 */
void ladle_walk_init(struct ladle_walk *walk, const struct ladle_input *input, uint64_t max_record,
                     const ladle_allocator *allocator);
void ladle_walk_free(struct ladle_walk *walk);

/*
 * Go through the next segment. Nobody looked for its trailer, so it is not said to be complete, and
 * the end of the last one may lie before some more blocks.
 *
 * Returns LADLE_OK, LADLE_END behind the last one, LADLE_E_IO or LADLE_E_MEMORY; error is filled
 * in.
 */
ladle_status ladle_walk_next(struct ladle_walk *walk, struct ladle_segment_end *segment,
                             ladle_error *error);

/*
 * The beginning of a segment; its end; and a place in it behind so many of its records.
 *
 * first_record  of the segment, in the file
 */
struct ladle_place ladle_place_of_start(const struct ladle_segment_end *segment,
                                        uint64_t first_record);
struct ladle_place ladle_place_of_end(const struct ladle_segment_end *segment,
                                      uint64_t first_record);
struct ladle_place ladle_place_at(const struct ladle_segment_end *segment, uint64_t offset,
                                  uint64_t first_record, uint64_t record_count);

#endif
