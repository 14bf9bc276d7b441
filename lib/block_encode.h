/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_BLOCK_ENCODE_H
#define LADLE_LIB_BLOCK_ENCODE_H

#include "arena.h"
#include "draft.h"
#include "pack.h"
#include <ladle/shape.h>

/*
 * From columns to the plain streams of a block (FORMAT.md sections 4 and 5). One encoder serves all
 * blocks of a writer, so that its memory is taken once.
 */
struct ladle_block_encoder {
    ladle_buffer shape;         /* the description of the shape */
    ladle_buffer packs;         /* struct ladle_pack each */
    struct ladle_arena arena;   /* dictionaries */
    struct ladle_arena scratch; /* what finding one takes */
    size_t stream_len;          /* of the stream being laid out */
    size_t stream_len_min;      /* with which it is long enough */
};

void ladle_block_encoder_init(struct ladle_block_encoder *encoder,
                              const ladle_allocator *allocator);
void ladle_block_encoder_free(struct ladle_block_encoder *encoder);

/*
 * Put the marked values of a shape into a draft. The nodes then know the ranges of these values.
 * LADLE_OK, LADLE_E_MEMORY, or LADLE_E_LIMIT when the block would be too large.
 */
ladle_status ladle_block_encode(struct ladle_block_encoder *encoder, ladle_node *root,
                                struct ladle_draft *draft);

#endif
