/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_ARROW_COLUMN_H
#define LADLE_PYMODULE_ARROW_COLUMN_H

/*
 * Arrow columns being made of views: what type each has was decided before (ladle/_arrow_plan.py).
 */

#include "arrow_abi.h"
#include "fill.h"

/*
 * What goes into a column. The numbers are those of ladle/_arrow_plan.py.
 */
enum arrow_op {
    ARROW_NULL,
    ARROW_BOOL,
    ARROW_INT, /* signed or not */
    ARROW_DOUBLE,
    ARROW_TEXT,   /* with a child: handed out as numbers of the different values, which that has */
    ARROW_BINARY, /* the same */
    ARROW_DATE,
    ARROW_TIMESTAMP, /* without a zone */
    ARROW_ZONED,     /* in UTC, of one zone or several */
    ARROW_TIME,      /* of a day */
    ARROW_DURATION,
    ARROW_DECIMAL, /* 16 bytes; 'scale' digits stand behind the point */
    ARROW_UUID,    /* 16 bytes */
    ARROW_LIST,
    ARROW_STRUCT,
    ARROW_MAP,
    ARROW_ENTRIES, /* the struct below a map */
    ARROW_ITEM,    /* of NumPy: what 'layout' says */
    ARROW_RUN      /* of NumPy: 'extent' of the child */
};

typedef struct arrow_column arrow_column;
struct arrow_column {
    enum arrow_op op;
    const char *format; /* belong to 'plan' */
    const char *name;
    size_t name_len;
    bool is_nullable;
    bool is_open;       /* it or one below has values that are measured */
    bool is_tried;      /* what is measured is whether it takes all values */
    bool is_refused;    /* it does not */
    bool is_unsigned;   /* INT */
    uint8_t item_len;   /* INT, DOUBLE, times: bytes, as they are handed out */
    uint32_t number;    /* of the item of a tuple, if it is called as one */
    int scale;          /* DECIMAL */
    int digits;         /* DECIMAL: most before the point */
    int digits_behind;  /* DECIMAL: most behind it, when 'is_measure' */
    PyObject *zone;     /* ZONED, when 'is_measure': NULL, the name that all share, or None */
    uint64_t extent;    /* RUN */
    core_layout layout; /* ITEM, and what holds such: where its bytes go; times: their unit */
    bool has_layout;    /* STRUCT, ITEM, RUN of NumPy */
    uint64_t count;
    uint64_t null_count;
    ladle_buffer validity; /* a byte a value; empty as long as all are valid */
    ladle_buffer offsets;  /* u32 each, the first is 0; TEXT, BINARY, LIST, MAP */
    ladle_buffer data;     /* BOOL: a byte a value */
    uint32_t child_count;
    arrow_column *children;
    const arrow_column *parent;
};

/*
 * What columns are made with.
 */
typedef struct arrow_maker {
    core_fill fill;
    core_decoder *decoder;
    PyObject *moment; /* from ladle/_arrow.py: microseconds of a datetime or time; when
                         'is_measure' the name of its zone */
    bool is_measure;  /* only look: at the digits of decimals, the zones of datetimes, and whether
                         columns that are tried take all values */
    const arrow_column *failed;
    const char *why;
} arrow_maker;

/*
 * Whether a column has numbers that are kept in 8 bytes until they are handed out; times.
 */
bool arrow_has_words(enum arrow_op op);
bool arrow_has_times(enum arrow_op op);

/*
 * Take a plan, a tree of tuples. -1: an exception is set. It may be cleared all the same.
 */
int arrow_column_init(const core_state *state, arrow_column *column, PyObject *plan);
void arrow_column_clear(arrow_column *column);

/*
 * Forget the values.
 */
void arrow_column_reset(arrow_column *column);

/*
 * Add the next 'count' values of a view, whose cursors move. -1: 'failed' and 'why' say what is
 * wrong; without them the decoder's error does, or an exception is set.
 */
int arrow_append(arrow_maker *maker, ladle_view *view, uint64_t count, arrow_column *column);

/*
 * The same for a column that is made of items of NumPy.
 */
int arrow_append_items(arrow_maker *maker, ladle_view *view, uint64_t count, arrow_column *column);

/*
 * What the parts share. Each is -1 after a failure: a value that no column takes, no memory; bytes;
 * values that are there or not; the end of a text or list of 'len'.
 */
int arrow_fail(arrow_maker *maker, const arrow_column *column, const char *why);
int arrow_check(ladle_status status);
int arrow_put(ladle_buffer *buffer, const void *data, size_t len);
int arrow_put_validity(arrow_column *column, uint64_t count, uint8_t is_valid);
int arrow_put_offset(arrow_maker *maker, arrow_column *column, uint64_t len);

/*
 * One value without others in it; values that are not there.
 */
int arrow_put_value(arrow_maker *maker, arrow_column *column, const core_value *value);
int arrow_put_nulls(arrow_maker *maker, arrow_column *column, uint64_t count);

/*
 * Bytes that a column and those below it hold.
 */
uint64_t arrow_column_len(const arrow_column *column);

/*
 * Whether the values are handed out as numbers of those of the child; make them so, and the child's
 * such that each is there once. -1: an exception is set.
 */
bool arrow_is_encoded(const arrow_column *column);
int arrow_column_encode(arrow_column *column);

/*
 * Hand out the values as an array, and forget them. -1: an exception is set.
 */
int arrow_column_detach(arrow_column *column, struct ArrowArray *out);

/*
 * The schema of a column. -1: an exception is set.
 */
int arrow_column_schema(const arrow_column *column, struct ArrowSchema *out);

#endif
