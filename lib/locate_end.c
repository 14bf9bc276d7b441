/* SPDX-License-Identifier: BSD-2-Clause */
#include "locate_end.h"

#include "status.h"
#include <ladle/wire.h>

/*
 * The search from the end reads pieces of this length, and gives up after so many bytes if it saw
 * blocks of a segment whose beginning it does not know.
 */
#define PIECE_LEN   ((size_t)256 << 10)
#define FOREIGN_LEN ((uint64_t)4 << 20)

/*
 * A block is read together with its header when it is not longer than this.
 */
#define GUESS_LEN ((size_t)8192)

static ladle_status fail_memory(ladle_error *error)
{
    return ladle_fail(error, LADLE_E_MEMORY, LADLE_UNKNOWN, LADLE_UNKNOWN, "%s",
                      ladle_status_text(LADLE_E_MEMORY));
}

/*
 * Make 'stored' hold 'len' bytes from a place on, or fewer where the file ends.
 */
static ladle_status read_to(const struct ladle_input *input, uint64_t offset, size_t len,
                            ladle_buffer *stored, ladle_error *error)
{
    const size_t step_len = (size_t)4 << 20; /* memory is taken as the bytes come */
    while (stored->len < len) {
        size_t left = len - stored->len;
        size_t step = left < step_len ? left : step_len;
        size_t got;
        if (ladle_buffer_reserve(stored, step) != LADLE_OK) {
            return fail_memory(error);
        }
        LADLE_TRY(ladle_input_read_at(input, stored->data + stored->len, step, offset + stored->len,
                                      &got, error));
        stored->len += got;
        if (got < step) {
            break;
        }
    }
    return LADLE_OK;
}

ladle_status ladle_read_block_at(const struct ladle_input *input,
                                 const struct ladle_segment_end *segment, uint64_t offset,
                                 uint64_t max_record, ladle_buffer *stored,
                                 struct ladle_block_header *header, ladle_error *error)
{
    const char *why;
    stored->len = 0;
    LADLE_TRY(read_to(input, segment->offset + offset, GUESS_LEN, stored, error));
    if (stored->len < LADLE_BLOCK_HEADER_LEN ||
        ladle_block_header_load(stored->data, segment->salt, offset, header, &why) != LADLE_OK ||
        header->decoded_len > ladle_block_len_max(header, max_record)) {
        return LADLE_END;
    }
    size_t len = LADLE_BLOCK_HEADER_LEN + (size_t)header->stored_len;
    LADLE_TRY(read_to(input, segment->offset + offset, len, stored, error));
    if (stored->len < len ||
        ladle_block_verify(header, stored->data + LADLE_BLOCK_HEADER_LEN, &why) != LADLE_OK) {
        return LADLE_END;
    }
    return LADLE_OK;
}

/*
 * The file header at a place of the file. LADLE_OK, LADLE_END, or a failure to read.
 */
static ladle_status begin_at(const struct ladle_input *input, uint64_t offset,
                             struct ladle_segment_end *segment, ladle_error *error)
{
    uint8_t bytes[LADLE_HEADER_LEN];
    struct ladle_file_header header;
    const char *why;
    size_t got;
    LADLE_TRY(ladle_input_read_at(input, bytes, sizeof bytes, offset, &got, error));
    if (got < sizeof bytes || ladle_file_header_load(bytes, &header, &why) != LADLE_OK) {
        return LADLE_END;
    }
    *segment = (struct ladle_segment_end){
        .offset = offset, .end = LADLE_HEADER_LEN, .salt = ladle_salt(header.uuid)};
    return LADLE_OK;
}

/*
 * The segment that a trailer says it ends. Its salt and place stand in the trailer itself.
 */
static ladle_status end_with(const struct ladle_input *input, const uint8_t *bytes,
                             uint64_t offset_in_file, struct ladle_segment_end *segment,
                             ladle_error *error)
{
    uint32_t salt = ladle_load_u32(bytes + 4);
    uint64_t offset = ladle_load_u64(bytes + 8);
    struct ladle_trailer trailer;
    const char *why;
    if (ladle_trailer_load(bytes, salt, offset, &trailer, &why) != LADLE_OK ||
        offset > offset_in_file || trailer.checkpoint_distance > offset) {
        return LADLE_END;
    }
    LADLE_TRY(begin_at(input, offset_in_file - offset, segment, error));
    if (segment->salt != salt) {
        return LADLE_END;
    }
    segment->end = offset + LADLE_TRAILER_LEN;
    segment->record_count = trailer.record_count;
    segment->checkpoint_offset = offset - trailer.checkpoint_distance;
    segment->is_complete = true;
    return LADLE_OK;
}

ladle_status ladle_find_complete(const struct ladle_input *input, uint64_t end,
                                 struct ladle_segment_end *segment, ladle_error *error)
{
    uint8_t bytes[LADLE_TRAILER_LEN];
    size_t got;
    if (end < LADLE_HEADER_LEN + LADLE_TRAILER_LEN) {
        return LADLE_END;
    }
    LADLE_TRY(ladle_input_read_at(input, bytes, sizeof bytes, end - sizeof bytes, &got, error));
    if (got < sizeof bytes) {
        return LADLE_END;
    }
    return end_with(input, bytes, end - sizeof bytes, segment, error);
}

ladle_status ladle_check_chain(const struct ladle_input *input,
                               const struct ladle_segment_end *segment, ladle_error *error)
{
    struct ladle_segment_end before = *segment;
    while (before.offset) {
        LADLE_TRY(ladle_find_complete(input, before.offset, &before, error));
    }
    return LADLE_OK;
}

struct backward {
    const struct ladle_input *input;
    uint64_t file_len;
    uint64_t max_record;
    ladle_buffer *stored;
    struct ladle_segment_end known; /* blocks of it can be told */
    bool has_foreign;               /* something looked like a block of another one */
    bool is_sure;                   /* the known segment is the last one */
    bool is_alone;                  /* what stands before it does not matter */
    ladle_error *error;
};

/*
 * An intact block of the known segment: what it says is the state at its end.
 */
static ladle_status end_with_block(struct backward *search, uint64_t offset_in_file,
                                   struct ladle_segment_end *segment)
{
    struct ladle_block_header header;
    uint64_t offset = offset_in_file - search->known.offset;
    LADLE_TRY(ladle_read_block_at(search->input, &search->known, offset, search->max_record,
                                  search->stored, &header, search->error));
    if (header.checkpoint_distance > offset) {
        return LADLE_END;
    }
    *segment = search->known;
    segment->end = offset + LADLE_BLOCK_HEADER_LEN + header.stored_len;
    segment->record_count = header.first_record + header.record_count;
    segment->is_complete = false; /* 'known' may be from a trailer before the block */
    segment->checkpoint_offset =
        header.checkpoint_distance ? offset - header.checkpoint_distance : 0;
    if (header.type == LADLE_BLOCK_CHECKPOINT) {
        segment->checkpoint_offset = offset;
    }
    return LADLE_OK;
}

/*
 * What begins at a place: LADLE_OK when it is intact, LADLE_END if not.
 */
static ladle_status try_place(struct backward *search, const uint8_t *bytes, size_t len,
                              uint64_t offset, struct ladle_segment_end *segment)
{
    switch (ladle_magic_of(bytes)) {
    case LADLE_MAGIC_FILE:
        LADLE_TRY(begin_at(search->input, offset, segment, search->error));
        return ladle_check_chain(search->input, segment, search->error);
    case LADLE_MAGIC_TRAILER:
        if (len < LADLE_TRAILER_LEN) {
            return LADLE_END;
        }
        LADLE_TRY(end_with(search->input, bytes, offset, segment, search->error));
        return ladle_check_chain(search->input, segment, search->error);
    case LADLE_MAGIC_BLOCK:
        if (ladle_load_u32(bytes + 4) == search->known.salt && offset >= search->known.offset) {
            return end_with_block(search, offset, segment);
        }
        search->has_foreign = true;
        return LADLE_END;
    default:
        return LADLE_END;
    }
}

static bool may_begin(uint8_t byte)
{
    return byte == 0x89 || byte == 0xBB || byte == 0xEE;
}

/*
 * Look through the bytes from 'begin' to 'end' of the file for the last intact item. 'piece' has
 * room for them and a trailer behind them.
 */
static ladle_status search_piece(struct backward *search, uint8_t *piece, uint64_t begin,
                                 uint64_t end, struct ladle_segment_end *segment)
{
    size_t len = (size_t)(end - begin);
    size_t got;
    LADLE_TRY(ladle_input_read_at(search->input, piece, len + LADLE_TRAILER_LEN, begin, &got,
                                  search->error));
    if (got > search->file_len - begin) {
        got = (size_t)(search->file_len - begin);
    }
    for (size_t place = len; place > 0;) {
        place -= LADLE_ALIGNMENT;
        if (place + LADLE_ALIGNMENT <= got && may_begin(piece[place])) {
            ladle_status status =
                try_place(search, piece + place, got - place, begin + place, segment);
            if (status != LADLE_END) {
                return status;
            }
        }
    }
    return LADLE_END;
}

/*
 * The last intact item of the file. LADLE_END when it is given up. Items stand at multiples of 8
 * bytes from where their segment begins.
 */
static ladle_status search_back(struct backward *search, uint8_t *piece,
                                struct ladle_segment_end *segment)
{
    uint64_t start =
        search->is_alone ? search->known.offset : search->known.offset % LADLE_ALIGNMENT;
    uint64_t end = start + ladle_align((size_t)(search->file_len - start));
    search->has_foreign = false;
    while (end > start) {
        uint64_t begin = end - start > PIECE_LEN ? end - PIECE_LEN : start;
        ladle_status status = search_piece(search, piece, begin, end, segment);
        if (status != LADLE_END) {
            return status;
        }
        bool is_far = search->file_len - begin > FOREIGN_LEN;
        if (search->has_foreign && is_far && !search->is_sure) {
            return LADLE_END;
        }
        end = begin;
    }
    return LADLE_END;
}

static struct ladle_segment_end without_blocks(const struct ladle_segment_end *segment)
{
    return (struct ladle_segment_end){
        .offset = segment->offset, .end = LADLE_HEADER_LEN, .salt = segment->salt};
}

/*
 * Go through all headers of the file for where the last segment begins.
 */
static ladle_status find_last_segment(const struct backward *search,
                                      struct ladle_segment_end *segment)
{
    struct ladle_walk walk;
    ladle_status status;
    ladle_walk_init(&walk, search->input, search->max_record, search->stored->allocator);
    do {
        status = ladle_walk_next(&walk, segment, search->error);
    } while (status == LADLE_OK);
    ladle_walk_free(&walk);
    *segment = without_blocks(segment);
    return status == LADLE_END ? LADLE_OK : status;
}

/*
 * Search with one segment known after the other, until the last item found belongs to it.
 */
static ladle_status find_end(struct backward *search, uint8_t *piece,
                             struct ladle_segment_end *segment)
{
    for (;;) {
        ladle_status status = search_back(search, piece, segment);
        if (status < 0) {
            return status;
        }
        if (status == LADLE_END && !search->is_sure) {
            LADLE_TRY(find_last_segment(search, segment));
            search->is_sure = true;
        } else if (status == LADLE_END || segment->offset <= search->known.offset) {
            *segment = status == LADLE_END ? search->known : *segment;
            return LADLE_OK;
        }
        search->known = *segment;
    }
}

/*
 * Search from the end on, and look whether what was found has a trailer behind it: it may be a
 * checkpoint, though not at the file's end.
 */
static ladle_status search_end(struct backward *search, struct ladle_segment_end *segment)
{
    ladle_buffer piece = {.allocator = search->stored->allocator};
    struct ladle_segment_end complete;
    if (ladle_buffer_reserve(&piece, PIECE_LEN + LADLE_TRAILER_LEN) != LADLE_OK) {
        return fail_memory(search->error);
    }
    ladle_status status = find_end(search, piece.data, segment);
    ladle_buffer_free(&piece);
    LADLE_TRY(status);
    status = ladle_find_complete(search->input, segment->offset + segment->end + LADLE_TRAILER_LEN,
                                 &complete, search->error);
    if (status == LADLE_OK && complete.offset == segment->offset &&
        complete.end <= search->file_len - segment->offset) {
        *segment = complete;
    }
    return status < 0 ? status : LADLE_OK;
}

ladle_status ladle_find_end(const struct ladle_input *input, uint64_t file_len, uint64_t max_record,
                            ladle_buffer *stored, struct ladle_segment_end *segment,
                            ladle_error *error)
{
    ladle_error ignored;
    struct backward search = {.input = input,
                              .file_len = file_len,
                              .max_record = max_record,
                              .stored = stored,
                              .error = error ? error : &ignored};
    ladle_status status = begin_at(input, 0, &search.known, error);
    if (status == LADLE_END) {
        return ladle_fail(error, LADLE_E_TRUNCATED, 0, 0, "the file has no header that is intact");
    }
    return status == LADLE_OK ? search_end(&search, segment) : status;
}

ladle_status ladle_find_end_of(const struct ladle_input *input, uint64_t file_len,
                               uint64_t max_record, ladle_buffer *stored,
                               struct ladle_segment_end *segment, ladle_error *error)
{
    struct backward search = {.input = input,
                              .file_len = file_len,
                              .max_record = max_record,
                              .stored = stored,
                              .known = without_blocks(segment),
                              .is_sure = true,
                              .is_alone = true,
                              .error = error};
    return search_end(&search, segment);
}
