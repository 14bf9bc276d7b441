/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_DRAFT_H
#define LADLE_LIB_DRAFT_H

#include "codec.h"
#include "frame.h"
#include <ladle/buffer.h>
#include <ladle/io.h>

/*
 * A block on its way out (FORMAT.md section 4): its plain streams, then its stored streams with the
 * directory, then its header. The steps are apart so that another thread can compress, and so that
 * the place of the block is needed last.
 */
struct ladle_draft {
    const struct ladle_codec *codec; /* NULL: none */
    bool borrows;                    /* the caller's bytes stay until the block is written */
    ladle_buffer plain;              /* streams on their way to the codec */
    ladle_buffer spans;              /* struct span each */
    ladle_buffer output;             /* header, directory, stored streams that are not borrowed */
    ladle_buffer pieces;             /* ladle_piece each: the block */
    size_t stream_count;
    size_t borrowed_count; /* streams */
    size_t decoded_len;
    size_t padded_len;   /* of all streams */
    size_t room_len;     /* of those that the caller writes, with what pads the others */
    size_t stored_len;   /* of directory and streams */
    size_t piece_offset; /* in 'output': where the piece begins that has no end yet */
};

void ladle_draft_init(struct ladle_draft *draft, const struct ladle_codec *codec, bool borrows,
                      const ladle_allocator *allocator);
void ladle_draft_free(struct ladle_draft *draft);

/*
 * Begin a block; then say how long its streams are, one by one; then make room for them. LADLE_OK,
 * LADLE_E_MEMORY, or LADLE_E_LIMIT when the block would be too large.
 *
 * borrowed  the plain bytes, where they are; NULL: the caller writes them. Only a draft that
 *           borrows takes any
 */
void ladle_draft_begin(struct ladle_draft *draft);
ladle_status ladle_draft_add_stream(struct ladle_draft *draft, size_t len, const void *borrowed);
ladle_status ladle_draft_reserve(struct ladle_draft *draft);

/*
 * Where the plain bytes of a stream go: the caller writes all of them. NULL: they are borrowed.
 */
uint8_t *ladle_draft_stream(const struct ladle_draft *draft, size_t index);

/*
 * All three for a block of one stream with these bytes.
 */
ladle_status ladle_draft_put(struct ladle_draft *draft, const void *data, size_t len);

/*
 * Compress the streams, and make the directory. Those that bitpack makes at most a sixteenth longer
 * than the codec does are packed. A stream that does not become smaller by a sixteenth, or for which
 * the codec has no memory, is stored as it is; so this cannot fail, and it takes no memory but that
 * of the codec. Any thread.
 *
 * state  of a compressor of the codec
 */
void ladle_draft_compress(struct ladle_draft *draft, void *state);

/*
 * Make the header: the caller has filled in type, record_count, first_record and
 * checkpoint_distance. The block is draft->pieces then.
 */
void ladle_draft_finish(struct ladle_draft *draft, struct ladle_block_header *header, uint32_t salt,
                        uint64_t offset);

#endif
