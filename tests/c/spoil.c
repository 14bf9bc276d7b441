/* SPDX-License-Identifier: BSD-2-Clause */
#include "spoil.h"

#include "test.h"
#include <stdlib.h>

/*
 * The item at a place. False when none is intact there.
 */
static bool find_item(const struct crafted *file, size_t offset, size_t segment_offset,
                      struct crafted_item *item)
{
    const uint8_t *bytes = file->data + offset;
    size_t left = file->len - offset;
    uint32_t salt =
        segment_offset + 20 <= file->len ? ladle_load_u32(file->data + segment_offset + 16) : 0;
    struct ladle_file_header header;
    struct ladle_block_header block;
    struct ladle_trailer trailer;
    const char *why;
    *item = (struct crafted_item){.offset = offset, .segment_offset = segment_offset};
    item->magic = left >= LADLE_ALIGNMENT ? ladle_magic_of(bytes) : LADLE_MAGIC_NONE;
    switch (item->magic) {
    case LADLE_MAGIC_FILE:
        item->len = LADLE_HEADER_LEN;
        item->segment_offset = offset;
        return left >= item->len && ladle_file_header_load(bytes, &header, &why) == LADLE_OK;
    case LADLE_MAGIC_TRAILER:
        item->len = LADLE_TRAILER_LEN;
        return left >= item->len &&
               ladle_trailer_load(bytes, salt, offset - segment_offset, &trailer, &why) == LADLE_OK;
    case LADLE_MAGIC_BLOCK:
        if (left < LADLE_BLOCK_HEADER_LEN ||
            ladle_block_header_load(bytes, salt, offset - segment_offset, &block, &why)) {
            return false;
        }
        item->len = LADLE_BLOCK_HEADER_LEN + (size_t)block.stored_len;
        item->type = block.type;
        item->record_count = block.type == LADLE_BLOCK_DATA ? block.record_count : 0;
        return left >= item->len;
    default:
        return false;
    }
}

static void find_items(struct crafted *file)
{
    size_t segment_offset = 0;
    for (size_t offset = 0; offset < file->len;) {
        struct crafted_item item;
        if (!find_item(file, offset, segment_offset, &item)) {
            offset += LADLE_ALIGNMENT;
            continue;
        }
        check_that(file->item_count < CRAFTED_ITEMS_MAX, "%s has too many items", file->name);
        file->items[file->item_count++] = item;
        segment_offset = item.segment_offset;
        offset += item.len;
    }
}

void crafted_copy(struct crafted *file, const char *name, const void *data, size_t len)
{
    *file = (struct crafted){.len = len};
    snprintf(file->name, sizeof file->name, "%s", name);
    file->data = malloc(len + 1);
    check_that(file->data, "the test is out of memory");
    memcpy(file->data, len ? data : "", len);
    find_items(file);
}

void crafted_load(struct crafted *file, const char *path)
{
    ladle_buffer bytes = {0};
    const char *name = strrchr(path, '/');
    FILE *stream = fopen(path, "rb");
    check_that(stream, "%s cannot be opened: run this from the top of the tree", path);
    for (int byte = getc(stream); byte != EOF; byte = getc(stream)) {
        uint8_t one = (uint8_t)byte;
        must(ladle_buffer_put(&bytes, &one, 1));
    }
    fclose(stream);
    crafted_copy(file, name ? name + 1 : path, bytes.data, bytes.len);
    ladle_buffer_free(&bytes);
}

void crafted_free(struct crafted *file)
{
    free(file->data);
}

struct spoiler {
    const struct crafted *file;
    uint64_t step;
    uint64_t next; /* how many are to be left out before the next one */
    void (*visit)(void *ctx, const struct spoiled *spoiled);
    void *ctx;
};

/*
 * Whether it is the turn of this one.
 */
static bool is_turn(struct spoiler *spoiler)
{
    if (spoiler->next) {
        spoiler->next--;
        return false;
    }
    spoiler->next = spoiler->step - 1;
    return true;
}

/*
 * Bytes of the file, with some left out and others put in.
 */
static void visit_patched(struct spoiler *spoiler, enum spoil_kind kind, size_t offset,
                          size_t out_len, const void *in, size_t in_len)
{
    const struct crafted *file = spoiler->file;
    size_t len = file->len - out_len + in_len;
    uint8_t *bytes = malloc(len ? len : 1);
    check_that(bytes, "the test is out of memory");
    memcpy(bytes, file->data, offset);
    memcpy(bytes + offset, in, in_len);
    memcpy(bytes + offset + in_len, file->data + offset + out_len, file->len - offset - out_len);
    const struct spoiled spoiled = {.kind = kind, .data = bytes, .len = len};
    spoiler->visit(spoiler->ctx, &spoiled);
    free(bytes);
}

static void cut(struct spoiler *spoiler)
{
    for (size_t len = 0; len < spoiler->file->len; len++) {
        if (is_turn(spoiler)) {
            visit_patched(spoiler, SPOIL_CUT, len, spoiler->file->len - len, "", 0);
        }
    }
}

static void set_byte(struct spoiler *spoiler, enum spoil_kind kind, size_t offset, uint8_t byte)
{
    if (byte != spoiler->file->data[offset] && is_turn(spoiler)) {
        visit_patched(spoiler, kind, offset, 1, &byte, 1);
    }
}

static void change_bytes(struct spoiler *spoiler)
{
    for (size_t offset = 0; offset < spoiler->file->len; offset++) {
        uint8_t byte = spoiler->file->data[offset];
        for (int bit = 0; bit < 8; bit++) {
            set_byte(spoiler, SPOIL_BIT, offset, byte ^ (uint8_t)(1u << bit));
        }
        const uint8_t others[] = {0, 255, (uint8_t)(byte + 1), (uint8_t)(byte - 1)};
        for (size_t i = 0; i < COUNT_OF(others); i++) {
            set_byte(spoiler, SPOIL_BYTE, offset, others[i]);
        }
    }
}

static void burst(struct spoiler *spoiler)
{
    struct gen gen = gen_begin(7);
    for (size_t offset = 0; offset < spoiler->file->len; offset++) {
        for (int is_noise = 0; is_noise < 2; is_noise++) {
            uint8_t bytes[64] = {0};
            size_t len = 2 + (size_t)gen_below(&gen, sizeof bytes - 1);
            size_t left = spoiler->file->len - offset;
            len = len < left ? len : left;
            for (size_t i = 0; is_noise && i < len; i++) {
                bytes[i] = (uint8_t)gen_below(&gen, 256);
            }
            if (is_turn(spoiler)) {
                visit_patched(spoiler, SPOIL_BURST, offset, len, bytes, len);
            }
        }
    }
}

static void swap(struct spoiler *spoiler, const struct crafted_item *one,
                 const struct crafted_item *other)
{
    const uint8_t *data = spoiler->file->data;
    size_t len = other->offset + other->len - one->offset;
    uint8_t *both = malloc(len);
    check_that(both, "the test is out of memory");
    memcpy(both, data + other->offset, other->len);
    memcpy(both + other->len, data + one->offset + one->len, len - one->len - other->len);
    memcpy(both + len - one->len, data + one->offset, one->len);
    visit_patched(spoiler, SPOIL_SWAPPED, one->offset, len, both, len);
    free(both);
}

static void swap_items(struct spoiler *spoiler)
{
    const struct crafted *file = spoiler->file;
    for (size_t i = 0; i < file->item_count; i++) {
        for (size_t j = i + 1; j < file->item_count; j++) {
            if (is_turn(spoiler)) {
                swap(spoiler, &file->items[i], &file->items[j]);
            }
        }
    }
}

/*
 * Bytes before each item, at the end, and over the item.
 */
static void put_everywhere(struct spoiler *spoiler, enum spoil_kind kind, const void *in,
                           size_t in_len)
{
    const struct crafted *file = spoiler->file;
    for (size_t i = 0; i <= file->item_count; i++) {
        bool is_end = i == file->item_count;
        size_t offset = is_end ? file->len : file->items[i].offset;
        if (is_turn(spoiler)) {
            visit_patched(spoiler, kind, offset, 0, in, in_len);
        }
        if (!is_end && is_turn(spoiler)) {
            visit_patched(spoiler, kind, offset, file->items[i].len, in, in_len);
        }
        size_t left = file->len - offset;
        if (!is_end && in_len <= left && is_turn(spoiler)) {
            visit_patched(spoiler, kind, offset, in_len, in, in_len);
        }
    }
}

static void double_items(struct spoiler *spoiler)
{
    const struct crafted *file = spoiler->file;
    for (size_t i = 0; i < file->item_count; i++) {
        const struct crafted_item *item = &file->items[i];
        put_everywhere(spoiler, SPOIL_DOUBLED, file->data + item->offset, item->len);
    }
}

/*
 * Give an item another salt, with checksums that are right.
 */
static void salt_anew(const struct crafted_item *item, uint8_t *bytes, uint32_t salt,
                      uint32_t new_salt)
{
    uint64_t offset = item->offset - item->segment_offset;
    struct ladle_file_header header;
    struct ladle_block_header block;
    struct ladle_trailer trailer;
    const char *why;
    switch (item->magic) {
    case LADLE_MAGIC_FILE:
        must(ladle_file_header_load(bytes, &header, &why));
        ladle_store_u32(header.uuid, new_salt);
        ladle_file_header_store(&header, bytes);
        return;
    case LADLE_MAGIC_BLOCK:
        must(ladle_block_header_load(bytes, salt, offset, &block, &why));
        ladle_block_header_store(&block, new_salt, offset, bytes);
        return;
    default:
        must(ladle_trailer_load(bytes, salt, offset, &trailer, &why));
        ladle_trailer_store(&trailer, new_salt, bytes);
    }
}

static void splice(struct spoiler *spoiler, const struct crafted *donor)
{
    for (size_t i = 0; i < donor->item_count; i++) {
        const struct crafted_item *item = &donor->items[i];
        uint32_t salt = ladle_load_u32(donor->data + item->segment_offset + 16);
        uint8_t *bytes = malloc(item->len);
        check_that(bytes, "the test is out of memory");
        memcpy(bytes, donor->data + item->offset, item->len);
        salt_anew(item, bytes, salt, ~salt);
        put_everywhere(spoiler, SPOIL_SPLICED, bytes, item->len);
        free(bytes);
    }
}

void spoil_each(const struct crafted *file, const struct crafted *donors, size_t donor_count,
                uint64_t step, uint64_t phase,
                void (*visit)(void *ctx, const struct spoiled *spoiled), void *ctx)
{
    struct spoiler spoiler = {
        .file = file, .step = step, .next = phase % step, .visit = visit, .ctx = ctx};
    cut(&spoiler);
    change_bytes(&spoiler);
    burst(&spoiler);
    swap_items(&spoiler);
    double_items(&spoiler);
    for (size_t i = 0; i < donor_count; i++) {
        splice(&spoiler, &donors[i]);
    }
}
