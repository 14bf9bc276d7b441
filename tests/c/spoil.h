/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_TEST_SPOIL_H
#define LADLE_TEST_SPOIL_H

/*
 * The files of tests/files, and all the damage that can be done to them.
 */

#include "frame.h"
#include "records.h"

enum { CRAFTED_ITEMS_MAX = 64 };

/*
 * Where an item lies that is intact by its headers.
 */
struct crafted_item {
    size_t offset;
    size_t len;
    size_t segment_offset;
    enum ladle_magic magic;
    uint8_t type;          /* of a block */
    uint32_t record_count; /* of a block with records, else 0 */
};

struct crafted {
    char name[64];
    uint8_t *data;
    size_t len;
    size_t item_count;
    struct crafted_item items[CRAFTED_ITEMS_MAX];
};

/*
 * Find the items of a copy of bytes, or of a file. The test fails when there is no such file.
 */
void crafted_copy(struct crafted *file, const char *name, const void *data, size_t len);
void crafted_load(struct crafted *file, const char *path);
void crafted_free(struct crafted *file);

enum spoil_kind {
    SPOIL_CUT,
    SPOIL_BIT,
    SPOIL_BYTE,    /* 0, 255, one more, one less */
    SPOIL_BURST,   /* zeros and noise */
    SPOIL_SWAPPED, /* two items */
    SPOIL_DOUBLED, /* an item once more somewhere */
    SPOIL_SPLICED, /* an item of a file with another salt, in the place of one or before it */
    SPOIL_KIND_COUNT
};

struct spoiled {
    enum spoil_kind kind;
    const uint8_t *data; /* of exactly 'len' bytes, for sanitizers */
    size_t len;
};

/*
 * Call 'visit' for damaged forms of a file: for every 'step'-th of all, from 'phase' on. A step
 * that is no prime meets the same bits again and again.
 */
void spoil_each(const struct crafted *file, const struct crafted *donors, size_t donor_count,
                uint64_t step, uint64_t phase,
                void (*visit)(void *ctx, const struct spoiled *spoiled), void *ctx);

#endif
