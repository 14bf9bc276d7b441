/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records out of bytes as they come, for an event loop: no call waits for input. Here the bytes
 * come from numbers.ladle, which 12_custom_io.c made, in pieces of any length.
 */
#include <ladle.h>
#include <stdio.h>

struct connection {
    ladle_memory_source piece; /* the bytes that came last */
    ladle_reader *reader;      /* NULL until the first bytes came */
    int64_t sum;
};

/*
 * What a loop calls when bytes are there. The reader keeps what it needs of them: at most one
 * block. LADLE_WAIT: it has taken all and wants more. LADLE_END: the file is complete.
 */
static ladle_status on_bytes(struct connection *connection, const void *data, size_t len,
                             ladle_error *error)
{
    ladle_status status = LADLE_OK;
    connection->piece = (ladle_memory_source){.data = data, .len = len};
    if (!connection->reader) {
        ladle_source source;
        ladle_reader_options options = LADLE_READER_OPTIONS_INIT;
        options.live = true;
        ladle_source_from_pieces(&source, &connection->piece);
        status = ladle_reader_open(&connection->reader, &source, &options, error);
    }
    while (status == LADLE_OK) {
        ladle_cursor value;
        int64_t number;
        status = ladle_reader_next(connection->reader, &value, error);
        if (status == LADLE_OK && (status = ladle_value_get_int(&value, &number)) == LADLE_OK) {
            connection->sum += number;
        }
    }
    return status;
}

int main(void)
{
    ladle_error error = {.text = "a record is no int"};
    struct connection connection = {.reader = NULL};
    char bytes[1000];
    size_t len;
    ladle_status status = LADLE_WAIT;
    FILE *file = fopen("numbers.ladle", "rb");
    for (size_t i = 1; file && status >= LADLE_OK; i = i * 7 % 997) {
        len = fread(bytes, 1, i, file);
        if (len == 0) {
            break;
        }
        status = on_bytes(&connection, bytes, len, &error);
    }
    if (file) {
        fclose(file);
    }
    ladle_reader_close(connection.reader);
    if (status != LADLE_END) {
        fprintf(stderr, "numbers.ladle: %s\n", status < 0 ? error.text : "the file is cut");
        return 1;
    }
    printf("the sum of the squares is %lld\n", (long long)connection.sum);
    return 0;
}
