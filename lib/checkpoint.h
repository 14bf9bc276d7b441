/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_CHECKPOINT_H
#define LADLE_LIB_CHECKPOINT_H

#include <ladle/buffer.h>
#include <ladle/wire.h>

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
    uint64_t shape_offset;      /* of the latest one that has the merged shape; 0: none */
    ladle_buffer blocks;        /* their entries */
    uint32_t ancestor_count;
    struct ladle_ancestor ancestors[LADLE_ANCESTORS_MAX];
};

void ladle_checkpoint_init(struct ladle_checkpoint *checkpoint, const ladle_allocator *allocator);
void ladle_checkpoint_free(struct ladle_checkpoint *checkpoint);

/*
 * Make room for the entries of 'count' more blocks, so that ladle_checkpoint_add cannot fail.
 */
ladle_status ladle_checkpoint_reserve(struct ladle_checkpoint *checkpoint, size_t count);

/*
 * Remember a DATA block that was written: its place, its length with header, its records.
 */
void ladle_checkpoint_add(struct ladle_checkpoint *checkpoint, uint64_t offset, uint64_t len,
                          uint64_t record_count, uint64_t decoded_len);

/*
 * Append the content of the checkpoint whose header will be at 'offset'.
 *
 * shape      the merged shape as bytes; 0 bytes when it is not known
 * has_shape  output: they went into this checkpoint, and not only a word of where an older shape is
 */
ladle_status ladle_checkpoint_encode(const struct ladle_checkpoint *checkpoint, uint64_t offset,
                                     const ladle_buffer *shape, ladle_buffer *to, bool *has_shape);

/*
 * The checkpoint was written at 'offset': begin with the next.
 */
void ladle_checkpoint_written(struct ladle_checkpoint *checkpoint, uint64_t offset, bool has_shape);

/*
 * A checkpoint being read. Offsets are places in the segment.
 */
struct ladle_checkpoint_parts {
    struct ladle_totals totals;
    uint64_t first_record; /* of the first block listed */
    uint64_t listed_count; /* blocks */
    ladle_cursor blocks;   /* their entries, for ladle_checkpoint_next_block */
    uint32_t ancestor_count;
    struct ladle_ancestor ancestors[LADLE_ANCESTORS_MAX]; /* the latest first */
    const uint8_t *shape; /* the merged shape as bytes; NULL: it is not here */
    size_t shape_len;
    uint64_t shape_offset; /* of the latest checkpoint that has it, this one too; 0: unknown */
};

/*
 * Read the content of the checkpoint whose header is at 'offset'. All of it is checked but the
 * merged shape; the parts point into the content.
 *
 * Returns LADLE_OK, LADLE_E_CORRUPT, or LADLE_E_UNSUPPORTED for a section of a newer version.
 */
ladle_status ladle_checkpoint_parse(const void *content, size_t len, uint64_t offset,
                                    struct ladle_checkpoint_parts *parts);

/*
 * A DATA block as a checkpoint lists it.
 */
struct ladle_listed_block {
    uint64_t offset;
    uint64_t len; /* bytes with header */
    uint64_t first_record;
    uint64_t record_count;
};

/*
 * The next of a checkpoint's blocks. It begins from zeros, but for first_record, and is moved on by
 * each call. False behind the last one.
 */
bool ladle_checkpoint_next_block(struct ladle_checkpoint_parts *parts,
                                 struct ladle_listed_block *block);

/*
 * Go on behind a checkpoint that was read at 'offset', as the writer did who wrote it.
 */
void ladle_checkpoint_resume(struct ladle_checkpoint *checkpoint,
                             const struct ladle_checkpoint_parts *parts, uint64_t offset);

#endif
