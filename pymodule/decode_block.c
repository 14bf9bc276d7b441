/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode_block.h"

#include "decode_again.h"
#include "decode_plan.h"

/*
 * Keys that are kept from one block to the next.
 */
#define NAMES_MAX 4096

static void drop_objects(core_decoder *decoder)
{
    core_plans_clear(decoder);
    core_again_end_block(decoder);
    PyObject **objects = decoder->objects;
    size_t count = decoder->object_count;
    decoder->objects = NULL;
    decoder->object_count = 0;
    for (size_t i = 0; i < count; i++) {
        Py_XDECREF(objects[i]);
    }
    PyMem_Free(objects);
}

void core_decoder_clear(core_decoder *decoder)
{
    drop_objects(decoder);
    core_again_free(decoder);
    Py_CLEAR(decoder->names);
    Py_CLEAR(decoder->blanks);
}

int core_decoder_visit(core_decoder *decoder, visitproc visit, void *arg)
{
    Py_VISIT(decoder->names);
    Py_VISIT(decoder->blanks);
    Py_VISIT(decoder->types);
    for (size_t i = 0; i < decoder->object_count; i++) {
        Py_VISIT(decoder->objects[i]);
    }
    int result = core_again_visit(decoder, visit, arg);
    return result ? result : core_plans_visit(decoder, visit, arg);
}

static bool is_ascii(const uint8_t *bytes, uint64_t len)
{
    uint64_t seen = 0;
    uint64_t i = 0;
    for (; i + 32 <= len; i += 32) {
        seen |= ladle_load_u64(bytes + i) | ladle_load_u64(bytes + i + 8) |
                ladle_load_u64(bytes + i + 16) | ladle_load_u64(bytes + i + 24);
    }
    for (; i < len; i++) {
        seen |= bytes[i];
    }
    return (seen & 0x8080808080808080) == 0;
}

static bool has_items(const ladle_view *view)
{
    return view->kind == LADLE_SCALAR || view->kind == LADLE_ARRAY;
}

/*
 * Whether a view needs no tag, as those that are left out.
 */
static bool is_bare(const ladle_view *view)
{
    return view->kind < LADLE_STR;
}

/*
 * What the tags of a view and of those below it need: objects from the file, and places for others.
 */
struct needs {
    uint64_t objects;
    uint64_t places;
};

static void add_needs(const ladle_view *view, struct needs *needs)
{
    needs->places += view->list_count;
    needs->objects += view->kind == LADLE_DICT         ? view->child_count
                      : view->kind == LADLE_DICTIONARY ? view->children[0].count
                                                       : has_items(view);
    for (uint32_t i = 0; i < view->child_count; i++) {
        if (!is_bare(&view->children[i])) {
            add_needs(&view->children[i], needs);
        }
    }
}

static int prepare_names(core_decoder *decoder)
{
    if (decoder->names && PyDict_GET_SIZE(decoder->names) > NAMES_MAX) {
        Py_CLEAR(decoder->names);
    }
    if (!decoder->names) {
        decoder->names = PyDict_New();
    }
    return decoder->names ? 0 : -1;
}

PyObject *core_decoder_name(core_decoder *decoder, const ladle_string *name)
{
    PyObject *key = core_decode_text(decoder, LADLE_STR, (const uint8_t *)name->data, name->len);
    if (!key || prepare_names(decoder) < 0) {
        Py_XDECREF(key);
        return NULL;
    }
    PyObject *known = PyDict_GetItemWithError(decoder->names, key);
    if (known || PyErr_Occurred()) {
        Py_DECREF(key);
        return Py_XNewRef(known);
    }
    PyUnicode_InternInPlace(&key);
    if (PyDict_SetItem(decoder->names, key, key) < 0) {
        Py_CLEAR(key);
    }
    return key;
}

static int add_keys(core_decoder *decoder, const ladle_view *view, PyObject **objects)
{
    for (uint32_t i = 0; i < view->child_count; i++) {
        if (view->children[i].is_left_out) {
            continue; /* nobody may ask for its values */
        }
        objects[i] = core_decoder_name(decoder, &view->names[i]);
        if (!objects[i]) {
            return -1;
        }
    }
    return 0;
}

static int add_entries(core_decoder *decoder, ladle_view *entries, PyObject **objects)
{
    uint8_t kind = entries->kind;
    if (kind == LADLE_BYTEARRAY) {
        entries->kind = LADLE_BYTES;
    }
    uint64_t made = 0;
    while (made < entries->count && (objects[made] = core_decode_value(decoder, entries))) {
        made++;
    }
    entries->kind = kind;
    return made == entries->count ? 0 : -1;
}

static bool is_container(const ladle_view *view)
{
    return (view->kind >= LADLE_TUPLE && view->kind <= LADLE_EXTENSION) ||
           view->kind == LADLE_MAP || view->kind == LADLE_TUPLES;
}

/*
 * Set the tags of a view and of those below it; objects come from '*objects', which moves on.
 */
static int set_tags(core_decoder *decoder, ladle_view *view, uint32_t depth, PyObject ***objects)
{
    int result = 0;
    view->tag = NULL;
    depth += is_container(view);
    if (depth > decoder->limits.max_depth) {
        view->kind = KIND_TOO_DEEP;
        return 0;
    }
    if (view->kind == LADLE_ANY) {
        view->tag = (void *)(uintptr_t)depth;
    } else if (view->kind == LADLE_STR && is_ascii(view->bytes, view->bytes_len)) {
        view->tag = view;
    } else if (view->kind == LADLE_DICT) {
        view->tag = *objects;
        *objects += view->child_count + view->list_count;
        result = add_keys(decoder, view, view->tag);
    } else if (has_items(view)) {
        view->tag = (*objects)++;
    } else if (view->kind == LADLE_OBJECT) {
        result = core_plan_set(decoder, view);
    }
    for (uint32_t i = 0; result == 0 && i < view->child_count; i++) {
        if (is_bare(&view->children[i])) {
            continue;
        }
        result = set_tags(decoder, &view->children[i], depth, objects);
    }
    if (result == 0 && view->kind == LADLE_DICTIONARY) {
        view->tag = *objects;
        *objects += view->children[0].count;
        result = add_entries(decoder, &view->children[0], view->tag);
    }
    return result;
}

int core_decoder_begin_block(core_decoder *decoder, ladle_view *root)
{
    drop_objects(decoder);
    if (!root) {
        return 0;
    }
    struct needs needs = {0};
    add_needs(root, &needs);
    decoder->items_left = decoder->limits.max_items;
    decoder->memory_left = decoder->limits.max_memory;
    if (core_decode_enter(decoder, needs.objects, ITEM_LEN) < 0) {
        return -1;
    }
    uint64_t count = needs.objects + needs.places;
    decoder->objects = PyMem_Calloc(count ? count : 1, sizeof *decoder->objects);
    if (!decoder->objects) {
        PyErr_NoMemory();
        return -1;
    }
    decoder->object_count = count;
    PyObject **next = decoder->objects;
    if (core_again_begin_block(decoder, root) < 0) {
        return -1;
    }
    return set_tags(decoder, root, 0, &next);
}
