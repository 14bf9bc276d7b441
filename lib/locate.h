/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_LOCATE_H
#define LADLE_LIB_LOCATE_H

#include "locate_end.h"

/*
 * Finding the block of a record by the checkpoints (FORMAT.md section 9). Pages, which are lists of
 * blocks, are read as they are needed; memory does not grow with the file. What checkpoints say is
 * not trusted: it gives a place where the block should be, and whoever reads there checks it.
 */

enum {
    LADLE_PAGE_COUNT = 32,
    LADLE_PAGE_BLOCKS = 1024, /* of one page: what a checkpoint may list */
    LADLE_SEGMENTS_KEPT = 256
};

struct ladle_page_entry {
    uint64_t first_record; /* in the segment */
    uint64_t offset;       /* in the segment */
};

/*
 * Blocks in order, those that a checkpoint lists or those behind the last one. When there are more
 * than fit, only every second, fourth … is kept.
 */
struct ladle_page {
    uint64_t used;           /* rises with each use; 0: nothing is in it */
    uint64_t segment_offset; /* in the file */
    uint64_t first_record;   /* in the segment, of the first block */
    uint64_t record_count;   /* in the segment, up to behind the last block */
    uint32_t stride;
    uint32_t count;
    uint32_t capacity;
    struct ladle_page_entry *entries;
};

/*
 * A segment, and how many records stand in those behind it.
 */
struct ladle_located_segment {
    struct ladle_segment_end end;
    uint64_t records_behind;
};

struct ladle_locator {
    const ladle_allocator *allocator;
    const struct ladle_input *input; /* has places */
    uint64_t max_record;
    uint32_t max_depth;
    struct ladle_block_decoder *decoder;
    struct ladle_block content;
    ladle_buffer stored;
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
    uint64_t uses;
    struct ladle_page pages[LADLE_PAGE_COUNT];
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
 * The place of the block that has a record, or of one before it in the same segment when the index
 * does not say more. For the number of all records: the end. Return as above.
 *
 * record  0 to locator->record_count
 */
ladle_status ladle_locate(struct ladle_locator *locator, uint64_t record, struct ladle_place *place,
                          ladle_error *error);

/*
 * The beginning of a segment, and a place in it behind so many of its records.
 *
 * first_record  of the segment, in the file
 */
struct ladle_place ladle_place_of_start(const struct ladle_segment_end *segment,
                                        uint64_t first_record);
struct ladle_place ladle_place_at(const struct ladle_segment_end *segment, uint64_t offset,
                                  uint64_t first_record, uint64_t record_count);

/*
 * Read a checkpoint. 'parts' point into memory of the locator and are valid until the next call;
 * '*end' is the place in the segment behind it.
 *
 * Returns LADLE_OK, LADLE_E_CORRUPT, LADLE_E_UNSUPPORTED, LADLE_E_IO, LADLE_E_MEMORY; error is
 * filled in.
 */
ladle_status ladle_locator_checkpoint(struct ladle_locator *locator,
                                      const struct ladle_segment_end *segment, uint64_t offset,
                                      struct ladle_checkpoint_parts *parts, uint64_t *end,
                                      ladle_error *error);

/*
 * The segment before another one: LADLE_OK, LADLE_END when there is none, or a failure to read.
 */
ladle_status ladle_locator_before(struct ladle_locator *locator,
                                  const struct ladle_located_segment *segment,
                                  struct ladle_located_segment *before, ladle_error *error);

#endif
