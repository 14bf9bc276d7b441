/* SPDX-License-Identifier: BSD-2-Clause */
#include "view_place.h"

#include "frame.h"
#include "status.h"

struct placer {
    struct ladle_arena *arena;
    const struct ladle_stream *streams;
    size_t stream_count;
    size_t stream; /* the one being handed out */
    size_t offset; /* bytes of it that were handed out */
    const struct ladle_choice *choice;
    bool has_stream; /* the one being handed out is there */
    const char *why;
};

static ladle_status corrupt(struct placer *placer, const char *why)
{
    placer->why = why;
    return LADLE_E_CORRUPT;
}

/*
 * Turn differences into values: the array then has 64 bits an element, or none and a step.
 */
static ladle_status add_up(struct placer *placer, const struct ladle_array *array,
                           const uint8_t *data)
{
    ladle_packed differences = array->differences;
    uint64_t value = array->start;
    if (differences.bits == 0) {
        *array->packed = (ladle_packed){.base = differences.base + value,
                                        .step = differences.base,
                                        .is_unsigned = differences.is_unsigned};
        return LADLE_OK;
    }
    uint8_t *values = ladle_arena_take(placer->arena, (size_t)array->count, 8);
    if (!values) {
        return LADLE_E_MEMORY;
    }
    differences.data = data;
    for (uint64_t i = 0; i < array->count; i++) {
        value += ladle_packed_get(&differences, i);
        ladle_store_u64(values + 8 * i, value);
    }
    *array->packed =
        (ladle_packed){.data = values, .bits = 64, .is_unsigned = differences.is_unsigned};
    return LADLE_OK;
}

static bool bits_are_zero(const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (data[i]) {
            return false;
        }
    }
    return true;
}

static ladle_status finish_stream(struct placer *placer)
{
    return !placer->has_stream || placer->offset == placer->streams[placer->stream].len
               ? LADLE_OK
               : corrupt(placer, "a stream is longer than its arrays");
}

/*
 * Go on to the next stream, which begins with this array. It is fetched if anything in it is
 * wanted.
 */
static ladle_status begin_stream(struct placer *placer, const struct ladle_array *first)
{
    const struct ladle_choice *choice = placer->choice;
    LADLE_TRY(finish_stream(placer));
    if (++placer->stream >= placer->stream_count) {
        return corrupt(placer, "the shape mentions more streams than there are");
    }
    placer->offset = 0;
    if (!choice) {
        return LADLE_OK;
    }
    placer->has_stream = false;
    for (const struct ladle_array *array = first; array; array = array->next) {
        if (array != first && array->begins_stream) {
            break;
        }
        placer->has_stream = placer->has_stream || !array->is_left_out;
    }
    return placer->has_stream ? choice->fetch(choice->fetch_ctx, placer->stream, &placer->why)
                              : LADLE_OK;
}

/*
 * Give an array its bytes: the next ones of the stream.
 */
static ladle_status place_array(struct placer *placer, const struct ladle_array *array)
{
    if (array->begins_stream) {
        LADLE_TRY(begin_stream(placer, array));
    }
    if (!placer->has_stream) {
        return LADLE_OK;
    }
    const struct ladle_stream *stream = &placer->streams[placer->stream];
    if (array->len == 0 && !array->packed) {
        *array->bytes = stream->data; /* never NULL, for arithmetic */
        return LADLE_OK;
    }
    if (array->len == 0) {
        return array->is_differences ? add_up(placer, array, stream->data) : LADLE_OK;
    }
    size_t begin = ladle_align(placer->offset);
    if (begin > stream->len || array->len > stream->len - begin ||
        !bits_are_zero(stream->data + placer->offset, begin - placer->offset)) {
        return corrupt(placer, "an array does not fit into its stream");
    }
    const uint8_t *data = stream->data + begin;
    placer->offset = begin + (size_t)array->len;
    if (!array->packed) {
        *array->bytes = data;
        return LADLE_OK;
    }
    if (array->is_differences) {
        return add_up(placer, array, data);
    }
    array->packed->data = data;
    unsigned used = (unsigned)(array->count * array->packed->bits % 8);
    if (used && data[array->len - 1] >> used) {
        return corrupt(placer, "unused bits of an array are not zero");
    }
    return LADLE_OK;
}

static ladle_status place_arrays(struct placer *placer, const struct ladle_array *arrays)
{
    for (const struct ladle_array *array = arrays; array; array = array->next) {
        LADLE_TRY(place_array(placer, array));
    }
    LADLE_TRY(finish_stream(placer));
    return placer->stream + 1 == placer->stream_count
               ? LADLE_OK
               : corrupt(placer, "a block has streams that the shape does not mention");
}

ladle_status ladle_view_place(struct ladle_arena *arena, const struct ladle_parsed *parsed,
                              const struct ladle_stream *streams, size_t stream_count,
                              const struct ladle_choice *choice, const char **why)
{
    struct placer placer = {.arena = arena,
                            .streams = streams,
                            .stream_count = stream_count,
                            .offset = parsed->shape_len,
                            .choice = choice,
                            .has_stream = true,
                            .why = *why};
    ladle_status status = place_arrays(&placer, parsed->arrays);
    *why = placer.why;
    return status;
}
