/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_BLOCK_DECODE_H
#define LADLE_LIB_BLOCK_DECODE_H

#include "codec.h"
#include "frame.h"
#include "view_parse.h"
#include <ladle/buffer.h>

/*
 * From the bytes of a block to views (FORMAT.md sections 4 and 5). One decoder serves all blocks of
 * a reader. Nothing is handed out before its checksum was verified.
 */
struct ladle_block_decoder {
    const ladle_allocator *allocator;
    void *codec_states[LADLE_CODEC_ID_MAX + 1];
    ladle_buffer decoded; /* streams of a codec */
    ladle_buffer streams; /* struct ladle_stream each */
    struct ladle_arena arena;
};

void ladle_block_decoder_init(struct ladle_block_decoder *decoder,
                              const ladle_allocator *allocator);
void ladle_block_decoder_free(struct ladle_block_decoder *decoder);

/*
 * Verify all checksums of a block and decode nothing. LADLE_OK or LADLE_E_CORRUPT.
 */
ladle_status ladle_block_verify(const struct ladle_block_header *header, const uint8_t *stored,
                                const char **why);

/*
 * Verify and decode the streams of a block.
 *
 * stored  header->stored_len bytes; they must stay as long as the result is used
 *
 * Returns LADLE_OK, LADLE_E_CORRUPT, LADLE_E_UNSUPPORTED (a codec; '*why' names it) or
 * LADLE_E_MEMORY.
 */
ladle_status ladle_block_decode_streams(struct ladle_block_decoder *decoder,
                                        const struct ladle_block_header *header,
                                        const uint8_t *stored, const char **why);

/*
 * The same for a DATA block, then its views.
 */
ladle_status ladle_block_decode(struct ladle_block_decoder *decoder,
                                const struct ladle_block_header *header, const uint8_t *stored,
                                ladle_view **root, const char **why);

/*
 * The bytes of the only stream of a block of another type; LADLE_E_CORRUPT when it has not exactly
 * one.
 */
ladle_status ladle_block_decode_bytes(struct ladle_block_decoder *decoder,
                                      const struct ladle_block_header *header,
                                      const uint8_t *stored, struct ladle_stream *bytes,
                                      const char **why);

#endif
