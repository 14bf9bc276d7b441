/* SPDX-License-Identifier: BSD-2-Clause */
#include "search.h"

#include "block_decode.h"
#include "limit.h"
#include "status.h"
#include <ladle/wire.h>

/*
 * Bytes are read in steps of this length.
 */
#define STEP_LEN ((size_t)256 << 10)

uint64_t ladle_block_len_max(const struct ladle_block_header *header, uint64_t max_record)
{
    return max_record + (header->record_count > 1 ? LADLE_BLOCK_SLACK : LADLE_SHAPE_SLACK);
}

bool ladle_block_is_lean(const struct ladle_block_header *header)
{
    const uint64_t stream_len_max = LADLE_STREAM_ENTRY_LEN + LADLE_ALIGNMENT;
    return header->stored_len <=
           (uint64_t)header->decoded_len + (uint64_t)header->stream_count * stream_len_max;
}

void ladle_search_end(struct ladle_search *search)
{
    ladle_buffer_free(&search->window);
    search->next = 0;
}

/*
 * Read until 'len' bytes stand at the place in the window, or the input ends.
 */
static ladle_status fill(struct ladle_search *search, struct ladle_input *input, size_t len,
                         ladle_error *error)
{
    ladle_buffer *window = &search->window;
    if (window->len == 0) {
        search->offset = input->offset;
    }
    while (window->len - search->next < len) {
        size_t missing = len - (window->len - search->next);
        size_t least = missing < STEP_LEN ? missing : STEP_LEN;
        size_t got;
        LADLE_TRY(ladle_buffer_reserve(window, least + STEP_LEN));
        LADLE_TRY(ladle_input_read(input, window->data + window->len, least, least + STEP_LEN, &got,
                                   error));
        window->len += got;
        if (got < least) {
            break;
        }
    }
    return LADLE_OK;
}

/*
 * Let go of what was looked at.
 */
static void drop(struct ladle_search *search)
{
    ladle_buffer *window = &search->window;
    window->len -= search->next;
    memmove(window->data, window->data + search->next, window->len);
    search->offset += search->next;
    search->next = 0;
}

/*
 * The first place from 'from' on where a file header may begin, or 'end'.
 */
static size_t find_file(const uint8_t *data, size_t from, size_t end)
{
    const uint64_t word = ladle_magic_word(LADLE_MAGIC_FILE, 0);
    while (from < end) {
        const uint8_t *place = memchr(data + from, (uint8_t)word, end - from);
        if (!place) {
            return end;
        }
        from = (size_t)(place - data);
        if (ladle_load_u64(place) == word) {
            return from;
        }
        from++;
    }
    return end;
}

/*
 * The same for a block or a trailer of the segment.
 */
static size_t find_item(const uint8_t *data, size_t from, size_t end, uint32_t salt)
{
    const uint64_t block = ladle_magic_word(LADLE_MAGIC_BLOCK, salt);
    const uint64_t trailer = ladle_magic_word(LADLE_MAGIC_TRAILER, salt);
    for (; from < end; from += LADLE_ALIGNMENT) {
        uint64_t word = ladle_load_u64(data + from);
        if (word == block || word == trailer) {
            return from;
        }
    }
    return end;
}

/*
 * Move on to the next place where an item may begin. False when there is none in the window.
 */
static bool find_candidate(struct ladle_search *search, const struct ladle_segment *segment)
{
    const ladle_buffer *window = &search->window;
    if (window->len - search->next < LADLE_ALIGNMENT) {
        return false;
    }
    size_t end = window->len - (LADLE_ALIGNMENT - 1);
    size_t past = (size_t)((search->offset + search->next - segment->offset) % LADLE_ALIGNMENT);
    size_t aligned = search->next + (past ? LADLE_ALIGNMENT - past : 0);
    size_t item = find_item(window->data, aligned, end, segment->salt);
    size_t file = find_file(window->data, search->next, item < end ? item : end);
    search->next = file < item ? file : item;
    if (search->next < end) {
        return true;
    }
    search->next = end;
    return false;
}

static ladle_status check_block(struct ladle_search *search, struct ladle_input *input,
                                const struct ladle_segment *segment, uint64_t max_record,
                                struct ladle_found *found, ladle_error *error)
{
    struct ladle_block_header header;
    const char *why;
    ladle_status status = ladle_block_header_load(search->window.data + search->next, segment->salt,
                                                  found->offset - segment->offset, &header, &why);
    if (status == LADLE_E_CORRUPT || header.first_record < segment->record_count) {
        return LADLE_END;
    }
    found->record_count = header.first_record;
    if (status != LADLE_OK || header.decoded_len > ladle_block_len_max(&header, max_record)) {
        return LADLE_OK;
    }
    size_t len = LADLE_BLOCK_HEADER_LEN + (size_t)header.stored_len;
    if (!ladle_block_is_lean(&header)) {
        return LADLE_END;
    }
    LADLE_TRY(fill(search, input, len, error));
    if (search->window.len - search->next < len) {
        return LADLE_WAIT;
    }
    status = ladle_block_verify(&header,
                                search->window.data + search->next + LADLE_BLOCK_HEADER_LEN, &why);
    return status == LADLE_OK ? LADLE_OK : LADLE_END;
}

static ladle_status check_trailer(const struct ladle_search *search,
                                  const struct ladle_segment *segment, struct ladle_found *found)
{
    struct ladle_trailer trailer;
    const char *why;
    ladle_status status = ladle_trailer_load(search->window.data + search->next, segment->salt,
                                             found->offset - segment->offset, &trailer, &why);
    if (status != LADLE_OK || trailer.record_count < segment->record_count) {
        return LADLE_END;
    }
    found->record_count = trailer.record_count;
    return LADLE_OK;
}

static ladle_status check_file(const struct ladle_search *search, struct ladle_found *found)
{
    struct ladle_file_header header;
    const char *why;
    ladle_status status = ladle_file_header_load(search->window.data + search->next, &header, &why);
    found->record_count = LADLE_UNKNOWN;
    return status == LADLE_E_CORRUPT ? LADLE_END : LADLE_OK;
}

/*
 * Whether an intact item stands at the place: LADLE_OK, LADLE_END if not, or LADLE_WAIT when the
 * input ends before that is known.
 */
static ladle_status check_candidate(struct ladle_search *search, struct ladle_input *input,
                                    const struct ladle_segment *segment, uint64_t max_record,
                                    struct ladle_found *found, ladle_error *error)
{
    static const size_t lens[] = {[LADLE_MAGIC_FILE] = LADLE_HEADER_LEN,
                                  [LADLE_MAGIC_BLOCK] = LADLE_BLOCK_HEADER_LEN,
                                  [LADLE_MAGIC_TRAILER] = LADLE_TRAILER_LEN};
    found->magic = ladle_magic_of(search->window.data + search->next);
    found->offset = search->offset + search->next;
    LADLE_TRY(fill(search, input, lens[found->magic], error));
    if (search->window.len - search->next < lens[found->magic]) {
        return LADLE_WAIT;
    }
    switch (found->magic) {
    case LADLE_MAGIC_BLOCK:
        return check_block(search, input, segment, max_record, found, error);
    case LADLE_MAGIC_TRAILER:
        return check_trailer(search, segment, found);
    default:
        return check_file(search, found);
    }
}

ladle_status ladle_search_next(struct ladle_search *search, struct ladle_input *input,
                               const struct ladle_segment *segment, uint64_t max_record,
                               struct ladle_found *found, ladle_error *error)
{
    size_t undecided = SIZE_MAX; /* place in the window */
    ladle_status status = LADLE_END;
    while (status != LADLE_OK) {
        LADLE_TRY(fill(search, input, LADLE_ALIGNMENT, error));
        if (search->window.len - search->next < LADLE_ALIGNMENT) {
            search->next = undecided < search->next ? undecided : search->next;
            return LADLE_END;
        }
        if (find_candidate(search, segment)) {
            status = check_candidate(search, input, segment, max_record, found, error);
            if (status < 0) {
                return status;
            }
            if (status == LADLE_WAIT && undecided == SIZE_MAX) {
                undecided = search->next;
            }
            search->next += status != LADLE_OK;
        }
        if (search->next >= STEP_LEN && undecided == SIZE_MAX && status != LADLE_OK) {
            drop(search);
        }
    }
    LADLE_TRY(ladle_input_unread(input, search->window.data + search->next,
                                 search->window.len - search->next));
    ladle_search_end(search);
    return LADLE_OK;
}
