/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_BLOCK_ENCODE_H
#define LADLE_LIB_BLOCK_ENCODE_H

#include "arena.h"
#include "codec.h"
#include "frame.h"
#include "pack.h"
#include <ladle/shape.h>

/*
 * From columns to the bytes of a block (FORMAT.md sections 4 and 5). One encoder serves all blocks
 * of a writer, so that its memory is taken once.
 */
struct ladle_block_encoder {
    const ladle_allocator *allocator;
    const struct ladle_codec *codec; /* NULL: none */
    void *codec_state;
    ladle_buffer output;      /* the block made last: its whole bytes */
    ladle_buffer shape;       /* the description of the shape */
    ladle_buffer plain;       /* a stream on its way to the codec */
    ladle_buffer packs;       /* struct ladle_pack each */
    struct ladle_arena arena; /* dictionaries */
    size_t stream_len;        /* of the stream being laid out */
};

/*
 * Zeros, but for what is given. Codec and level as in ladle_writer_options.
 */
ladle_status ladle_block_encoder_init(struct ladle_block_encoder *encoder,
                                      const ladle_allocator *allocator,
                                      const struct ladle_codec *codec, int level);
void ladle_block_encoder_free(struct ladle_block_encoder *encoder);

/*
 * Make a DATA block of the marked values of a shape, with root->mark records (the nodes then know
 * the ranges of these values), or a block of another
 * type with one stream. The caller fills in type, record_count, first_record and
 * checkpoint_distance of the header; the rest is filled in here. The block is in encoder->output
 * until the next call.
 */
ladle_status ladle_block_encode(struct ladle_block_encoder *encoder, ladle_node *root,
                                struct ladle_block_header *header, uint32_t salt, uint64_t offset);
ladle_status ladle_block_encode_bytes(struct ladle_block_encoder *encoder, const void *data,
                                      size_t len, struct ladle_block_header *header, uint32_t salt,
                                      uint64_t offset);

#endif
