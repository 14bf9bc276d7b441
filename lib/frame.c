/* SPDX-License-Identifier: BSD-2-Clause */
#include "frame.h"

#include "checksum.h"
#include <ladle/wire.h>

static const uint8_t file_magic[8] = {
    LADLE_FILE_MAGIC_FIRST, 'L', 'D', 'L', '\r', '\n', 0x1A, '\n'};
static const uint8_t block_magic[4] = {0xBB, 'L', 'B', 0x1A};
static const uint8_t trailer_magic[4] = {0xEE, 'L', 'T', 0x1A};

enum { FORMAT_MAJOR = 1, FORMAT_MINOR = 0 };

enum ladle_magic ladle_magic_of(const uint8_t bytes[8])
{
    if (memcmp(bytes, block_magic, sizeof block_magic) == 0) {
        return LADLE_MAGIC_BLOCK;
    }
    if (memcmp(bytes, trailer_magic, sizeof trailer_magic) == 0) {
        return LADLE_MAGIC_TRAILER;
    }
    if (memcmp(bytes, file_magic, sizeof file_magic) == 0) {
        return LADLE_MAGIC_FILE;
    }
    return LADLE_MAGIC_NONE;
}

uint64_t ladle_magic_word(enum ladle_magic magic, uint32_t salt)
{
    if (magic == LADLE_MAGIC_FILE) {
        return ladle_load_u64(file_magic);
    }
    return ladle_load_u32(magic == LADLE_MAGIC_BLOCK ? block_magic : trailer_magic) | (uint64_t)salt
                                                                                          << 32;
}

bool ladle_begins_file(const uint8_t *bytes, size_t len)
{
    return memcmp(bytes, file_magic, len < sizeof file_magic ? len : sizeof file_magic) == 0;
}

uint32_t ladle_salt(const uint8_t uuid[LADLE_UUID_LEN])
{
    return ladle_load_u32(uuid);
}

static uint32_t crc_with_offset(const uint8_t *data, size_t len, uint64_t offset)
{
    uint8_t bytes[8];
    ladle_store_u64(bytes, offset);
    return ladle_crc32c(ladle_crc32c(0, data, len), bytes, sizeof bytes);
}

static bool is_zero(const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (data[i]) {
            return false;
        }
    }
    return true;
}

static ladle_status reject(ladle_status status, const char *reason, const char **why)
{
    *why = reason;
    return status;
}

void ladle_file_header_store(const struct ladle_file_header *header, uint8_t *to)
{
    memset(to, 0, LADLE_HEADER_LEN);
    memcpy(to, file_magic, sizeof file_magic);
    ladle_store_u16(to + 8, FORMAT_MAJOR);
    ladle_store_u16(to + 10, FORMAT_MINOR);
    ladle_store_u32(to + 12, LADLE_HEADER_LEN);
    memcpy(to + 16, header->uuid, LADLE_UUID_LEN);
    ladle_store_u32(to + 40, header->block_len);
    ladle_store_u32(to + 60, ladle_crc32c(0, to, 60));
}

ladle_status ladle_file_header_load(const uint8_t *from, struct ladle_file_header *header,
                                    const char **why)
{
    if (memcmp(from, file_magic, sizeof file_magic) != 0) {
        return reject(LADLE_E_FORMAT, "it does not begin as a ladle file does", why);
    }
    if (ladle_load_u32(from + 60) != ladle_crc32c(0, from, 60)) {
        return reject(LADLE_E_CORRUPT, "the file header is damaged", why);
    }
    if (ladle_load_u16(from + 8) != FORMAT_MAJOR) {
        return reject(LADLE_E_UNSUPPORTED, "the file has a newer major version of the format", why);
    }
    if (ladle_load_u32(from + 32) != 0) {
        return reject(LADLE_E_UNSUPPORTED, "the file uses a feature of a newer version", why);
    }
    if (ladle_load_u32(from + 12) != LADLE_HEADER_LEN || !is_zero(from + 44, 16)) {
        return reject(LADLE_E_CORRUPT, "the file header breaks the rules of the format", why);
    }
    memcpy(header->uuid, from + 16, LADLE_UUID_LEN);
    header->block_len = ladle_load_u32(from + 40);
    return LADLE_OK;
}

void ladle_block_header_store(const struct ladle_block_header *header, uint32_t salt,
                              uint64_t offset, uint8_t *to)
{
    memcpy(to, block_magic, sizeof block_magic);
    ladle_store_u32(to + 4, salt);
    to[8] = header->type;
    to[9] = 0;
    ladle_store_u16(to + 10, header->stream_count);
    ladle_store_u32(to + 12, header->stored_len);
    ladle_store_u32(to + 16, header->decoded_len);
    ladle_store_u32(to + 20, header->record_count);
    ladle_store_u64(to + 24, header->first_record);
    ladle_store_u64(to + 32, header->checkpoint_distance);
    ladle_store_u32(to + 40, header->directory_crc);
    ladle_store_u32(to + 44, crc_with_offset(to, 44, offset));
}

/*
 * Whether the stored length is one that a writer would make: a codec that does not make a stream
 * smaller is not used.
 */
static bool is_lean(const struct ladle_block_header *header)
{
    const uint64_t stream_len_max = LADLE_STREAM_ENTRY_LEN + LADLE_ALIGNMENT;
    return header->stored_len <=
           (uint64_t)header->decoded_len + (uint64_t)header->stream_count * stream_len_max;
}

/*
 * The rules that a block header must obey beyond its checksum, as far as it alone tells. What is
 * found by searching is read again in its place: rules that only the reading knew would send it
 * back to the search for ever.
 */
static bool is_lawful(const struct ladle_block_header *header, uint8_t flags, uint64_t offset)
{
    bool is_data = header->type == LADLE_BLOCK_DATA;
    return header->type != 0 && flags == 0 && header->stored_len % LADLE_ALIGNMENT == 0 &&
           header->stored_len < LADLE_BLOCK_LEN_MAX && header->decoded_len < LADLE_BLOCK_LEN_MAX &&
           header->record_count < LADLE_BLOCK_LEN_MAX && header->first_record < LADLE_RECORDS_MAX &&
           header->stored_len >= (uint32_t)header->stream_count * LADLE_STREAM_ENTRY_LEN &&
           header->checkpoint_distance <= offset && is_lean(header) &&
           (is_data ? header->record_count > 0 : header->record_count == 0);
}

ladle_status ladle_block_header_load(const uint8_t *from, uint32_t salt, uint64_t offset,
                                     struct ladle_block_header *header, const char **why)
{
    if (memcmp(from, block_magic, sizeof block_magic) != 0 || ladle_load_u32(from + 4) != salt ||
        ladle_load_u32(from + 44) != crc_with_offset(from, 44, offset)) {
        return reject(LADLE_E_CORRUPT, "the header of a block is damaged", why);
    }
    *header = (struct ladle_block_header){.type = from[8],
                                          .stream_count = ladle_load_u16(from + 10),
                                          .stored_len = ladle_load_u32(from + 12),
                                          .decoded_len = ladle_load_u32(from + 16),
                                          .record_count = ladle_load_u32(from + 20),
                                          .first_record = ladle_load_u64(from + 24),
                                          .checkpoint_distance = ladle_load_u64(from + 32),
                                          .directory_crc = ladle_load_u32(from + 40)};
    if (header->type > LADLE_BLOCK_PADDING && header->type < LADLE_BLOCK_SKIPPABLE) {
        return reject(LADLE_E_UNSUPPORTED, "a block has a type of a newer version", why);
    }
    if (!is_lawful(header, from[9], offset)) {
        return reject(LADLE_E_CORRUPT, "the header of a block breaks the rules of the format", why);
    }
    return LADLE_OK;
}

void ladle_trailer_store(const struct ladle_trailer *trailer, uint32_t salt, uint8_t *to)
{
    memcpy(to, trailer_magic, sizeof trailer_magic);
    ladle_store_u32(to + 4, salt);
    ladle_store_u64(to + 8, trailer->offset);
    ladle_store_u64(to + 16, trailer->record_count);
    ladle_store_u32(to + 24, (uint32_t)(trailer->checkpoint_distance / LADLE_ALIGNMENT));
    ladle_store_u32(to + 28, ladle_crc32c(0, to, 28));
}

ladle_status ladle_trailer_load(const uint8_t *from, uint32_t salt, uint64_t offset,
                                struct ladle_trailer *trailer, const char **why)
{
    if (memcmp(from, trailer_magic, sizeof trailer_magic) != 0 ||
        ladle_load_u32(from + 4) != salt || ladle_load_u64(from + 8) != offset ||
        ladle_load_u32(from + 28) != ladle_crc32c(0, from, 28)) {
        return reject(LADLE_E_CORRUPT, "a trailer is damaged", why);
    }
    *trailer = (struct ladle_trailer){.offset = offset,
                                      .record_count = ladle_load_u64(from + 16),
                                      .checkpoint_distance =
                                          (uint64_t)ladle_load_u32(from + 24) * LADLE_ALIGNMENT};
    if (trailer->record_count >= LADLE_RECORDS_MAX || trailer->checkpoint_distance > offset) {
        return reject(LADLE_E_CORRUPT, "a trailer breaks the rules of the format", why);
    }
    return LADLE_OK;
}
