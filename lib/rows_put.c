/* SPDX-License-Identifier: BSD-2-Clause */
#include "rows_put.h"

#include "status.h"
#include "text.h"

struct putter {
    ladle_shape *shape;
    struct ladle_rows_failure *failure;
    size_t row;         /* the first one of those being put */
    bool is_inside_row; /* what is put are elements of that one row */
};

/*
 * Members of the same place in consecutive rows, or the elements of one array.
 */
struct members {
    const uint8_t *first;
    size_t stride; /* bytes from one to the next */
    size_t count;
    size_t ahead; /* bytes to those that are put after these: 0 when there are none */
};

static ladle_status fail(struct putter *putter, size_t index, const char *why)
{
    putter->failure->row = putter->row + (putter->is_inside_row ? 0 : index);
    putter->failure->why = why;
    return LADLE_E_VALUE;
}

/*
 * Where 'count' values of a kind go, with their selectors put when that is a union.
 */
static ladle_status accept(struct putter *putter, ladle_node *node, ladle_kind kind,
                           uint32_t detail, size_t count, ladle_node **target)
{
    LADLE_TRY(ladle_node_accept(putter->shape, node, kind, detail, target));
    if (*target != node) {
        for (size_t i = 1; i < count; i++) {
            LADLE_TRY(ladle_node_put_u8(putter->shape, node, node->guess));
        }
    }
    return (*target)->kind == kind ? LADLE_OK : LADLE_END;
}

/*
 * Room for so many words.
 */
static ladle_status reserve(struct putter *putter, ladle_node *node, size_t count)
{
    while (node->capacity - node->count < count) {
        LADLE_TRY(ladle_node_grow(putter->shape, node));
    }
    return LADLE_OK;
}

static ladle_status reserve_bytes(struct putter *putter, ladle_node *node, size_t len)
{
    return len <= node->bytes.capacity - node->bytes.len
               ? LADLE_OK
               : ladle_node_grow_bytes(putter->shape, node, len);
}

static ladle_status put_bools(struct putter *putter, ladle_node *node,
                              const struct members *members)
{
    LADLE_TRY(reserve(putter, node, members->count));
    uint8_t *words = (uint8_t *)node->words + node->count;
    for (size_t i = 0; i < members->count; i++) {
        words[i] = members->first[i * members->stride] != 0;
    }
    node->count += members->count;
    return LADLE_OK;
}

/*
 * A loop over members of one C type, each made a word.
 */
#define EACH(ctype, expression)                                                                    \
    for (size_t i = 0; i < count; i++, from += stride) {                                           \
        ctype value;                                                                               \
        memcpy(&value, from, sizeof value);                                                        \
        words[i] = (expression);                                                                   \
    }

/*
 * Whether one of the words is negative.
 */
static uint64_t gather_signed(uint64_t *words, size_t size, const struct members *members)
{
    const uint8_t *from = members->first;
    size_t stride = members->stride;
    size_t count = members->count;
    switch (size) {
    case 1:
        EACH(int8_t, (uint64_t)(int64_t)value)
        break;
    case 2:
        EACH(int16_t, (uint64_t)(int64_t)value)
        break;
    case 4:
        EACH(int32_t, (uint64_t)(int64_t)value)
        break;
    default:
        EACH(uint64_t, value)
        break;
    }
    uint64_t bits = 0;
    for (size_t i = 0; i < count; i++) {
        bits |= words[i];
    }
    return bits >> 63;
}

static void gather_unsigned(uint64_t *words, size_t size, const struct members *members)
{
    const uint8_t *from = members->first;
    size_t stride = members->stride;
    size_t count = members->count;
    switch (size) {
    case 1:
        EACH(uint8_t, value)
        break;
    case 2:
        EACH(uint16_t, value)
        break;
    case 4:
        EACH(uint32_t, value)
        break;
    default:
        EACH(uint64_t, value)
        break;
    }
}

static ladle_status put_ints(struct putter *putter, ladle_node *node, ladle_field_type type,
                             const struct members *members)
{
    LADLE_TRY(reserve(putter, node, members->count));
    uint64_t *words = (uint64_t *)node->words + node->count;
    size_t size = type & 0xFF;
    enum ladle_sign sign = LADLE_SIGN_NONE;
    if (type >= LADLE_FIELD_UINT8) {
        gather_unsigned(words, size, members);
        sign = type == LADLE_FIELD_UINT64 ? LADLE_SIGN_UNSIGNED : LADLE_SIGN_NONE;
    } else if (gather_signed(words, size, members)) {
        sign = LADLE_SIGN_NEGATIVE;
    }
    if (sign != LADLE_SIGN_NONE && !ladle_node_takes_int(node, sign)) {
        return LADLE_END;
    }
    node->count += members->count;
    return LADLE_OK;
}

/*
 * A float as a double. The conversion of the processor would change some NaNs, so theirs is done by
 * hand: the same sign and the same bits of the fraction.
 */
static uint64_t widen(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    if (LADLE_LIKELY(value == value)) {
        return ladle_bits_from_double((double)value);
    }
    return (uint64_t)(bits >> 31) << 63 | UINT64_C(0x7FF0000000000000) |
           (uint64_t)(bits & 0x7FFFFF) << 29;
}

static ladle_status put_floats(struct putter *putter, ladle_node *node, ladle_field_type type,
                               const struct members *members)
{
    LADLE_TRY(reserve(putter, node, members->count));
    uint64_t *words = (uint64_t *)node->words + node->count;
    const uint8_t *from = members->first;
    size_t stride = members->stride;
    size_t count = members->count;
    if (type == LADLE_FIELD_FLOAT) {
        EACH(uint32_t, widen(value))
    } else {
        EACH(uint64_t, value)
    }
    node->count += count;
    return LADLE_OK;
}

/*
 * The same length for all.
 */
static void fill(uint32_t *lengths, size_t count, uint32_t len)
{
    uint32_t piece[16]; /* takes compilers a few vectors */
    for (size_t i = 0; i < 16; i++) {
        piece[i] = len;
    }
    for (; count >= 16; lengths += 16, count -= 16) {
        memcpy(lengths, piece, sizeof piece);
    }
    memcpy(lengths, piece, count * sizeof *piece);
}

/*
 * Copy text up to its first zero byte or its end; 'to' has room for all of it. Words are copied
 * whole: what is behind the text is overwritten by the next one. Returns the length.
 *
 * high  bits are added that are set in the text
 */
static inline size_t copy_text(uint8_t *to, const uint8_t *from, size_t capacity, uint64_t *high)
{
    size_t at = 0;
    while (capacity >= 8) {
        uint64_t word = ladle_load_u64(from + at);
        uint64_t zeros = ladle_zero_bytes(word);
        ladle_store_u64(to + at, word);
        if (zeros) {
            *high |= word & ((zeros & (0 - zeros)) - 1);
            return at + ladle_first_zero(zeros);
        }
        *high |= word;
        if (at == capacity - 8) {
            return capacity;
        }
        at = at + 16 <= capacity ? at + 8 : capacity - 8;
    }
    for (; at < capacity && from[at]; at++) {
        to[at] = from[at];
        *high |= from[at];
    }
    return at;
}

/*
 * Find the first of the texts put last that is not UTF-8.
 */
static ladle_status check_texts(struct putter *putter, const ladle_node *node, size_t count,
                                size_t len)
{
    const uint32_t *lengths = (const uint32_t *)node->words + (node->count - count);
    const uint8_t *text = node->bytes.data + (node->bytes.len - len);
    for (size_t i = 0; i < count; i++) {
        if (!ladle_is_utf8(text, lengths[i])) {
            return fail(putter, i, "is not UTF-8");
        }
        text += lengths[i];
    }
    return LADLE_OK;
}

typedef uint8_t vector __attribute__((vector_size(16)));

/*
 * What is in texts, byte by byte of vectors.
 */
struct seen {
    vector bits;  /* that are set in some */
    vector zeros; /* not 0 where one is */
};

static inline void copy_vector(uint8_t *to, const uint8_t *from, struct seen *seen)
{
    vector part;
    memcpy(&part, from, sizeof part);
    memcpy(to, &part, sizeof part);
    seen->bits |= part;
    seen->zeros |= (vector)(part == 0);
}

/*
 * Copy bytes that are at least half a vector. The last part may overlap with the one before.
 */
static inline void copy_bytes(uint8_t *to, const uint8_t *from, size_t len, struct seen *seen)
{
    if (len < sizeof(vector)) {
        uint8_t halves[sizeof(vector)];
        memcpy(halves, from, 8);
        memcpy(halves + 8, from + len - 8, 8);
        copy_vector(halves, halves, seen);
        memcpy(to, halves, 8);
        memcpy(to + len - 8, halves + 8, 8);
        return;
    }
    for (size_t at = 0; at + sizeof(vector) < len; at += sizeof(vector)) {
        copy_vector(to + at, from + at, seen);
    }
    copy_vector(to + len - sizeof(vector), from + len - sizeof(vector), seen);
}

static inline uint64_t fold(vector all)
{
    uint64_t words[2];
    memcpy(words, &all, sizeof words);
    return words[0] | words[1];
}

/*
 * Copy texts that all fill their members. False when there are shorter ones: what was copied means
 * nothing then. It takes long enough for the rows that come next to be fetched meanwhile.
 */
static bool copy_full_texts(uint8_t *to, size_t capacity, const struct members *members,
                            uint64_t *high)
{
    const uint8_t *last = members->first + (members->count - 1) * members->stride;
    if (capacity < sizeof(vector) / 2 || !members->first[capacity - 1] || !last[capacity - 1]) {
        return false;
    }
    struct seen seen = {.bits = {0}};
    const size_t stride = members->stride;
    const size_t ahead = members->ahead;
    for (const uint8_t *from = members->first; from <= last; from += stride, to += capacity) {
        __builtin_prefetch(from + ahead);
        copy_bytes(to, from, capacity, &seen);
    }
    *high = fold(seen.bits);
    return !fold(seen.zeros);
}

/*
 * Copy texts, and note their lengths. Returns their length together.
 */
static size_t copy_texts(uint8_t *to, uint32_t *lengths, size_t capacity,
                         const struct members *members, uint64_t *high)
{
    if (members->count && copy_full_texts(to, capacity, members, high)) {
        fill(lengths, members->count, (uint32_t)capacity);
        return members->count * capacity;
    }
    *high = 0;
    size_t len = 0;
    for (size_t i = 0; i < members->count; i++) {
        lengths[i] =
            (uint32_t)copy_text(to + len, members->first + i * members->stride, capacity, high);
        len += lengths[i];
    }
    return len;
}

static ladle_status put_chars(struct putter *putter, ladle_node *node, size_t capacity,
                              const struct members *members)
{
    size_t count = members->count;
    LADLE_TRY(reserve(putter, node, count));
    LADLE_TRY(reserve_bytes(putter, node, count * capacity));
    uint32_t *lengths = (uint32_t *)node->words + node->count;
    uint64_t high = 0;
    size_t len = copy_texts(node->bytes.data + node->bytes.len, lengths, capacity, members, &high);
    node->count += count;
    node->bytes.len += len;
    return high & LADLE_HIGH_BITS ? check_texts(putter, node, count, len) : LADLE_OK;
}

static ladle_status put_bytes(struct putter *putter, ladle_node *node, size_t len,
                              const struct members *members)
{
    size_t count = members->count;
    LADLE_TRY(reserve(putter, node, count));
    LADLE_TRY(reserve_bytes(putter, node, count * len));
    uint32_t *lengths = (uint32_t *)node->words + node->count;
    uint8_t *to = node->bytes.data + node->bytes.len;
    for (size_t i = 0; i < count; i++) {
        lengths[i] = (uint32_t)len;
        memcpy(to + i * len, members->first + i * members->stride, len);
    }
    node->count += count;
    node->bytes.len += count * len;
    return LADLE_OK;
}

static ladle_status put_strings(struct putter *putter, ladle_node *node, ladle_field_type type,
                                const struct members *members)
{
    for (size_t i = 0; i < members->count; i++) {
        ladle_string string;
        memcpy(&string, members->first + i * members->stride, sizeof string);
        if (!string.data && string.len) {
            return fail(putter, i, "is NULL but not empty");
        }
        if (type == LADLE_FIELD_STRING && !ladle_is_utf8(string.data, string.len)) {
            return fail(putter, i, "is not UTF-8");
        }
        if (string.len > putter->shape->array_len_max) {
            return LADLE_E_LIMIT;
        }
        LADLE_TRY(ladle_node_put_data(putter->shape, node, string.data, string.len));
    }
    return LADLE_OK;
}

static ladle_kind kind_of(const ladle_field *field)
{
    switch (field->type) {
    case LADLE_FIELD_BOOL:
        return LADLE_BOOL;
    case LADLE_FIELD_FLOAT:
    case LADLE_FIELD_DOUBLE:
        return LADLE_FLOAT;
    case LADLE_FIELD_CHARS:
    case LADLE_FIELD_STRING:
        return LADLE_STR;
    case LADLE_FIELD_BYTES:
    case LADLE_FIELD_BLOB:
        return LADLE_BYTES;
    default:
        return LADLE_INT;
    }
}

static ladle_status put_structs(struct putter *putter, ladle_node *node, const ladle_layout *layout,
                                const struct members *members);

static ladle_status put_elements(struct putter *putter, ladle_node *node, const ladle_field *field,
                                 const struct members *members)
{
    if (field->layout) {
        return put_structs(putter, node, field->layout, members);
    }
    LADLE_TRY(accept(putter, node, kind_of(field), 0, members->count, &node));
    switch (field->type) {
    case LADLE_FIELD_BOOL:
        return put_bools(putter, node, members);
    case LADLE_FIELD_FLOAT:
    case LADLE_FIELD_DOUBLE:
        return put_floats(putter, node, field->type, members);
    case LADLE_FIELD_CHARS:
        return put_chars(putter, node, field->len, members);
    case LADLE_FIELD_BYTES:
        return put_bytes(putter, node, field->len, members);
    case LADLE_FIELD_STRING:
    case LADLE_FIELD_BLOB:
        return put_strings(putter, node, field->type, members);
    default:
        return put_ints(putter, node, field->type, members);
    }
}

/*
 * Arrays are lists, and their elements follow each other from row to row.
 */
static ladle_status put_arrays(struct putter *putter, ladle_node *node, const ladle_field *field,
                               const struct members *members)
{
    size_t count = ladle_field_count(field);
    LADLE_TRY(accept(putter, node, LADLE_LIST, 0, members->count, &node));
    LADLE_TRY(reserve(putter, node, members->count));
    struct putter inside = *putter;
    for (size_t i = 0; i < members->count; i++) {
        struct members elements = {.first = members->first + i * members->stride,
                                   .stride = ladle_field_size(field),
                                   .count = count};
        inside.row = putter->is_inside_row ? putter->row : putter->row + i;
        inside.is_inside_row = true;
        LADLE_TRY(put_elements(&inside, node->children[0], field, &elements));
        ((uint32_t *)node->words)[node->count++] = (uint32_t)count;
    }
    return LADLE_OK;
}

/*
 * Whether a key list holds the columns of these fields in their order.
 */
static bool is_list_of(const ladle_node *node, uint32_t number, const ladle_layout *layout)
{
    if (number >= node->keys->list_count ||
        node->keys->lists[number].count != layout->field_count) {
        return false;
    }
    const uint16_t *columns = node->keys->lists[number].columns;
    for (size_t i = 0; i < layout->field_count; i++) {
        const ladle_key *key = &node->keys->items[columns[i]];
        const char *name = layout->fields[i].name;
        if (strncmp(name, key->name, key->name_len) != 0 || name[key->name_len]) {
            return false;
        }
    }
    return true;
}

static ladle_status find_column(struct putter *putter, ladle_node *node, const ladle_layout *layout,
                                size_t index, uint16_t *columns)
{
    const char *name = layout->fields[index].name;
    struct ladle_path *path = &putter->failure->path;
    uint32_t column;
    path->fields[path->depth++] = &layout->fields[index];
    if (!ladle_is_utf8(name, strlen(name))) {
        putter->failure->why = "has a name that is not UTF-8";
        return LADLE_E_ARGUMENT;
    }
    LADLE_TRY(ladle_dict_column(putter->shape, node, name, strlen(name), &column));
    for (size_t i = 0; i < index; i++) {
        if (columns[i] == column) {
            putter->failure->why = "has the name of another field";
            return LADLE_E_ARGUMENT;
        }
    }
    columns[index] = (uint16_t)column;
    path->depth--;
    return LADLE_OK;
}

/*
 * The key list of these fields: node->guess.
 */
static ladle_status find_list(struct putter *putter, ladle_node *node, const ladle_layout *layout)
{
    uint16_t columns[256];
    uint32_t list;
    if (is_list_of(node, node->guess, layout)) {
        return LADLE_OK;
    }
    for (size_t i = 0; i < layout->field_count; i++) {
        LADLE_TRY(find_column(putter, node, layout, i, columns));
    }
    LADLE_TRY(ladle_dict_list(putter->shape, node, columns, (uint32_t)layout->field_count, &list));
    node->guess = (uint8_t)list;
    return LADLE_OK;
}

/*
 * Put the dicts or tuples themselves, and say where their fields go.
 */
static ladle_status begin_structs(struct putter *putter, ladle_node **node,
                                  const ladle_layout *layout, size_t count)
{
    uint32_t detail = layout->kind == LADLE_TUPLE ? (uint32_t)layout->field_count : 0;
    LADLE_TRY(accept(putter, *node, layout->kind, detail, count, node));
    if (layout->kind == LADLE_TUPLE) {
        (*node)->count += count;
        return LADLE_OK;
    }
    LADLE_TRY(find_list(putter, *node, layout));
    LADLE_TRY(reserve(putter, *node, count));
    memset((uint8_t *)(*node)->words + (*node)->count, (*node)->guess, count);
    (*node)->count += count;
    return LADLE_OK;
}

static ladle_status put_structs(struct putter *putter, ladle_node *node, const ladle_layout *layout,
                                const struct members *members)
{
    struct ladle_path *path = &putter->failure->path;
    LADLE_TRY(begin_structs(putter, &node, layout, members->count));
    for (size_t i = 0; i < layout->field_count; i++) {
        const ladle_field *field = &layout->fields[i];
        uint32_t column =
            layout->kind == LADLE_TUPLE ? (uint32_t)i : node->keys->lists[node->guess].columns[i];
        struct members inner = *members;
        inner.first += field->offset;
        path->fields[path->depth++] = field;
        LADLE_TRY(ladle_field_is_array(field)
                      ? put_arrays(putter, node->children[column], field, &inner)
                      : put_elements(putter, node->children[column], field, &inner));
        path->depth--;
    }
    return LADLE_OK;
}

ladle_status ladle_rows_put(ladle_shape *shape, ladle_node *node, const ladle_layout *layout,
                            const void *rows, size_t count, size_t more_count,
                            struct ladle_rows_failure *failure)
{
    struct putter putter = {.shape = shape, .failure = failure};
    struct members members = {.first = rows,
                              .stride = layout->size,
                              .count = count,
                              .ahead = more_count < count ? 0 : count * layout->size};
    failure->path.depth = 0;
    return put_structs(&putter, node, layout, &members);
}
