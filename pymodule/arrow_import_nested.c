/* SPDX-License-Identifier: BSD-2-Clause */
/* Values of Arrow arrays that hold others, into a shape. */
#include "arrow_import.h"

#include <string.h>

static int check_count(arrow_importer *importer, const arrow_source *source, int64_t count)
{
    return count > INT32_MAX ? arrow_import_fail(importer, source, "has more than 2**31 items") : 0;
}

static int put_children(arrow_importer *importer, ladle_node *node, const arrow_source *source,
                        int64_t start, int64_t count)
{
    ladle_node *target;
    core_encoder *encoder = importer->encoder;
    if (check_count(importer, source, count) < 0 ||
        arrow_import_accept(importer, node, LADLE_LIST, 0, source, &target) < 0 ||
        core_encode_enter(encoder, count) < 0) {
        return -1;
    }
    for (int64_t i = 0; i < count; i++) {
        if (arrow_source_put(importer, target->children[0], &source->children[0], start + i) < 0) {
            return -1;
        }
    }
    core_encode_leave(encoder);
    return arrow_import_done(importer, ladle_node_put_u32(encoder->shape, target, (uint32_t)count));
}

int arrow_import_list(arrow_importer *importer, ladle_node *node, const arrow_source *source,
                      int64_t at)
{
    int64_t start = at * source->scale;
    int64_t end = start + source->scale;
    if (source->op == OP_LIST) {
        arrow_source_run(source, at, &start, &end);
    } else if (source->op == OP_LIST_VIEW) {
        const uint8_t *sizes = source->array->buffers[2];
        start = arrow_load_signed(arrow_source_item(source, at), source->len);
        end = start + arrow_load_signed(sizes + (size_t)at * source->len, source->len);
    }
    return put_children(importer, node, source, start, end - start);
}

/*
 * Whether the columns that were found for the last row are those of the node still.
 */
static bool knows_columns(const ladle_node *node, const arrow_source *source, uint32_t list)
{
    const ladle_keys *keys = node->keys;
    if (list >= keys->list_count || keys->lists[list].count != source->child_count ||
        memcmp(keys->lists[list].columns, source->columns,
               source->child_count * sizeof *source->columns) != 0) {
        return false;
    }
    for (uint32_t i = 0; i < source->child_count; i++) {
        const ladle_key *key = &keys->items[source->columns[i]];
        const arrow_source *child = &source->children[i];
        if (key->name_len != child->name_len ||
            memcmp(key->name, child->name, child->name_len) != 0) {
            return false;
        }
    }
    return true;
}

/*
 * The columns of a dict node for the fields. -1: failed.
 */
static int find_columns(arrow_importer *importer, ladle_node *node, const arrow_source *source,
                        uint32_t *list)
{
    ladle_shape *shape = importer->encoder->shape;
    ladle_status status = LADLE_OK;
    for (uint32_t i = 0; i < source->child_count && status == LADLE_OK; i++) {
        uint32_t column;
        const arrow_source *child = &source->children[i];
        status = ladle_dict_column(shape, node, child->name, child->name_len, &column);
        for (uint32_t j = 0; j < i && status == LADLE_OK; j++) {
            if (source->columns[j] == column) {
                return arrow_import_fail(importer, child, ARROW_TWICE);
            }
        }
        source->columns[i] = (uint16_t)column;
    }
    if (status == LADLE_OK) {
        status = ladle_dict_list(shape, node, source->columns, source->child_count, list);
    }
    return status == LADLE_END ? arrow_import_crowded(importer, source, "has too many fields")
                               : arrow_import_done(importer, status);
}

int arrow_import_struct(arrow_importer *importer, ladle_node *node, const arrow_source *source,
                        int64_t at)
{
    ladle_node *target;
    core_encoder *encoder = importer->encoder;
    if (arrow_import_accept(importer, node, LADLE_DICT, 0, source, &target) < 0) {
        return -1;
    }
    uint32_t list = target->guess;
    if (!knows_columns(target, source, list) && find_columns(importer, target, source, &list) < 0) {
        return -1;
    }
    target->guess = (uint8_t)list;
    if (core_encode_enter(encoder, source->child_count) < 0 ||
        arrow_import_done(importer, ladle_node_put_u8(encoder->shape, target, (uint8_t)list)) < 0) {
        return -1;
    }
    for (uint32_t i = 0; i < source->child_count; i++) {
        if (arrow_source_put(importer, target->children[source->columns[i]], &source->children[i],
                             at) < 0) {
            return -1;
        }
    }
    core_encode_leave(encoder);
    return 0;
}

/*
 * The bytes that tell one key from another. False: keys of this type are not compared.
 */
static bool key_bytes(const arrow_source *source, int64_t index, const uint8_t **data, size_t *len)
{
    int64_t start;
    int64_t end;
    int64_t at = source->array->offset + index;
    if (source->op == OP_TEXT || source->op == OP_BINARY) {
        arrow_source_run(source, at, &start, &end);
        *data = (const uint8_t *)source->array->buffers[2] + start;
        *len = (size_t)(end - start);
        return true;
    }
    *data = arrow_source_item(source, at);
    *len = source->len;
    return !source->dictionary && source->op >= OP_INT && source->op <= OP_DURATION &&
           source->op != OP_FLOAT && source->op != OP_TEXT_VIEW && source->op != OP_BINARY_VIEW;
}

/*
 * Whether the key of an entry is another than those before it.
 */
static int check_key(arrow_importer *importer, const arrow_source *source, int64_t start,
                     int64_t entry)
{
    const uint8_t *data;
    const uint8_t *other;
    size_t len;
    size_t other_len;
    if (!key_bytes(source, entry, &data, &len)) {
        return arrow_import_fail(importer, source,
                                 "is a key of a map of a type that is not taken as one");
    }
    for (int64_t i = start; i < entry; i++) {
        (void)key_bytes(source, i, &other, &other_len);
        if (len == other_len && memcmp(data, other, len) == 0) {
            return arrow_import_fail(importer, source, "is a key that stands in a map twice");
        }
    }
    return 0;
}

/*
 * Maps become dicts.
 */
int arrow_import_map(arrow_importer *importer, ladle_node *node, const arrow_source *source,
                     int64_t at)
{
    int64_t start;
    int64_t end;
    ladle_node *target;
    core_encoder *encoder = importer->encoder;
    const arrow_source *entries = &source->children[0];
    int64_t shift = entries->array->offset;
    arrow_source_run(source, at, &start, &end);
    if (check_count(importer, source, end - start) < 0 ||
        arrow_import_accept(importer, node, LADLE_MAP, 0, source, &target) < 0 ||
        core_encode_enter(encoder, end - start) < 0) {
        return -1;
    }
    for (int64_t i = start + shift; i < end + shift; i++) {
        if (check_key(importer, &entries->children[0], start + shift, i) < 0 ||
            arrow_source_put(importer, target->children[0], &entries->children[0], i) < 0 ||
            arrow_source_put(importer, target->children[1], &entries->children[1], i) < 0) {
            return -1;
        }
    }
    core_encode_leave(encoder);
    return arrow_import_done(importer,
                             ladle_node_put_u32(encoder->shape, target, (uint32_t)(end - start)));
}

/*
 * The child of a union that a type id stands for: its format lists the ids.
 */
int arrow_import_union(arrow_importer *importer, ladle_node *node, const arrow_source *source,
                       int64_t at)
{
    const int8_t *ids = source->array->buffers[0];
    const int32_t *offsets = source->op == OP_DENSE ? source->array->buffers[1] : NULL;
    const char *known = source->format + 4;
    for (uint32_t i = 0; i < source->child_count; i++) {
        if (atoi(known) == ids[at]) {
            return arrow_source_put(importer, node, &source->children[i],
                                    offsets ? offsets[at] : at);
        }
        const char *comma = strchr(known, ',');
        known = comma ? comma + 1 : "";
    }
    return arrow_import_fail(importer, source, "is a union with an unknown type id");
}

/*
 * A value of a run: the ends of runs ascend.
 */
int arrow_import_encoded(arrow_importer *importer, ladle_node *node, const arrow_source *source,
                         int64_t at)
{
    const arrow_source *ends = &source->children[0];
    int64_t low = 0;
    int64_t high = ends->array->length;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (arrow_load_signed(arrow_source_item(ends, ends->array->offset + middle), ends->len) >
            at) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return arrow_source_put(importer, node, &source->children[1], low);
}
