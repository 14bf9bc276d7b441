/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Read a file while it is being written. Both sides are in one program here; they may as well be
 * two processes.
 */
#include <ladle.h>
#include <stdio.h>

/*
 * What is there so far: LADLE_WAIT says that more may come, LADLE_END that the writer is done.
 */
static ladle_status read_on(ladle_reader *reader, uint64_t *count, ladle_error *error)
{
    ladle_cursor value;
    ladle_status status;
    while ((status = ladle_reader_next(reader, &value, error)) == LADLE_OK) {
        (*count)++;
    }
    return status;
}

static ladle_status write_some(ladle_writer *writer, ladle_error *error)
{
    static const char record[] = {LADLE_TAG_SMALL_STR + 5, 'h', 'e', 'l', 'l', 'o'};
    ladle_status status = LADLE_OK;
    for (int i = 0; status == LADLE_OK && i < 100; i++) {
        status = ladle_writer_append(writer, record, sizeof record, error);
    }
    /* Others see records once they are flushed, or when a block is full. */
    return status == LADLE_OK ? ladle_writer_flush(writer, error) : status;
}

int main(void)
{
    ladle_error error = {.text = "not what was expected"};
    ladle_sink sink;
    ladle_writer *writer;
    ladle_source source;
    ladle_reader *reader;
    uint64_t count = 0;
    ladle_reader_options options = LADLE_READER_OPTIONS_INIT;
    options.live = true;
    if (ladle_sink_open(&sink, "log.ladle", false, &error) ||
        ladle_writer_open(&writer, &sink, NULL, &error) ||
        ladle_source_open(&source, "log.ladle", &error) ||
        ladle_reader_open(&reader, &source, &options, &error)) {
        fprintf(stderr, "log.ladle: %s\n", error.text);
        return 1;
    }
    for (int i = 0; i < 3; i++) {
        if (write_some(writer, &error) || read_on(reader, &count, &error) != LADLE_WAIT) {
            fprintf(stderr, "log.ladle: %s\n", error.text);
            return 1;
        }
        printf("%llu records so far\n", (unsigned long long)count);
    }
    if (ladle_writer_close(writer, &error) || read_on(reader, &count, &error) != LADLE_END) {
        fprintf(stderr, "log.ladle: %s\n", error.text);
        return 1;
    }
    printf("%llu records, and the file is complete\n", (unsigned long long)count);
    ladle_reader_close(reader);
    return 0;
}
