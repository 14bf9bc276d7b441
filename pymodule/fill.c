/* SPDX-License-Identifier: BSD-2-Clause */
#include "fill.h"

/*
 * Bytes of rows that are filled at a time: they stay in the nearest cache while column after column
 * is put into them.
 */
#define TILE_LEN      16384
#define TILE_ROWS_MIN 64
#define TILE_ROWS_MAX 4096

/*
 * An array of so many bytes is not expected to stay in a cache until somebody reads it. To store
 * past the caches then spares reading what is about to be overwritten.
 */
#define LARGE_LEN ((size_t)8 << 20)

static size_t layout_len(const core_layout *layout, size_t *leaf_max)
{
    size_t len = 0;
    if (layout->form == LAYOUT_LEAF) {
        *leaf_max = layout->len > *leaf_max ? layout->len : *leaf_max;
        return layout->len;
    }
    for (uint32_t i = 0; i < layout->child_count; i++) {
        len += layout_len(&layout->children[i], leaf_max);
    }
    return layout->form == LAYOUT_ITEMS ? len * (size_t)layout->extent : len;
}

int core_fill_begin(core_fill *fill, const core_state *state, core_decoder *decoder,
                    const core_layout *layout, size_t len)
{
    size_t leaf_max = 32;
    *fill = (core_fill){
        .state = state, .decoder = decoder, .layout = layout, .is_large = len >= LARGE_LEN};
    (void)layout_len(layout, &leaf_max);
    fill->scratch = PyMem_Malloc(leaf_max);
    if (!fill->scratch) {
        PyErr_NoMemory();
        return -1;
    }
    return 0;
}

void core_fill_end(core_fill *fill)
{
    core_fill_block(fill);
    core_fill_sources_free(fill);
    ladle_buffer_free(&fill->undo);
    ladle_buffer_free(&fill->tagged);
    PyMem_Free(fill->scratch);
}

void core_fill_block(core_fill *fill)
{
    core_fill_entries_free(fill);
}

void core_fill_fail(core_fill *fill, const fill_picks *picks, uint64_t index, enum core_fit fit,
                    const core_layout *layout, const char *what)
{
    uint64_t row = fill_row(picks, index);
    if (row < fill->limit) {
        fill->limit = row;
        fill->fit = fit;
        fill->failed = layout;
        fill->what = what;
        fill->failed_item = picks->items         ? picks->items[index]
                            : picks->per_row > 1 ? index % picks->per_row
                                                 : fill->item;
    }
}

struct cursor {
    ladle_view *view;
    uint64_t next;
    uint64_t next_byte;
};

int core_fill_advance(core_fill *fill, ladle_view *view, uint64_t count, uint64_t len)
{
    struct cursor before = {view, view->next, view->next_byte};
    if (fill->is_check && ladle_buffer_put(&fill->undo, &before, sizeof before) != LADLE_OK) {
        PyErr_NoMemory();
        return -1;
    }
    view->next += count;
    view->next_byte += len;
    return 0;
}

static void move_back(core_fill *fill)
{
    const struct cursor *cursors = (const struct cursor *)(void *)fill->undo.data;
    for (size_t i = fill->undo.len / sizeof *cursors; i-- > 0;) {
        cursors[i].view->next = cursors[i].next;
        cursors[i].view->next_byte = cursors[i].next_byte;
    }
    fill->undo.len = 0;
}

/*
 * The picks whose word 'is_wanted'. Memory is the caller's to free. -1: an exception is set.
 */
static int pick_some(const ladle_packed *words, uint64_t start, const fill_picks *picks,
                     const bool is_wanted[256], fill_picks *some, uint32_t **memory)
{
    if (picks->count > UINT32_MAX / 8) {
        PyErr_SetString(PyExc_MemoryError, "a record has too many items for an array");
        return -1;
    }
    uint32_t *places = PyMem_Malloc(3 * sizeof *places * (size_t)picks->count + 1);
    if (!places) {
        PyErr_NoMemory();
        return -1;
    }
    uint32_t *rows = places + picks->count;
    uint32_t *items = picks->items || picks->per_row > 1 ? rows + picks->count : NULL;
    uint64_t count = 0;
    for (uint64_t i = 0; i < picks->count; i++) {
        if (is_wanted[ladle_packed_get(words, start + i) & 255]) {
            places[count] = picks->places ? picks->places[i] : (uint32_t)i;
            rows[count] = (uint32_t)fill_row(picks, i);
            if (items) {
                items[count] = picks->items ? picks->items[i] : (uint32_t)(i % picks->per_row);
            }
            count++;
        }
    }
    *some =
        (fill_picks){.count = count, .places = places, .rows = rows, .per_row = 1, .items = items};
    *memory = places;
    return 0;
}

/*
 * How a view goes into a layout.
 */
enum route {
    ROUTE_ABSENT,
    ROUTE_UNION,
    ROUTE_ITEMS,
    ROUTE_TUPLE,
    ROUTE_NAMED,
    ROUTE_LIST,
    ROUTE_LEAF,
    ROUTE_TAGGED /* moves the cursors of the view and of all below it by itself */
};

static bool has_objects(const core_layout *layout)
{
    bool found = layout->form == LAYOUT_LEAF && layout->kind == 'O';
    for (uint32_t i = 0; i < layout->child_count && !found; i++) {
        found = has_objects(&layout->children[i]);
    }
    return found;
}

static enum route route_of(const ladle_view *view, const core_layout *layout)
{
    bool is_leaf = layout->form == LAYOUT_LEAF;
    bool is_object = is_leaf && layout->kind == 'O';
    switch (view->kind) {
    case LADLE_NONE:
        return is_object ? ROUTE_TAGGED : ROUTE_ABSENT;
    case LADLE_UNION:
        return is_object ? ROUTE_TAGGED : ROUTE_UNION;
    case LADLE_SCALAR:
    case LADLE_ARRAY:
        return has_objects(layout) ? ROUTE_TAGGED : ROUTE_ITEMS;
    case LADLE_TUPLE:
        return is_leaf ? ROUTE_TAGGED : ROUTE_TUPLE;
    case LADLE_DICT:
    case LADLE_OBJECT:
        return layout->form == LAYOUT_FIELDS ? ROUTE_NAMED : ROUTE_TAGGED;
    case LADLE_LIST:
    case LADLE_TUPLES:
        return layout->form == LAYOUT_ITEMS ? ROUTE_LIST : ROUTE_TAGGED;
    default:
        return is_leaf && !is_object && core_fill_has_loop(view) ? ROUTE_LEAF : ROUTE_TAGGED;
    }
}

/*
 * Move the cursor of a child, which has no parent whose rows number its values, behind some values.
 */
static int advance_child(core_fill *fill, ladle_view *child, const core_layout *layout,
                         uint64_t count)
{
    return route_of(child, layout) == ROUTE_TAGGED ? 0 : core_fill_advance(fill, child, count, 0);
}

/*
 * Fill those values of a child, which come next in it, whose word is wanted.
 */
static int fill_some(core_fill *fill, const ladle_view *view, uint64_t start, ladle_view *child,
                     const bool is_wanted[256], const fill_picks *picks, const core_layout *layout,
                     uint8_t *to, ptrdiff_t stride)
{
    fill_picks some;
    uint32_t *memory;
    if (pick_some(&view->words, start, picks, is_wanted, &some, &memory) < 0) {
        return -1;
    }
    int result = 0;
    if (some.count && child) {
        result = core_fill_view(fill, child, child->next, &some, layout, to, stride);
        if (result == 0) {
            result = advance_child(fill, child, layout, some.count);
        }
    } else if (some.count) {
        result = core_fill_absent(fill, &some, layout, to, stride, "a key is missing");
    }
    PyMem_Free(memory);
    return result;
}

static int fill_union(core_fill *fill, ladle_view *view, uint64_t start, const fill_picks *picks,
                      const core_layout *layout, uint8_t *to, ptrdiff_t stride)
{
    for (uint32_t i = 0; i < view->child_count; i++) {
        bool is_wanted[256] = {false};
        is_wanted[i] = true;
        if (fill_some(fill, view, start, &view->children[i], is_wanted, picks, layout, to, stride) <
            0) {
            return -1;
        }
    }
    return 0;
}

/*
 * The child that has a field's name, or UINT32_MAX. They often stand in the same order.
 */
static uint32_t find_name(const ladle_view *view, const core_layout *field, uint32_t guess)
{
    for (uint32_t i = 0; i < view->child_count; i++) {
        uint32_t at = guess + i < view->child_count ? guess + i : guess + i - view->child_count;
        if (fill_is_named(field, view->names[at].data, view->names[at].len)) {
            return at;
        }
    }
    return UINT32_MAX;
}

/*
 * Whether a column is among those of a key list, where it often stands in its own place.
 */
static bool list_has(const ladle_columns *list, uint32_t column)
{
    bool found = column < list->count && list->columns[column] == column;
    for (uint32_t i = 0; i < list->count && !found; i++) {
        found = list->columns[i] == column;
    }
    return found;
}

static int fill_column(core_fill *fill, ladle_view *view, uint64_t start, uint32_t column,
                       const fill_picks *picks, const core_layout *field, uint8_t *to,
                       ptrdiff_t stride)
{
    bool is_wanted[256] = {false};
    bool is_always = true;
    for (uint32_t i = 0; i < view->list_count; i++) {
        is_wanted[i] = list_has(&view->lists[i], column);
        is_always &= is_wanted[i];
    }
    if (is_always && column != UINT32_MAX) {
        /* All rows have it, so that its values are numbered as the rows are. */
        return core_fill_view(fill, &view->children[column], start, picks, field, to, stride);
    }
    if (view->list_count == 1 || column == UINT32_MAX) {
        return core_fill_absent(fill, picks, field, to, stride, "a key is missing");
    }
    ladle_view *child = &view->children[column];
    if (fill_some(fill, view, start, child, is_wanted, picks, field, to, stride) < 0) {
        return -1;
    }
    for (uint32_t i = 0; i < view->list_count; i++) {
        is_wanted[i] = !is_wanted[i];
    }
    return fill_some(fill, view, start, NULL, is_wanted, picks, field, to, stride);
}

/*
 * By name.
 */
static int fill_named(core_fill *fill, ladle_view *view, uint64_t start, const fill_picks *picks,
                      const core_layout *layout, uint8_t *to, ptrdiff_t stride)
{
    uint32_t guess = 0;
    for (uint32_t i = 0; i < layout->child_count; i++) {
        const core_layout *field = &layout->children[i];
        uint8_t *field_to = to;
        ptrdiff_t field_stride = stride;
        core_fill_place(fill, layout, i, &field_to, &field_stride);
        uint32_t found = find_name(view, field, guess);
        guess = found == UINT32_MAX ? guess : found + 1;
        int result = 0;
        if (view->kind == LADLE_DICT) {
            result = fill_column(fill, view, start, found, picks, field, field_to, field_stride);
        } else if (found == UINT32_MAX) {
            result =
                core_fill_absent(fill, picks, field, field_to, field_stride, "a field is missing");
        } else {
            result = core_fill_view(fill, &view->children[found], start, picks, field, field_to,
                                    field_stride);
        }
        if (result < 0) {
            return -1;
        }
    }
    return 0;
}

/*
 * Columns that are called by the numbers of items.
 */
static int fill_numbered(core_fill *fill, ladle_view *view, uint64_t start, const fill_picks *picks,
                         const core_layout *layout)
{
    for (uint32_t i = 0; i < layout->child_count; i++) {
        const core_layout *field = &layout->children[i];
        uint8_t *to = NULL;
        ptrdiff_t stride = 0;
        core_fill_place(fill, layout, i, &to, &stride);
        int result = field->number < view->child_count
                         ? core_fill_view(fill, &view->children[field->number], start, picks, field,
                                          to, stride)
                         : core_fill_absent(fill, picks, field, to, stride, "an item is missing");
        if (result < 0) {
            return -1;
        }
    }
    return 0;
}

/*
 * By position.
 */
static int fill_tuple(core_fill *fill, ladle_view *view, uint64_t start, const fill_picks *picks,
                      const core_layout *layout, uint8_t *to, ptrdiff_t stride)
{
    bool is_fields = layout->form == LAYOUT_FIELDS;
    uint64_t expected = is_fields ? layout->child_count : layout->extent;
    if (layout->is_numbered) {
        return fill_numbered(fill, view, start, picks, layout);
    }
    if (view->child_count != expected) {
        core_fill_fail(fill, picks, 0, FIT_COUNT, layout, NULL);
        return 0;
    }
    uint64_t item = fill->item;
    for (uint32_t i = 0; i < view->child_count; i++) {
        const core_layout *field = &layout->children[is_fields ? i : 0];
        uint8_t *field_to = to;
        ptrdiff_t field_stride = stride;
        core_fill_place(fill, layout, i, &field_to, &field_stride);
        fill->item = is_fields ? item : i;
        if (core_fill_view(fill, &view->children[i], start, picks, field, field_to, field_stride) <
            0) {
            return -1;
        }
    }
    fill->item = item;
    return 0;
}

/*
 * Lists that all have as many items as the layout. Where the items of all rows follow each other
 * they are one run, otherwise each row is.
 */
static int fill_list(core_fill *fill, ladle_view *view, uint64_t start, const fill_picks *picks,
                     const core_layout *layout, uint8_t *to, ptrdiff_t stride)
{
    uint64_t extent = layout->extent;
    uint64_t fitting = 0;
    while (fitting < picks->count && ladle_packed_get(&view->words, start + fitting) == extent) {
        fitting++;
    }
    if (fitting < picks->count) {
        core_fill_fail(fill, picks, fitting, FIT_COUNT, layout, NULL);
    }
    ladle_view *child = &view->children[0];
    const core_layout *item = &layout->children[0];
    bool is_one_run = !picks->places && !picks->rows && picks->per_row == 1 &&
                      stride == (ptrdiff_t)extent * layout->stride;
    uint64_t runs = is_one_run || extent == 0 ? 1 : fitting;
    uint64_t per_run = is_one_run || extent == 0 ? fitting * extent : extent;
    for (uint64_t i = 0; per_run && i < runs; i++) {
        fill_picks run = {.count = per_run, .row = fill_row(picks, i), .per_row = extent};
        if (core_fill_view(fill, child, child->next, &run, item, fill_place(picks, i, to, stride),
                           layout->stride) < 0 ||
            advance_child(fill, child, item, per_run) < 0) {
            return -1;
        }
    }
    return 0;
}

static void put_absent(const fill_picks *picks, const core_layout *layout, uint8_t *to,
                       ptrdiff_t stride)
{
    for (uint64_t i = 0; i < picks->count; i++) {
        uint8_t *place = fill_place(picks, i, to, stride);
        if (layout->kind == 'O') {
            core_fill_object(place, layout->absent);
        } else {
            memcpy(place, layout->absent, layout->len);
        }
    }
}

int core_fill_absent(core_fill *fill, const fill_picks *picks, const core_layout *layout,
                     uint8_t *to, ptrdiff_t stride, const char *what)
{
    if (picks->count == 0) {
        return 0;
    }
    if (layout->form == LAYOUT_LEAF && !layout->absent) {
        core_fill_fail(fill, picks, 0, what ? FIT_ABSENT : FIT_NONE, layout, what);
        return 0;
    }
    if (layout->form == LAYOUT_LEAF) {
        if (!fill->is_check) {
            put_absent(picks, layout, to, stride);
        }
        return 0;
    }
    uint64_t times = layout->form == LAYOUT_ITEMS ? layout->extent : layout->child_count;
    for (uint64_t i = 0; i < times; i++) {
        const core_layout *field = &layout->children[layout->form == LAYOUT_FIELDS ? i : 0];
        uint8_t *field_to = to;
        ptrdiff_t field_stride = stride;
        core_fill_place(fill, layout, i, &field_to, &field_stride);
        if (core_fill_absent(fill, picks, field, field_to, field_stride, what) < 0) {
            return -1;
        }
    }
    return 0;
}

int core_fill_view(core_fill *fill, ladle_view *view, uint64_t start, const fill_picks *picks,
                   const core_layout *layout, uint8_t *to, ptrdiff_t stride)
{
    switch (route_of(view, layout)) {
    case ROUTE_ABSENT:
        return core_fill_absent(fill, picks, layout, to, stride, NULL);
    case ROUTE_UNION:
        return fill_union(fill, view, start, picks, layout, to, stride);
    case ROUTE_ITEMS:
        return core_fill_items(fill, view, start, picks, layout, to, stride);
    case ROUTE_TUPLE:
        return fill_tuple(fill, view, start, picks, layout, to, stride);
    case ROUTE_NAMED:
        return fill_named(fill, view, start, picks, layout, to, stride);
    case ROUTE_LIST:
        return fill_list(fill, view, start, picks, layout, to, stride);
    case ROUTE_LEAF:
        return core_fill_leaf(fill, view, start, picks, layout, to, stride);
    default:
        return core_fill_tagged(fill, view, picks, layout, to, stride);
    }
}

/*
 * Rows to fill at a time.
 */
static uint64_t tile_rows(const core_layout *layout)
{
    size_t ignored = 0;
    size_t len = layout_len(layout, &ignored);
    uint64_t rows = TILE_LEN / (len ? len : 1);
    return rows < TILE_ROWS_MIN ? TILE_ROWS_MIN : rows > TILE_ROWS_MAX ? TILE_ROWS_MAX : rows;
}

static int pass(core_fill *fill, ladle_view *root, uint64_t row, uint64_t count, uint8_t *to,
                ptrdiff_t stride)
{
    fill_picks picks = {.count = count, .per_row = 1};
    fill->item = UINT64_MAX;
    int result = core_fill_view(fill, root, row, &picks, fill->layout, to, stride);
    if (fill->is_check) {
        move_back(fill);
    }
    return result;
}

/*
 * Check rows, and fill as many as fit.
 */
static int fill_tile(core_fill *fill, ladle_view *root, uint64_t row, uint64_t count, uint8_t *to,
                     ptrdiff_t stride, uint64_t *done)
{
    *done = 0;
    fill->limit = count;
    fill->is_check = true;
    fill->tagged.len = 0;
    if (pass(fill, root, row, count, to, stride) < 0) {
        return -1;
    }
    if (fill->limit < count) {
        /* Once more for those that fit, as filling goes the same way as the check before it. */
        struct core_fill failed = *fill;
        ladle_view_seek(root, row);
        fill->tagged.len = 0;
        if (pass(fill, root, row, failed.limit, to, stride) < 0) {
            return -1;
        }
        fill->fit = failed.fit;
        fill->failed = failed.failed;
        fill->what = failed.what;
        fill->failed_item = failed.failed_item;
        count = failed.limit;
    }
    fill->is_check = false;
    fill->tagged_next = 0;
    *done = count;
    return count ? pass(fill, root, row, count, to, stride) : 0;
}

void core_fill_place(const core_fill *fill, const core_layout *layout, uint64_t index, uint8_t **to,
                     ptrdiff_t *stride)
{
    if (layout->form == LAYOUT_ITEMS) {
        *to += (ptrdiff_t)index * layout->stride;
        return;
    }
    const core_layout *field = &layout->children[index];
    if (field->column) {
        *stride = field->row_stride;
        *to = field->column + (ptrdiff_t)fill->filled * *stride;
    } else {
        *to += field->offset;
    }
}

int core_fill_rows(core_fill *fill, ladle_view *root, uint64_t row, uint64_t count, uint8_t *to,
                   ptrdiff_t stride, uint64_t filled, uint64_t *done)
{
    uint64_t tile = tile_rows(fill->layout);
    uint64_t tile_done = 0;
    if (core_fill_matrix(fill, root, row, count, to, stride)) {
        *done = count;
        return 0;
    }
    for (*done = 0; *done < count; *done += tile_done) {
        uint64_t left = count - *done;
        uint64_t rows = left < tile ? left : tile;
        fill->filled = filled + *done;
        if (fill_tile(fill, root, row + *done, rows, to + (ptrdiff_t)*done * stride, stride,
                      &tile_done) < 0) {
            return -1;
        }
        if (tile_done < rows) {
            *done += tile_done;
            return 0;
        }
    }
    return 0;
}
