/* SPDX-License-Identifier: BSD-2-Clause */
#include "builder.h"

#include "checkpoint.h"
#include "test.h"

static const struct ladle_file_header file_header = {.uuid = "made by hand...",
                                                     .block_len = 200000};

void build_header(ladle_buffer *file)
{
    must(ladle_buffer_reserve(file, LADLE_HEADER_LEN));
    ladle_file_header_store(&file_header, file->data);
    file->len = LADLE_HEADER_LEN;
}

void build_block(ladle_buffer *file, struct ladle_block_header header,
                 const struct ladle_stream *streams, size_t stream_count)
{
    static const uint8_t zeros[LADLE_BLOCK_HEADER_LEN];
    size_t start = file->len;
    size_t directory_len = stream_count * LADLE_STREAM_ENTRY_LEN;
    must(ladle_buffer_put(file, zeros, sizeof zeros));
    must(ladle_buffer_reserve(file, directory_len));
    memset(file->data + file->len, 0, directory_len);
    file->len += directory_len;
    header.decoded_len = 0;
    for (size_t i = 0; i < stream_count; i++) {
        size_t stream_start = file->len;
        must(ladle_buffer_put(file, streams[i].data, streams[i].len));
        must(ladle_buffer_put(file, zeros, ladle_align(streams[i].len) - streams[i].len));
        uint8_t *entry = file->data + start + LADLE_BLOCK_HEADER_LEN + i * LADLE_STREAM_ENTRY_LEN;
        ladle_store_u32(entry, (uint32_t)streams[i].len);
        ladle_store_u32(entry + 4, (uint32_t)streams[i].len);
        ladle_store_u32(entry + 8,
                        ladle_crc32c(0, file->data + stream_start, file->len - stream_start));
        header.decoded_len += (uint32_t)streams[i].len;
    }
    uint8_t *block = file->data + start;
    header.stream_count = (uint16_t)stream_count;
    header.stored_len = (uint32_t)(file->len - start - LADLE_BLOCK_HEADER_LEN);
    header.directory_crc = ladle_crc32c(0, block + LADLE_BLOCK_HEADER_LEN, directory_len);
    ladle_block_header_store(&header, ladle_salt(file_header.uuid), start, block);
}

void build_footer(ladle_buffer *file, uint64_t record_count)
{
    struct ladle_checkpoint checkpoint;
    ladle_buffer content = {0};
    uint64_t offset = file->len;
    ladle_checkpoint_init(&checkpoint, NULL);
    must(ladle_checkpoint_reserve(&checkpoint, 1));
    ladle_checkpoint_add(&checkpoint, LADLE_HEADER_LEN, offset - LADLE_HEADER_LEN, record_count, 0);
    bool has_shape;
    must(ladle_checkpoint_encode(&checkpoint, offset, &(ladle_buffer){0}, &content, &has_shape));
    ladle_checkpoint_free(&checkpoint);
    struct ladle_stream stream = {content.data, content.len};
    build_block(
        file,
        (struct ladle_block_header){.type = LADLE_BLOCK_CHECKPOINT, .first_record = record_count},
        &stream, 1);
    ladle_buffer_free(&content);
    struct ladle_trailer trailer = {.offset = file->len,
                                    .record_count = record_count,
                                    .checkpoint_distance = (uint32_t)(file->len - offset)};
    must(ladle_buffer_reserve(file, LADLE_TRAILER_LEN));
    ladle_trailer_store(&trailer, ladle_salt(file_header.uuid), file->data + file->len);
    file->len += LADLE_TRAILER_LEN;
}

void build_file(ladle_buffer *file, const struct ladle_stream *streams, size_t stream_count,
                uint32_t record_count)
{
    build_header(file);
    build_block(file,
                (struct ladle_block_header){.type = LADLE_BLOCK_DATA, .record_count = record_count},
                streams, stream_count);
    build_footer(file, record_count);
}
