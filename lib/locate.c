/* SPDX-License-Identifier: BSD-2-Clause */
#include "locate.h"

#include "status.h"

/*
 * The segment that has a record, and the number in the file of its first record.
 */
static ladle_status find_segment(struct ladle_locator *locator, uint64_t record,
                                 struct ladle_located_segment *segment, uint64_t *first_record,
                                 ladle_error *error)
{
    uint64_t total = locator->record_count;
    uint32_t low = 0;
    uint32_t high = locator->segments_kept - 1;
    /* Kept from the last to the first: find the last one that begins behind the record. */
    while (low < high) {
        uint32_t middle = low + (high - low + 1) / 2;
        const struct ladle_located_segment *kept = &locator->segments[middle];
        if (total - kept->records_behind - kept->end.record_count > record) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    *segment = locator->segments[low];
    if (locator->segment_stride == 1 && low + 1 < locator->segments_kept &&
        total - segment->records_behind - segment->end.record_count > record) {
        *segment = locator->segments[low + 1];
    }
    for (;;) {
        *first_record = total - segment->records_behind - segment->end.record_count;
        if (*first_record <= record) {
            return LADLE_OK;
        }
        struct ladle_located_segment before;
        ladle_status status = ladle_locator_before(locator, segment, &before, error);
        if (status != LADLE_OK) {
            return status == LADLE_END ? ladle_fail(error, LADLE_E_CORRUPT, 0, LADLE_UNKNOWN,
                                                    "the file was changed")
                                       : status;
        }
        *segment = before;
    }
}

static ladle_status locate(struct ladle_locator *locator, uint64_t record,
                           struct ladle_place *place, ladle_error *error)
{
    struct ladle_located_segment segment;
    uint64_t first_record;
    LADLE_TRY(find_segment(locator, record, &segment, &first_record, error));
    uint64_t in_segment = record - first_record;
    struct ladle_page *page;
    LADLE_TRY(ladle_index_find(&locator->index, &segment.end, in_segment, &page, error));
    if (page) {
        const struct ladle_page_entry *entry = ladle_page_get(page, in_segment);
        *place = ladle_place_at(&segment.end, entry->offset, first_record, entry->first_record);
    } else {
        *place = ladle_place_of_start(&segment.end, first_record);
    }
    return LADLE_OK;
}

ladle_status ladle_locate(struct ladle_locator *locator, uint64_t record, struct ladle_place *place,
                          ladle_error *error)
{
    if (record >= locator->record_count) {
        const struct ladle_segment_end *last = &locator->segments[0].end;
        *place = ladle_place_of_end(last, locator->record_count - last->record_count);
        return LADLE_OK;
    }
    return ladle_locator_report(locator, locate(locator, record, place, &locator->failure), error);
}
