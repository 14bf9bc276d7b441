/* SPDX-License-Identifier: BSD-2-Clause */
#include "fault_alloc.h"
#include "records.h"
#include "test.h"

#include <stdlib.h>

/*
 * Whether a writer keeps to what it says of its memory, as far as it takes it by the allocator.
 */

static const char *const codecs[] = {"none", "zlib", "lz4"};
static const size_t block_lens[] = {1024, 0, (size_t)1 << 20};

static ladle_status discard(void *ctx, const void *data, size_t len, int *os_errno)
{
    (void)ctx;
    (void)data;
    (void)len;
    (void)os_errno;
    return LADLE_OK;
}

struct watched {
    ladle_writer *writer;
    struct fault_alloc alloc;
    ladle_buffer record;
};

/*
 * False when the codec is not built in.
 */
static bool watch(struct watched *watched, ladle_writer_options options)
{
    const ladle_sink sink = {.struct_size = sizeof sink, .write = discard};
    fault_alloc_init(&watched->alloc);
    watched->record = (ladle_buffer){0};
    options.allocator = &watched->alloc.allocator;
    return ladle_writer_open(&watched->writer, &sink, &options, NULL) == LADLE_OK;
}

static void put_watched(struct watched *watched)
{
    must(ladle_writer_append(watched->writer, watched->record.data, watched->record.len, NULL));
    watched->record.len = 0;
}

static void check_peak(const struct watched *watched, const char *what)
{
    uint64_t bound = ladle_writer_memory_bound(watched->writer);
    check_that(watched->alloc.live_peak <= bound, "%s: %zu bytes, not %" PRIu64, what,
               watched->alloc.live_peak, bound);
}

static void unwatch(struct watched *watched, const char *what)
{
    check_peak(watched, what);
    must(ladle_writer_close(watched->writer, NULL));
    fault_alloc_end(&watched->alloc);
    ladle_buffer_free(&watched->record);
}

START_TEST(random_records_keep_to_the_bound)
{
    ladle_writer_options options = fixed_options();
    struct records records = {0};
    struct watched watched;
    char what[80];
    records_generate(&records, 900 + (uint64_t)_i, _i, 2000);
    for (size_t i = 0; i < 3 * COUNT_OF(codecs) * COUNT_OF(block_lens); i++) {
        options.threads = (unsigned)(i % 3 * 2);
        options.codec = codecs[i / 3 % COUNT_OF(codecs)];
        options.block_len = block_lens[i / 3 / COUNT_OF(codecs)];
        if (!watch(&watched, options)) {
            continue;
        }
        for (size_t j = 0; j < records.count; j++) {
            ladle_cursor record = records_at(&records, j);
            must(ladle_buffer_put(&watched.record, record.next, ladle_cursor_left(&record)));
            put_watched(&watched);
        }
        snprintf(what, sizeof what, "style %d, %s, %zu bytes, %u threads", _i, options.codec,
                 options.block_len, options.threads);
        unwatch(&watched, what);
    }
    records_free(&records);
}
END_TEST

/*
 * Each column is long for some blocks, and short from then on.
 */
static void put_wave(struct watched *watched, uint64_t number)
{
    static const char text[1000];
    uint64_t crest = number / 400 % 64;
    must(ladle_value_put_container(&watched->record, LADLE_TUPLE, 64));
    for (uint64_t i = 0; i < 64; i++) {
        must(ladle_value_put_data(&watched->record, LADLE_BYTES, text, i == crest ? 1000 : 1));
    }
    put_watched(watched);
}

/*
 * As many long keys as there may be, others all the time.
 */
static void put_keys(struct watched *watched, uint64_t number)
{
    char key[1000];
    memset(key, 'k', sizeof key);
    must(ladle_value_put_container(&watched->record, LADLE_DICT, 200));
    for (uint64_t i = 0; i < 200; i++) {
        snprintf(key, sizeof key, "%0900" PRIu64, i + 200 * (number / 3));
        must(ladle_value_put_data(&watched->record, LADLE_STR, key, 900));
        must(ladle_value_put_uint(&watched->record, number));
    }
    put_watched(watched);
}

/*
 * Many columns of words that repeat.
 */
static void put_words(struct watched *watched, uint64_t number)
{
    char word[40];
    must(ladle_value_put_container(&watched->record, LADLE_TUPLE, 250));
    for (uint64_t i = 0; i < 250; i++) {
        int len = snprintf(word, sizeof word, "a word %" PRIu64, (i + number) % 7);
        must(ladle_value_put_data(&watched->record, LADLE_STR, word, (size_t)len));
    }
    put_watched(watched);
}

/*
 * Records that are as long as a block, and short ones between.
 */
static void put_long(struct watched *watched, uint64_t number)
{
    static const char text[132000];
    must(ladle_value_put_data(&watched->record, LADLE_BYTES, text, number % 3 ? 131990 : 10));
    put_watched(watched);
}

/*
 * As many nodes as there may be: all that is in a record changes all the time.
 */
static void put_kinds(struct watched *watched, uint64_t number)
{
    must(ladle_value_put_container(&watched->record, LADLE_TUPLE, 200));
    for (uint64_t i = 0; i < 200; i++) {
        uint64_t len = (number + i) % 12;
        must(ladle_value_put_container(&watched->record, LADLE_TUPLE, len));
        for (uint64_t j = 0; j < len; j++) {
            must(ladle_value_put_uint(&watched->record, number));
        }
    }
    put_watched(watched);
}

static const struct {
    const char *name;
    void (*put)(struct watched *watched, uint64_t number);
    uint64_t count;
} wild[] = {
    {"waves", put_wave, 30000}, {"keys", put_keys, 300},    {"words", put_words, 3000},
    {"long", put_long, 300},    {"kinds", put_kinds, 1000},
};

START_TEST(wild_records_keep_to_the_bound)
{
    for (unsigned way = 0; way < 4; way++) {
        ladle_writer_options options = fixed_options();
        struct watched watched;
        options.threads = way / 2 * 2;
        options.codec = way % 2 ? "lz4" : "none";
        if (!watch(&watched, options)) {
            continue;
        }
        for (uint64_t i = 0; i < wild[_i].count; i++) {
            wild[_i].put(&watched, i);
        }
        printf("check_memory: %s, %s, %u threads: %zu of %" PRIu64 " bytes\n", wild[_i].name,
               options.codec, options.threads, watched.alloc.live_peak,
               ladle_writer_memory_bound(watched.writer));
        unwatch(&watched, wild[_i].name);
    }
}
END_TEST

/*
 * A record of many blocks takes its size, for as long as it is there; twice where a codec makes it
 * another one, three times when a thread does that. The threads do not hoard such.
 */
START_TEST(huge_records_add_their_size)
{
    enum { HUGE_LEN = 10000000 };
    static const uint64_t times[] = {1, 1, 2, 3};
    ladle_writer_options options = fixed_options();
    struct watched watched;
    void *text = calloc(1, HUGE_LEN);
    options.threads = (unsigned)_i % 2 * 3;
    options.codec = _i < 2 ? "none" : "zlib";
    ck_assert(watch(&watched, options));
    uint64_t bound = ladle_writer_memory_bound(watched.writer);
    for (int i = 0; i < 20; i++) {
        size_t len = i % 4 == 3 ? 10 : HUGE_LEN;
        must(ladle_value_put_data(&watched.record, LADLE_BYTES, text, len));
        put_watched(&watched);
    }
    check_that(watched.alloc.live_peak <= bound + times[_i] * HUGE_LEN, "%zu bytes",
               watched.alloc.live_peak);
    must(ladle_writer_flush(watched.writer, NULL));
    check_that(watched.alloc.live_len <= bound, "%zu bytes are kept", watched.alloc.live_len);
    must(ladle_writer_close(watched.writer, NULL));
    fault_alloc_end(&watched.alloc);
    ladle_buffer_free(&watched.record);
    free(text);
}
END_TEST

Suite *memory_suite(void)
{
    Suite *suite = suite_create("memory");
    TCase *tcase = tcase_create("memory");
    tcase_set_tags(tcase, "long");
    tcase_add_loop_test(tcase, random_records_keep_to_the_bound, 0, GEN_STYLE_COUNT);
    tcase_add_loop_test(tcase, wild_records_keep_to_the_bound, 0, COUNT_OF(wild));
    tcase_add_loop_test(tcase, huge_records_add_their_size, 0, 4);
    suite_add_tcase(suite, tcase);
    return suite;
}
