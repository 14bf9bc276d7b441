/* SPDX-License-Identifier: BSD-2-Clause */
#include "walk.h"

void ladle_walk_init(struct ladle_walk *walk, const struct ladle_input *input, uint64_t max_record,
                     const ladle_allocator *allocator)
{
    ladle_source source = input->source;
    source.close = NULL;
    walk->is_over = false;
    ladle_scan_init(&walk->scan, &source, max_record, false, allocator);
}

void ladle_walk_free(struct ladle_walk *walk)
{
    ladle_scan_free(&walk->scan);
}

static struct ladle_segment_end end_of(const struct ladle_scan *scan)
{
    const struct ladle_segment *segment = &scan->segment;
    bool has_checkpoint = segment->checkpoint_offset != LADLE_UNKNOWN;
    return (struct ladle_segment_end){.offset = segment->offset,
                                      .end = ladle_scan_tell(scan).offset - segment->offset,
                                      .record_count = segment->record_count,
                                      .checkpoint_offset =
                                          has_checkpoint ? segment->checkpoint_offset : 0,
                                      .salt = segment->salt};
}

/*
 * Go over a block, or over what is damaged. LADLE_END where nothing leads on.
 */
static ladle_status step(struct ladle_scan *scan, ladle_error *error)
{
    uint64_t lost;
    ladle_status status = ladle_scan_next(scan);
    if (status == LADLE_OK) {
        status = ladle_scan_skip(scan);
    }
    if (status == LADLE_E_IO || status == LADLE_E_MEMORY) {
        *error = scan->failure;
        return status;
    }
    return status == LADLE_OK || ladle_scan_resume(scan, &lost) == LADLE_OK ? LADLE_OK : LADLE_END;
}

ladle_status ladle_walk_next(struct ladle_walk *walk, struct ladle_segment_end *segment,
                             ladle_error *error)
{
    struct ladle_scan *scan = &walk->scan;
    ladle_status status = walk->is_over ? LADLE_END : LADLE_OK;
    while (status == LADLE_OK) {
        *segment = end_of(scan);
        status = step(scan, error);
        if (status == LADLE_END) {
            walk->is_over = true;
            *segment = end_of(scan);
            return LADLE_OK;
        }
        if (scan->segment.offset != segment->offset) {
            return status;
        }
    }
    return status;
}

struct ladle_place ladle_place_at(const struct ladle_segment_end *segment, uint64_t offset,
                                  uint64_t first_record, uint64_t record_count)
{
    return (struct ladle_place){.offset = segment->offset + offset,
                                .segment = {.offset = segment->offset,
                                            .first_record = first_record,
                                            .record_count = record_count,
                                            .block_count = LADLE_UNKNOWN,
                                            .checkpoint_offset = LADLE_UNKNOWN,
                                            .checkpoint_end = LADLE_UNKNOWN,
                                            .salt = segment->salt,
                                            .is_begun = true}};
}

struct ladle_place ladle_place_of_start(const struct ladle_segment_end *segment,
                                        uint64_t first_record)
{
    struct ladle_place place = ladle_place_at(segment, LADLE_HEADER_LEN, first_record, 0);
    place.segment.block_count = 0;
    place.segment.checkpoint_offset = 0;
    place.segment.checkpoint_end = 0;
    place.segment.is_begun = false;
    return place;
}

struct ladle_place ladle_place_of_end(const struct ladle_segment_end *last, uint64_t first_record)
{
    if (last->end == LADLE_HEADER_LEN) {
        return ladle_place_of_start(last, first_record);
    }
    struct ladle_place place = ladle_place_at(last, last->end, first_record, last->record_count);
    place.segment.is_complete = last->is_complete;
    place.segment.checkpoint_offset = last->checkpoint_offset;
    return place;
}
