/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_SHAPE_H
#define LADLE_SHAPE_H

/*
 * Columns being written: the inline parts by which a binding encodes its own values without a
 * call a value. C programs use ladle_writer_append instead.
 *
 * A shape is a tree of nodes (FORMAT.md section 5). Each node collects the values that arrived at
 * it in the block at hand. To encode a value at a node: if the node's kind is that of the value,
 * put it; otherwise ask ladle_node_accept, which widens the node in place and says where to put it.
 * The layout of these structs may change with every minor version.
 */

#include <ladle/value.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    LADLE_SHAPE_NODES_MAX = 8192,
    LADLE_SHAPE_DEPTH_MAX = 64,
    LADLE_UNION_MAX = 16,
    LADLE_DICT_COLUMNS_MAX = 1024,
    LADLE_DICT_LISTS_MAX = 255,
    LADLE_TUPLE_MAX = 256, /* longer ones are encoded as LADLE_TUPLES */
    LADLE_NAMES_LEN_MAX =
        256 * 1024 /* more keys are encoded as LADLE_MAP, more types as LADLE_ANY */
};

typedef struct ladle_node ladle_node;
typedef struct ladle_shape ladle_shape;

/*
 * A key of a dict node. 'tag' belongs to the binding (a key object, for example).
 */
typedef struct ladle_key {
    char *name; /* UTF-8, not terminated */
    uint32_t name_len;
    uint32_t hash;
    void *tag;
} ladle_key;

/*
 * The columns of a dict node that one kind of dict has, in its order.
 */
typedef struct ladle_key_list {
    uint16_t *columns;
    uint32_t count;
    uint32_t hash;
} ladle_key_list;

typedef struct ladle_keys {
    ladle_key *items; /* as many as the node has children */
    ladle_key_list *lists;
    uint32_t capacity;
    uint32_t list_count;
    uint32_t list_capacity;
} ladle_keys;

enum ladle_sign { LADLE_SIGN_NONE, LADLE_SIGN_NEGATIVE, LADLE_SIGN_UNSIGNED };

struct ladle_node {
    uint8_t kind;  /* ladle_kind */
    uint8_t guess; /* UNION: alternative of the latest value; DICT: its key list */
    uint8_t sign;  /* INT: which values outside 0 to 2^63 - 1 it holds */
    uint8_t code;  /* EXTENSION */
    uint8_t depth;
    uint32_t child_count;
    uint32_t child_capacity;
    uint32_t type_len;  /* bytes of 'type' */
    uint8_t *type;      /* SCALAR, ARRAY, OBJECT: see ladle_node_accept_typed */
    size_t value_len;   /* SCALAR, ARRAY: bytes of a value */
    void *tag;          /* OBJECT: the binding's (a class, for example), NULL at first */
    size_t count;       /* values in this block */
    size_t capacity;    /* elements that 'words' has room for */
    void *words;        /* INT, FLOAT: u64; COMPLEX: two u64; BOOL: u8; lengths: u32;
                           UNION: u8 alternative; DICT: u8 key list */
    ladle_buffer bytes; /* content of kinds with lengths, but not of containers; SCALAR, ARRAY */
    ladle_node **children;
    ladle_keys *keys;  /* DICT */
    size_t mark;       /* values that belong to the records up to a boundary */
    size_t bytes_mark; /* and their bytes */
    uint64_t least;    /* INT: least of the marked values, found when they are encoded */
    uint64_t greatest; /* INT: greatest of them; kinds with lengths: greatest length */
};

struct ladle_shape {
    ladle_node *root;
    const ladle_allocator *allocator;
    uint32_t node_count;
    size_t names_len;               /* bytes of keys and of types */
    size_t record_count;            /* whole records of the block at hand */
    size_t look_count;              /* of them when the writer looks at the block's size again; 0,
                                       which taking memory makes it: with the next record */
    uint64_t items;                 /* values in containers of the record at hand */
    size_t array_len_max;           /* bytes that one array may take */
    void (*release_tag)(void *tag); /* for tags of keys and of nodes; may be NULL */
};

/*
 * Say where a value of 'kind' goes that arrives at 'node', and widen the node where needed.
 *
 * kind    of the value: a kind below LADLE_OBJECT, LADLE_EXTENSION, LADLE_MAP for a dict that is
 *         not to have columns, or LADLE_ANY
 * detail  TUPLE: its length; EXTENSION: its code; else 0
 * out     the node to put the value at. Its kind is 'kind', or TUPLES for a TUPLE, or ANY when the
 *         shape has reached its limits: then a tagged value is to be put
 *
 * Selectors of unions are put here. Returns LADLE_OK or LADLE_E_MEMORY or LADLE_E_LIMIT.
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_node_accept(ladle_shape *shape, ladle_node *node,
                                                         ladle_kind kind, uint32_t detail,
                                                         ladle_node **out);

/*
 * The same for a value of SCALAR, ARRAY or OBJECT. Returns as ladle_node_accept.
 *
 * type       what its column has in common, as FORMAT.md section 5.2 has it between the kind and
 *            what follows: dtype, length of an item, for an ARRAY order and extents; for an OBJECT
 *            the name of the class, the number of fields and their names. It is copied, and not
 *            looked at but to compare it
 * value_len  SCALAR, ARRAY: bytes of a value; OBJECT: the number of its fields. The node of an
 *            OBJECT has one child for each
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_node_accept_typed(ladle_shape *shape, ladle_node *node,
                                                               ladle_kind kind, const void *type,
                                                               size_t type_len, size_t value_len,
                                                               ladle_node **out);

/*
 * Make room for one more word. Returns LADLE_OK, LADLE_E_MEMORY or LADLE_E_LIMIT.
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_node_grow(ladle_shape *shape, ladle_node *node);

/*
 * Make room for 'len' more bytes of content. Returns as ladle_node_grow.
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_node_grow_bytes(ladle_shape *shape, ladle_node *node,
                                                             size_t len);

/*
 * Forget all but the first 'count' values of a node. Takes time in proportion to its values.
 */
LADLE_API void ladle_node_truncate(ladle_node *node, size_t count);

/*
 * Whether a dict node takes no further key list, hence no further column either: it has the most
 * there may be, or its dicts differ so much that they are maps. Values put at it may change that.
 */
LADLE_API bool ladle_dict_is_full(const ladle_node *node);

/*
 * The column of a dict node for a key.
 *
 * column  output: its number. A new column has a tag of NULL
 *
 * Returns LADLE_OK, LADLE_END when the node can have no further column (nothing changed), or
 * LADLE_E_MEMORY.
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_dict_column(ladle_shape *shape, ladle_node *node,
                                                         const char *name, size_t name_len,
                                                         uint32_t *column);

/*
 * The number of the key list with these columns in this order. Returns as ladle_dict_column.
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_dict_list(ladle_shape *shape, ladle_node *node,
                                                       const uint16_t *columns, uint32_t count,
                                                       uint32_t *list);

/*
 * Encode one tagged value (FORMAT.md section 6) at a node.
 *
 * cursor     moves behind the value
 * max_depth  how deep it may be nested
 *
 * Returns LADLE_OK; LADLE_E_CORRUPT, LADLE_E_UNSUPPORTED (bad value); LADLE_E_LIMIT,
 * LADLE_E_MEMORY. After an error the caller truncates the shape to the record before.
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_node_put_tagged(ladle_shape *shape, ladle_node *node,
                                                             ladle_cursor *cursor,
                                                             uint32_t max_depth);

/*
 * End a record at the root, where nothing else is due. False: nothing was done, and
 * ladle_writer_commit is to end it.
 */
static inline bool ladle_shape_commit(ladle_shape *shape)
{
    if (LADLE_UNLIKELY(shape->record_count + 1 >= shape->look_count)) {
        return false;
    }
    shape->record_count++;
    return true;
}

static inline LADLE_NODISCARD ladle_status ladle_node_room(ladle_shape *shape, ladle_node *node)
{
    return LADLE_LIKELY(node->count < node->capacity) ? LADLE_OK : ladle_node_grow(shape, node);
}

/*
 * For NONE, TUPLE, OBJECT and EXTENSION, which have no words of their own.
 */
static inline void ladle_node_count(ladle_node *node)
{
    node->count++;
}

static inline LADLE_NODISCARD ladle_status ladle_node_put_u8(ladle_shape *shape, ladle_node *node,
                                                             uint8_t value)
{
    ladle_status status = ladle_node_room(shape, node);
    if (LADLE_LIKELY(status == LADLE_OK)) {
        ((uint8_t *)node->words)[node->count++] = value;
    }
    return status;
}

static inline LADLE_NODISCARD ladle_status ladle_node_put_u32(ladle_shape *shape, ladle_node *node,
                                                              uint32_t value)
{
    ladle_status status = ladle_node_room(shape, node);
    if (LADLE_LIKELY(status == LADLE_OK)) {
        ((uint32_t *)node->words)[node->count++] = value;
    }
    return status;
}

/*
 * FLOAT by its bits. For INT see ladle_node_takes_int.
 */
static inline LADLE_NODISCARD ladle_status ladle_node_put_u64(ladle_shape *shape, ladle_node *node,
                                                              uint64_t value)
{
    ladle_status status = ladle_node_room(shape, node);
    if (LADLE_LIKELY(status == LADLE_OK)) {
        ((uint64_t *)node->words)[node->count++] = value;
    }
    return status;
}

static inline LADLE_NODISCARD ladle_status ladle_node_put_complex(ladle_shape *shape,
                                                                  ladle_node *node, double real,
                                                                  double imaginary)
{
    ladle_status status = ladle_node_room(shape, node);
    if (LADLE_LIKELY(status == LADLE_OK)) {
        uint64_t *word = (uint64_t *)node->words + 2 * node->count++;
        word[0] = ladle_bits_from_double(real);
        word[1] = ladle_bits_from_double(imaginary);
    }
    return status;
}

/*
 * Whether an INT node can take a value with its highest bit set, negative or unsigned: a node
 * cannot hold both. The caller puts what is refused as BIGINT.
 */
static inline bool ladle_node_takes_int(ladle_node *node, enum ladle_sign sign)
{
    if (LADLE_UNLIKELY(node->sign == LADLE_SIGN_NONE)) {
        node->sign = (uint8_t)sign;
    }
    return node->sign == (uint8_t)sign;
}

/*
 * Take back that 'node' selected 'target' for a value which then went elsewhere.
 */
static inline void ladle_node_unselect(ladle_node *node, const ladle_node *target)
{
    if (node != target) {
        node->count--;
    }
}

/*
 * The content of a STR, BYTES and the like, or BIGINT. 'len' is below 2^31.
 */
static inline LADLE_NODISCARD ladle_status ladle_node_put_data(ladle_shape *shape, ladle_node *node,
                                                               const void *data, size_t len)
{
    ladle_status status = LADLE_OK;
    if (LADLE_UNLIKELY(len > node->bytes.capacity - node->bytes.len)) {
        status = ladle_node_grow_bytes(shape, node, len);
    }
    if (LADLE_LIKELY(status == LADLE_OK)) {
        status = ladle_node_put_u32(shape, node, (uint32_t)len);
    }
    if (LADLE_LIKELY(status == LADLE_OK && len)) {
        ladle_copy(node->bytes.data + node->bytes.len, data, len);
        node->bytes.len += len;
    }
    return status;
}

/*
 * The bytes of values of a SCALAR or ARRAY, 'count' of them.
 */
static inline LADLE_NODISCARD ladle_status ladle_node_put_items(ladle_shape *shape,
                                                                ladle_node *node, const void *data,
                                                                size_t count)
{
    size_t len = node->value_len * count;
    ladle_status status = LADLE_OK;
    if (LADLE_UNLIKELY(len > node->bytes.capacity - node->bytes.len)) {
        status = ladle_node_grow_bytes(shape, node, len);
    }
    if (LADLE_LIKELY(status == LADLE_OK)) {
        if (len) {
            memcpy(node->bytes.data + node->bytes.len, data, len);
        }
        node->bytes.len += len;
        node->count += count;
    }
    return status;
}

#ifdef __cplusplus
}
#endif

#endif
