/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_SCAN_STATE_H
#define LADLE_LIB_SCAN_STATE_H

#include "search.h"

/*
 * Bytes of a payload that may be read along with its header.
 */
enum { LADLE_LEAD_LEN_MAX = 8192 };

/*
 * What is known while a file is gone through.
 */
struct ladle_scan {
    struct ladle_input input;
    uint64_t max_record;
    bool is_live;
    bool is_open; /* the file header was read */
    struct ladle_segment segment;
    uint8_t head[LADLE_HEADER_LEN + LADLE_LEAD_LEN_MAX]; /* the first bytes of the next item */
    size_t head_len;
    struct ladle_block_header header; /* of the block at hand */
    uint64_t block_offset;            /* of it, or of the item that failed, in the file */
    uint64_t doubted_offset;          /* of the item that was read a second time */
    bool has_header;                  /* the block's header was read, its payload was not */
    bool can_leave_out;               /* it failed, but where it ends is known */
    bool is_searching;
    uint64_t lost; /* records of a block that was refused */
    ladle_buffer stored;
    size_t got_len;    /* while a payload is held: bytes of its beginning that are there */
    size_t wanted_len; /* and that were asked for */
    size_t lead_len;   /* bytes of a payload that are read along with its header */
    struct ladle_search search;
    struct ladle_found found; /* where to go on after damage */
    ladle_error failure;      /* of the call that failed last */
};

/*
 * The scan takes the source over.
 */
void ladle_scan_init(struct ladle_scan *scan, const ladle_source *source, uint64_t max_record,
                     bool is_live, const ladle_allocator *allocator);
void ladle_scan_free(struct ladle_scan *scan);

/*
 * The number in the file of the first record that was not gone through.
 */
uint64_t ladle_scan_record(const struct ladle_scan *scan);

/*
 * Places of the item that comes next, in the file, and of the block at hand, in its segment.
 */
static inline uint64_t ladle_scan_item_offset(const struct ladle_scan *scan)
{
    return scan->input.offset - scan->head_len;
}

static inline uint64_t ladle_scan_place(const struct ladle_scan *scan)
{
    return scan->block_offset - scan->segment.offset;
}

/*
 * So many bytes of scan->head were gone through.
 */
static inline void ladle_scan_use_head(struct ladle_scan *scan, size_t len)
{
    scan->head_len -= len;
    memmove(scan->head, scan->head + len, scan->head_len);
}

/*
 * Fill in scan->failure, for the item at hand. Return the status.
 */
ladle_status ladle_scan_fail(struct ladle_scan *scan, ladle_status status, const char *why);
ladle_status ladle_scan_fail_truncated(struct ladle_scan *scan);

#endif
