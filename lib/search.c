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
 * The first place from 'from' on where a block or a trailer of the segment may begin, or a block of
 * any segment; or 'end'.
 */
static size_t find_item(const uint8_t *data, size_t from, size_t end, uint32_t salt, bool any_salt)
{
    const uint64_t block = ladle_magic_word(LADLE_MAGIC_BLOCK, salt);
    const uint64_t trailer = ladle_magic_word(LADLE_MAGIC_TRAILER, salt);
    const uint64_t mask = any_salt ? UINT32_MAX : UINT64_MAX;
    for (; from < end; from += LADLE_ALIGNMENT) {
        uint64_t word = ladle_load_u64(data + from);
        if (((word ^ block) & mask) == 0 || word == trailer) {
            return from;
        }
    }
    return end;
}

/*
 * The first place from 'from' on where a file header stands that may be one, or 'end'.
 */
static size_t find_file(const struct ladle_search *search, size_t from, size_t end)
{
    static const uint8_t lens[] = {0, LADLE_TRAILER_LEN};
    for (size_t i = 0; i < sizeof lens; i++) {
        uint64_t place = search->edge + lens[i];
        if (place >= search->offset + from && place < search->offset + end &&
            ladle_magic_of(search->window.data + (place - search->offset)) == LADLE_MAGIC_FILE) {
            return (size_t)(place - search->offset);
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
    size_t from = search->next + (past ? LADLE_ALIGNMENT - past : 0);
    size_t file = find_file(search, search->next, end);
    search->next = find_item(window->data, from, file, segment->salt, segment->is_complete);
    if (search->next < end) {
        return true;
    }
    search->next = end;
    return false;
}

/*
 * Read a block header at the place as one of the segment. LADLE_END when it is none.
 */
static ladle_status load_own(const uint8_t *bytes, const struct ladle_segment *segment,
                             uint64_t offset, struct ladle_block_header *header)
{
    const char *why;
    ladle_status status =
        ladle_block_header_load(bytes, segment->salt, offset - segment->offset, header, &why);
    bool is_own = status != LADLE_E_CORRUPT && header->first_record >= segment->record_count;
    return is_own ? status : LADLE_END;
}

/*
 * Or else, where a segment may begin, as one of the next segment: its header is damaged then.
 */
static ladle_status load_block(const struct ladle_search *search,
                               const struct ladle_segment *segment, struct ladle_found *found,
                               struct ladle_block_header *header)
{
    const uint8_t *bytes = search->window.data + search->next;
    const char *why;
    ladle_status status = load_own(bytes, segment, found->offset, header);
    if (status != LADLE_END || !segment->is_complete) {
        return status;
    }
    found->is_next = true;
    found->salt = ladle_load_u32(bytes + 4);
    status =
        ladle_block_header_load(bytes, found->salt, found->offset - search->begin, header, &why);
    return status == LADLE_E_CORRUPT ? LADLE_END : status;
}

static ladle_status check_block(struct ladle_search *search, struct ladle_input *input,
                                const struct ladle_segment *segment, uint64_t max_record,
                                struct ladle_found *found, ladle_error *error)
{
    struct ladle_block_header header = {.type = 0};
    const char *why;
    ladle_status status = load_block(search, segment, found, &header);
    if (status == LADLE_END) {
        return LADLE_END;
    }
    found->record_count = header.first_record;
    if (status != LADLE_OK || header.decoded_len > ladle_block_len_max(&header, max_record)) {
        return LADLE_OK;
    }
    size_t len = LADLE_BLOCK_HEADER_LEN + (size_t)header.stored_len;
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
    found->record_count = found->offset == search->edge ? LADLE_UNKNOWN : search->record_count;
    found->least_count = search->record_count;
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
    *found = (struct ladle_found){.magic = ladle_magic_of(search->window.data + search->next),
                                  .offset = search->offset + search->next};
    size_t len = found->magic == LADLE_MAGIC_FILE    ? LADLE_HEADER_LEN
                 : found->magic == LADLE_MAGIC_BLOCK ? LADLE_BLOCK_HEADER_LEN
                                                     : LADLE_TRAILER_LEN;
    LADLE_TRY(fill(search, input, len, error));
    if (search->window.len - search->next < len) {
        return LADLE_WAIT;
    }
    switch (found->magic) {
    case LADLE_MAGIC_FILE:
        return check_file(search, found);
    case LADLE_MAGIC_BLOCK:
        return check_block(search, input, segment, max_record, found, error);
    default:
        return check_trailer(search, segment, found);
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
