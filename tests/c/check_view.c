/* SPDX-License-Identifier: BSD-2-Clause */
#include "block_decode.h"
#include "builder.h"
#include "fault_alloc.h"
#include "records.h"
#include "shape.h"
#include "test.h"

#define CORRUPT     LADLE_E_CORRUPT
#define UNSUPPORTED LADLE_E_UNSUPPORTED

/*
 * Small enough that a file of a few hundred bytes cannot make a test slow.
 */
static const ladle_limits small_limits = {.struct_size = sizeof small_limits,
                                          .max_items = 20000,
                                          .max_record = 1 << 20,
                                          .max_memory = 1 << 24};

/*
 * Read a file with an allocator that gives 64 MiB and counts.
 */
static struct outcome read_bounded(const ladle_buffer *file)
{
    struct fault_alloc alloc;
    fault_alloc_init(&alloc);
    alloc.live_max = (size_t)64 << 20;
    ladle_reader_options options = LADLE_READER_OPTIONS_INIT;
    options.limits = &small_limits;
    options.allocator = &alloc.allocator;
    struct outcome outcome = read_memory(file->data, file->len, &options, NULL);
    fault_alloc_end(&alloc);
    return outcome;
}

static struct outcome read_streams(const struct ladle_stream *streams, size_t stream_count,
                                   uint32_t record_count)
{
    ladle_buffer file = {0};
    build_file(&file, streams, stream_count, record_count);
    struct outcome outcome = read_bounded(&file);
    ladle_buffer_free(&file);
    return outcome;
}

/*
 * Shapes by hand: the whole first stream. Arrays begin at a multiple of 8.
 */
static const struct {
    const char *name;
    uint32_t record_count;
    ladle_status status; /* how reading ends */
    uint8_t bytes[48];
    size_t len;
} shapes[] = {
    {"nothing", 1, CORRUPT, {0}, 0},
    {"none", 1000, LADLE_END, {1}, 1},
    {"empty, with values", 1, CORRUPT, {0}, 1},
    {"kind 3", 1, UNSUPPORTED, {3}, 1},
    {"kind 31", 1, UNSUPPORTED, {31}, 1},
    {"kind 255", 1, UNSUPPORTED, {255}, 1},
    {"none and a byte", 1, CORRUPT, {1, 0}, 2},
    {"bool, all true", 9, LADLE_END, {2, 0, 2}, 3},
    {"bool of base 2", 9, CORRUPT, {2, 0, 4}, 3},
    {"bool of base 1 and a bit", 9, CORRUPT, {2, 1, 2, 0, 0, 0, 0, 0, 1, 0}, 10},
    {"bool of 2 bits", 4, CORRUPT, {2, 2, 0, 0, 0, 0, 0, 0, 0}, 9},
    {"int of 1 bit", 3, LADLE_END, {4, 1, 0, 0, 0, 0, 0, 0, 7}, 9},
    {"unused bits set", 3, CORRUPT, {4, 1, 0, 0, 0, 0, 0, 0, 8}, 9},
    {"padding before the array", 3, CORRUPT, {4, 1, 0, 0, 1, 0, 0, 0, 7}, 9},
    {"array over the end", 9, CORRUPT, {4, 1, 0, 0, 0, 0, 0, 0, 7}, 9},
    {"array cut short", 9, CORRUPT, {4, 1, 0}, 3},
    {"a byte behind the array", 3, CORRUPT, {4, 1, 0, 0, 0, 0, 0, 0, 7, 0}, 10},
    {"descriptor bit 6", 3, CORRUPT, {4, 64, 0}, 3},
    {"descriptor bit 7", 3, CORRUPT, {4, 128, 0}, 3},
    {"int without base", 3, CORRUPT, {4, 0}, 2},
    {"base of 11 bytes",
     1,
     CORRUPT,
     {4, 0, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 0},
     13},
    {"equal differences", 5, LADLE_END, {4, 16, 2, 0}, 4},
    {"differences of 1 bit", 3, CORRUPT, {4, 17, 0, 0, 0, 0, 0, 0, 0}, 9},
    {"differences of 64 bits", 1, CORRUPT, {4, 23, 0, 0, 0, 0, 0, 0, [15] = 0}, 16},
    {"differences of 8 bits", 3, LADLE_END, {4, 20, 0, 2, 0, 0, 0, 0, 1, 2, 3}, 11},
    {"unsigned differences", 2, LADLE_END, {4, 24, 1, 0}, 4},
    {"a stream that is not there", 3, CORRUPT, {4, 32, 0}, 3},
    {"unsigned float", 3, CORRUPT, {10, 8, 0}, 3},
    {"float of 32 bits", 1, CORRUPT, {10, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 12},
    {"float of 64 bits with a base", 1, CORRUPT, {10, 7, 2, [15] = 0}, 16},
    {"floats, all zero", 7, LADLE_END, {10, 0, 0}, 3},
    {"complex without imaginary part", 1, CORRUPT, {11, 0, 0}, 3},
    {"str of 3 bytes", 1, LADLE_END, {12, 0, 6, 0, 3, 0, 0, 0, 'a', 'b', 'c'}, 11},
    {"str of other lengths", 2, CORRUPT, {12, 0, 4, 0, 3, 0, 0, 0, 'a', 'b', 'c'}, 11},
    {"str of negative length", 1, CORRUPT, {12, 0, 1, 0, 0}, 5},
    {"lengths that wrap",
     2,
     CORRUPT,
     {12, 0, 128, 128, 128, 128, 128, 128, 128, 128, 128, 1, 0, 0},
     14},
    {"raw array with a base", 1, CORRUPT, {12, 0, 0, 1, 0}, 5},
    {"raw array of 2^31 bytes", 1, CORRUPT, {12, 0, 0, 0, 128, 128, 128, 128, 8}, 9},
    {"empty tuples", 3, LADLE_END, {16, 0}, 2},
    {"tuple of 5 of 1", 3, CORRUPT, {16, 5, 1}, 3},
    {"tuple of 2^64 - 1", 3, CORRUPT, {16, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1}, 11},
    {"list of 2 of 4 values", 2, LADLE_END, {17, 0, 4, 4, 1}, 5},
    {"list of 2 of 5 values", 2, CORRUPT, {17, 0, 4, 5, 1}, 5},
    {"list of 2^40 values",
     1,
     CORRUPT,
     {17, 0, 128, 128, 128, 128, 128, 64, 128, 128, 128, 128, 128, 32, 1},
     15},
    {"list of 2^39 values",
     1,
     LADLE_E_LIMIT,
     {17, 0, 128, 128, 128, 128, 128, 32, 128, 128, 128, 128, 128, 16, 1},
     15},
    {"list of too many values", 1, LADLE_E_LIMIT, {17, 0, 194, 184, 2, 161, 156, 1, 1}, 9},
    {"list of just enough", 1, LADLE_END, {17, 0, 192, 184, 2, 160, 156, 1, 1}, 9},
    {"tuples of many empty tuples", 1, LADLE_E_LIMIT, {36, 0, 192, 185, 2, 224, 156, 1, 16, 0}, 10},
    {"map of one pair", 1, LADLE_END, {35, 0, 2, 1, 1, 1}, 6},
    {"map without values", 1, CORRUPT, {35, 0, 2, 1, 1}, 5},
    {"dict", 2, LADLE_END, {20, 1, 1, 'k', 2, 1, 1, 0, 1}, 9},
    {"dict of two keys the same", 1, CORRUPT, {20, 2, 1, 'k', 1, 1, 'k', 1, 1, 2, 0, 1, 1, 1}, 14},
    {"dict without key lists", 1, CORRUPT, {20, 1, 1, 'k', 0, 0, 0}, 7},
    {"dict of no keys", 3, LADLE_END, {20, 0, 1, 0}, 4},
    {"column twice in a list", 1, CORRUPT, {20, 2, 1, 'k', 2, 1, 'j', 0, 1, 2, 0, 0, 1, 0}, 14},
    {"column that is not there", 1, CORRUPT, {20, 1, 1, 'k', 1, 1, 1, 1, 1}, 9},
    {"key list longer than the keys", 1, CORRUPT, {20, 1, 1, 'k', 1, 1, 2, 0, 0, 1}, 10},
    {"column of too many values", 2, CORRUPT, {20, 1, 1, 'k', 3, 1, 1, 0, 1}, 9},
    {"key over the end", 1, CORRUPT, {20, 1, 99, 'k', 1, 1, 1, 0, 1}, 9},
    {"two key lists", 2, LADLE_END, {20, 1, 1, 'k', 2, 2, 1, 0, 0, 0, 0, 1}, 12},
    {"wrong key list", 2, CORRUPT, {20, 1, 1, 'k', 2, 2, 1, 0, 0, 0, 4, 1}, 12},
    {"object", 2, LADLE_END, {21, 1, 'P', 2, 1, 'x', 1, 'y', 4, 0, 2, 1}, 12},
    {"object with a field twice", 2, CORRUPT, {21, 1, 'P', 2, 1, 'x', 1, 'x', 4, 0, 2, 1}, 12},
    {"object without fields", 2, LADLE_END, {21, 1, 'P', 0}, 4},
    {"object with a name over the end", 2, CORRUPT, {21, 9, 'P', 0}, 4},
    {"extension", 2, LADLE_END, {22, 1, 4, 0, 2}, 5},
    {"extension without value", 2, CORRUPT, {22, 1}, 2},
    {"scalars", 2, LADLE_END, {23, 2, 'i', '1', 1, 0, 2, 0, 7, 8}, 10},
    {"scalars of other length", 2, CORRUPT, {23, 2, 'i', '1', 1, 0, 3, 0, 7, 8, 9}, 11},
    {"arrays", 1, LADLE_END, {24, 1, 'b', 1, 'C', 2, 1, 2, 0, 2, [16] = 7, 8}, 18},
    {"arrays of no items", 9, LADLE_END, {24, 1, 'b', 1, 'F', 1, 0, 0, 0}, 9},
    {"arrays of order X", 1, CORRUPT, {24, 1, 'b', 1, 'X', 0, 0, 1, 7}, 9},
    {"arrays of 65 dimensions", 1, CORRUPT, {24, 1, 'b', 1, 'C', 65, 0, 0, 0}, 9},
    {"arrays of 2^64 bytes",
     1,
     CORRUPT,
     {24, 1, 'b', 128, 128, 128, 128, 16, 'C', 1, 128, 128, 128, 128, 16, 0, 0},
     17},
    {"any", 1, LADLE_END, {32, 0, 2, 0, 1, 0, 0, 0, 64}, 9},
    {"any of a bad tag", 1, UNSUPPORTED, {32, 0, 2, 0, 1, 0, 0, 0, 63}, 9},
    {"any of two values", 1, CORRUPT, {32, 0, 4, 0, 2, 0, 0, 0, 64, 64}, 10},
    {"any of no value", 1, CORRUPT, {32, 0, 0, 0, 0}, 5},
    {"any of half a value", 1, CORRUPT, {32, 0, 2, 0, 1, 0, 0, 0, 195}, 9},
    {"union", 2, LADLE_END, {33, 2, 1, 0, 1, 1, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 2}, 17},
    {"union of selectors alike", 3, LADLE_END, {33, 2, 0, 2, 0, 0, 3, 1}, 8},
    {"union of one", 2, CORRUPT, {33, 1, 0, 0, 2, 1}, 6},
    {"union of 17", 2, CORRUPT, {33, 17, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 38},
    {"union of a union", 2, CORRUPT, {33, 2, 0, 0, 2, 33, 2, 0, 0, 2, 1, 0, 0, 0, 0}, 15},
    {"union of wrong counts", 3, CORRUPT, {33, 2, 0, 2, 1, 1, 2, 1}, 8},
    {"selector out of range", 3, CORRUPT, {33, 2, 0, 4, 0, 0, 3, 1}, 8},
    {"dictionary", 9, LADLE_END, {34, 1, 0, 0, 12, 0, 2, 0, 1, [16] = 'x'}, 17},
    {"dictionary of integers", 9, LADLE_END, {34, 1, 0, 0, 4, 0, 2}, 7},
    {"dictionary of floats", 9, LADLE_END, {34, 2, 0, 2, 10, 0, 2}, 7},
    {"dictionary of lists", 9, CORRUPT, {34, 1, 0, 0, 17, 0, 0, 0, 0}, 9},
    {"dictionary of dictionaries", 9, CORRUPT, {34, 1, 0, 0, 34, 1, 0, 0, 4, 0, 2}, 11},
    {"code that is not there", 9, CORRUPT, {34, 1, 0, 2, 4, 0, 2}, 7},
    {"dictionary of no entries", 9, CORRUPT, {34, 0, 0, 0, 0}, 5},
};

/*
 * The names of a shape that comes again are there without the bytes of the blocks before.
 */
START_TEST(names_of_a_shape_that_is_known_stay)
{
    static const uint8_t shape[] = {LADLE_OBJECT, 1, 'P', 1, 1, 'x', LADLE_NONE};
    struct ladle_views views = {0};
    const char *why = "";
    for (uint64_t i = 0; i < 4; i++) {
        uint8_t bytes[sizeof shape];
        ladle_view *root;
        memcpy(bytes, shape, sizeof shape);
        struct ladle_stream stream = {bytes, sizeof bytes};
        must(ladle_views_read(&views, &stream, 1, 9, NULL, &root, &why));
        memset(bytes, 0, i ? sizeof bytes : 0); /* to begin with the names are in the stream */
        ck_assert_uint_eq(root->count, 9);
        ck_assert_mem_eq(root->name.data, "P", 1);
        ck_assert_mem_eq(root->names[0].data, "x", 1);
    }
    ladle_views_free(&views);
}
END_TEST

START_TEST(shapes_by_hand)
{
    struct ladle_stream stream = {shapes[_i].bytes, shapes[_i].len};
    struct outcome outcome = read_streams(&stream, 1, shapes[_i].record_count);
    ck_assert_msg(outcome.status == shapes[_i].status, "%s: %s %s", shapes[_i].name,
                  ladle_status_text(outcome.status), outcome.error.text);
    ck_assert_msg(outcome.status != LADLE_END || outcome.count == shapes[_i].record_count, "%s",
                  shapes[_i].name);
    if (outcome.status == LADLE_E_LIMIT) {
        ck_assert_str_eq(outcome.error.limit, "max_items");
        ck_assert_uint_eq(outcome.error.limit_value, small_limits.max_items);
        ck_assert_uint_gt(outcome.error.needed, small_limits.max_items);
    }
}
END_TEST

/*
 * A shape of the same few bytes over and over, and then 'none'.
 */
static ladle_status read_repeated(const uint8_t *bytes, size_t len, size_t times, size_t nones)
{
    ladle_buffer shape = {0};
    for (size_t i = 0; i < times; i++) {
        must(ladle_buffer_put(&shape, bytes, len));
    }
    for (size_t i = 0; i < nones; i++) {
        must(ladle_buffer_put(&shape, "\1", 1));
    }
    struct ladle_stream stream = {shape.data, shape.len};
    ladle_status status = read_streams(&stream, 1, 1).status;
    ladle_buffer_free(&shape);
    return status;
}

START_TEST(depth_and_nodes_are_limited)
{
    static const uint8_t list[] = {17, 0, 2, 1};
    static const uint8_t tuple[] = {16, 1};
    static const uint8_t extension[] = {22, 1};
    static const uint8_t nested_union[] = {33, 2, 0, 0, 1};
    static const uint8_t wide[] = {16, 0xFF, 0x3F}; /* 8,191 children */
    static const uint8_t wider[] = {16, 0x80, 0x40};
    must_give(LADLE_END, read_repeated(list, sizeof list, LADLE_SHAPE_DEPTH_MAX - 1, 1));
    must_give(CORRUPT, read_repeated(list, sizeof list, LADLE_SHAPE_DEPTH_MAX, 1));
    must_give(LADLE_END, read_repeated(tuple, sizeof tuple, LADLE_SHAPE_DEPTH_MAX - 1, 1));
    must_give(CORRUPT, read_repeated(tuple, sizeof tuple, 100000, 1));
    must_give(CORRUPT, read_repeated(extension, sizeof extension, 100000, 1));
    must_give(CORRUPT, read_repeated(nested_union, sizeof nested_union, 100000, 1));
    must_give(LADLE_END, read_repeated(wide, sizeof wide, 1, 8191));
    must_give(CORRUPT, read_repeated(wider, sizeof wider, 1, 8192));
}
END_TEST

/*
 * A few hundred bytes that stand for more than memory can hold.
 */
START_TEST(bombs_are_refused)
{
    static const uint8_t list[] = {17, 0, 128, 128, 2, 128, 128, 1, 34, 1, 0, 0, 12, 0};
    static const uint8_t str[] = {128, 128, 16, 0, 128, 128, 8}; /* base, flags, length 2^17 */
    ladle_buffer bytes = {0};
    must(ladle_buffer_put(&bytes, list, sizeof list));
    must(ladle_buffer_put(&bytes, str, sizeof str));
    must(ladle_buffer_reserve(&bytes, 3 + (1 << 17)));
    memset(bytes.data + bytes.len, 0, 3 + (1 << 17));
    bytes.len += 3 + (1 << 17);
    struct ladle_stream stream = {bytes.data, bytes.len};
    struct outcome outcome = read_streams(&stream, 1, 1);
    ck_assert_msg(outcome.status == LADLE_E_LIMIT, "%s", outcome.error.text);
    ck_assert_str_eq(outcome.error.limit, "max_memory");
    ck_assert_uint_eq(outcome.error.limit_value, small_limits.max_memory);
    ladle_buffer_free(&bytes);
}
END_TEST

START_TEST(objects_are_read_as_the_format_says)
{
    static const uint8_t shape[] = {21, 1, 'P', 2, 1, 'x', 1, 'y', 4, 0, 2, 1};
    static const uint8_t expected[] = {21, 1, 'P', 2, 129, 'x', 65, 129, 'y', 1};
    struct ladle_stream stream = {shape, sizeof shape};
    struct records records = {0};
    ladle_buffer file = {0};
    must(ladle_buffer_put(&records.bytes, expected, sizeof expected));
    records_end(&records);
    build_file(&file, &stream, 1, 1);
    must_hold(file.data, file.len, &records);
    ladle_buffer_free(&file);
    records_free(&records);
}
END_TEST

START_TEST(arrays_may_begin_streams)
{
    static const uint8_t shape[] = {16, 2, 4, 32 + 4, 0, 12, 0, 2, 32, 3};
    static const uint8_t numbers[] = {1, 2, 3};
    struct ladle_stream streams[] = {{shape, sizeof shape}, {numbers, 3}, {numbers, 3}};
    ck_assert_int_eq(read_streams(streams, 3, 3).status, LADLE_END);
    ck_assert_int_eq(read_streams(streams, 2, 3).status, CORRUPT);
    streams[1].len = 2;
    ck_assert_int_eq(read_streams(streams, 3, 3).status, CORRUPT);
    streams[1].len = 3;
    streams[2].len = 0;
    ck_assert_int_eq(read_streams(streams, 3, 3).status, CORRUPT);
    ck_assert_int_eq(read_streams(NULL, 0, 3).status, CORRUPT);
}
END_TEST

/*
 * Blocks that a reader skips, and one that it must not.
 */
START_TEST(unknown_blocks_are_skipped_or_refused)
{
    static const struct {
        uint8_t type;
        ladle_status status;
    } types[] = {{LADLE_BLOCK_PADDING, LADLE_END},
                 {128, LADLE_END},
                 {255, LADLE_END},
                 {5, UNSUPPORTED},
                 {0, CORRUPT},
                 {LADLE_BLOCK_METADATA, CORRUPT}};
    static const uint8_t none = LADLE_NONE;
    static const uint8_t empty_dict = LADLE_TAG_SMALL_DICT;
    struct ladle_stream data = {&none, 1};
    struct ladle_stream other = {&empty_dict, 1};
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        ladle_buffer file = {0};
        build_header(&file);
        build_block(&file, (struct ladle_block_header){.type = 1, .record_count = 7}, &data, 1);
        build_block(&file, (struct ladle_block_header){.type = types[i].type, .first_record = 7},
                    &other, 1);
        build_footer(&file, 7);
        struct outcome outcome = read_bounded(&file);
        ck_assert_msg(outcome.status == types[i].status && outcome.count == 7, "type %u: %s",
                      types[i].type, outcome.error.text);
        ladle_buffer_free(&file);
    }
}
END_TEST

/*
 * The decoded streams of the first block of a file without metadata.
 */
static size_t decode_first_block(struct ladle_block *block, struct ladle_block_decoder *decoder,
                                 const ladle_memory_sink *file, struct ladle_block_header *header)
{
    const uint8_t *data = file->data;
    const char *why;
    must(ladle_block_header_load(data + LADLE_HEADER_LEN, ladle_load_u32(data + 16),
                                 LADLE_HEADER_LEN, header, &why));
    must(ladle_block_decode_streams(block, decoder, header,
                                    data + LADLE_HEADER_LEN + LADLE_BLOCK_HEADER_LEN, &why));
    return header->stream_count;
}

enum { MUTATIONS = 4000 };

/*
 * Spoil a copy of a stream, mostly where the shape is, and read a file of it.
 */
static struct outcome read_mutated(struct gen *gen, const struct ladle_stream *streams,
                                   size_t stream_count, uint32_t record_count)
{
    struct ladle_stream mutated[64];
    ladle_buffer copy = {0};
    size_t which = gen_below(gen, 5) ? 0 : gen_below(gen, stream_count);
    check_that(stream_count <= COUNT_OF(mutated), "%zu streams", stream_count);
    memcpy(mutated, streams, stream_count * sizeof *streams);
    must(ladle_buffer_put(&copy, streams[which].data, streams[which].len));
    size_t reach = gen_below(gen, 3) ? 60 : copy.len;
    gen_mutate(gen, copy.data, reach < copy.len ? reach : copy.len);
    mutated[which].data = copy.data;
    struct outcome outcome = read_streams(mutated, stream_count, record_count);
    ladle_buffer_free(&copy);
    return outcome;
}

START_TEST(mutated_shapes_do_no_harm)
{
    struct records records = {0};
    struct ladle_block_decoder decoder;
    struct ladle_block block;
    struct ladle_block_header header;
    ladle_memory_sink file = {0};
    ladle_writer_options options = fixed_options();
    options.block_len = 1 << 20;
    unsigned read_count = 0;
    records_generate(&records, 900 + (uint64_t)_i, _i % GEN_STYLE_COUNT, 5 + (size_t)_i * 3);
    write_file(&records, &options, &file);
    ladle_block_decoder_init(&decoder, NULL);
    ladle_block_init(&block, NULL);
    size_t stream_count = decode_first_block(&block, &decoder, &file, &header);
    const struct ladle_stream *streams = (const void *)block.streams.data;
    struct gen gen = gen_begin(1000 + (uint64_t)_i);
    for (int i = 0; i < MUTATIONS; i++) {
        struct outcome outcome = read_mutated(&gen, streams, stream_count, header.record_count);
        read_count += outcome.status == LADLE_END;
        check_that(outcome.is_open, "mutation %d: %s", i, outcome.error.text);
    }
    printf("check_view: %d mutated blocks, %u of them readable\n", MUTATIONS, read_count);
    ladle_block_free(&block);
    ladle_block_decoder_free(&decoder);
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

Suite *view_suite(void)
{
    Suite *suite = suite_create("view");
    TCase *tcase = tcase_create("view");
    tcase_add_loop_test(tcase, shapes_by_hand, 0, COUNT_OF(shapes));
    tcase_add_test(tcase, names_of_a_shape_that_is_known_stay);
    tcase_add_test(tcase, depth_and_nodes_are_limited);
    tcase_add_test(tcase, bombs_are_refused);
    tcase_add_test(tcase, objects_are_read_as_the_format_says);
    tcase_add_test(tcase, arrays_may_begin_streams);
    tcase_add_test(tcase, unknown_blocks_are_skipped_or_refused);
    tcase_add_loop_test(tcase, mutated_shapes_do_no_harm, 0, 3 * GEN_STYLE_COUNT);
    suite_add_tcase(suite, tcase);
    return suite;
}
