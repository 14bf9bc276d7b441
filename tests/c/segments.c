/* SPDX-License-Identifier: BSD-2-Clause */
#include "segments.h"

#include "test.h"

const struct segment_file segment_files[SEGMENT_FILE_COUNT] = {
    {GEN_FLAT, {40}, "none", 7, 1000},         {GEN_FLAT, {60, 30, 50}, "none", 9, 18},
    {GEN_OPTIONAL, {50, 1}, "zlib", 12, 24},   {GEN_NESTED, {30, 20}, "none", 5, 1000},
    {GEN_DRIFT, {70}, "none", 11, 22},         {GEN_COLUMNS, {24, 24}, "zlib", 6, 12},
    {GEN_WILD, {20, 10, 15}, "none", 4, 1000},
};

static void write_segment(const struct records *records, size_t first, size_t count,
                          const ladle_writer_options *options, int index, ladle_memory_sink *file)
{
    ladle_sink sink;
    ladle_writer *writer;
    ladle_sink_from_memory(&sink, file);
    must(ladle_writer_open(&writer, &sink, options, NULL));
    for (size_t i = 0; i < count; i++) {
        ladle_cursor record = records_at(records, first + i);
        must(ladle_writer_append(writer, record.next, ladle_cursor_left(&record), NULL));
        if ((i + 1) % segment_files[index].checkpoint_each == 0) {
            must(ladle_writer_sync(writer, NULL));
        } else if ((i + 1) % segment_files[index].block_each == 0) {
            must(ladle_writer_flush(writer, NULL));
        }
    }
    must(ladle_writer_close(writer, NULL));
}

void write_segments(int index, struct records *records, ladle_memory_sink *file)
{
    ladle_writer_options options = fixed_options();
    char uuid[] = "seeking record .";
    options.codec = segment_files[index].codec;
    options.uuid = (const uint8_t *)uuid;
    for (size_t i = 0;
         i < COUNT_OF(segment_files[0].counts) && (i == 0 || segment_files[index].counts[i]); i++) {
        size_t first = records->count;
        uuid[0] = (char)('a' + i);
        records_generate(records, 5000 + (uint64_t)index, segment_files[index].style,
                         segment_files[index].counts[i]);
        write_segment(records, first, segment_files[index].counts[i], &options, index, file);
    }
}
