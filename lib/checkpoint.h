/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_CHECKPOINT_H
#define LADLE_LIB_CHECKPOINT_H

#include <ladle/buffer.h>

/*
 * The content of checkpoints (FORMAT.md section 9).
 */

/*
 * A checkpoint is due after this many DATA blocks.
 */
#define LADLE_CHECKPOINT_BLOCKS 1024

#define LADLE_ANCESTORS_MAX 65

struct ladle_totals {
    uint64_t number; /* of the checkpoint */
    uint64_t record_count;
    uint64_t block_count;
    uint64_t decoded_len_max; /* bytes */
    uint64_t metadata_offset; /* 0: none */
};

struct ladle_ancestor {
    uint64_t number;
    uint64_t offset;
    uint64_t first_record;
};

/*
 * What a writer remembers for its next checkpoint.
 */
struct ladle_checkpoint {
    struct ladle_totals totals; /* of the segment so far; 'number' is that of the next checkpoint */
    uint64_t first_record;      /* of the first block that it will list */
    uint64_t listed_count;      /* blocks that it will list */
    uint64_t end_offset;        /* behind the last block listed, or 0 */
    uint64_t latest_offset;     /* of the latest checkpoint; 0: none */
    ladle_buffer blocks;        /* their entries */
    uint32_t ancestor_count;
    struct ladle_ancestor ancestors[LADLE_ANCESTORS_MAX];
};

void ladle_checkpoint_init(struct ladle_checkpoint *checkpoint, const ladle_allocator *allocator);
void ladle_checkpoint_free(struct ladle_checkpoint *checkpoint);

/*
 * Make room for the entry of one more block, so that ladle_checkpoint_add cannot fail.
 */
ladle_status ladle_checkpoint_reserve(struct ladle_checkpoint *checkpoint);

/*
 * Remember a DATA block that was written: its place, its length with header, its records.
 */
void ladle_checkpoint_add(struct ladle_checkpoint *checkpoint, uint64_t offset, uint64_t len,
                          uint64_t record_count, uint64_t decoded_len);

/*
 * Append the content of the checkpoint whose header will be at 'offset'.
 */
ladle_status ladle_checkpoint_encode(const struct ladle_checkpoint *checkpoint, uint64_t offset,
                                     ladle_buffer *to);

/*
 * The checkpoint was written at 'offset': begin with the next.
 */
void ladle_checkpoint_written(struct ladle_checkpoint *checkpoint, uint64_t offset);

/*
 * Read the totals of a checkpoint, and check that its sections are well-formed. LADLE_E_CORRUPT or
 * LADLE_E_UNSUPPORTED otherwise.
 */
ladle_status ladle_checkpoint_totals(const void *content, size_t len, struct ladle_totals *totals);

#endif
