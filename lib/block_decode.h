/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_BLOCK_DECODE_H
#define LADLE_LIB_BLOCK_DECODE_H

#include "codec.h"
#include "frame.h"
#include "views.h"
#include <ladle/buffer.h>

/*
 * From the bytes of a block to views (FORMAT.md sections 4 and 5). First the checksums are
 * verified, then it is decoded.
 */

/*
 * Verify all checksums of a block, and the directory against the header. LADLE_OK, or
 * LADLE_E_CORRUPT and '*why', a static sentence.
 */
ladle_status ladle_block_verify(const struct ladle_block_header *header, const uint8_t *stored,
                                const char **why);

/*
 * The states of decompressors: one decoder serves many blocks, one at a time.
 */
struct ladle_block_decoder {
    const ladle_allocator *allocator;
    void *codec_states[LADLE_CODEC_ID_MAX + 1];
};

void ladle_block_decoder_init(struct ladle_block_decoder *decoder,
                              const ladle_allocator *allocator);
void ladle_block_decoder_free(struct ladle_block_decoder *decoder);

/*
 * What a block is decoded to. Its memory serves for one block after the other.
 */
struct ladle_block {
    ladle_buffer decoded; /* streams of a codec */
    ladle_buffer streams; /* struct ladle_stream each */
    struct ladle_views views;
    ladle_view *root;
};

void ladle_block_init(struct ladle_block *block, const ladle_allocator *allocator);
void ladle_block_free(struct ladle_block *block);

/*
 * Decode the streams of a block that was verified.
 *
 * stored  header->stored_len bytes; they must stay as long as the result is used
 *
 * Returns LADLE_OK, LADLE_E_CORRUPT, LADLE_E_UNSUPPORTED (a codec; '*why' names it) or
 * LADLE_E_MEMORY.
 */
ladle_status ladle_block_decode_streams(struct ladle_block *block,
                                        struct ladle_block_decoder *decoder,
                                        const struct ladle_block_header *header,
                                        const uint8_t *stored, const char **why);

/*
 * The same for a DATA block, then its views: block->root.
 */
ladle_status ladle_block_decode(struct ladle_block *block, struct ladle_block_decoder *decoder,
                                const struct ladle_block_header *header, const uint8_t *stored,
                                const char **why);

/*
 * Decode some columns of a DATA block: block->root. Nothing of it was verified yet; the directory
 * and each stream that is needed are. The rest of 'stored' is not looked at.
 *
 * wants  which columns, see ladle_views_read
 * epoch  another one for other columns, from 1 on
 * get    is called before bytes of 'stored' are looked at: puts them there, or gives a status that
 *        is returned
 */
struct ladle_block_choice {
    bool (*wants)(void *ctx, const ladle_view *parent, uint32_t child);
    void *wants_ctx;
    uint64_t epoch;
    ladle_status (*get)(void *ctx, size_t offset, size_t len);
    void *get_ctx;
};

ladle_status ladle_block_decode_some(struct ladle_block *block, struct ladle_block_decoder *decoder,
                                     const struct ladle_block_header *header, const uint8_t *stored,
                                     const struct ladle_block_choice *choice, const char **why);

/*
 * The bytes of the only stream of a block of another type; LADLE_E_CORRUPT when it has not exactly
 * one.
 */
ladle_status ladle_block_decode_bytes(struct ladle_block *block,
                                      struct ladle_block_decoder *decoder,
                                      const struct ladle_block_header *header,
                                      const uint8_t *stored, struct ladle_stream *bytes,
                                      const char **why);

#endif
