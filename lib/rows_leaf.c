/* SPDX-License-Identifier: BSD-2-Clause */
#include "rows_leaf.h"

#include "exact.h"
#include "status.h"
#include "text.h"

#include <inttypes.h>

/*
 * Numbers go through a buffer of this many, which stays in the cache.
 */
#define STEP_COUNT 256

/*
 * Put values of one C type into places.
 */
#define SCATTER(ctype, expression)                                                                 \
    for (size_t i = 0; i < places->count; i++) {                                                   \
        ctype value = (ctype)(expression);                                                         \
        memcpy(places->first + i * places->stride, &value, sizeof value);                          \
    }

static void unpack(const ladle_packed *packed, uint64_t start, size_t count, uint64_t *to)
{
    const uint8_t *data = packed->data;
    uint64_t base = packed->base;
    switch (packed->bits) {
    case 8:
        for (size_t i = 0; i < count; i++) {
            to[i] = base + data[start + i];
        }
        break;
    case 16:
        for (size_t i = 0; i < count; i++) {
            to[i] = base + ladle_load_u16(data + 2 * (start + i));
        }
        break;
    case 32:
        for (size_t i = 0; i < count; i++) {
            to[i] = base + ladle_load_u32(data + 4 * (start + i));
        }
        break;
    case 64:
        for (size_t i = 0; i < count; i++) {
            to[i] = base + ladle_load_u64(data + 8 * (start + i));
        }
        break;
    default:
        for (size_t i = 0; i < count; i++) {
            to[i] = ladle_packed_get(packed, start + i);
        }
        break;
    }
}

/*
 * The integers that a field takes: least and greatest by their bits, modulo 2^64.
 */
struct range {
    uint64_t least;
    uint64_t span; /* greatest - least */
};

static struct range range_of(ladle_field_type type, bool from_unsigned)
{
    unsigned bits = 8 * (type & 0xFFu);
    uint64_t greatest = UINT64_MAX >> (64 - bits);
    bool is_signed = type < LADLE_FIELD_UINT8;
    if (is_signed) {
        greatest >>= 1;
    }
    if (!from_unsigned && greatest > INT64_MAX) {
        greatest = INT64_MAX;
    }
    uint64_t least = is_signed && !from_unsigned ? ~greatest : 0;
    return (struct range){.least = least, .span = greatest - least};
}

static const char *type_text(ladle_field_type type)
{
    switch (type) {
    case LADLE_FIELD_INT8:
        return "an int8";
    case LADLE_FIELD_INT16:
        return "an int16";
    case LADLE_FIELD_INT32:
        return "an int32";
    case LADLE_FIELD_INT64:
        return "an int64";
    case LADLE_FIELD_UINT8:
        return "a uint8";
    case LADLE_FIELD_UINT16:
        return "a uint16";
    case LADLE_FIELD_UINT32:
        return "a uint32";
    case LADLE_FIELD_UINT64:
        return "a uint64";
    case LADLE_FIELD_FLOAT:
        return "a float";
    default:
        return "a double";
    }
}

static ladle_status misfit_int(const struct ladle_rows_getter *getter, size_t index, uint64_t value,
                               bool is_unsigned, ladle_field_type type)
{
    return is_unsigned ? ladle_misfit(getter, index, "is %" PRIu64 ", which %s cannot hold", value,
                                      type_text(type))
                       : ladle_misfit(getter, index, "is %" PRId64 ", which %s cannot hold",
                                      (int64_t)value, type_text(type));
}

static ladle_status store_ints(const struct ladle_rows_getter *getter, const uint64_t *values,
                               bool is_unsigned, ladle_field_type type,
                               const struct ladle_places *places)
{
    struct range range = range_of(type, is_unsigned);
    bool fits = true;
    for (size_t i = 0; i < places->count; i++) {
        fits &= values[i] - range.least <= range.span;
    }
    for (size_t i = 0; !fits; i++) {
        if (values[i] - range.least > range.span) {
            return misfit_int(getter, i, values[i], is_unsigned, type);
        }
    }
    switch (type & 0xFF) {
    case 1:
        SCATTER(uint8_t, values[i])
        break;
    case 2:
        SCATTER(uint16_t, values[i])
        break;
    case 4:
        SCATTER(uint32_t, values[i])
        break;
    default:
        SCATTER(uint64_t, values[i])
        break;
    }
    return LADLE_OK;
}

static ladle_status store_ints_as_floats(const struct ladle_rows_getter *getter,
                                         const uint64_t *values, bool is_unsigned,
                                         ladle_field_type type, const struct ladle_places *places)
{
    unsigned fraction_bits = type == LADLE_FIELD_FLOAT ? LADLE_FLOAT_BITS : LADLE_DOUBLE_BITS;
    for (size_t i = 0; i < places->count; i++) {
        if (!ladle_is_exact(values[i], is_unsigned, fraction_bits)) {
            return misfit_int(getter, i, values[i], is_unsigned, type);
        }
    }
    if (type == LADLE_FIELD_FLOAT) {
        SCATTER(float, is_unsigned ? (float)values[i] : (float)(int64_t)values[i])
    } else {
        SCATTER(double, is_unsigned ? (double)values[i] : (double)(int64_t)values[i])
    }
    return LADLE_OK;
}

/*
 * A double as a float, NaNs by their bits as rows_put.c widens them. False when it becomes
 * infinite.
 */
static bool narrow(uint64_t bits, uint32_t *to)
{
    double value = ladle_double_from_bits(bits);
    float narrowed = (float)value;
    memcpy(to, &narrowed, sizeof narrowed);
    if (LADLE_UNLIKELY(value != value)) {
        uint32_t fraction = (uint32_t)(bits >> 29) & 0x7FFFFF;
        *to = (uint32_t)(bits >> 63) << 31 | 0x7F800000 | (fraction ? fraction : 0x400000);
    }
    bool was_finite = (bits & UINT64_C(0x7FF0000000000000)) != UINT64_C(0x7FF0000000000000);
    return !was_finite || (*to & 0x7F800000) != 0x7F800000;
}

static ladle_status store_floats(const struct ladle_rows_getter *getter, const uint64_t *values,
                                 ladle_field_type type, const struct ladle_places *places)
{
    if (type == LADLE_FIELD_DOUBLE) {
        SCATTER(uint64_t, values[i])
        return LADLE_OK;
    }
    for (size_t i = 0; i < places->count; i++) {
        uint32_t bits;
        if (!narrow(values[i], &bits)) {
            return ladle_misfit(getter, i, "is %g, which a float cannot hold",
                                ladle_double_from_bits(values[i]));
        }
        memcpy(places->first + i * places->stride, &bits, sizeof bits);
    }
    return LADLE_OK;
}

static bool is_float(ladle_field_type type)
{
    return type == LADLE_FIELD_FLOAT || type == LADLE_FIELD_DOUBLE;
}

static ladle_status store_numbers(const struct ladle_rows_getter *getter, const ladle_view *view,
                                  const uint64_t *values, ladle_field_type type,
                                  const struct ladle_places *places)
{
    if (view->kind == LADLE_FLOAT) {
        return store_floats(getter, values, type, places);
    }
    bool is_unsigned = view->kind == LADLE_BOOL || view->words.is_unsigned;
    if (type == LADLE_FIELD_BOOL) {
        SCATTER(uint8_t, values[i])
        return LADLE_OK;
    }
    return is_float(type) ? store_ints_as_floats(getter, values, is_unsigned, type, places)
                          : store_ints(getter, values, is_unsigned, type, places);
}

/*
 * Whether a column of numbers may go into a field at all.
 */
static bool takes_numbers(ladle_field_type type, uint8_t kind)
{
    bool is_number = type >= LADLE_FIELD_BOOL && type <= LADLE_FIELD_DOUBLE;
    return is_number && (kind != LADLE_FLOAT || is_float(type)) &&
           (kind == LADLE_BOOL || type != LADLE_FIELD_BOOL);
}

bool ladle_is_stored_as(const ladle_view *view, ladle_field_type type)
{
    const ladle_packed *words = &view->words;
    bool is_wanted =
        (view->kind == LADLE_FLOAT && type == LADLE_FIELD_DOUBLE) ||
        (view->kind == LADLE_INT && !words->is_unsigned && type == LADLE_FIELD_INT64) ||
        (view->kind == LADLE_INT && words->is_unsigned && type == LADLE_FIELD_UINT64);
    return is_wanted && words->bits == 64 && words->base == 0;
}

static void get_stored(ladle_view *view, const struct ladle_places *places)
{
    const uint8_t *words = view->words.data + 8 * view->next;
    SCATTER(uint64_t, ladle_load_u64(words + 8 * i))
    view->next += places->count;
}

static ladle_status get_numbers(const struct ladle_rows_getter *getter, ladle_view *view,
                                const ladle_field *field, const struct ladle_places *places)
{
    uint64_t values[STEP_COUNT];
    if (ladle_is_stored_as(view, field->type)) {
        get_stored(view, places);
        return LADLE_OK;
    }
    if (!takes_numbers(field->type, view->kind)) {
        return ladle_misfit_kind(getter, view, field);
    }
    for (size_t done = 0; done < places->count;) {
        size_t left = places->count - done;
        struct ladle_places step =
            ladle_places_from(places, done, left < STEP_COUNT ? left : STEP_COUNT);
        struct ladle_rows_getter from = ladle_getter_from(getter, done);
        unpack(&view->words, view->next, step.count, values);
        LADLE_TRY(store_numbers(&from, view, values, field->type, &step));
        view->next += step.count;
        done += step.count;
    }
    return LADLE_OK;
}

/*
 * Integers of nine bytes at most, one by one: a column has them only beside ones that do not go
 * with them.
 */
static ladle_status get_bigints(const struct ladle_rows_getter *getter, ladle_view *view,
                                const ladle_field *field, const struct ladle_places *places)
{
    if (!takes_numbers(field->type, LADLE_INT)) {
        return ladle_misfit_kind(getter, view, field);
    }
    for (size_t i = 0; i < places->count; i++) {
        struct ladle_places place = ladle_places_from(places, i, 1);
        struct ladle_rows_getter from = ladle_getter_from(getter, i);
        uint64_t len = ladle_packed_get(&view->words, view->next);
        const uint8_t *content = view->bytes + view->next_byte;
        bool is_unsigned = len == 9 && content[8] == 0;
        uint8_t bytes[8];
        if (len > 8 && !is_unsigned) {
            return ladle_misfit(&from, 0, "is an int of more than 64 bits");
        }
        memset(bytes, len && content[len - 1] >> 7 ? 0xFF : 0, sizeof bytes);
        memcpy(bytes, content, len < 8 ? (size_t)len : 8);
        ladle_view one = {.kind = LADLE_INT, .words = {.is_unsigned = is_unsigned}};
        uint64_t value = ladle_load_u64(bytes);
        LADLE_TRY(store_numbers(&from, &one, &value, field->type, &place));
        view->next++;
        view->next_byte += len;
    }
    return LADLE_OK;
}

/*
 * Copy text that must not hold a zero byte. False when it does.
 */
static inline bool copy_text(uint8_t *to, const uint8_t *from, size_t len)
{
    if (len < 8) {
        for (size_t i = 0; i < len; i++) {
            to[i] = from[i];
            if (!from[i]) {
                return false;
            }
        }
        return true;
    }
    for (size_t at = 0;; at = at + 16 <= len ? at + 8 : len - 8) {
        uint64_t word = ladle_load_u64(from + at);
        if (ladle_zero_bytes(word)) {
            return false;
        }
        ladle_store_u64(to + at, word);
        if (at == len - 8) {
            return true;
        }
    }
}

/*
 * Texts that all fill their members are looked at together. False, and nothing is done, when there
 * are others, or one with a zero byte.
 */
static bool get_full_chars(ladle_view *view, size_t capacity, const struct ladle_places *places)
{
    const uint8_t *from = view->bytes + view->next_byte;
    size_t len = places->count * capacity;
    if (view->words.bits || view->words.base != capacity || memchr(from, 0, len)) {
        return false;
    }
    for (size_t i = 0; i < places->count; i++) {
        ladle_copy(places->first + i * places->stride, from + i * capacity, capacity);
    }
    view->next += places->count;
    view->next_byte += len;
    return true;
}

static ladle_status get_chars(const struct ladle_rows_getter *getter, ladle_view *view,
                              size_t capacity, const struct ladle_places *places)
{
    if (get_full_chars(view, capacity, places)) {
        return LADLE_OK;
    }
    for (size_t i = 0; i < places->count; i++) {
        size_t len = (size_t)ladle_packed_get(&view->words, view->next);
        uint8_t *to = places->first + i * places->stride;
        if (len > capacity) {
            return ladle_misfit(getter, i, "has %zu bytes, not at most %zu", len, capacity);
        }
        if (!copy_text(to, view->bytes + view->next_byte, len)) {
            return ladle_misfit(getter, i, "has a zero byte in it");
        }
        if (len < capacity) {
            memset(to + len, 0, capacity - len);
        }
        view->next++;
        view->next_byte += len;
    }
    return LADLE_OK;
}

static ladle_status get_bytes(const struct ladle_rows_getter *getter, ladle_view *view,
                              size_t capacity, const struct ladle_places *places)
{
    for (size_t i = 0; i < places->count; i++) {
        size_t len = (size_t)ladle_packed_get(&view->words, view->next);
        if (len != capacity) {
            return ladle_misfit(getter, i, "has %zu bytes, not %zu", len, capacity);
        }
        memcpy(places->first + i * places->stride, view->bytes + view->next_byte, len);
        view->next++;
        view->next_byte += len;
    }
    return LADLE_OK;
}

static void get_strings(ladle_view *view, const struct ladle_places *places)
{
    for (size_t i = 0; i < places->count; i++) {
        ladle_string string = {.data = (const char *)view->bytes + view->next_byte,
                               .len = (size_t)ladle_packed_get(&view->words, view->next++)};
        memcpy(places->first + i * places->stride, &string, sizeof string);
        view->next_byte += string.len;
    }
}

static ladle_status get_data(const struct ladle_rows_getter *getter, ladle_view *view,
                             const ladle_field *field, const struct ladle_places *places)
{
    bool is_text = view->kind == LADLE_STR;
    bool is_bytes = view->kind == LADLE_BYTES || view->kind == LADLE_BYTEARRAY;
    if (is_text && field->type == LADLE_FIELD_CHARS) {
        return get_chars(getter, view, field->len, places);
    }
    if (is_bytes && field->type == LADLE_FIELD_BYTES) {
        return get_bytes(getter, view, field->len, places);
    }
    if ((is_text && field->type == LADLE_FIELD_STRING) ||
        (is_bytes && field->type == LADLE_FIELD_BLOB)) {
        get_strings(view, places);
        return LADLE_OK;
    }
    return ladle_misfit_kind(getter, view, field);
}

ladle_status ladle_rows_get_leaf(const struct ladle_rows_getter *getter, ladle_view *view,
                                 const ladle_field *field, const struct ladle_places *places)
{
    switch (view->kind) {
    case LADLE_BOOL:
    case LADLE_INT:
    case LADLE_FLOAT:
        return get_numbers(getter, view, field, places);
    case LADLE_BIGINT:
        return get_bigints(getter, view, field, places);
    default:
        return get_data(getter, view, field, places);
    }
}
