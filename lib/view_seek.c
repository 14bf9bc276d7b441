/* SPDX-License-Identifier: BSD-2-Clause */
#include <ladle/view.h>

#include "packed.h"
#include "shape.h"

/*
 * Each column of a dict has a value for those rows whose key list names it.
 */
static void seek_dict(ladle_view *view, uint64_t row)
{
    uint64_t counts[256] = {row};
    if (view->list_count > 1) {
        /* The words were checked when the block was decoded. */
        (void)ladle_packed_count(&view->words, row, view->list_count, counts);
    }
    for (uint32_t i = 0; i < view->child_count; i++) {
        view->children[i].next = 0;
    }
    for (uint32_t i = 0; i < view->list_count; i++) {
        const ladle_columns *list = &view->lists[i];
        for (uint32_t j = 0; j < list->count; j++) {
            view->children[list->columns[j]].next += counts[i];
        }
    }
    for (uint32_t i = 0; i < view->child_count; i++) {
        ladle_view_seek(&view->children[i], view->children[i].next);
    }
}

static void seek_union(ladle_view *view, uint64_t row)
{
    uint64_t counts[256];
    (void)ladle_packed_count(&view->words, row, view->child_count, counts);
    for (uint32_t i = 0; i < view->child_count; i++) {
        ladle_view_seek(&view->children[i], counts[i]);
    }
}

static void seek_children(ladle_view *view, uint64_t row)
{
    for (uint32_t i = 0; i < view->child_count; i++) {
        ladle_view_seek(&view->children[i], row);
    }
}

void ladle_view_seek(ladle_view *view, uint64_t row)
{
    view->next = row;
    switch (view->kind) {
    case LADLE_TUPLE:
    case LADLE_OBJECT:
    case LADLE_EXTENSION:
        seek_children(view, row);
        break;
    case LADLE_DICT:
        seek_dict(view, row);
        break;
    case LADLE_UNION:
        seek_union(view, row);
        break;
    case LADLE_DICTIONARY:
        /* Bindings go through the entries once for each time that they get the block. */
        ladle_view_seek(&view->children[0], 0);
        break;
    default:
        if (ladle_kind_has_bytes(view->kind)) {
            view->next_byte = ladle_packed_sum(&view->words, row);
        } else if (ladle_kind_is_repeated(view->kind)) {
            seek_children(view, ladle_packed_sum(&view->words, row));
        }
        break;
    }
}
