/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_FRAME_H
#define LADLE_LIB_FRAME_H

#include <ladle/base.h>

/*
 * File header, block header, directory entry and trailer as structs and as bytes (FORMAT.md
 * sections 3 and 4). No input or output here.
 */

enum {
    LADLE_HEADER_LEN = 64,
    LADLE_BLOCK_HEADER_LEN = 48,
    LADLE_TRAILER_LEN = 32,
    LADLE_STREAM_ENTRY_LEN = 16,
    LADLE_UUID_LEN = 16,
    LADLE_ALIGNMENT = 8,
    LADLE_FILE_MAGIC_FIRST = 0x89 /* the first byte of a file */
};

/*
 * Lengths of blocks, stored and decoded, are below this.
 */
#define LADLE_BLOCK_LEN_MAX ((uint64_t)1 << 31)
#define LADLE_RECORDS_MAX   ((uint64_t)1 << 56) /* of a segment */

enum ladle_block_type {
    LADLE_BLOCK_DATA = 1,
    LADLE_BLOCK_METADATA = 2,
    LADLE_BLOCK_CHECKPOINT = 3,
    LADLE_BLOCK_PADDING = 4,
    LADLE_BLOCK_SKIPPABLE = 128 /* from here on: unknown ones may be skipped */
};

enum ladle_magic { LADLE_MAGIC_NONE, LADLE_MAGIC_FILE, LADLE_MAGIC_BLOCK, LADLE_MAGIC_TRAILER };

struct ladle_file_header {
    uint8_t uuid[LADLE_UUID_LEN];
    uint32_t block_len; /* decoded bytes that the writer aims at */
};

struct ladle_block_header {
    uint8_t type;
    uint16_t stream_count;
    uint32_t stored_len;  /* bytes behind the header */
    uint32_t decoded_len; /* bytes */
    uint32_t record_count;
    uint64_t first_record;
    uint64_t checkpoint_distance; /* bytes; 0: no checkpoint */
    uint32_t directory_crc;
};

struct ladle_trailer {
    uint64_t offset;
    uint64_t record_count;
    uint64_t checkpoint_distance; /* bytes */
};

/*
 * What an item that begins with these 8 bytes is.
 */
enum ladle_magic ladle_magic_of(const uint8_t bytes[8]);

/*
 * The first 8 bytes of an item of a segment, as ladle_load_u64 gives them. The salt does not matter
 * for a file header.
 */
uint64_t ladle_magic_word(enum ladle_magic magic, uint32_t salt);

/*
 * Whether bytes are the beginning of a file header, as far as they go.
 */
bool ladle_begins_file(const uint8_t *bytes, size_t len);

/*
 * The salt of a segment.
 */
uint32_t ladle_salt(const uint8_t uuid[LADLE_UUID_LEN]);

void ladle_file_header_store(const struct ladle_file_header *header, uint8_t *to);
void ladle_block_header_store(const struct ladle_block_header *header, uint32_t salt,
                              uint64_t offset, uint8_t *to);
void ladle_trailer_store(const struct ladle_trailer *trailer, uint32_t salt, uint8_t *to);

/*
 * The other way. 'offset' is the item's place in its segment. LADLE_E_FORMAT (file header only),
 * LADLE_E_CORRUPT, or LADLE_E_UNSUPPORTED; '*why' then is a static sentence about it.
 */
ladle_status ladle_file_header_load(const uint8_t *from, struct ladle_file_header *header,
                                    const char **why);
ladle_status ladle_block_header_load(const uint8_t *from, uint32_t salt, uint64_t offset,
                                     struct ladle_block_header *header, const char **why);
ladle_status ladle_trailer_load(const uint8_t *from, uint32_t salt, uint64_t offset,
                                struct ladle_trailer *trailer, const char **why);

static inline size_t ladle_align(size_t len)
{
    return (len + LADLE_ALIGNMENT - 1) & ~(size_t)(LADLE_ALIGNMENT - 1);
}

#endif
