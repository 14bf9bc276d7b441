/* SPDX-License-Identifier: BSD-2-Clause */
#include "block_decode.h"
#include "emit.h"
#include "fault_io.h"
#include "records.h"
#include "scan.h"
#include "test.h"

/*
 * Copy all blocks with records of a file, as repair does.
 */
static ladle_status copy_blocks(struct ladle_emitter *emitter, const ladle_memory_sink *file,
                                bool with_views, ladle_error *error)
{
    ladle_memory_source memory = {.data = file->data, .len = file->len};
    struct ladle_block_decoder decoder;
    struct ladle_block block;
    struct ladle_scan scan;
    ladle_source source;
    const char *why;
    ladle_status status = LADLE_OK;
    ladle_source_from_memory(&source, &memory);
    ladle_scan_init(&scan, &source, (uint64_t)1 << 28, false, NULL);
    ladle_block_decoder_init(&decoder, NULL);
    ladle_block_init(&block, NULL);
    while (status == LADLE_OK && ladle_scan_next(&scan) == LADLE_OK) {
        must(ladle_scan_payload(&scan));
        if (scan.header.type == LADLE_BLOCK_DATA) {
            must(ladle_block_decode(&block, &decoder, &scan.header, scan.stored.data, &why));
            status = ladle_emitter_copy(emitter, &scan.header, scan.stored.data,
                                        with_views ? block.root : NULL, error);
        } else if (scan.header.type == LADLE_BLOCK_CHECKPOINT) {
            struct ladle_checkpoint_parts parts;
            struct ladle_stream bytes;
            must(ladle_block_decode_bytes(&block, &decoder, &scan.header, scan.stored.data, &bytes,
                                          &why));
            must(ladle_checkpoint_parse(bytes.data, bytes.len,
                                        scan.block_offset - scan.segment.offset, &parts));
            must(ladle_scan_fit(&scan, &parts.totals));
        }
    }
    ladle_block_free(&block);
    ladle_block_decoder_free(&decoder);
    ladle_scan_free(&scan);
    return status;
}

/*
 * A file of the blocks of two others.
 */
static ladle_status write_copies(const ladle_memory_sink *one, const ladle_memory_sink *other,
                                 bool with_views, const ladle_sink *sink, ladle_error *error)
{
    const struct ladle_emitter_options options = {.block_len = 1024};
    struct ladle_emitter emitter = {.is_dead = false};
    ladle_error ignored;
    must(ladle_emitter_init(&emitter, sink, &options));
    ladle_status status = ladle_emitter_begin(&emitter, NULL, 1024, NULL, 0, error);
    status = status == LADLE_OK ? copy_blocks(&emitter, one, with_views, error) : status;
    status = status == LADLE_OK ? copy_blocks(&emitter, other, with_views, error) : status;
    status = status == LADLE_OK ? ladle_emitter_complete(&emitter, error) : status;
    ladle_status close_status = ladle_emitter_close(&emitter, &ignored);
    ladle_emitter_free(&emitter);
    return status == LADLE_OK ? close_status : status;
}

/*
 * Two files, and in 'records' what both hold.
 */
static void write_two(struct records *records, ladle_memory_sink *one, ladle_memory_sink *other)
{
    ladle_writer_options options = fixed_options();
    struct records first = {0};
    options.block_len = 1024;
    options.codec = "zlib";
    records_generate(&first, 300, GEN_OPTIONAL, 200);
    write_file(&first, &options, one);
    records_generate(records, 300, GEN_OPTIONAL, 200);
    records_free(&first);
    records_generate(&first, 301, GEN_NESTED, 100);
    write_file(&first, &options, other);
    for (size_t i = 0; i < first.count; i++) {
        ladle_cursor record = records_at(&first, i);
        must(ladle_buffer_put(&records->bytes, record.next, ladle_cursor_left(&record)));
        records_end(records);
    }
    records_free(&first);
}

START_TEST(copied_blocks_make_a_file)
{
    struct records records = {0};
    ladle_memory_sink one = {0};
    ladle_memory_sink other = {0};
    ladle_memory_sink file = {0};
    ladle_memory_source memory;
    ladle_source source;
    ladle_sink sink;
    ladle_reader *reader;
    const ladle_schema *schema;
    uint64_t count;
    write_two(&records, &one, &other);
    ladle_sink_from_memory(&sink, &file);
    must(write_copies(&one, &other, _i, &sink, NULL));
    must_hold(file.data, file.len, &records);
    memory = (ladle_memory_source){.data = file.data, .len = file.len};
    ladle_source_from_memory(&source, &memory);
    must(ladle_reader_open(&reader, &source, NULL, NULL));
    must(ladle_reader_count(reader, &count, NULL));
    ck_assert_uint_eq(count, records.count);
    must(ladle_reader_schema(reader, &schema, NULL));
    ck_assert_uint_eq(schema->count, records.count);
    ladle_reader_close(reader);
    ladle_memory_sink_free(&one);
    ladle_memory_sink_free(&other);
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

START_TEST(copying_to_a_full_disk_is_reported)
{
    struct records records = {0};
    ladle_memory_sink one = {0};
    ladle_memory_sink other = {0};
    size_t len = SIZE_MAX;
    write_two(&records, &one, &other);
    for (size_t room = 0; room < len; room += 61) {
        struct fault_sink fault;
        ladle_sink sink;
        ladle_error error = {.record = 0};
        fault_sink_init(&sink, &fault);
        fault.fail_at = room;
        ladle_status status = write_copies(&one, &other, true, &sink, &error);
        if (status == LADLE_OK) {
            len = fault.written.len;
        } else {
            must_give(LADLE_E_IO, status);
            struct outcome outcome =
                read_memory(fault.written.data, fault.written.len, NULL, &records);
            check_that(outcome.count == error.record, "room %zu: %" PRIu64 " records", room,
                       outcome.count);
        }
        check_that(fault.close_count == 1, "closed %u times", fault.close_count);
        ladle_buffer_free(&fault.written);
    }
    ladle_memory_sink_free(&one);
    ladle_memory_sink_free(&other);
    records_free(&records);
}
END_TEST

Suite *emit_suite(void)
{
    Suite *suite = suite_create("emit");
    TCase *tcase = tcase_create("emit");
    tcase_add_loop_test(tcase, copied_blocks_make_a_file, 0, 2);
    tcase_add_test(tcase, copying_to_a_full_disk_is_reported);
    suite_add_tcase(suite, tcase);
    return suite;
}
