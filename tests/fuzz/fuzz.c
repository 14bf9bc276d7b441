/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What libFuzzer calls with the bytes of a file, over and over: everything that reads a file must
 * withstand them, and what the ways of reading say must agree. 'make fuzz' builds and runs it.
 */
#include <ladle.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEEK_COUNT = 8, RECORD_COUNT_MAX = 4096 };

static const ladle_limits limits = {.struct_size = sizeof limits,
                                    .max_depth = 64,
                                    .max_record = 1 << 20,
                                    .max_items = 1 << 10,
                                    .max_memory = 1 << 26};

/*
 * libFuzzer keeps the input that led to a failure.
 */
#define must(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "line %d: it must hold that %s\n", __LINE__, #condition);              \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static ladle_reader *open_reader(ladle_memory_source *memory, const uint8_t *data, size_t len,
                                 bool take_tail)
{
    ladle_reader_options options = LADLE_READER_OPTIONS_INIT;
    ladle_reader *reader;
    ladle_source source;
    *memory = (ladle_memory_source){.data = data, .len = len};
    options.limits = &limits;
    options.take_tail = take_tail;
    ladle_source_from_memory(&source, memory);
    return ladle_reader_open(&reader, &source, &options, NULL) == LADLE_OK ? reader : NULL;
}

/*
 * Take a value apart. What a reader hands out is whole.
 */
static void walk_value(ladle_cursor value)
{
    ladle_item item;
    while (value.next < value.end) {
        must(ladle_value_next(&value, &item) == LADLE_OK);
    }
}

/*
 * Equal records take no bytes: a short file may have very many, which would take their time.
 */
static bool has_many_records(const uint8_t *data, size_t len)
{
    static const uint8_t magic[] = {0xBB, 'L', 'B', 0x1A};
    for (size_t i = 0; i + 24 <= len; i++) {
        if (memcmp(data + i, magic, sizeof magic) == 0 &&
            ladle_load_u32(data + i + 20) > RECORD_COUNT_MAX) {
            return true;
        }
    }
    return false;
}

/*
 * Read to the end, leaving out what is damaged, and return how many records there were.
 */
static uint64_t read_records(const uint8_t *data, size_t len)
{
    ladle_memory_source memory;
    ladle_reader *reader = open_reader(&memory, data, len, true);
    uint64_t count = 0, lost;
    ladle_cursor value;
    for (size_t resumed = 0; reader; resumed++) {
        must(resumed <= len); /* each time it goes on behind where it was */
        while (ladle_reader_next(reader, &value, NULL) == LADLE_OK) {
            walk_value(value);
            count++;
        }
        if (ladle_reader_resume(reader, &lost, NULL) != LADLE_OK) {
            break;
        }
    }
    ladle_reader_close(reader);
    return count;
}

static void read_column(ladle_view *column, ladle_buffer *copy)
{
    static const ladle_field_type types[] = {LADLE_FIELD_DOUBLE, LADLE_FIELD_INT64,
                                             LADLE_FIELD_UINT8, LADLE_FIELD_STRING,
                                             LADLE_FIELD_BLOB};
    static const ladle_string nothing = {"", 0};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        const void *values;
        (void)ladle_column_get(column, types[i], i % 2 ? &nothing : NULL, copy, &values, NULL);
    }
}

/*
 * All blocks as columns, and their merged shape.
 */
static void read_blocks(const uint8_t *data, size_t len)
{
    ladle_memory_source memory;
    ladle_reader *reader = open_reader(&memory, data, len, false);
    ladle_merged *merged = ladle_merged_new(NULL);
    ladle_buffer copy = {0};
    ladle_view *root;
    uint64_t first_record;
    while (reader && ladle_reader_next_block(reader, &root, &first_record, NULL) == LADLE_OK) {
        must(!merged || ladle_merged_add_view(merged, root) == LADLE_OK);
        read_column(root, &copy);
        for (uint32_t i = 0; i < 4; i++) {
            ladle_view *column = ladle_column_at(root, i);
            if (column) {
                read_column(column, &copy);
            }
        }
    }
    ladle_buffer_free(&copy);
    ladle_merged_free(merged);
    ladle_reader_close(reader);
}

struct row {
    ladle_string text;
    double real;
    int32_t whole;
};

static void read_rows(const uint8_t *data, size_t len)
{
    static const ladle_field fields[] = {LADLE_FIELD(struct row, text),
                                         LADLE_FIELD(struct row, real),
                                         LADLE_FIELD(struct row, whole)};
    static const ladle_layout layout = LADLE_LAYOUT(struct row, fields);
    ladle_memory_source memory;
    ladle_reader *reader = open_reader(&memory, data, len, true);
    struct row rows[7];
    size_t count;
    while (reader && ladle_reader_next_rows(reader, &layout, rows, 7, &count, NULL) == LADLE_OK) {
        must(count <= 7);
    }
    ladle_reader_close(reader);
}

/*
 * Records by their numbers: the index may be what is damaged.
 */
static void seek_about(const uint8_t *data, size_t len)
{
    ladle_memory_source memory;
    ladle_reader *reader = open_reader(&memory, data, len, true);
    const struct ladle_schema *schema;
    ladle_info info = {.struct_size = sizeof info};
    uint64_t count;
    if (reader && ladle_reader_count(reader, &count, NULL) == LADLE_OK) {
        for (uint64_t i = 0; i < SEEK_COUNT; i++) {
            uint64_t record = count / SEEK_COUNT * i + count % SEEK_COUNT;
            ladle_cursor value;
            if (ladle_reader_seek(reader, record, NULL) == LADLE_OK &&
                ladle_reader_next(reader, &value, NULL) == LADLE_OK) {
                must(ladle_reader_position(reader) == record + 1);
                walk_value(value);
            }
        }
        (void)ladle_reader_schema(reader, &schema, NULL);
        (void)ladle_reader_info(reader, &info, NULL);
    }
    ladle_reader_close(reader);
}

/*
 * All of a file that is whole is read, and a repaired file is complete.
 */
static void verify_and_repair(const uint8_t *data, size_t len, uint64_t read_count)
{
    ladle_recover_options options = LADLE_RECOVER_OPTIONS_INIT;
    ladle_recover_report found = {.struct_size = sizeof found};
    ladle_recover_report saved = {.struct_size = sizeof saved};
    ladle_memory_source memory = {.data = data, .len = len};
    ladle_memory_sink repaired = {0};
    ladle_source source;
    ladle_sink sink;
    options.limits = &limits;
    ladle_source_from_memory(&source, &memory);
    ladle_status status = ladle_verify(&source, &options, &found, NULL);
    must(status != LADLE_OK || found.record_count == read_count);
    memory.position = 0;
    ladle_source_from_memory(&source, &memory);
    ladle_sink_from_memory(&sink, &repaired);
    if (ladle_repair(&source, &sink, &options, &saved, NULL) == LADLE_OK) {
        memory = (ladle_memory_source){.data = repaired.data, .len = repaired.len};
        ladle_source_from_memory(&source, &memory);
        status = ladle_verify(&source, &options, &found, NULL);
        must(found.is_complete); /* blocks are copied unseen: what is in them may be anything */
        must(status != LADLE_OK || found.record_count == saved.record_count);
    }
    ladle_memory_sink_free(&repaired);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (has_many_records(data, len)) {
        return 0;
    }
    uint64_t count = read_records(data, len);
    read_blocks(data, len);
    read_rows(data, len);
    seek_about(data, len);
    verify_and_repair(data, len, count);
    return 0;
}
