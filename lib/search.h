/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_SEARCH_H
#define LADLE_LIB_SEARCH_H

#include "frame.h"
#include "io.h"

/*
 * Looking for intact items where something is damaged (FORMAT.md section 10).
 */

/*
 * A segment, as far as it was gone through. Offsets are in the segment where nothing else is said.
 */
struct ladle_segment {
    uint64_t offset;            /* in the file */
    uint64_t first_record;      /* in the file */
    uint64_t record_count;      /* so far */
    uint64_t block_count;       /* so far; LADLE_UNKNOWN behind damage, up to a checkpoint */
    uint64_t checkpoint_offset; /* 0: none; LADLE_UNKNOWN: the next header says */
    uint64_t checkpoint_end;    /* behind it; LADLE_UNKNOWN as long as nothing says */
    uint32_t salt;
    uint32_t block_len; /* that its writer aimed at */
    bool is_complete;   /* the latest item is a trailer */
    bool is_begun;      /* an item was read */
};

/*
 * Decoded bytes that a block with this header may have.
 */
uint64_t ladle_block_len_max(const struct ladle_block_header *header, uint64_t max_record);

struct ladle_found {
    enum ladle_magic magic; /* LADLE_MAGIC_NONE: nothing */
    uint64_t offset;        /* in the file */
    uint64_t record_count;  /* of the segment before it; LADLE_UNKNOWN: nothing tells */
    uint64_t least_count;   /* when nothing tells: what it has at least */
    bool is_next;           /* a block of a segment whose header is damaged */
    uint32_t salt;          /* of the block */
};

/*
 * A search that goes on. Starts from zeros, but for the first three and the allocator.
 */
struct ladle_search {
    uint64_t begin;        /* where the damage begins in the file */
    uint64_t edge;         /* where an item begins in the file: there, or behind the block there */
    uint64_t record_count; /* of the segment up to the edge */
    ladle_buffer window;   /* bytes on which a decision is to be made */
    uint64_t offset;       /* of them in the file */
    size_t next;           /* place in the window up to which there is nothing */
};

/*
 * Look for the next intact item from where the input stands: a block or trailer of the segment that
 * validates, with a number of records that is not less than that so far. A block is intact when all
 * its checksums are; one that is larger than the limit is taken unseen. Behind a trailer, blocks of
 * a next segment that begins at search->begin are taken too. A file header is not: a record may
 * hold a whole ladle file.
 *
 * Returns LADLE_OK: 'found', and the input stands at it. LADLE_END: there is none; when the input
 * has grown, a further call goes on. LADLE_E_IO (error filled in), LADLE_E_MEMORY, or what else the
 * source gave.
 */
ladle_status ladle_search_next(struct ladle_search *search, struct ladle_input *input,
                               const struct ladle_segment *segment, uint64_t max_record,
                               struct ladle_found *found, ladle_error *error);

/*
 * Forget what was read, and release it.
 */
void ladle_search_end(struct ladle_search *search);

#endif
