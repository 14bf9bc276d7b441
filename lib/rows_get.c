/* SPDX-License-Identifier: BSD-2-Clause */
#include "rows_get.h"

#include "rows_leaf.h"
#include "shape.h"
#include "status.h"
#include "view.h"

#include <inttypes.h>

/*
 * Values of a dictionary, one by one.
 */
static ladle_status get_entries(const struct ladle_rows_getter *getter, ladle_view *view,
                                const ladle_field *field, const struct ladle_places *places)
{
    for (size_t i = 0; i < places->count; i++) {
        struct ladle_places place = ladle_places_from(places, i, 1);
        struct ladle_rows_getter from = ladle_getter_from(getter, i);
        ladle_view_enter(view, ladle_packed_get(&view->words, view->next));
        LADLE_TRY(ladle_rows_get_leaf(&from, &view->children[0], field, &place));
        view->next++;
    }
    return LADLE_OK;
}

static ladle_status get(const struct ladle_rows_getter *getter, ladle_view *view,
                        const ladle_field *field, bool is_element,
                        const struct ladle_places *places);

/*
 * What stands in for None, or for a key that is not there.
 */
static ladle_status get_missing(const struct ladle_rows_getter *getter, const ladle_field *field,
                                bool is_element, const char *why, const struct ladle_places *places)
{
    if (!field->missing || is_element) {
        return ladle_misfit(getter, 0, "%s", why);
    }
    for (size_t i = 0; i < places->count; i++) {
        memcpy(places->first + i * places->stride, field->missing, field->len);
    }
    return LADLE_OK;
}

/*
 * How many of the next words, up to 'count', are the same as the first.
 */
static size_t run_len(const ladle_view *view, size_t count)
{
    uint64_t word = ladle_packed_get(&view->words, view->next);
    size_t len = 1;
    if (view->words.bits == 0) {
        return count;
    }
    while (len < count && ladle_packed_get(&view->words, view->next + len) == word) {
        len++;
    }
    return len;
}

static ladle_status get_union(const struct ladle_rows_getter *getter, ladle_view *view,
                              const ladle_field *field, bool is_element,
                              const struct ladle_places *places)
{
    for (size_t done = 0; done < places->count;) {
        struct ladle_places run =
            ladle_places_from(places, done, run_len(view, places->count - done));
        struct ladle_rows_getter from = ladle_getter_from(getter, done);
        ladle_view *alternative = &view->children[ladle_packed_get(&view->words, view->next)];
        LADLE_TRY(get(&from, alternative, field, is_element, &run));
        view->next += run.count;
        done += run.count;
    }
    return LADLE_OK;
}

static ladle_status get_tuples_as_arrays(const struct ladle_rows_getter *getter, ladle_view *view,
                                         const ladle_field *field,
                                         const struct ladle_places *places)
{
    size_t size = ladle_field_size(field);
    if (view->child_count != ladle_field_count(field)) {
        return ladle_misfit(getter, 0, "has %" PRIu32 " items, not %zu", view->child_count,
                            ladle_field_count(field));
    }
    for (uint32_t i = 0; i < view->child_count; i++) {
        struct ladle_places column = *places;
        column.first += i * size;
        LADLE_TRY(get(getter, &view->children[i], field, true, &column));
    }
    view->next += places->count;
    return LADLE_OK;
}

static ladle_status get_arrays(const struct ladle_rows_getter *getter, ladle_view *view,
                               const ladle_field *field, const struct ladle_places *places)
{
    size_t count = ladle_field_count(field);
    if (view->kind == LADLE_TUPLE) {
        return get_tuples_as_arrays(getter, view, field, places);
    }
    if (view->kind != LADLE_LIST && view->kind != LADLE_TUPLES) {
        return ladle_misfit_kind(getter, view, field);
    }
    for (size_t i = 0; i < places->count; i++) {
        struct ladle_rows_getter inside = ladle_getter_from(getter, i);
        struct ladle_places elements = {.first = places->first + i * places->stride,
                                        .stride = ladle_field_size(field),
                                        .count = count};
        uint64_t len = ladle_packed_get(&view->words, view->next);
        if (len != count) {
            return ladle_misfit(getter, i, "has %" PRIu64 " items, not %zu", len, count);
        }
        inside.is_inside_row = true;
        LADLE_TRY(get(&inside, &view->children[0], field, true, &elements));
        view->next++;
    }
    return LADLE_OK;
}

/*
 * Step over values that have no field.
 */
static void skip(ladle_view *view, uint64_t count);

static void skip_children(ladle_view *view, uint64_t count)
{
    for (uint32_t i = 0; i < view->child_count; i++) {
        skip(&view->children[i], count);
    }
}

static uint64_t sum_of_words(const ladle_view *view, uint64_t count)
{
    uint64_t sum = 0;
    if (view->words.bits == 0) {
        return view->words.base * count;
    }
    for (uint64_t i = 0; i < count; i++) {
        sum += ladle_packed_get(&view->words, view->next + i);
    }
    return sum;
}

static void skip_selected(ladle_view *view, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        uint64_t word = view->kind == LADLE_DICT && view->list_count < 2
                            ? 0
                            : ladle_packed_get(&view->words, view->next + i);
        if (view->kind == LADLE_UNION) {
            skip(&view->children[word], 1);
            continue;
        }
        for (uint32_t j = 0; j < view->lists[word].count; j++) {
            skip(&view->children[view->lists[word].columns[j]], 1);
        }
    }
}

static void skip(ladle_view *view, uint64_t count)
{
    switch (view->kind) {
    case LADLE_TUPLE:
    case LADLE_OBJECT:
    case LADLE_EXTENSION:
        skip_children(view, count);
        break;
    case LADLE_UNION:
    case LADLE_DICT:
        skip_selected(view, count);
        break;
    default:
        if (ladle_kind_has_bytes(view->kind)) {
            view->next_byte += sum_of_words(view, count);
        } else if (ladle_kind_is_repeated(view->kind)) {
            skip_children(view, sum_of_words(view, count));
        }
        break;
    }
    view->next += count;
}

static ladle_status get_column(const struct ladle_rows_getter *getter, ladle_view *column,
                               const ladle_field *field, const struct ladle_places *places)
{
    struct ladle_path *path = &getter->misfit->path;
    struct ladle_places members = *places;
    members.first += field->offset;
    path->fields[path->depth++] = field;
    LADLE_TRY(column ? get(getter, column, field, false, &members)
                     : get_missing(getter, field, false, "is missing", &members));
    path->depth--;
    return LADLE_OK;
}

static bool is_name(const ladle_string *name, const char *wanted)
{
    return strncmp(wanted, name->data, name->len) == 0 && !wanted[name->len];
}

/*
 * The place in a key list of a field's column; list->count when it has none. Most often columns
 * stand in the order of the fields.
 */
static uint32_t find_name(const ladle_view *view, const ladle_columns *list, uint32_t guess,
                          const char *name)
{
    if (guess < list->count && is_name(&view->names[list->columns[guess]], name)) {
        return guess;
    }
    uint32_t i = 0;
    while (i < list->count && !is_name(&view->names[list->columns[i]], name)) {
        i++;
    }
    return i;
}

static ladle_status fail_double(const struct ladle_rows_getter *getter, const ladle_field *field)
{
    struct ladle_path *path = &getter->misfit->path;
    path->fields[path->depth++] = field;
    (void)ladle_misfit(getter, 0, "has the name of another field");
    return LADLE_E_ARGUMENT;
}

/*
 * Rows of dicts that have the same keys.
 */
static ladle_status get_alike(const struct ladle_rows_getter *getter, ladle_view *view,
                              const ladle_columns *list, const ladle_layout *layout,
                              const struct ladle_places *places)
{
    uint64_t has_field[LADLE_DICT_COLUMNS_MAX / 64] = {0};
    uint32_t found = 0;
    for (size_t i = 0; i < layout->field_count; i++) {
        const ladle_field *field = &layout->fields[i];
        uint32_t place = find_name(view, list, (uint32_t)i, field->name);
        bool is_there = place < list->count;
        ladle_view *column = is_there ? &view->children[list->columns[place]] : NULL;
        if (is_there && has_field[place / 64] >> place % 64 & 1) {
            return fail_double(getter, field);
        }
        if (is_there) {
            found++;
            has_field[place / 64] |= UINT64_C(1) << place % 64;
        }
        LADLE_TRY(get_column(getter, column, field, places));
    }
    for (uint32_t i = 0; found < list->count && i < list->count; i++) {
        if (!(has_field[i / 64] >> i % 64 & 1)) {
            skip(&view->children[list->columns[i]], places->count);
        }
    }
    return LADLE_OK;
}

static ladle_status get_dicts(const struct ladle_rows_getter *getter, ladle_view *view,
                              const ladle_layout *layout, const struct ladle_places *places)
{
    for (size_t done = 0; done < places->count;) {
        size_t left = places->count - done;
        bool is_one = view->list_count < 2;
        struct ladle_places run =
            ladle_places_from(places, done, is_one ? left : run_len(view, left));
        struct ladle_rows_getter from = ladle_getter_from(getter, done);
        uint64_t list = is_one ? 0 : ladle_packed_get(&view->words, view->next);
        LADLE_TRY(get_alike(&from, view, &view->lists[list], layout, &run));
        view->next += run.count;
        done += run.count;
    }
    return LADLE_OK;
}

/*
 * Objects: dicts whose keys are their fields.
 */
static ladle_status get_objects(const struct ladle_rows_getter *getter, ladle_view *view,
                                const ladle_layout *layout, const struct ladle_places *places)
{
    uint16_t columns[LADLE_DICT_COLUMNS_MAX];
    ladle_columns all = {.columns = columns, .count = view->child_count};
    if (view->child_count > LADLE_DICT_COLUMNS_MAX) {
        return ladle_misfit(getter, 0, "has %" PRIu32 " fields", view->child_count);
    }
    for (uint32_t i = 0; i < view->child_count; i++) {
        columns[i] = (uint16_t)i;
    }
    LADLE_TRY(get_alike(getter, view, &all, layout, places));
    view->next += places->count;
    return LADLE_OK;
}

static ladle_status get_tuples(const struct ladle_rows_getter *getter, ladle_view *view,
                               const ladle_layout *layout, const struct ladle_places *places)
{
    if (view->child_count != layout->field_count) {
        return ladle_misfit(getter, 0, "has %" PRIu32 " items, not %zu", view->child_count,
                            layout->field_count);
    }
    for (uint32_t i = 0; i < view->child_count; i++) {
        LADLE_TRY(get_column(getter, &view->children[i], &layout->fields[i], places));
    }
    view->next += places->count;
    return LADLE_OK;
}

/*
 * Tuples of varying length, one by one: their items follow each other.
 */
static ladle_status get_uneven_tuples(const struct ladle_rows_getter *getter, ladle_view *view,
                                      const ladle_layout *layout, const struct ladle_places *places)
{
    for (size_t i = 0; i < places->count; i++) {
        uint64_t len = ladle_packed_get(&view->words, view->next);
        struct ladle_places row = ladle_places_from(places, i, 1);
        struct ladle_rows_getter from = ladle_getter_from(getter, i);
        if (len != layout->field_count) {
            return ladle_misfit(getter, i, "has %" PRIu64 " items, not %zu", len,
                                layout->field_count);
        }
        for (size_t j = 0; j < layout->field_count; j++) {
            LADLE_TRY(get_column(&from, &view->children[0], &layout->fields[j], &row));
        }
        view->next++;
    }
    return LADLE_OK;
}

static ladle_status get_structs(const struct ladle_rows_getter *getter, ladle_view *view,
                                const ladle_field *field, const struct ladle_places *places)
{
    switch (view->kind) {
    case LADLE_DICT:
        return get_dicts(getter, view, field->layout, places);
    case LADLE_OBJECT:
        return get_objects(getter, view, field->layout, places);
    case LADLE_TUPLE:
        return get_tuples(getter, view, field->layout, places);
    case LADLE_TUPLES:
        return get_uneven_tuples(getter, view, field->layout, places);
    default:
        return ladle_misfit_kind(getter, view, field);
    }
}

static ladle_status get(const struct ladle_rows_getter *getter, ladle_view *view,
                        const ladle_field *field, bool is_element,
                        const struct ladle_places *places)
{
    switch (view->kind) {
    case LADLE_EMPTY:
        return get_missing(getter, field, is_element, "was not read", places);
    case LADLE_NONE:
        view->next += places->count;
        return get_missing(getter, field, is_element, "is None", places);
    case LADLE_UNION:
        return get_union(getter, view, field, is_element, places);
    default:
        if (!is_element && ladle_field_is_array(field)) {
            return get_arrays(getter, view, field, places);
        }
        if (field->layout) {
            return get_structs(getter, view, field, places);
        }
        return view->kind == LADLE_DICTIONARY ? get_entries(getter, view, field, places)
                                              : ladle_rows_get_leaf(getter, view, field, places);
    }
}

ladle_status ladle_rows_get_column(ladle_view *view, const ladle_field *field, void *values,
                                   size_t count, struct ladle_rows_misfit *misfit)
{
    struct ladle_rows_getter getter = {.misfit = misfit};
    struct ladle_places places = {.first = values, .stride = field->len, .count = count};
    misfit->path.depth = 0;
    return get(&getter, view, field, false, &places);
}

ladle_status ladle_rows_get(ladle_view *view, const ladle_layout *layout, void *rows, size_t count,
                            struct ladle_rows_misfit *misfit)
{
    const ladle_field record = {.type = LADLE_FIELD_STRUCT, .len = layout->size, .layout = layout};
    return ladle_rows_get_column(view, &record, rows, count, misfit);
}
