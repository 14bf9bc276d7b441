/* SPDX-License-Identifier: BSD-2-Clause */
/* What came from arrays goes back into arrays. */
#include "fill.h"

#include "numpy_types.h"

/*
 * The layout of the values of a SCALAR or ARRAY column.
 */
struct fill_source {
    fill_source *next;
    core_layout layout;
    uint8_t order;
    size_t key_len;
    uint8_t key[]; /* dtype, then extents */
};

void core_fill_sources_free(core_fill *fill)
{
    while (fill->sources) {
        fill_source *next = fill->sources->next;
        core_layout_clear(&fill->sources->layout);
        PyMem_Free(fill->sources);
        fill->sources = next;
    }
}

static size_t extents_len(const ladle_view *view)
{
    size_t len = 0;
    for (uint32_t left = view->dimensions; left; len++) {
        left -= view->extents[len] < 0x80;
    }
    return len;
}

/*
 * Put dimensions around the layout of an item, in place.
 */
static int add_dimensions(core_layout *layout, const ladle_view *view, PyObject *dtype,
                          const core_state *state)
{
    Py_ssize_t extents[LADLE_ARRAY_DIMENSIONS_MAX + 1] = {0};
    Py_ssize_t strides[LADLE_ARRAY_DIMENSIONS_MAX + 1] = {0};
    Py_buffer rows = {.ndim = (int)view->dimensions + 1, .shape = extents, .strides = strides};
    ladle_cursor cursor = ladle_cursor_over(view->extents, extents_len(view));
    for (int i = 1; i < rows.ndim; i++) {
        extents[i] = (Py_ssize_t)ladle_cursor_varint(&cursor);
    }
    Py_ssize_t stride = (Py_ssize_t)view->item_len;
    for (int i = 1; i < rows.ndim; i++) {
        int at = view->code == 'F' ? i : rows.ndim - i;
        strides[at] = stride;
        stride *= extents[at];
    }
    return core_layout_init_rows(state, layout, dtype, &rows);
}

static fill_source *make_source(core_fill *fill, const ladle_view *view, size_t key_len)
{
    fill_source *source = PyMem_Calloc(1, sizeof *source + key_len);
    if (!source) {
        PyErr_NoMemory();
        return NULL;
    }
    source->key_len = key_len;
    source->order = view->code;
    memcpy(source->key, view->name.data, view->name.len);
    if (key_len > view->name.len) {
        memcpy(source->key + view->name.len, view->extents, key_len - view->name.len);
    }
    PyObject *dtype = core_decode_dtype(fill->decoder, view);
    int result = dtype ? add_dimensions(&source->layout, view, dtype, fill->state) : -1;
    Py_XDECREF(dtype);
    if (result < 0) {
        core_layout_clear(&source->layout);
        PyMem_Free(source);
        return NULL;
    }
    source->next = fill->sources;
    fill->sources = source;
    return source;
}

const core_layout *core_fill_source(core_fill *fill, const ladle_view *view)
{
    size_t shape_len = view->kind == LADLE_ARRAY ? extents_len(view) : 0;
    size_t key_len = view->name.len + shape_len;
    for (fill_source *source = fill->sources; source; source = source->next) {
        if (source->key_len == key_len && source->order == view->code &&
            memcmp(source->key, view->name.data, view->name.len) == 0 &&
            (!shape_len || memcmp(source->key + view->name.len, view->extents, shape_len) == 0)) {
            return &source->layout;
        }
    }
    fill_source *made = make_source(fill, view, key_len);
    return made ? &made->layout : NULL;
}

/*
 * Whether items of one are items of the other, by all bytes.
 */
static bool layouts_equal(const core_layout *a, const core_layout *b)
{
    if (a->form != b->form || a->len != b->len || a->child_count != b->child_count ||
        a->extent != b->extent || a->stride != b->stride || a->kind != b->kind ||
        a->is_swapped != b->is_swapped || a->unit != b->unit || a->units != b->units ||
        a->kind == 'O') {
        return false;
    }
    for (uint32_t i = 0; i < a->child_count; i++) {
        if (a->children[i].offset != b->children[i].offset || b->children[i].column ||
            !layouts_equal(&a->children[i], &b->children[i])) {
            return false;
        }
    }
    return true;
}

/*
 * Bytes of an item with all its dimensions when they follow each other without a gap, else 0.
 */
static size_t packed_len(const core_layout *layout)
{
    if (layout->form != LAYOUT_ITEMS) {
        return layout->len;
    }
    size_t len = packed_len(&layout->children[0]);
    return (ptrdiff_t)len == layout->stride ? len * (size_t)layout->extent : 0;
}

/*
 * Values that lie one behind the other in a file.
 */
struct items {
    const uint8_t *from;
    ptrdiff_t stride;
};

static void copy_whole(const struct items *items, size_t len, const fill_picks *picks, uint8_t *to,
                       ptrdiff_t stride)
{
    if (!picks->places && stride == (ptrdiff_t)len && items->stride == (ptrdiff_t)len) {
        memcpy(to, items->from, len * (size_t)picks->count);
        return;
    }
    const uint8_t *from = items->from;
    for (uint64_t i = 0; i < picks->count; i++, from += items->stride) {
        memcpy(fill_place(picks, i, to, stride), from, len);
    }
}

/*
 * Floats that differ in the order of their bytes only: a NaN that signals is to stay what it is.
 */
static bool are_same_floats(const core_layout *a, const core_layout *b)
{
    return a->kind == b->kind && a->len == b->len && (a->kind == 'f' || a->kind == 'c');
}

static void copy_floats(const core_fill *fill, const core_layout *source, const struct items *items,
                        const fill_picks *picks, const core_layout *layout, uint8_t *to,
                        ptrdiff_t stride)
{
    const uint8_t *from = items->from;
    for (uint64_t i = 0; !fill->is_check && i < picks->count; i++, from += items->stride) {
        uint8_t *place = fill_place(picks, i, to, stride);
        memcpy(place, from, layout->len);
        if (source->is_swapped != layout->is_swapped) {
            core_swap(layout, place);
        }
    }
}

static void convert_leaves(core_fill *fill, const core_layout *source, const struct items *items,
                           const fill_picks *picks, const core_layout *layout, uint8_t *to,
                           ptrdiff_t stride)
{
    core_value value;
    const uint8_t *from = items->from;
    for (uint64_t i = 0; i < picks->count; i++, from += items->stride) {
        core_value_load(&value, source, from);
        uint8_t *place = fill->is_check ? fill->scratch : fill_place(picks, i, to, stride);
        enum core_fit fit = core_convert(&value, layout, place);
        if (fit != FIT_OK) {
            core_fill_fail(fill, picks, i, fit, layout, "a NumPy value");
            return;
        }
    }
}

static void copy_items(core_fill *fill, const core_layout *source, const struct items *items,
                       const fill_picks *picks, const core_layout *layout, uint8_t *to,
                       ptrdiff_t stride)
{
    size_t len = packed_len(layout);
    if (len && layouts_equal(source, layout)) {
        if (!fill->is_check) {
            copy_whole(items, len, picks, to, stride);
        }
        return;
    }
    if (source->form == LAYOUT_LEAF && layout->form == LAYOUT_LEAF &&
        are_same_floats(source, layout)) {
        copy_floats(fill, source, items, picks, layout, to, stride);
        return;
    }
    if (source->form == LAYOUT_LEAF && layout->form == LAYOUT_LEAF) {
        convert_leaves(fill, source, items, picks, layout, to, stride);
        return;
    }
    bool is_fields = layout->form == LAYOUT_FIELDS;
    uint64_t count = is_fields ? layout->child_count : layout->extent;
    if (source->form != layout->form || layout->form == LAYOUT_LEAF) {
        core_fill_fail(fill, picks, 0, FIT_KIND, layout, "a NumPy value");
        return;
    }
    if (count != (is_fields ? source->child_count : source->extent)) {
        core_fill_fail(fill, picks, 0, FIT_COUNT, layout, NULL);
        return;
    }
    for (uint64_t i = 0; i < count; i++) {
        const core_layout *inner = &source->children[is_fields ? i : 0];
        const core_layout *field = &layout->children[is_fields ? i : 0];
        struct items part = *items;
        uint8_t *field_to = to;
        ptrdiff_t field_stride = stride;
        part.from += is_fields ? inner->offset : (ptrdiff_t)i * source->stride;
        core_fill_place(fill, layout, i, &field_to, &field_stride);
        copy_items(fill, inner, &part, picks, field, field_to, field_stride);
    }
}

int core_fill_items(core_fill *fill, const ladle_view *view, uint64_t start,
                    const fill_picks *picks, const core_layout *layout, uint8_t *to,
                    ptrdiff_t stride)
{
    const core_layout *source = core_fill_source(fill, view);
    if (!source) {
        return -1;
    }
    struct items items = {view->bytes + start * view->value_len, (ptrdiff_t)view->value_len};
    copy_items(fill, source, &items, picks, layout, to, stride);
    return 0;
}
