/* SPDX-License-Identifier: BSD-2-Clause */
#include "scan_state.h"

#include "status.h"

void ladle_scan_init(struct ladle_scan *scan, const ladle_source *source, uint64_t max_record,
                     bool is_live, const ladle_allocator *allocator)
{
    *scan = (struct ladle_scan){.max_record = max_record,
                                .is_live = is_live,
                                .stored = {.allocator = allocator},
                                .search = {.window = {.allocator = allocator}}};
    ladle_input_init(&scan->input, source, allocator);
}

void ladle_scan_free(struct ladle_scan *scan)
{
    ladle_input_close(&scan->input);
    ladle_buffer_free(&scan->stored);
    ladle_search_end(&scan->search);
}

uint64_t ladle_scan_record(const struct ladle_scan *scan)
{
    return scan->segment.first_record + scan->segment.record_count;
}

ladle_status ladle_scan_fail(struct ladle_scan *scan, ladle_status status, const char *why)
{
    return ladle_fail(&scan->failure, status, scan->block_offset, ladle_scan_record(scan), "%s",
                      why);
}

ladle_status ladle_scan_fail_truncated(struct ladle_scan *scan)
{
    return ladle_scan_fail(scan, LADLE_E_TRUNCATED, "the file ends before its writer completed it");
}
