/* SPDX-License-Identifier: BSD-2-Clause */
/* Arrow columns as arrays that others take. */
#include "arrow_column.h"

/*
 * Of validity, views, contents and their lengths.
 */
#define BUFFERS_MAX 4

/*
 * What an array that was handed out holds.
 */
struct holder {
    const void *buffers[BUFFERS_MAX];
    ladle_buffer memory[BUFFERS_MAX];
    struct ArrowArray *children; /* and after them pointers to them */
};

static void release_array(struct ArrowArray *array)
{
    struct holder *holder = array->private_data;
    for (int64_t i = 0; i < array->n_children; i++) {
        ARROW_RELEASE(&holder->children[i]);
    }
    if (array->dictionary) {
        ARROW_RELEASE(array->dictionary);
    }
    for (int i = 0; i < BUFFERS_MAX; i++) {
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
 * U, Z and +L are u, z and +l with wide offsets; vu and vz have views instead.
 */
static bool has_wide_offsets(const arrow_column *column)
{
    const char *format = column->format;
    return strcmp(format, "U") == 0 || strcmp(format, "Z") == 0 || strcmp(format, "+L") == 0;
}

static bool has_views(const arrow_column *column)
{
    return column->format[0] == 'v';
}

/*
 * A view is a length with the content, or behind its first bytes the number of a buffer and where
 * in it the content begins. There is one buffer. What is not put stays zero.
 */
enum { VIEW_LEN = 16, VIEW_CONTENT_MAX = 12 };

static void put_view(uint8_t view[VIEW_LEN], const uint8_t *data, uint32_t start, uint32_t len)
{
    memcpy(view, &len, sizeof len);
    memcpy(view + 4, data + start, len <= VIEW_CONTENT_MAX ? len : 4);
    if (len > VIEW_CONTENT_MAX) {
        memcpy(view + 12, &start, sizeof start);
    }
}

/*
 * Views of the contents that stand between offsets, which are given up.
 */
static int make_views(arrow_column *column)
{
    ladle_buffer *offsets = &column->offsets;
    ladle_buffer views = {0};
    size_t count = (size_t)column->count;
    if (have_memory(&column->data, 0) < 0 || have_memory(&views, VIEW_LEN * count) < 0) {
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t ends[2];
        memcpy(ends, offsets->data + sizeof *ends * i, sizeof ends);
        put_view(views.data + VIEW_LEN * i, column->data.data, ends[0], ends[1] - ends[0]);
    }
    ladle_buffer_free(offsets);
    *offsets = views;
    return 0;
}

static bool has_offsets(const arrow_column *column)
{
    enum arrow_op op = column->op;
    bool is_content = op == ARROW_TEXT || op == ARROW_BINARY;
    return op == ARROW_LIST || op == ARROW_MAP || (is_content && !arrow_is_encoded(column));
}

static bool has_data(enum arrow_op op)
{
    return op != ARROW_NULL && op != ARROW_LIST && op != ARROW_STRUCT && op != ARROW_MAP &&
           op != ARROW_ENTRIES && op != ARROW_RUN;
}

/*
 * Hand a buffer out.
 */
static void hold(struct holder *holder, struct ArrowArray *out, ladle_buffer *buffer)
{
    int64_t at = out->n_buffers++;
    holder->memory[at] = *buffer;
    holder->buffers[at] = buffer->data;
    *buffer = (ladle_buffer){0};
}

static int hold_offsets(arrow_column *column, struct holder *holder, struct ArrowArray *out)
{
    if (have_memory(&column->offsets, 4) < 0 ||
        (has_wide_offsets(column) && widen(&column->offsets) < 0) ||
        (has_views(column) && make_views(column) < 0)) {
        return -1;
    }
    hold(holder, out, &column->offsets);
    return 0;
}

static int hold_data(arrow_column *column, struct holder *holder, struct ArrowArray *out)
{
    if (column->op == ARROW_BOOL) {
        pack_bits(&column->data);
    } else if (arrow_has_words(column->op)) {
        narrow(column);
    }
    if (have_memory(&column->data, 0) < 0) {
        return -1;
    }
    hold(holder, out, &column->data);
    return 0;
}

/*
 * How long the buffer is that views point to.
 */
static int hold_length(struct holder *holder, struct ArrowArray *out, size_t len)
{
    int64_t length = (int64_t)len;
    ladle_buffer buffer = {0};
    if (arrow_put(&buffer, &length, sizeof length) < 0) {
        return -1;
    }
    hold(holder, out, &buffer);
    return 0;
}

static int take_buffers(arrow_column *column, struct holder *holder, struct ArrowArray *out)
{
    size_t data_len = column->data.len;
    out->buffers = holder->buffers;
    if (column->op == ARROW_NULL) {
        return 0;
    }
    if (column->validity.len) {
        pack_bits(&column->validity);
        hold(holder, out, &column->validity);
    } else {
        out->n_buffers++; /* all are valid */
    }
    if (has_offsets(column) && hold_offsets(column, holder, out) < 0) {
        return -1;
    }
    if (has_data(column->op) && hold_data(column, holder, out) < 0) {
        return -1;
    }
    return has_views(column) ? hold_length(holder, out, data_len) : 0;
}

/*
 * What is below a column: children, or a dictionary.
 */
static int detach_below(arrow_column *column, struct holder *holder, struct ArrowArray *out)
{
    size_t count = column->child_count;
    holder->children = calloc(count ? count : 1, sizeof *holder->children);
    out->children = calloc(count ? count : 1, sizeof *out->children);
    if (!holder->children || !out->children) {
        PyErr_NoMemory();
        return -1;
    }
    if (arrow_is_encoded(column)) {
        out->dictionary = &holder->children[0];
        return arrow_column_encode(column) < 0
                   ? -1
                   : arrow_column_detach(&column->children[0], out->dictionary);
    }
    for (size_t i = 0; i < count; i++) {
        out->children[i] = &holder->children[i];
        out->n_children++;
        if (arrow_column_detach(&column->children[i], out->children[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

int arrow_column_detach(arrow_column *column, struct ArrowArray *out)
{
    struct holder *holder = calloc(1, sizeof *holder);
    *out = (struct ArrowArray){.length = (int64_t)column->count,
                               .null_count = (int64_t)column->null_count,
                               .private_data = holder};
    if (!holder) {
        PyErr_NoMemory();
        return -1;
    }
    out->release = release_array;
    if (detach_below(column, holder, out) < 0 || take_buffers(column, holder, out) < 0) {
        release_array(out);
        return -1;
    }
    arrow_column_reset(column);
    return 0;
}
