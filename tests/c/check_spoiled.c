/* SPDX-License-Identifier: BSD-2-Clause */
#define _XOPEN_SOURCE 700 /* pwrite */
#include "fault_io.h"
#include "spoil.h"
#include "test.h"

#include <glob.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * All damage to all files of tests/files, read in all ways: what is handed out is the record of
 * that number, each loss is reported, and what is lost is exact where it can be known. A sample
 * each time; LADLE_SLOW=1: all of it.
 */
enum { SAMPLE_STEP = 101, FILES_MAX = 128, DONORS = 3 };

enum mode { STRICT, TAIL, SKIP, MODE_COUNT };
enum way { CALLBACKS, CALLBACKS_AT_PLACES, DESCRIPTOR, DESCRIPTOR_AT_PLACES, WAY_COUNT };

/*
 * What must come out of a file. Records that are lost in it leave gaps in the numbers.
 */
struct model {
    struct crafted file;
    bool is_good;
    struct records records;
    ladle_buffer numbers;       /* uint64_t each */
    uint64_t strict_count;      /* records before the fault */
    uint64_t fault_offset;      /* file.len when there is none */
    const struct model *mended; /* what damage to a bad file may make of it by chance */
};

/*
 * A damaged file, and what of its model is untouched.
 */
struct trial {
    const struct model *model;
    const struct spoiled *spoiled;
    FILE *stream;
    bool touched[CRAFTED_ITEMS_MAX];
    size_t touched_count;
    size_t touched_data_count;
    size_t first_touched;  /* item */
    uint64_t first_change; /* byte */
    uint64_t prefix_count; /* records before it */
    uint64_t intact_count; /* records of items that are not touched */
    bool is_same;
    bool is_whole;          /* cut where its writer had completed it */
    bool in_place;          /* of the same length */
    bool begins_file;       /* a file header stands where none did, and is believed */
    bool has_intact_behind; /* an item behind all that are touched */
};

struct reading {
    ladle_status status;
    uint64_t count;
    uint64_t loss_count;
    uint64_t unknown_count;
    uint64_t lost;         /* records, of the losses that are known */
    uint64_t first_lost;   /* of the first loss */
    uint64_t first_offset; /* of it */
};

static const char *const kind_names[SPOIL_KIND_COUNT] = {"cuts",  "bits",    "bytes",  "bursts",
                                                         "swaps", "doubles", "splices"};

/*
 * As check_that, and says which damage it was.
 */
#define check_trial(condition, format, ...)                                                        \
    check_that(condition, "%s, %s at byte %" PRIu64 " of %zu: " format, trial->model->file.name,   \
               kind_names[trial->spoiled->kind], trial->first_change, trial->spoiled->len,         \
               __VA_ARGS__)

struct tally {
    uint64_t spoiled[SPOIL_KIND_COUNT];
    uint64_t readings;
    uint64_t records;
    uint64_t by_number;
    uint64_t exact_losses;
};

struct visit {
    const struct model *model;
    FILE *stream;
    struct tally *tally;
};

static uint64_t number_at(const struct model *model, size_t index)
{
    uint64_t number;
    memcpy(&number, model->numbers.data + index * sizeof number, sizeof number);
    return number;
}

/*
 * Whether a value is the record of a number; or, when numbers before it are not known, one of that
 * number or behind it.
 */
static bool is_record(const struct model *model, uint64_t number, bool is_exact, ladle_cursor value)
{
    for (size_t i = 0; i < model->records.count; i++) {
        uint64_t at = number_at(model, i);
        if ((is_exact ? at == number : at >= number) &&
            values_equal(value, records_at(&model->records, i))) {
            return true;
        }
    }
    return model->mended && is_record(model->mended, number, is_exact, value);
}

/*
 * The same for a damaged file. Behind a file header that stands where none did, it is another file,
 * which may have any of the records.
 */
static bool is_right(const struct trial *trial, uint64_t number, bool is_exact, ladle_cursor value)
{
    return trial->begins_file ? is_record(trial->model, 0, false, value)
                              : is_record(trial->model, number, is_exact, value);
}

static ladle_source open_source(const struct trial *trial, enum way way, struct fault_source *fault)
{
    const struct spoiled *spoiled = trial->spoiled;
    ladle_source source;
    int fd = fileno(trial->stream);
    if (way == DESCRIPTOR) {
        check_that(lseek(fd, 0, SEEK_SET) == 0, "no seeking");
        ladle_source_from_fd(&source, fd, false);
    } else if (way == DESCRIPTOR_AT_PLACES) {
        ladle_source_from_file(&source, fd, false);
    } else {
        fault_source_init(&source, fault, spoiled->data, spoiled->len);
        fault->chunk_len = 1 + spoiled->len % 97;
        if (way == CALLBACKS_AT_PLACES) {
            fault_source_at_places(&source, fault);
        }
    }
    return source;
}

static ladle_status open_reader(const struct trial *trial, enum mode mode, enum way way,
                                struct fault_source *fault, ladle_reader **reader)
{
    ladle_reader_options options = LADLE_READER_OPTIONS_INIT;
    ladle_source source = open_source(trial, way, fault);
    options.take_tail = mode != STRICT;
    return ladle_reader_open(reader, &source, &options, NULL);
}

/*
 * Leave out what failed. False when nothing leads on.
 */
static bool resume(ladle_reader *reader, const ladle_error *error, struct reading *reading)
{
    uint64_t lost;
    if (ladle_reader_resume(reader, &lost, NULL) != LADLE_OK) {
        return false;
    }
    if (reading->loss_count++ == 0) {
        reading->first_lost = error->record;
        reading->first_offset = error->offset;
    }
    reading->unknown_count += lost == LADLE_UNKNOWN;
    reading->lost += lost == LADLE_UNKNOWN ? 0 : lost;
    check_that(reading->loss_count < 1000, "%s", "no end of losses");
    return true;
}

static struct reading read_through(const struct trial *trial, enum mode mode, enum way way)
{
    struct reading reading = {.count = 0};
    struct fault_source fault;
    ladle_reader *reader;
    ladle_cursor value;
    ladle_error error;
    reading.status = open_reader(trial, mode, way, &fault, &reader);
    if (reading.status != LADLE_OK) {
        return reading;
    }
    do {
        while ((reading.status = ladle_reader_next(reader, &value, &error)) == LADLE_OK) {
            uint64_t number = ladle_reader_position(reader) - 1;
            bool is_exact = reading.unknown_count == 0;
            check_trial(is_right(trial, number, is_exact, value), "record %" PRIu64, number);
            reading.count++;
        }
    } while (mode == SKIP && reading.status < 0 && resume(reader, &error, &reading));
    ladle_reader_close(reader);
    return reading;
}

/*
 * One item of a good file is damaged, and it is known what follows from that.
 */
static bool is_single_damage(const struct trial *trial)
{
    return trial->model->is_good && trial->in_place && trial->touched_count == 1 &&
           trial->first_touched > 0 && !trial->begins_file;
}

/*
 * What comes out without leaving anything out: the records before the damage, and an error.
 */
static void check_prefix(const struct trial *trial, enum mode mode, const struct reading *reading)
{
    const struct model *model = trial->model;
    if (!model->is_good && trial->first_change >= model->fault_offset) {
        check_trial(reading->count >= model->strict_count, "%" PRIu64, reading->count);
        return;
    }
    check_trial(reading->count == trial->prefix_count, "%" PRIu64 " records, not %" PRIu64,
                reading->count, trial->prefix_count);
    if (trial->is_same || trial->is_whole) {
        check_trial(reading->status == LADLE_END, "%d", reading->status);
        return;
    }
    bool is_only_cut = trial->spoiled->len >= LADLE_HEADER_LEN &&
                       trial->first_change == trial->spoiled->len && model->is_good;
    bool is_single = is_single_damage(trial);
    bool may_end = mode == TAIL;
    if (is_only_cut || (is_single && !trial->has_intact_behind)) {
        check_trial(reading->status == (may_end ? LADLE_END : LADLE_E_TRUNCATED), "%d",
                    reading->status);
    } else if (is_single) {
        check_trial(reading->status == LADLE_E_CORRUPT, "%d", reading->status);
    } else {
        check_trial(reading->status < 0 || may_end, "%d", reading->status);
    }
}

static bool is_record_block(const struct crafted_item *item)
{
    return item->magic == LADLE_MAGIC_BLOCK && item->record_count;
}

/*
 * All that is intact comes out, and what does not is counted.
 */
static void check_skip(const struct trial *trial, const struct reading *reading,
                       struct tally *tally)
{
    const struct model *model = trial->model;
    const struct crafted_item *item = &model->file.items[trial->first_touched];
    bool only_data = trial->touched_count == trial->touched_data_count;
    check_trial(!model->is_good ||
                    reading->count >= (trial->first_touched ? trial->prefix_count : 0),
                "%" PRIu64, reading->count);
    if (!model->is_good || !trial->in_place || trial->is_same || trial->first_touched == 0 ||
        trial->begins_file || (trial->touched_count > 1 && !only_data)) {
        return;
    }
    check_trial(reading->count == trial->intact_count, "%" PRIu64 " records, not %" PRIu64,
                reading->count, trial->intact_count);
    if (!trial->has_intact_behind) {
        return;
    }
    uint64_t total = model->records.count;
    check_trial(reading->unknown_count == 0 && reading->lost == total - trial->intact_count,
                "%" PRIu64 " lost, not %" PRIu64, reading->lost, total - trial->intact_count);
    if (trial->touched_count == 1) {
        check_trial(reading->loss_count == 1 && reading->first_offset == item->offset &&
                        (reading->lost == 0 || reading->first_lost == trial->prefix_count),
                    "%" PRIu64 " losses, the first of record %" PRIu64 " at %" PRIu64,
                    reading->loss_count, reading->first_lost, reading->first_offset);
    }
    tally->exact_losses++;
}

/*
 * The item that has a record of a good file.
 */
static size_t item_of(const struct model *model, uint64_t number)
{
    uint64_t count = 0;
    for (size_t i = 0; i < model->file.item_count; i++) {
        count += model->file.items[i].record_count;
        if (number < count) {
            return i;
        }
    }
    return model->file.item_count;
}

/*
 * Records asked for by their numbers.
 */
static void check_numbers(const struct trial *trial, enum mode mode, enum way way,
                          struct tally *tally)
{
    const struct model *model = trial->model;
    struct fault_source fault;
    ladle_reader *reader;
    ladle_cursor value;
    uint64_t count = 0;
    bool is_single = is_single_damage(trial) || (model->is_good && trial->is_same);
    if (open_reader(trial, mode, way, &fault, &reader) != LADLE_OK) {
        check_trial(!is_single, "%s", "no reader");
        return;
    }
    ladle_status status = ladle_reader_count(reader, &count, NULL);
    check_trial(!is_single || mode == STRICT || status == LADLE_OK, "%s",
                ladle_status_text(status));
    check_trial(!model->is_good || status != LADLE_OK || count <= model->records.count, "%" PRIu64,
                count);
    check_trial(!model->is_good || status != LADLE_OK || mode != STRICT || trial->is_whole ||
                    count == model->records.count,
                "%" PRIu64 " of %zu", count, model->records.count);
    for (uint64_t i = 0; status == LADLE_OK && i < count; i++) {
        bool must_be_there = is_single && !trial->touched[item_of(model, i)];
        must(ladle_reader_seek(reader, i, NULL));
        ladle_status got = ladle_reader_next(reader, &value, NULL);
        check_trial(got == LADLE_OK ? is_right(trial, i, is_single || mode == STRICT, value)
                                    : !must_be_there,
                    "record %" PRIu64 " of %" PRIu64 ": %s", i, count, ladle_status_text(got));
        tally->by_number += got == LADLE_OK;
    }
    ladle_reader_close(reader);
}

/*
 * Whether a file header was put into the place of an item, or moved from there.
 */
static bool begins_file(const struct trial *trial, const struct crafted_item *item)
{
    const struct spoiled *spoiled = trial->spoiled;
    bool is_moved = item->magic == LADLE_MAGIC_FILE && spoiled->kind >= SPOIL_SWAPPED;
    return is_moved ||
           (item->magic != LADLE_MAGIC_FILE && item->offset + LADLE_ALIGNMENT <= spoiled->len &&
            ladle_magic_of(spoiled->data + item->offset) == LADLE_MAGIC_FILE);
}

/*
 * Which bytes and items are not what they were.
 */
static void compare(struct trial *trial)
{
    const struct crafted *file = &trial->model->file;
    const struct spoiled *spoiled = trial->spoiled;
    size_t shorter = spoiled->len < file->len ? spoiled->len : file->len;
    trial->in_place = spoiled->len == file->len;
    while (trial->first_change < shorter &&
           spoiled->data[trial->first_change] == file->data[trial->first_change]) {
        trial->first_change++;
    }
    trial->is_same = trial->in_place && trial->first_change == file->len;
    trial->first_touched = file->item_count;
    for (size_t i = 0; i < file->item_count; i++) {
        const struct crafted_item *item = &file->items[i];
        size_t end = item->offset + item->len;
        bool is_intact = end <= spoiled->len && memcmp(spoiled->data + item->offset,
                                                       file->data + item->offset, item->len) == 0;
        trial->touched[i] = !is_intact;
        trial->touched_count += !is_intact;
        trial->touched_data_count += !is_intact && is_record_block(item);
        trial->first_touched = is_intact || trial->first_touched < i ? trial->first_touched : i;
        trial->prefix_count += end <= trial->first_change ? item->record_count : 0;
        trial->intact_count += is_intact ? item->record_count : 0;
        trial->begins_file = trial->begins_file || (!is_intact && begins_file(trial, item));
        trial->has_intact_behind = is_intact;
        trial->is_whole = trial->is_whole || (item->magic == LADLE_MAGIC_TRAILER &&
                                              end == spoiled->len && end == trial->first_change);
    }
    if (trial->prefix_count > trial->model->strict_count) {
        trial->prefix_count = trial->model->strict_count;
    }
}

static void write_stream(FILE *stream, const struct spoiled *spoiled)
{
    int fd = fileno(stream);
    check_that(ftruncate(fd, 0) == 0 &&
                   pwrite(fd, spoiled->data, spoiled->len, 0) == (ssize_t)spoiled->len,
               "the temporary file cannot be written");
}

static void try_spoiled(void *ctx, const struct spoiled *spoiled)
{
    struct visit *visit = ctx;
    struct trial trial = {.model = visit->model, .spoiled = spoiled, .stream = visit->stream};
    compare(&trial);
    write_stream(visit->stream, spoiled);
    for (int way = 0; way < WAY_COUNT; way++) {
        for (int mode = 0; mode < MODE_COUNT; mode++) {
            struct reading reading = read_through(&trial, mode, way);
            if (mode == SKIP) {
                check_skip(&trial, &reading, visit->tally);
            } else {
                check_prefix(&trial, mode, &reading);
            }
            visit->tally->records += reading.count;
            visit->tally->readings++;
        }
    }
    for (int mode = 0; mode <= TAIL; mode++) {
        check_numbers(&trial, mode, CALLBACKS_AT_PLACES, visit->tally);
        check_numbers(&trial, mode, DESCRIPTOR_AT_PLACES, visit->tally);
    }
    visit->tally->spoiled[spoiled->kind]++;
}

/*
 * What the file itself holds.
 */
static void learn(struct model *model)
{
    ladle_memory_source memory = {.data = model->file.data, .len = model->file.len};
    ladle_source source;
    ladle_reader *reader;
    ladle_cursor value;
    ladle_error error = {.offset = 0};
    uint64_t lost;
    bool is_past = false;
    ladle_status status;
    model->fault_offset = model->file.len;
    ladle_source_from_memory(&source, &memory);
    if (ladle_reader_open(&reader, &source, NULL, NULL) != LADLE_OK) {
        model->fault_offset = 0;
        return;
    }
    do {
        while ((status = ladle_reader_next(reader, &value, &error)) == LADLE_OK) {
            uint64_t number = ladle_reader_position(reader) - 1;
            must(ladle_buffer_put(&model->records.bytes, value.next, ladle_cursor_left(&value)));
            records_end(&model->records);
            must(ladle_buffer_put(&model->numbers, &number, sizeof number));
            model->strict_count += !is_past;
        }
        if (status < 0 && !is_past) {
            is_past = true;
            model->fault_offset = error.offset;
        }
    } while (status < 0 && ladle_reader_resume(reader, &lost, NULL) == LADLE_OK);
    ladle_reader_close(reader);
}

struct all {
    struct model models[FILES_MAX];
    size_t count;
    struct crafted donors[DONORS];
};

static void load_all(struct all *all)
{
    static const char *const donors[DONORS] = {"tests/files/good-three-blocks.ladle",
                                               "tests/files/good-many-checkpoints.ladle",
                                               "tests/files/good-metadata.ladle"};
    const struct model *three = NULL;
    glob_t found;
    check_that(glob("tests/files/*.ladle", 0, NULL, &found) == 0,
               "run this from the top of the tree");
    check_that(found.gl_pathc <= FILES_MAX, "too many files");
    all->count = found.gl_pathc;
    for (size_t i = 0; i < all->count; i++) {
        struct model *model = &all->models[i];
        crafted_load(&model->file, found.gl_pathv[i]);
        model->is_good = strncmp(model->file.name, "good-", 5) == 0;
        learn(model);
        three = strcmp(model->file.name, "good-three-blocks.ladle") ? three : model;
    }
    for (size_t i = 0; i < all->count; i++) {
        all->models[i].mended = all->models[i].is_good ? NULL : three;
    }
    for (size_t i = 0; i < DONORS; i++) {
        crafted_load(&all->donors[i], donors[i]);
    }
    globfree(&found);
}

static void free_all(struct all *all)
{
    for (size_t i = 0; i < all->count; i++) {
        crafted_free(&all->models[i].file);
        records_free(&all->models[i].records);
        ladle_buffer_free(&all->models[i].numbers);
    }
    for (size_t i = 0; i < DONORS; i++) {
        crafted_free(&all->donors[i]);
    }
}

static void print_tally(size_t file_count, const struct tally *tally)
{
    uint64_t total = 0;
    printf("check_spoiled: %zu files:", file_count);
    for (int i = 0; i < SPOIL_KIND_COUNT; i++) {
        printf(" %" PRIu64 " %s,", tally->spoiled[i], kind_names[i]);
        total += tally->spoiled[i];
    }
    printf(" %" PRIu64 " in all; %" PRIu64 " readings, %" PRIu64 " records and %" PRIu64
           " by number, all right; %" PRIu64 " losses exact\n",
           total, tally->readings, tally->records, tally->by_number, tally->exact_losses);
}

START_TEST(all_damage_to_all_files)
{
    static struct all all;
    struct tally tally = {.readings = 0};
    FILE *stream = tmpfile();
    check_that(stream, "no temporary file");
    uint64_t step = getenv("LADLE_SLOW") ? 1 : SAMPLE_STEP * test_step();
    load_all(&all);
    for (size_t i = 0; i < all.count; i++) {
        struct visit visit = {.model = &all.models[i], .stream = stream, .tally = &tally};
        spoil_each(&all.models[i].file, all.donors, DONORS, step, i * 31, try_spoiled, &visit);
    }
    print_tally(all.count, &tally);
    ck_assert_uint_gt(all.count, 40);
    ck_assert_uint_gt(tally.exact_losses, tally.readings / 50);
    free_all(&all);
    fclose(stream);
}
END_TEST

Suite *spoiled_suite(void)
{
    Suite *suite = suite_create("spoiled");
    TCase *tcase = tcase_create("spoiled");
    tcase_set_timeout(tcase, 7200);
    tcase_add_test(tcase, all_damage_to_all_files);
    suite_add_tcase(suite, tcase);
    return suite;
}
