/* SPDX-License-Identifier: BSD-2-Clause */
/* Arrow columns: from a plan, and into what others take. */
#include "arrow_column.h"

static int take_children(const core_state *state, arrow_column *column, PyObject *children)
{
    Py_ssize_t count = PyTuple_GET_SIZE(children);
    column->children = PyMem_Calloc(count ? (size_t)count : 1, sizeof *column->children);
    if (!column->children) {
        PyErr_NoMemory();
        return -1;
    }
    column->child_count = (uint32_t)count;
    for (Py_ssize_t i = 0; i < count; i++) {
        column->children[i].parent = column;
        if (arrow_column_init(state, &column->children[i], PyTuple_GET_ITEM(children, i)) < 0) {
            return -1;
        }
    }
    return 0;
}

/*
 * What an op needs to know: digits, extent, or the dtype that items of NumPy have in memory.
 */
static int take_detail(const core_state *state, arrow_column *column, PyObject *detail)
{
    if (detail == Py_None) {
        return 0;
    }
    if (column->op == ARROW_DECIMAL) {
        column->scale = (int)PyLong_AsLong(detail);
    } else if (column->op == ARROW_RUN) {
        column->extent = PyLong_AsUnsignedLongLong(detail);
        column->has_layout = true;
    } else if (detail == Py_True) {
        column->has_layout = true;
    } else {
        column->has_layout = true;
        return core_layout_init(state, &column->layout, detail);
    }
    return PyErr_Occurred() ? -1 : 0;
}

int arrow_column_init(const core_state *state, arrow_column *column, PyObject *plan)
{
    int op;
    int is_nullable;
    Py_ssize_t name_len;
    PyObject *children;
    PyObject *detail;
    if (!PyArg_ParseTuple(plan, "iss#pO!O", &op, &column->format, &column->name, &name_len,
                          &is_nullable, &PyTuple_Type, &children, &detail)) {
        return -1;
    }
    column->op = (enum arrow_op)op;
    column->name_len = (size_t)name_len;
    column->is_nullable = is_nullable;
    return take_detail(state, column, detail) < 0 ? -1 : take_children(state, column, children);
}

void arrow_column_reset(arrow_column *column)
{
    column->count = 0;
    column->null_count = 0;
    column->validity.len = 0;
    column->offsets.len = 0;
    column->data.len = 0;
    for (uint32_t i = 0; i < column->child_count; i++) {
        arrow_column_reset(&column->children[i]);
    }
}

void arrow_column_clear(arrow_column *column)
{
    for (uint32_t i = 0; i < column->child_count; i++) {
        arrow_column_clear(&column->children[i]);
    }
    PyMem_Free(column->children);
    core_layout_clear(&column->layout);
    ladle_buffer_free(&column->validity);
    ladle_buffer_free(&column->offsets);
    ladle_buffer_free(&column->data);
    *column = (arrow_column){.op = ARROW_NULL};
}

uint64_t arrow_column_len(const arrow_column *column)
{
    uint64_t len = column->validity.len + column->offsets.len + column->data.len;
    for (uint32_t i = 0; i < column->child_count; i++) {
        len += arrow_column_len(&column->children[i]);
    }
    return len;
}

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
    for (int64_t i = 0; array->children && i < array->n_children; i++) {
        ARROW_RELEASE(array->children[i]);
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
    bool is_bool = column->op == ARROW_BOOL;
    int count = column->op == ARROW_NULL ? 0 : 1;
    if (column->validity.len) {
        pack_bits(&column->validity);
        holder->memory[0] = column->validity;
        holder->buffers[0] = column->validity.data;
        column->validity = (ladle_buffer){0};
    }
    if (has_offsets(column->op)) {
        if (have_memory(&column->offsets, 4) < 0) {
            return -1;
        }
        holder->memory[count] = column->offsets;
        holder->buffers[count++] = column->offsets.data;
        column->offsets = (ladle_buffer){0};
    }
    if (has_data(column->op)) {
        if (is_bool) {
            pack_bits(&column->data);
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

static void release_schema(struct ArrowSchema *schema)
{
    for (int64_t i = 0; schema->children && i < schema->n_children; i++) {
        ARROW_RELEASE(schema->children[i]);
        free(schema->children[i]);
    }
    free(schema->children);
    free((void *)(uintptr_t)schema->format);
    free((void *)(uintptr_t)schema->name);
    schema->release = NULL;
}

static char *copy_text(const char *text)
{
    size_t len = strlen(text) + 1;
    char *copy = malloc(len);
    return copy ? memcpy(copy, text, len) : NULL;
}

int arrow_column_schema(const arrow_column *column, struct ArrowSchema *out)
{
    size_t count = column->child_count;
    *out = (struct ArrowSchema){.format = copy_text(column->format),
                                .name = copy_text(column->name),
                                .flags = column->is_nullable ? ARROW_FLAG_NULLABLE : 0,
                                .children = calloc(count ? count : 1, sizeof *out->children),
                                .release = release_schema};
    bool has_memory = out->format && out->name && out->children;
    for (size_t i = 0; i < count && has_memory; i++) {
        struct ArrowSchema *child = calloc(1, sizeof *child);
        if (!child || arrow_column_schema(&column->children[i], child) < 0) {
            free(child);
            has_memory = false;
        } else {
            out->children[out->n_children++] = child;
        }
    }
    if (!has_memory) {
        release_schema(out);
        PyErr_NoMemory();
        return -1;
    }
    return 0;
}
