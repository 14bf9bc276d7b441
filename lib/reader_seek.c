/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader.h"

#include "limit.h"
#include "status.h"

static ladle_status fail_missing(ladle_error *error)
{
    return ladle_fail(error, LADLE_E_UNSUPPORTED, LADLE_UNKNOWN, LADLE_UNKNOWN,
                      "this call is not there yet");
}

ladle_status ladle_reader_count(ladle_reader *reader, uint64_t *count, ladle_error *error)
{
    (void)reader;
    *count = 0;
    return fail_missing(error);
}

ladle_status ladle_reader_seek(ladle_reader *reader, uint64_t record, ladle_error *error)
{
    (void)reader;
    (void)record;
    return fail_missing(error);
}

void ladle_reader_select(ladle_reader *reader, ladle_reader_wants *wants, void *ctx)
{
    (void)reader;
    (void)wants;
    (void)ctx;
}

ladle_status ladle_reader_schema(ladle_reader *reader, const struct ladle_schema **schema,
                                 ladle_error *error)
{
    (void)reader;
    *schema = NULL;
    return fail_missing(error);
}

ladle_status ladle_reader_info(ladle_reader *reader, ladle_info *info, ladle_error *error)
{
    (void)reader;
    (void)info;
    return fail_missing(error);
}

uint64_t ladle_reader_memory_bound(ladle_reader *reader)
{
    return 4 * (reader->limits.max_record + LADLE_BLOCK_SLACK);
}
