/* SPDX-License-Identifier: BSD-2-Clause */
/* Columns of values that hold no others, into leaves of a layout. */
#include "fill.h"

#include "decode_block.h"
#include "extension.h"

#include <math.h>

/*
 * Values that are unpacked at a time.
 */
#define PIECE 256

/*
 * Where the entries of a dictionary are that have lengths of their own. One a view of a block.
 */
struct fill_entries {
    struct fill_entries *next;
    const ladle_view *view;
    uint32_t places[]; /* of each entry in its bytes, and the end of the last */
};

void core_fill_entries_free(core_fill *fill)
{
    while (fill->dictionary) {
        struct fill_entries *next = fill->dictionary->next;
        PyMem_Free(fill->dictionary);
        fill->dictionary = next;
    }
}

static const uint32_t *entry_places(core_fill *fill, const ladle_view *entries)
{
    for (struct fill_entries *known = fill->dictionary; known; known = known->next) {
        if (known->view == entries) {
            return known->places;
        }
    }
    size_t count = (size_t)entries->count;
    struct fill_entries *made = PyMem_Malloc(sizeof *made + (count + 1) * sizeof *made->places);
    if (!made) {
        PyErr_NoMemory();
        return NULL;
    }
    uint32_t place = 0;
    for (size_t i = 0; i < count; i++) {
        made->places[i] = place;
        place += (uint32_t)ladle_packed_get(&entries->words, i);
    }
    made->places[count] = place;
    made->view = entries;
    made->next = fill->dictionary;
    fill->dictionary = made;
    return made->places;
}

/*
 * A column that is gone through value by value.
 */
struct column {
    ladle_view *view;
    const ladle_view *values;  /* the view, its entries, or what an extension is made of */
    const ladle_packed *codes; /* of a dictionary, or NULL */
    const uint32_t *places;    /* of its entries, or NULL */
    uint64_t next;
    const uint8_t *content; /* of the next value */
    int extension;          /* its code, or -1 */
};

static bool has_content(const ladle_view *view)
{
    return view->kind == LADLE_BIGINT || (view->kind >= LADLE_STR && view->kind <= LADLE_BYTEARRAY);
}

bool core_fill_has_loop(const ladle_view *view)
{
    if (view->kind == LADLE_EXTENSION) {
        bool is_time = view->code == CODE_DATE || view->code == CODE_DATETIME_PLAIN ||
                       view->code == CODE_TIMEDELTA;
        return is_time && view->children[0].kind == LADLE_INT;
    }
    const ladle_view *values = view->kind == LADLE_DICTIONARY ? &view->children[0] : view;
    return has_content(values) || values->kind == LADLE_BOOL || values->kind == LADLE_INT ||
           values->kind == LADLE_FLOAT || values->kind == LADLE_COMPLEX;
}

static int open_column(core_fill *fill, ladle_view *view, uint64_t start, struct column *column)
{
    *column = (struct column){.view = view,
                              .values = view,
                              .next = start,
                              .content = (const uint8_t *)"",
                              .extension = -1};
    if (view->kind == LADLE_EXTENSION) {
        column->extension = view->code;
        column->values = &view->children[0];
    } else if (view->kind == LADLE_DICTIONARY) {
        column->codes = &view->words;
        column->values = &view->children[0];
        if (has_content(column->values) && column->values->words.bits) {
            column->places = entry_places(fill, column->values);
            return column->places ? 0 : -1;
        }
    } else if (has_content(view)) {
        column->content = view->bytes + view->next_byte;
    }
    return 0;
}

/*
 * The content of the next value and its length.
 */
static inline const uint8_t *next_content(struct column *column, size_t *len)
{
    const ladle_view *values = column->values;
    if (!column->codes) {
        const uint8_t *content = column->content;
        *len = (size_t)ladle_packed_get(&values->words, column->next++);
        column->content += *len;
        return content;
    }
    uint64_t code = ladle_packed_get(column->codes, column->next++);
    if (!column->places) {
        *len = (size_t)values->words.base;
        return values->bytes + code * *len;
    }
    *len = column->places[code + 1] - column->places[code];
    return values->bytes + column->places[code];
}

static void next_value(struct column *column, core_value *value)
{
    const ladle_view *values = column->values;
    ladle_item item = {.kind = (ladle_kind)values->kind};
    if (has_content(values)) {
        item.data = next_content(column, &item.data_len);
        core_value_from_item(value, &item);
        return;
    }
    uint64_t index = column->next++;
    if (column->codes) {
        index = ladle_packed_get(column->codes, index);
    }
    item.integer = ladle_packed_get(&values->words, index);
    item.is_unsigned = values->words.is_unsigned;
    item.real = ladle_double_from_bits(item.integer);
    if (values->kind == LADLE_COMPLEX) {
        item.imaginary = ladle_double_from_bits(ladle_packed_get(&values->imaginary, index));
    }
    core_value_from_item(value, &item);
    if (column->extension >= 0) {
        core_value_extend(value, (uint8_t)column->extension);
    }
}

/*
 * Any values into anything, one by one.
 */
static void fill_each(core_fill *fill, struct column *column, const fill_picks *picks,
                      const core_layout *layout, uint8_t *to, ptrdiff_t stride)
{
    core_value value;
    for (uint64_t i = 0; i < picks->count; i++) {
        next_value(column, &value);
        uint8_t *place = fill->is_check ? fill->scratch : fill_place(picks, i, to, stride);
        enum core_fit fit = core_convert(&value, layout, place);
        if (fit != FIT_OK) {
            core_fill_fail(fill, picks, i, fit, layout, core_fill_kind_name(column->view->kind));
            return;
        }
    }
}

#define UNPACK(bits, load)                                                                         \
    for (size_t i = 0; i < count; i++) {                                                           \
        to[i] = base + (load);                                                                     \
    }                                                                                              \
    break

static void unpack(const ladle_packed *packed, uint64_t start, size_t count, uint64_t *to)
{
    uint64_t base = packed->base;
    const uint8_t *data = packed->data;
    switch (packed->bits) {
    case 8:
        data += start;
        UNPACK(8, data[i]);
    case 16:
        data += 2 * start;
        UNPACK(16, ladle_load_u16(data + 2 * i));
    case 32:
        data += 4 * start;
        UNPACK(32, ladle_load_u32(data + 4 * i));
    case 64:
        data += 8 * start;
        UNPACK(64, ladle_load_u64(data + 8 * i));
    default:
        for (size_t i = 0; i < count; i++) {
            to[i] = ladle_packed_get(packed, start + i);
        }
    }
}

/*
 * Store loops: from words to items of a C type, in the machine's byte order or the other one.
 */
#define STORE(type, expression, swap)                                                              \
    if (places) {                                                                                  \
        for (size_t i = 0; i < count; i++) {                                                       \
            type item = swap((type)(expression));                                                  \
            memcpy(to + (ptrdiff_t)places[i] * stride, &item, sizeof item);                        \
        }                                                                                          \
    } else {                                                                                       \
        for (size_t i = 0; i < count; i++, to += stride) {                                         \
            type item = swap((type)(expression));                                                  \
            memcpy(to, &item, sizeof item);                                                        \
        }                                                                                          \
    }                                                                                              \
    break

#define PLAIN(x) (x)

static uint32_t bits_of_float(double value)
{
    float narrow = (float)value;
    uint32_t bits;
    memcpy(&bits, &narrow, sizeof bits);
    return bits;
}

/*
 * How words become items.
 */
enum store {
    STORE_NONE, /* there is no loop for it */
    STORE_INT,  /* cut to the length of the item */
    STORE_DOUBLE_FROM_INT,
    STORE_DOUBLE_FROM_UINT,
    STORE_FLOAT_FROM_INT,
    STORE_FLOAT_FROM_UINT,
    STORE_FLOAT_FROM_DOUBLE
};

static void store(enum store how, const core_layout *layout, const uint64_t *words, size_t count,
                  const uint32_t *places, uint8_t *to, ptrdiff_t stride)
{
    bool swap = layout->is_swapped;
    switch (how) {
    case STORE_INT:
        switch (layout->len * 2 + swap) {
        case 2:
        case 3:
            STORE(uint8_t, words[i], PLAIN);
        case 4:
            STORE(uint16_t, words[i], PLAIN);
        case 5:
            STORE(uint16_t, words[i], __builtin_bswap16);
        case 8:
            STORE(uint32_t, words[i], PLAIN);
        case 9:
            STORE(uint32_t, words[i], __builtin_bswap32);
        case 16:
            STORE(uint64_t, words[i], PLAIN);
        default:
            STORE(uint64_t, words[i], __builtin_bswap64);
        }
        break;
    case STORE_DOUBLE_FROM_INT:
        STORE(double, (int64_t)words[i], PLAIN);
    case STORE_DOUBLE_FROM_UINT:
        STORE(double, words[i], PLAIN);
    case STORE_FLOAT_FROM_INT:
        STORE(uint32_t, bits_of_float((double)(int64_t)words[i]), PLAIN);
    case STORE_FLOAT_FROM_UINT:
        STORE(uint32_t, bits_of_float((double)words[i]), PLAIN);
    default:
        STORE(uint32_t, bits_of_float(ladle_double_from_bits(words[i])), PLAIN);
    }
}

static enum store store_for(const ladle_view *values, const core_layout *layout)
{
    bool is_unsigned = values->words.is_unsigned;
    bool is_double = layout->kind == 'f' && layout->len == 8;
    bool is_float = layout->kind == 'f' && layout->len == 4;
    switch (values->kind) {
    case LADLE_BOOL:
        if (layout->kind == 'b') {
            return STORE_INT;
        }
        /* fall through */
    case LADLE_INT:
        if (layout->kind == 'i' || layout->kind == 'u') {
            return STORE_INT;
        }
        if (layout->is_swapped) {
            return STORE_NONE;
        }
        return is_double  ? (is_unsigned ? STORE_DOUBLE_FROM_UINT : STORE_DOUBLE_FROM_INT)
               : is_float ? (is_unsigned ? STORE_FLOAT_FROM_UINT : STORE_FLOAT_FROM_INT)
                          : STORE_NONE;
    case LADLE_FLOAT:
        return is_double                         ? STORE_INT
               : is_float && !layout->is_swapped ? STORE_FLOAT_FROM_DOUBLE
                                                 : STORE_NONE;
    default:
        return STORE_NONE;
    }
}

/*
 * Whether all that a column could hold, by its base and width, fits: then no value is looked at.
 */
static bool always_fits(const ladle_view *values, const core_layout *layout, enum store how)
{
    const ladle_packed *packed = &values->words;
    if (how != STORE_INT) {
        return how != STORE_FLOAT_FROM_DOUBLE;
    }
    if (values->kind != LADLE_INT) {
        return true;
    }
    unsigned bits = 8 * (unsigned)layout->len;
    if (bits == 64 && packed->is_unsigned) {
        return layout->kind == 'u';
    }
    if (bits == 64 && layout->kind == 'i') {
        return true;
    }
    if (packed->is_unsigned || packed->bits > 32 || (packed->bits == 0 && packed->step)) {
        return false;
    }
    /* The least value is the base, and the greatest no more than 2^32 away. */
    int64_t least = (int64_t)packed->base;
    int64_t range = packed->bits ? (int64_t)(((uint64_t)1 << packed->bits) - 1) : 0;
    int64_t greatest;
    if (__builtin_add_overflow(least, range, &greatest)) {
        return false;
    }
    int64_t lowest = layout->kind == 'u' ? 0 : -((int64_t)1 << (bits - 1));
    int64_t highest = layout->kind == 'i' ? ((int64_t)1 << (bits - 1)) - 1
                      : bits == 64        ? INT64_MAX
                                          : ((int64_t)1 << bits) - 1;
    return least >= lowest && greatest <= highest;
}

static bool word_fits(uint64_t word, bool is_unsigned, const core_layout *layout, enum store how)
{
    if (how == STORE_FLOAT_FROM_DOUBLE) {
        double value = ladle_double_from_bits(word);
        return !isinf((float)value) || isinf(value);
    }
    bool is_negative = !is_unsigned && word >> 63;
    unsigned bits = 8 * (unsigned)layout->len - (layout->kind == 'i');
    return !(bits < 64 && (is_negative ? ~word : word) >> bits) &&
           !(is_negative && layout->kind == 'u');
}

static void take_words(struct column *column, size_t count, uint64_t *words)
{
    if (!column->codes) {
        unpack(&column->values->words, column->next, count, words);
    } else {
        unpack(column->codes, column->next, count, words);
        for (size_t i = 0; i < count; i++) {
            words[i] = ladle_packed_get(&column->values->words, words[i]);
        }
    }
    column->next += count;
}

static void check_words(core_fill *fill, struct column *column, const fill_picks *picks,
                        const core_layout *layout, enum store how)
{
    uint64_t words[PIECE];
    bool is_unsigned = column->values->words.is_unsigned;
    for (uint64_t done = 0; done < picks->count; done += PIECE) {
        size_t count = picks->count - done < PIECE ? (size_t)(picks->count - done) : PIECE;
        take_words(column, count, words);
        for (size_t i = 0; i < count; i++) {
            if (LADLE_UNLIKELY(!word_fits(words[i], is_unsigned, layout, how))) {
                core_fill_fail(fill, picks, done + i, FIT_RANGE, layout, NULL);
                return;
            }
        }
    }
}

static void store_words(struct column *column, const fill_picks *picks, const core_layout *layout,
                        enum store how, uint8_t *to, ptrdiff_t stride)
{
    uint64_t words[PIECE];
    for (uint64_t done = 0; done < picks->count; done += PIECE) {
        size_t count = picks->count - done < PIECE ? (size_t)(picks->count - done) : PIECE;
        take_words(column, count, words);
        if (picks->places) {
            store(how, layout, words, count, picks->places + done, to, stride);
        } else {
            store(how, layout, words, count, NULL, to + (ptrdiff_t)done * stride, stride);
        }
    }
}

/*
 * Words that are items as they are.
 */
static bool copy_words(const struct column *column, const fill_picks *picks,
                       const core_layout *layout, uint8_t *to, ptrdiff_t stride)
{
    const ladle_packed *packed = &column->values->words;
    bool is_little = LADLE_SWAP(64, (uint64_t)1) == 1;
    if (column->codes || packed->bits != 64 || packed->base || layout->len != 8 ||
        layout->is_swapped || picks->places || !is_little) {
        return false;
    }
    const uint8_t *from = packed->data + 8 * column->next;
    if (stride == 8) {
        memcpy(to, from, 8 * (size_t)picks->count);
        return true;
    }
    uint64_t left = picks->count;
    for (; left >= 4; left -= 4, from += 32, to += 4 * stride) {
        memcpy(to, from, 8);
        memcpy(to + stride, from + 8, 8);
        memcpy(to + 2 * stride, from + 16, 8);
        memcpy(to + 3 * stride, from + 24, 8);
    }
    for (; left; left--, from += 8, to += stride) {
        memcpy(to, from, 8);
    }
    return true;
}

static void fill_words(core_fill *fill, struct column *column, const fill_picks *picks,
                       const core_layout *layout, enum store how, uint8_t *to, ptrdiff_t stride)
{
    if (fill->is_check) {
        if (!always_fits(column->values, layout, how)) {
            check_words(fill, column, picks, layout, how);
        }
    } else if (how != STORE_INT || !copy_words(column, picks, layout, to, stride)) {
        store_words(column, picks, layout, how, to, stride);
    }
}

/*
 * str of ASCII, or bytes, into bytes: 1. The first into str of four bytes a character: 4. 0: there
 * is no loop.
 */
static size_t character_len(const ladle_view *values, const core_layout *layout)
{
    bool is_ascii = values->kind == LADLE_STR && core_view_is_ascii(values);
    bool is_bytes = values->kind == LADLE_BYTES || values->kind == LADLE_BYTEARRAY;
    if (layout->kind == 'S') {
        return is_ascii || is_bytes;
    }
    return layout->kind == 'U' && is_ascii && !layout->is_swapped ? 4 : 0;
}

static void check_lengths(core_fill *fill, struct column *column, const fill_picks *picks,
                          const core_layout *layout, size_t len_max)
{
    const ladle_packed *lengths = &column->values->words;
    uint64_t most = lengths->bits < 64 ? ((uint64_t)1 << lengths->bits) - 1 : UINT64_MAX;
    if (lengths->step == 0 && lengths->base <= len_max && most <= len_max - lengths->base) {
        return;
    }
    for (uint64_t i = 0; i < picks->count; i++) {
        size_t len;
        (void)next_content(column, &len);
        if (LADLE_UNLIKELY(len > len_max)) {
            core_fill_fail(fill, picks, i, FIT_LONG, layout, NULL);
            return;
        }
    }
}

/*
 * A few bytes, by moves that may overlap.
 */
static inline void copy_short(uint8_t *to, const uint8_t *from, size_t len)
{
    if (len >= 16 && len <= 32) {
        memcpy(to, from, 16);
        memcpy(to + len - 16, from + len - 16, 16);
    } else if (len >= 8 && len < 16) {
        memcpy(to, from, 8);
        memcpy(to + len - 8, from + len - 8, 8);
    } else {
        memcpy(to, from, len);
    }
}

/*
 * Contents of one length, at places one after the other. False: they are not so.
 */
static bool copy_equal(const struct column *column, const fill_picks *picks,
                       const core_layout *layout, uint8_t *to, ptrdiff_t stride)
{
    const ladle_packed *lengths = &column->values->words;
    size_t len = (size_t)lengths->base;
    size_t rest = layout->len - len;
    const uint8_t *from = column->content;
    if (column->codes || lengths->bits || lengths->step || picks->places) {
        return false;
    }
    if (len >= 16 && len <= 32 && rest == 0) {
        for (uint64_t i = 0; i < picks->count; i++, from += len, to += stride) {
            memcpy(to, from, 16);
            memcpy(to + len - 16, from + len - 16, 16);
        }
        return true;
    }
    for (uint64_t i = 0; i < picks->count; i++, from += len, to += stride) {
        copy_short(to, from, len);
        memset(to + len, 0, rest);
    }
    return true;
}

static void copy_bytes(struct column *column, const fill_picks *picks, const core_layout *layout,
                       uint8_t *to, ptrdiff_t stride)
{
    if (copy_equal(column, picks, layout, to, stride)) {
        return;
    }
    for (uint64_t i = 0; i < picks->count; i++) {
        size_t len;
        const uint8_t *content = next_content(column, &len);
        uint8_t *place = fill_place(picks, i, to, stride);
        copy_short(place, content, len);
        if (len < layout->len) {
            memset(place + len, 0, layout->len - len);
        }
    }
}

static void widen_ascii(struct column *column, const fill_picks *picks, const core_layout *layout,
                        uint8_t *to, ptrdiff_t stride)
{
    for (uint64_t i = 0; i < picks->count; i++) {
        size_t len;
        const uint8_t *content = next_content(column, &len);
        uint8_t *place = fill_place(picks, i, to, stride);
        for (size_t j = 0; j < len; j++) {
            uint32_t code = content[j];
            memcpy(place + 4 * j, &code, sizeof code);
        }
        memset(place + 4 * len, 0, layout->len - 4 * len);
    }
}

static void fill_content(core_fill *fill, struct column *column, const fill_picks *picks,
                         const core_layout *layout, uint8_t *to, ptrdiff_t stride)
{
    size_t character = character_len(column->values, layout);
    if (character == 0) {
        fill_each(fill, column, picks, layout, to, stride);
    } else if (fill->is_check) {
        check_lengths(fill, column, picks, layout, layout->len / character);
    } else if (character == 1) {
        copy_bytes(column, picks, layout, to, stride);
    } else {
        widen_ascii(column, picks, layout, to, stride);
    }
}

/*
 * Move the cursor into the bytes of a view behind the values that were gone through.
 */
static int advance_bytes(core_fill *fill, ladle_view *view, uint64_t start, uint64_t count)
{
    uint64_t len = view->words.base * count;
    if (view->words.bits) {
        len = 0;
        for (uint64_t i = 0; i < count; i++) {
            len += ladle_packed_get(&view->words, start + i);
        }
    }
    return core_fill_advance(fill, view, 0, len);
}

int core_fill_leaf(core_fill *fill, ladle_view *view, uint64_t start, const fill_picks *picks,
                   const core_layout *layout, uint8_t *to, ptrdiff_t stride)
{
    struct column column;
    if (open_column(fill, view, start, &column) < 0) {
        return -1;
    }
    enum store how = column.extension < 0 ? store_for(column.values, layout) : STORE_NONE;
    if (how != STORE_NONE) {
        fill_words(fill, &column, picks, layout, how, to, stride);
    } else if (column.extension < 0 && has_content(column.values)) {
        fill_content(fill, &column, picks, layout, to, stride);
    } else {
        fill_each(fill, &column, picks, layout, to, stride);
    }
    return has_content(view) ? advance_bytes(fill, view, start, picks->count) : 0;
}
