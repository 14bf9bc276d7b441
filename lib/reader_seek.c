/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader_seek.h"

#include "alloc.h"
#include "argument.h"
#include "status.h"

static ladle_status new_locator(ladle_reader *reader, ladle_error *error)
{
    struct ladle_locator *locator = ladle_alloc(reader->allocator, 1, sizeof *locator);
    if (!locator) {
        return ladle_fail(error, LADLE_E_MEMORY, LADLE_UNKNOWN, LADLE_UNKNOWN, "%s",
                          ladle_status_text(LADLE_E_MEMORY));
    }
    ladle_locator_init(locator, &reader->scan.input, &reader->slots.decoders[0], &reader->limits,
                       reader->allocator);
    reader->locator = locator;
    return LADLE_OK;
}

/*
 * The metadata of all segments take the place of those that were read so far.
 */
static void take_metadata(ladle_reader *reader)
{
    ladle_buffer *metadata = &reader->locator->metadata;
    if (metadata->len) {
        ladle_buffer_free(&reader->metadata);
        reader->metadata = *metadata;
        *metadata = (ladle_buffer){.allocator = reader->allocator};
    }
}

static bool has_grown(const ladle_reader *reader)
{
    uint64_t file_len;
    return reader->scan.is_live &&
           ladle_input_size(&reader->scan.input, &file_len, NULL) == LADLE_OK &&
           file_len != reader->locator->file_len;
}

ladle_status ladle_reader_open_index(ladle_reader *reader, ladle_error *error)
{
    if (!ladle_input_has_places(&reader->scan.input)) {
        return ladle_fail(error, LADLE_E_STATE, LADLE_UNKNOWN, LADLE_UNKNOWN,
                          "the source can only be read in order");
    }
    if (!reader->locator) {
        LADLE_TRY(new_locator(reader, error));
    }
    if (!reader->locator->is_open || has_grown(reader)) {
        LADLE_TRY(ladle_locator_open(reader->locator, error));
        take_metadata(reader);
    }
    return LADLE_OK;
}

/*
 * Open the index of a file that counts as whole.
 */
static ladle_status open_whole(ladle_reader *reader, ladle_error *error)
{
    LADLE_TRY(ladle_reader_open_index(reader, error));
    const struct ladle_locator *locator = reader->locator;
    if (reader->take_tail || reader->scan.is_live) {
        return LADLE_OK;
    }
    if (locator->is_walked) {
        if (error) {
            *error = locator->damage;
        }
        return LADLE_E_CORRUPT;
    }
    if (locator->is_complete) {
        return LADLE_OK;
    }
    return ladle_fail(error, LADLE_E_TRUNCATED, locator->complete_len, locator->record_count,
                      "the file ends before its writer completed it");
}

ladle_status ladle_reader_count(ladle_reader *reader, uint64_t *count, ladle_error *error)
{
    LADLE_TRY(ladle_need(reader && count, error));
    LADLE_TRY(open_whole(reader, error));
    *count = reader->locator->record_count;
    return LADLE_OK;
}

ladle_status ladle_reader_seek(ladle_reader *reader, uint64_t record, ladle_error *error)
{
    LADLE_TRY(ladle_need(reader, error));
    struct ladle_place place;
    LADLE_TRY(open_whole(reader, error));
    if (record > reader->locator->record_count) {
        return ladle_fail(error, LADLE_E_ARGUMENT, LADLE_UNKNOWN, record,
                          "the file has only %llu records",
                          (unsigned long long)reader->locator->record_count);
    }
    const struct ladle_slot *slot = ladle_slots_find(&reader->slots, record);
    if (!slot) {
        LADLE_TRY(ladle_locate(reader->locator, record, &place, error));
    }
    ladle_slots_forget(&reader->slots);
    slot = slot ? slot : ladle_slots_find(&reader->slots, record);
    if (slot) {
        place = slot->behind;
    }
    ladle_scan_go(&reader->scan, &place);
    reader->slots.keeps = true;
    reader->is_in_order = false;
    reader->ahead_status = LADLE_OK;
    reader->status = LADLE_OK;
    reader->can_step = false;
    reader->position = record;
    reader->rows_left = 0;
    reader->is_pending = false;
    if (slot) {
        ladle_reader_stand(reader);
    }
    return LADLE_OK;
}
