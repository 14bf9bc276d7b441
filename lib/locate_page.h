/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_LOCATE_PAGE_H
#define LADLE_LIB_LOCATE_PAGE_H

#include <ladle/base.h>

/*
 * Pages: lists of the blocks of a segment, of which the latest used are kept. No input or output
 * here.
 */

enum {
    LADLE_PAGE_COUNT = 32,
    LADLE_PAGE_BLOCKS = 1024 /* of one page: what a checkpoint may list */
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
    uint64_t seen;           /* blocks, of which one in 'stride' is kept */
    uint32_t stride;
    uint32_t count;
    uint32_t capacity;
    struct ladle_page_entry *entries;
};

/*
 * Begins as zeros, but for the allocator.
 */
struct ladle_pages {
    const ladle_allocator *allocator;
    uint64_t uses;
    struct ladle_page pages[LADLE_PAGE_COUNT];
};

/*
 * Forget one page, or all.
 */
void ladle_page_free(struct ladle_pages *pages, struct ladle_page *page);
void ladle_pages_forget(struct ladle_pages *pages);

/*
 * The page that has a record of a segment. NULL: it is none of those kept.
 */
struct ladle_page *ladle_pages_find(struct ladle_pages *pages, uint64_t segment_offset,
                                    uint64_t record);

/*
 * An empty page in the place of the one that was not used for the longest time. NULL without
 * memory.
 *
 * capacity  blocks that it has room for
 */
struct ladle_page *ladle_pages_add(struct ladle_pages *pages, uint64_t segment_offset,
                                   uint64_t first_record, uint32_t capacity);

/*
 * Add the next block to a page.
 */
void ladle_page_put(struct ladle_page *page, uint64_t offset, uint64_t record_count);

/*
 * The entry for a record of the page: of its block, or of one before it.
 */
const struct ladle_page_entry *ladle_page_get(const struct ladle_page *page, uint64_t record);

#endif
