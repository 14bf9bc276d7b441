/* SPDX-License-Identifier: BSD-2-Clause */
/* Arrow columns as arrays that others take. */
#include "arrow_column.h"

/*
 * What an array that was handed out holds.
 */
struct holder {
    const void *buffers[3];
    ladle_buffer memory[3];
    struct ArrowArray *children; /* and after them pointers to them */
};

static void release_array(struct ArrowArray *array)
{
    struct holder *holder = array->private_data;
    for (int64_t i = 0; i < array->n_children; i++) {
        ARROW_RELEASE(&holder->children[i]);
    }
    for (int i = 0; i < 3; i++) {
        ladle_buffer_free(&holder->memory[i]);
    }
    free(holder->children);
    free(array->children);
    free(holder);
    array->release = NULL;
}

/*
 * From a byte a value to a bit.
 */
static void pack_bits(ladle_buffer *buffer)
{
    size_t count = buffer->len;
    for (size_t i = 0; i < count; i++) {
        uint8_t bit = buffer->data[i] != 0;
        size_t at = i / 8;
        buffer->data[at] = (uint8_t)(i % 8 ? buffer->data[at] | bit << i % 8 : bit);
    }
    buffer->len = (count + 7) / 8;
}

/*
 * No buffer is NULL, not even an empty one.
 */
static int have_memory(ladle_buffer *buffer, size_t len)
{
    size_t missing = buffer->len < len ? len - buffer->len : 0;
    if (ladle_buffer_reserve(buffer, missing + 8) != LADLE_OK || !buffer->data) {
        PyErr_NoMemory();
        return -1;
    }
    memset(buffer->data + buffer->len, 0, missing);
    buffer->len += missing;
    return 0;
}

/*
 * The bits of a float of fewer than 8 bytes.
 */
static uint32_t real_bits(uint64_t word, size_t len)
{
    double real = ladle_double_from_bits(word);
    float single = (float)real;
    uint32_t bits;
    memcpy(&bits, &single, sizeof bits);
    return len == 2 ? core_half_from_double(real) : bits;
}

/*
 * Numbers of fewer than 8 bytes; that they fit was looked at.
 */
static void narrow(arrow_column *column)
{
    ladle_buffer *buffer = &column->data;
    size_t len = column->item_len;
    size_t count = buffer->len / 8;
    for (size_t i = 0; i < count && len < 8; i++) {
        uint64_t word;
        memcpy(&word, buffer->data + 8 * i, sizeof word);
        uint32_t bits = column->op == ARROW_DOUBLE ? real_bits(word, len) : (uint32_t)word;
        uint8_t byte = (uint8_t)bits;
        uint16_t half = (uint16_t)bits;
        memcpy(buffer->data + len * i,
               len == 1   ? (void *)&byte
               : len == 2 ? (void *)&half
                          : &bits,
               len);
    }
    buffer->len = count * len;
}

/*
 * Offsets of 8 bytes, from the last one on, as they are made in place.
 */
static int widen(ladle_buffer *offsets)
{
    size_t count = offsets->len / 4;
    if (ladle_buffer_reserve(offsets, offsets->len + 8) != LADLE_OK) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t i = count; i-- > 0;) {
        uint32_t offset;
        memcpy(&offset, offsets->data + 4 * i, sizeof offset);
        uint64_t wide = offset;
        memcpy(offsets->data + 8 * i, &wide, sizeof wide);
    }
    offsets->len = 8 * count;
    return 0;
}

/*
 * U, Z and +L are u, z and +l with wide offsets.
 */
static bool has_wide_offsets(const arrow_column *column)
{
    const char *format = column->format;
    return strcmp(format, "U") == 0 || strcmp(format, "Z") == 0 || strcmp(format, "+L") == 0;
}

static bool has_offsets(enum arrow_op op)
{
    return op == ARROW_TEXT || op == ARROW_BINARY || op == ARROW_LIST || op == ARROW_MAP;
}

static bool has_data(enum arrow_op op)
{
    return op != ARROW_NULL && op != ARROW_LIST && op != ARROW_STRUCT && op != ARROW_MAP &&
           op != ARROW_ENTRIES && op != ARROW_RUN;
}

static int take_buffers(arrow_column *column, struct holder *holder, struct ArrowArray *out)
{
    int count = column->op == ARROW_NULL ? 0 : 1;
    if (column->validity.len) {
        pack_bits(&column->validity);
        holder->memory[0] = column->validity;
        holder->buffers[0] = column->validity.data;
        column->validity = (ladle_buffer){0};
    }
    if (has_offsets(column->op)) {
        if (have_memory(&column->offsets, 4) < 0 ||
            (has_wide_offsets(column) && widen(&column->offsets) < 0)) {
            return -1;
        }
        holder->memory[count] = column->offsets;
        holder->buffers[count++] = column->offsets.data;
        column->offsets = (ladle_buffer){0};
    }
    if (has_data(column->op)) {
        if (column->op == ARROW_BOOL) {
            pack_bits(&column->data);
        } else if (arrow_has_words(column->op)) {
            narrow(column);
        }
        if (have_memory(&column->data, 0) < 0) {
            return -1;
        }
        holder->memory[count] = column->data;
        holder->buffers[count++] = column->data.data;
        column->data = (ladle_buffer){0};
    }
    out->n_buffers = count;
    out->buffers = holder->buffers;
    return 0;
}

int arrow_column_detach(arrow_column *column, struct ArrowArray *out)
{
    struct holder *holder = calloc(1, sizeof *holder);
    size_t count = column->child_count;
    *out = (struct ArrowArray){.length = (int64_t)column->count,
                               .null_count = (int64_t)column->null_count,
                               .private_data = holder};
    if (!holder) {
        PyErr_NoMemory();
        return -1;
    }
    out->release = release_array;
    holder->children = calloc(count ? count : 1, sizeof *holder->children);
    out->children = calloc(count ? count : 1, sizeof *out->children);
    int result = 0;
    if (!holder->children || !out->children) {
        PyErr_NoMemory();
        result = -1;
    }
    for (size_t i = 0; i < count && result == 0; i++) {
        out->children[i] = &holder->children[i];
        out->n_children++;
        result = arrow_column_detach(&column->children[i], out->children[i]);
    }
    if (result == 0) {
        result = take_buffers(column, holder, out);
    }
    if (result < 0) {
        release_array(out);
        return -1;
    }
    arrow_column_reset(column);
    return 0;
}
