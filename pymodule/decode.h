/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_DECODE_H
#define LADLE_PYMODULE_DECODE_H

/*
 * From columns (decode.c) and tagged values (decode_tagged.c) to Python objects.
 *
 * Functions that return NULL have set an exception, or filled in decoder->error; then
 * core_raise sets one.
 */

#include "module.h"

#include <ladle/view.h>

enum { TAGGED_PLANS = 16 };

struct core_plan;

struct core_again;

typedef struct core_decoder {
    const core_state *state;
    ladle_limits limits;
    uint64_t items_left;  /* values that containers of the record at hand may still hold */
    uint64_t memory_left; /* bytes that its objects may still take */
    uint32_t depth;       /* containers around the tagged value at hand */
    PyObject *types;      /* what core_types_from made: the owner's */
    PyObject *names;      /* dict: str to itself, the keys of all dicts of the file */
    PyObject *blanks;     /* dict: the keys of a dict to what its copies are made of, or NULL */
    PyObject **objects;   /* of the block at hand: keys of its dicts, entries of its dictionaries */
    size_t object_count;
    struct core_plan *plans;                      /* of the OBJECT columns of the block at hand */
    struct core_plan *tagged_plans[TAGGED_PLANS]; /* of the latest tagged objects */
    bool made_opaque;                             /* for the record at hand */
    struct core_again *again;                     /* or NULL: decode_again.h */
    ladle_error error;
} core_decoder;

/*
 * Prepare for the records of a block, or with NULL forget the block before. -1: failed.
 */
int core_decoder_begin_block(core_decoder *decoder, ladle_view *root);
void core_decoder_clear(core_decoder *decoder);
int core_decoder_visit(core_decoder *decoder, visitproc visit, void *arg);

/*
 * The next record of a block.
 */
PyObject *core_decode_record(core_decoder *decoder, ladle_view *root);

/*
 * All of 'data' as one tagged value outside of columns.
 */
PyObject *core_decode_whole(core_decoder *decoder, const uint8_t *data, size_t len);

/*
 * All of 'data' as a tagged value inside of a record.
 */
PyObject *core_decode_tagged(core_decoder *decoder, const uint8_t *data, size_t len);

/* What both halves share. */
PyObject *core_decode_corrupt(core_decoder *decoder, const char *why);
PyObject *core_decode_unsupported(core_decoder *decoder, ladle_kind kind, const uint8_t *name,
                                  size_t name_len);
int core_decode_too_many(core_decoder *decoder, uint64_t count);
int core_decode_too_large(core_decoder *decoder, uint64_t len);
PyObject *core_decode_too_deep(core_decoder *decoder);
PyObject *core_decode_text(core_decoder *decoder, ladle_kind kind, const uint8_t *data, size_t len);

/*
 * Add to a dict or set what is not there yet; both references are taken over. -1: failed.
 */
int core_decode_add_pair(core_decoder *decoder, PyObject *dict, PyObject *key, PyObject *value);
int core_decode_add_item(core_decoder *decoder, PyObject *set, PyObject *item);

/*
 * The object of an extension; takes over the value, which may be NULL after a failure.
 */
PyObject *core_decode_extension(core_decoder *decoder, uint8_t code, PyObject *value);

/*
 * Bytes of memory that an object takes, and a container for each of its items or pairs. The
 * content of str, bytes and the like is no longer than the block that it stands in. Where CPython
 * can do without the GIL, each object has a longer head.
 */
enum { HEAD_MORE = sizeof(PyObject) > 16 ? sizeof(PyObject) - 16 : 0 };
enum { OBJECT_LEN = 48 + HEAD_MORE, ITEM_LEN = 48 + HEAD_MORE, PAIR_LEN = 144 + 2 * HEAD_MORE };

/*
 * And what a set or a bytearray takes more than another object.
 */
enum { SET_LEN = 192, BYTEARRAY_LEN = 24 };

static inline int core_decode_take_memory(core_decoder *decoder, uint64_t len)
{
    if (LADLE_UNLIKELY(len > decoder->memory_left)) {
        return core_decode_too_large(decoder, len);
    }
    decoder->memory_left -= len;
    return 0;
}

/*
 * A name of the file, a new reference. The same name gives the same object throughout a file,
 * interned, so that looking it up in a dict compares pointers.
 */
PyObject *core_decoder_name(core_decoder *decoder, const ladle_string *name);

/*
 * Account for a container before it is made. -1: failed.
 */
static inline int core_decode_enter(core_decoder *decoder, uint64_t count, uint32_t item_len)
{
    if (LADLE_UNLIKELY(count > decoder->items_left)) {
        return core_decode_too_many(decoder, count);
    }
    decoder->items_left -= count;
    if (LADLE_UNLIKELY(count > UINT32_MAX)) {
        return core_decode_too_large(decoder, count);
    }
    return core_decode_take_memory(decoder, OBJECT_LEN + count * item_len);
}

/*
 * Begin a record.
 */
static inline void core_decode_start(core_decoder *decoder)
{
    decoder->items_left = decoder->limits.max_items;
    decoder->memory_left = decoder->limits.max_memory;
    decoder->made_opaque = false;
}

#endif
