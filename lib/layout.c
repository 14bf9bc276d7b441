/* SPDX-License-Identifier: BSD-2-Clause */
#include "layout.h"

#include "status.h"

#include <stdio.h>
#include <string.h>

#define FIELD_COUNT_MAX 256

_Static_assert(sizeof(bool) == 1, "a bool field is one byte");

bool ladle_type_is_known(ladle_field_type type)
{
    switch (type) {
    case LADLE_FIELD_BOOL:
    case LADLE_FIELD_INT8:
    case LADLE_FIELD_INT16:
    case LADLE_FIELD_INT32:
    case LADLE_FIELD_INT64:
    case LADLE_FIELD_UINT8:
    case LADLE_FIELD_UINT16:
    case LADLE_FIELD_UINT32:
    case LADLE_FIELD_UINT64:
    case LADLE_FIELD_FLOAT:
    case LADLE_FIELD_DOUBLE:
    case LADLE_FIELD_CHARS:
    case LADLE_FIELD_BYTES:
    case LADLE_FIELD_STRING:
    case LADLE_FIELD_BLOB:
    case LADLE_FIELD_STRUCT:
        return true;
    default:
        return false;
    }
}

void ladle_path_print(const struct ladle_path *path, char *to, size_t capacity)
{
    size_t len = 0;
    to[0] = 0;
    for (size_t i = 0; i < path->depth && len < capacity; i++) {
        int part_len =
            snprintf(to + len, capacity - len, "%s%s", i ? "." : "", path->fields[i]->name);
        len += part_len > 0 ? (size_t)part_len : capacity;
    }
}

struct checker {
    struct ladle_path path;
    struct ladle_layout_facts facts;
    const char *why;
};

static ladle_status wrong(struct checker *checker, const char *why)
{
    checker->why = why;
    return LADLE_E_ARGUMENT;
}

/*
 * Add what 'count' elements of a field take in a block: a number takes 8 bytes before it is packed,
 * a text its bytes and 4 for its length.
 */
static void add_elements(struct ladle_layout_facts *facts, const ladle_field *field, uint64_t count)
{
    bool is_string = field->type == LADLE_FIELD_STRING || field->type == LADLE_FIELD_BLOB;
    uint64_t len = ladle_field_is_text(field)        ? field->len + 4
                   : is_string                       ? 4
                   : field->type == LADLE_FIELD_BOOL ? 1
                                                     : 8;
    facts->items += 1;
    facts->len += count * len;
    facts->depth = facts->depth ? facts->depth : count > 1;
    facts->has_strings = facts->has_strings || is_string;
}

static ladle_status check_layout(struct checker *checker, const ladle_layout *layout);

static ladle_status check_struct(struct checker *checker, const ladle_field *field, uint64_t count)
{
    struct ladle_layout_facts before = checker->facts;
    checker->facts = (struct ladle_layout_facts){0};
    LADLE_TRY(check_layout(checker, field->layout));
    struct ladle_layout_facts *facts = &checker->facts;
    facts->items = before.items + 1 + count * facts->items;
    facts->len = before.len + count * facts->len;
    facts->depth += count > 1;
    facts->depth = facts->depth > before.depth ? facts->depth : before.depth;
    facts->has_strings = facts->has_strings || before.has_strings;
    return LADLE_OK;
}

static ladle_status check_field(struct checker *checker, const ladle_field *field, size_t size)
{
    if (!field->name) {
        return wrong(checker, "a field has no name");
    }
    checker->path.fields[checker->path.depth++] = field;
    if (!ladle_type_is_known(field->type)) {
        return wrong(checker, "is of a type that a field cannot have");
    }
    if ((field->type == LADLE_FIELD_STRUCT) != (field->layout != NULL)) {
        return wrong(checker, field->layout ? "has a layout but is no struct"
                                            : "is a struct without a layout");
    }
    if (field->len == 0 || field->len > size || field->offset > size - field->len) {
        return wrong(checker, "reaches beyond the end of the struct");
    }
    if (field->layout && field->layout->size == 0) {
        return wrong(checker, "is a struct of no bytes");
    }
    if (ladle_field_is_array(field) && field->len % ladle_field_size(field)) {
        return wrong(checker, "is not a whole number of elements long");
    }
    uint64_t count = ladle_field_count(field);
    if (count > 1) {
        checker->facts.items += count;
        checker->facts.len += 4;
    }
    if (field->layout) {
        LADLE_TRY(check_struct(checker, field, count));
    } else {
        add_elements(&checker->facts, field, count);
    }
    checker->path.depth--;
    return LADLE_OK;
}

static ladle_status check_layout(struct checker *checker, const ladle_layout *layout)
{
    if (checker->path.depth >= LADLE_LAYOUT_DEPTH_MAX) {
        return wrong(checker, "has structs nested too deep");
    }
    if (layout->kind != LADLE_DICT && layout->kind != LADLE_TUPLE) {
        return wrong(checker, "has a layout that is neither a dict nor a tuple");
    }
    if (!layout->fields || layout->field_count == 0 || layout->field_count > FIELD_COUNT_MAX) {
        return wrong(checker, "has a layout without fields, or with more than 256");
    }
    for (size_t i = 0; i < layout->field_count; i++) {
        LADLE_TRY(check_field(checker, &layout->fields[i], layout->size));
    }
    checker->facts.len += 1;
    checker->facts.depth += 1;
    return LADLE_OK;
}

ladle_status ladle_layout_check(const ladle_layout *layout, struct ladle_layout_facts *facts,
                                ladle_error *error)
{
    struct checker checker = {.why = ""};
    ladle_status status = check_layout(&checker, layout);
    *facts = checker.facts;
    if (status != LADLE_OK) {
        char name[80];
        ladle_path_print(&checker.path, name, sizeof name);
        return ladle_fail(error, status, LADLE_UNKNOWN, LADLE_UNKNOWN, "%s%s %s",
                          checker.path.depth ? "field " : "the struct", name, checker.why);
    }
    return LADLE_OK;
}

uint64_t ladle_layout_strings_len(const ladle_layout *layout, const void *row)
{
    uint64_t len = 0;
    for (size_t i = 0; i < layout->field_count; i++) {
        const ladle_field *field = &layout->fields[i];
        const uint8_t *member = (const uint8_t *)row + field->offset;
        bool is_string = field->type == LADLE_FIELD_STRING || field->type == LADLE_FIELD_BLOB;
        if (!is_string && !field->layout) {
            continue;
        }
        for (size_t at = 0; at < field->len; at += ladle_field_size(field)) {
            ladle_string string;
            if (is_string) {
                memcpy(&string, member + at, sizeof string);
                len += string.len;
            } else {
                len += ladle_layout_strings_len(field->layout, member + at);
            }
        }
    }
    return len;
}
