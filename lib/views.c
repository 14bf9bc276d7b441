/* SPDX-License-Identifier: BSD-2-Clause */
#include "views.h"

#include "status.h"
#include "view_check.h"

/*
 * A longer shape is not kept to compare with: it is no use for blocks of which it is the most.
 */
#define SHAPE_LEN_KEPT 65536

void ladle_views_init(struct ladle_views *views, const ladle_allocator *allocator)
{
    *views = (struct ladle_views){.arena = {.allocator = allocator},
                                  .content = {.allocator = allocator},
                                  .shape = {.allocator = allocator}};
}

void ladle_views_free(struct ladle_views *views)
{
    ladle_arena_free(&views->arena);
    ladle_arena_free(&views->content);
    ladle_buffer_free(&views->shape);
}

size_t ladle_views_capacity(const struct ladle_views *views)
{
    return ladle_arena_capacity(&views->arena) + ladle_arena_capacity(&views->content) +
           views->shape.capacity;
}

static bool is_known(const struct ladle_views *views, const struct ladle_stream *first,
                     uint64_t record_count, uint64_t epoch)
{
    const ladle_buffer *shape = &views->shape;
    return shape->len && views->record_count == record_count && views->epoch == epoch &&
           shape->len <= first->len && memcmp(shape->data, first->data, shape->len) == 0;
}

/*
 * Parse a shape that is not that of the block before, and keep a copy to compare with.
 */
static ladle_status parse_new(struct ladle_views *views, const struct ladle_stream *first,
                              const struct ladle_choice *choice, const char **why)
{
    views->shape.len = 0;
    views->is_stable = false;
    ladle_arena_reset(&views->arena);
    LADLE_TRY(
        ladle_view_parse(&views->arena, first, views->record_count, choice, &views->parsed, why));
    size_t len = views->parsed.shape_len;
    return len <= SHAPE_LEN_KEPT ? ladle_buffer_put(&views->shape, first->data, len) : LADLE_OK;
}

static void begin_again(ladle_view *view)
{
    view->next = 0;
    view->next_byte = 0;
    view->tag = NULL;
    for (uint32_t i = 0; i < view->child_count; i++) {
        begin_again(&view->children[i]);
    }
}

/*
 * The same shape again. When that happens first it is parsed from the copy, which the names can
 * point into as long as it stays the same.
 */
static ladle_status parse_known(struct ladle_views *views, const struct ladle_choice *choice,
                                const char **why)
{
    if (views->is_stable) {
        begin_again(views->parsed.root);
        return LADLE_OK;
    }
    const struct ladle_stream shape = {views->shape.data, views->shape.len};
    views->is_stable = true;
    ladle_arena_reset(&views->arena);
    return ladle_view_parse(&views->arena, &shape, views->record_count, choice, &views->parsed,
                            why);
}

static ladle_status read_views(struct ladle_views *views, const struct ladle_stream *streams,
                               size_t stream_count, uint64_t record_count,
                               const struct ladle_choice *choice, const char **why)
{
    uint64_t epoch = choice ? choice->epoch : 0;
    bool is_same = is_known(views, streams, record_count, epoch);
    ladle_arena_reset(&views->content);
    views->record_count = record_count;
    views->epoch = epoch;
    LADLE_TRY(is_same ? parse_known(views, choice, why) : parse_new(views, streams, choice, why));
    LADLE_TRY(
        ladle_view_place(&views->content, &views->parsed, streams, stream_count, choice, why));
    return ladle_view_check(&views->content, views->parsed.root, why);
}

ladle_status ladle_views_read(struct ladle_views *views, const struct ladle_stream *streams,
                              size_t stream_count, uint64_t record_count,
                              const struct ladle_choice *choice, ladle_view **root,
                              const char **why)
{
    *why = "out of memory";
    ladle_status status = read_views(views, streams, stream_count, record_count, choice, why);
    if (status != LADLE_OK) {
        views->shape.len = 0;
    }
    *root = views->parsed.root;
    return status;
}
