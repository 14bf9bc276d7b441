/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file in memory: to send over a network, to keep in a database, to test with.
 */
#include <ladle.h>
#include <stdio.h>

struct point {
    double x;
    double y;
};

static const ladle_field fields[] = {LADLE_FIELD(struct point, x), LADLE_FIELD(struct point, y)};
static const ladle_layout layout = LADLE_LAYOUT(struct point, fields);

int main(void)
{
    const struct point points[] = {{1, 2}, {3, 4}, {5, 6}};
    struct point last;
    size_t count;
    ladle_error error;
    ladle_memory_sink file = {0}; /* grows */
    ladle_sink sink;
    ladle_writer *writer;
    ladle_sink_from_memory(&sink, &file);
    if (ladle_writer_open(&writer, &sink, NULL, &error) ||
        ladle_writer_append_rows(writer, &layout, points, 3, &error) ||
        ladle_writer_close(writer, &error)) {
        fprintf(stderr, "%s\n", error.text);
        return 1;
    }

    ladle_memory_source bytes = {.data = file.data, .len = file.len};
    ladle_source source;
    ladle_reader *reader;
    ladle_source_from_memory(&source, &bytes);
    if (ladle_reader_open(&reader, &source, NULL, &error) || ladle_reader_seek(reader, 2, &error) ||
        ladle_reader_next_rows(reader, &layout, &last, 1, &count, &error)) {
        fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    printf("%zu bytes, the last point is (%g, %g)\n", file.len, last.x, last.y);
    ladle_reader_close(reader);
    ladle_memory_sink_free(&file);
    return 0;
}
