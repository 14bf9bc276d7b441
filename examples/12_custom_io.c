/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Input and output by functions of the program: here through stdio. A socket, a compressed stream
 * or an object store are done in the same way.
 */
#include <errno.h>
#include <ladle.h>
#include <stdio.h>

static ladle_status stdio_write(void *ctx, const void *data, size_t len, int *os_errno)
{
    if (fwrite(data, 1, len, ctx) == len) {
        return LADLE_OK;
    }
    *os_errno = errno;
    return LADLE_E_IO;
}

static ladle_status stdio_close(void *ctx, int *os_errno)
{
    if (fclose(ctx) == 0) {
        return LADLE_OK;
    }
    *os_errno = errno;
    return LADLE_E_IO;
}

/*
 * Fewer bytes than asked for are fine; none are the end.
 */
static ladle_status stdio_read(void *ctx, void *buffer, size_t capacity, size_t *len, int *os_errno)
{
    *len = fread(buffer, 1, capacity, ctx);
    if (ferror((FILE *)ctx)) {
        *os_errno = errno;
        return LADLE_E_IO;
    }
    return LADLE_OK;
}

static void stdio_close_source(void *ctx)
{
    fclose(ctx);
}

static ladle_status write_numbers(ladle_writer *writer, ladle_error *error)
{
    ladle_buffer record = {0};
    ladle_status status = LADLE_OK;
    for (int64_t i = 0; status == LADLE_OK && i < 1000; i++) {
        record.len = 0;
        status = ladle_value_put_int(&record, i * i);
        if (status == LADLE_OK) {
            status = ladle_writer_append(writer, record.data, record.len, error);
        }
    }
    ladle_buffer_free(&record);
    return status;
}

int main(void)
{
    ladle_error error = {.text = "a record is no int"};
    ladle_writer *writer;
    ladle_reader *reader;
    ladle_cursor value;
    int64_t number;
    int64_t sum = 0;
    ladle_sink sink = {.struct_size = sizeof sink,
                       .ctx = fopen("numbers.ladle", "wb"),
                       .write = stdio_write,
                       .close = stdio_close};
    if (!sink.ctx || ladle_writer_open(&writer, &sink, NULL, &error) ||
        write_numbers(writer, &error) || ladle_writer_close(writer, &error)) {
        fprintf(stderr, "numbers.ladle: %s\n", error.text);
        return 1;
    }

    ladle_source source = {.struct_size = sizeof source,
                           .ctx = fopen("numbers.ladle", "rb"),
                           .read = stdio_read,
                           .close = stdio_close_source};
    if (!source.ctx || ladle_reader_open(&reader, &source, NULL, &error)) {
        fprintf(stderr, "numbers.ladle: %s\n", error.text);
        return 1;
    }
    ladle_status status;
    while ((status = ladle_reader_next(reader, &value, &error)) == LADLE_OK &&
           (status = ladle_value_get_int(&value, &number)) == LADLE_OK) {
        sum += number;
    }
    ladle_reader_close(reader);
    if (status != LADLE_END) {
        fprintf(stderr, "numbers.ladle: %s\n", error.text);
        return 1;
    }
    printf("the sum of the squares is %lld\n", (long long)sum);
    return 0;
}
