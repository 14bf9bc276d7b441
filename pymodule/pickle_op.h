/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_PICKLE_OP_H
#define LADLE_PYMODULE_PICKLE_OP_H

/*
 * The opcodes of pickle protocols 0 to 5: what follows each in the file, and what it does to the
 * height of the stack.
 */

#include <stdint.h>

typedef enum {
    AFTER_NOTHING,
    AFTER_1, /* a number of so many bytes */
    AFTER_2,
    AFTER_4,
    AFTER_8,
    AFTER_LINE,
    AFTER_2_LINES,
    AFTER_LEN_1, /* a length of so many bytes, then the bytes */
    AFTER_LEN_4,
    AFTER_LEN_8
} pickle_after;

/*
 * What takes 'pops' values and gives 'pushes', or works on all above the latest mark.
 */
typedef enum {
    EFFECT_PLAIN,
    EFFECT_MARK,
    EFFECT_STOP,
    EFFECT_POP,  /* a value or a mark */
    EFFECT_DUP,  /* the value on top, once more */
    EFFECT_ADD,  /* 'pops' - 1 values go into the container below them */
    EFFECT_MAKE, /* what is above the mark becomes one value */
    EFFECT_FILL, /* what is above the mark goes into the container below it */
    EFFECT_DROP, /* what is above the mark is dropped */
    EFFECT_GET,
    EFFECT_PUT
} pickle_effect;

/* name, byte, what follows, effect, pops, pushes */
#define PICKLE_OP_MAP(X)                                                                           \
    X(MARK, '(', AFTER_NOTHING, EFFECT_MARK, 0, 0)                                                 \
    X(STOP, '.', AFTER_NOTHING, EFFECT_STOP, 1, 0)                                                 \
    X(POP, '0', AFTER_NOTHING, EFFECT_POP, 1, 0)                                                   \
    X(POP_MARK, '1', AFTER_NOTHING, EFFECT_DROP, 0, 0)                                             \
    X(DUP, '2', AFTER_NOTHING, EFFECT_DUP, 1, 2)                                                   \
    X(FLOAT, 'F', AFTER_LINE, EFFECT_PLAIN, 0, 1)                                                  \
    X(INT, 'I', AFTER_LINE, EFFECT_PLAIN, 0, 1)                                                    \
    X(BININT, 'J', AFTER_4, EFFECT_PLAIN, 0, 1)                                                    \
    X(BININT1, 'K', AFTER_1, EFFECT_PLAIN, 0, 1)                                                   \
    X(LONG, 'L', AFTER_LINE, EFFECT_PLAIN, 0, 1)                                                   \
    X(BININT2, 'M', AFTER_2, EFFECT_PLAIN, 0, 1)                                                   \
    X(NONE, 'N', AFTER_NOTHING, EFFECT_PLAIN, 0, 1)                                                \
    X(PERSID, 'P', AFTER_LINE, EFFECT_PLAIN, 0, 1)                                                 \
    X(BINPERSID, 'Q', AFTER_NOTHING, EFFECT_PLAIN, 1, 1)                                           \
    X(REDUCE, 'R', AFTER_NOTHING, EFFECT_PLAIN, 2, 1)                                              \
    X(STRING, 'S', AFTER_LINE, EFFECT_PLAIN, 0, 1)                                                 \
    X(BINSTRING, 'T', AFTER_LEN_4, EFFECT_PLAIN, 0, 1)                                             \
    X(SHORT_BINSTRING, 'U', AFTER_LEN_1, EFFECT_PLAIN, 0, 1)                                       \
    X(UNICODE, 'V', AFTER_LINE, EFFECT_PLAIN, 0, 1)                                                \
    X(BINUNICODE, 'X', AFTER_LEN_4, EFFECT_PLAIN, 0, 1)                                            \
    X(APPEND, 'a', AFTER_NOTHING, EFFECT_ADD, 2, 1)                                                \
    X(BUILD, 'b', AFTER_NOTHING, EFFECT_PLAIN, 2, 1)                                               \
    X(GLOBAL, 'c', AFTER_2_LINES, EFFECT_PLAIN, 0, 1)                                              \
    X(DICT, 'd', AFTER_NOTHING, EFFECT_MAKE, 0, 1)                                                 \
    X(EMPTY_DICT, '}', AFTER_NOTHING, EFFECT_PLAIN, 0, 1)                                          \
    X(APPENDS, 'e', AFTER_NOTHING, EFFECT_FILL, 1, 1)                                              \
    X(GET, 'g', AFTER_LINE, EFFECT_GET, 0, 1)                                                      \
    X(BINGET, 'h', AFTER_1, EFFECT_GET, 0, 1)                                                      \
    X(INST, 'i', AFTER_2_LINES, EFFECT_MAKE, 0, 1)                                                 \
    X(LONG_BINGET, 'j', AFTER_4, EFFECT_GET, 0, 1)                                                 \
    X(LIST, 'l', AFTER_NOTHING, EFFECT_MAKE, 0, 1)                                                 \
    X(EMPTY_LIST, ']', AFTER_NOTHING, EFFECT_PLAIN, 0, 1)                                          \
    X(OBJ, 'o', AFTER_NOTHING, EFFECT_MAKE, 0, 1)                                                  \
    X(PUT, 'p', AFTER_LINE, EFFECT_PUT, 0, 0)                                                      \
    X(BINPUT, 'q', AFTER_1, EFFECT_PUT, 0, 0)                                                      \
    X(LONG_BINPUT, 'r', AFTER_4, EFFECT_PUT, 0, 0)                                                 \
    X(SETITEM, 's', AFTER_NOTHING, EFFECT_ADD, 3, 1)                                               \
    X(TUPLE, 't', AFTER_NOTHING, EFFECT_MAKE, 0, 1)                                                \
    X(EMPTY_TUPLE, ')', AFTER_NOTHING, EFFECT_PLAIN, 0, 1)                                         \
    X(SETITEMS, 'u', AFTER_NOTHING, EFFECT_FILL, 1, 1)                                             \
    X(BINFLOAT, 'G', AFTER_8, EFFECT_PLAIN, 0, 1)                                                  \
    X(BINBYTES, 'B', AFTER_LEN_4, EFFECT_PLAIN, 0, 1)                                              \
    X(SHORT_BINBYTES, 'C', AFTER_LEN_1, EFFECT_PLAIN, 0, 1)                                        \
    X(PROTO, 0x80, AFTER_1, EFFECT_PLAIN, 0, 0)                                                    \
    X(NEWOBJ, 0x81, AFTER_NOTHING, EFFECT_PLAIN, 2, 1)                                             \
    X(EXT1, 0x82, AFTER_1, EFFECT_PLAIN, 0, 1)                                                     \
    X(EXT2, 0x83, AFTER_2, EFFECT_PLAIN, 0, 1)                                                     \
    X(EXT4, 0x84, AFTER_4, EFFECT_PLAIN, 0, 1)                                                     \
    X(TUPLE1, 0x85, AFTER_NOTHING, EFFECT_PLAIN, 1, 1)                                             \
    X(TUPLE2, 0x86, AFTER_NOTHING, EFFECT_PLAIN, 2, 1)                                             \
    X(TUPLE3, 0x87, AFTER_NOTHING, EFFECT_PLAIN, 3, 1)                                             \
    X(NEWTRUE, 0x88, AFTER_NOTHING, EFFECT_PLAIN, 0, 1)                                            \
    X(NEWFALSE, 0x89, AFTER_NOTHING, EFFECT_PLAIN, 0, 1)                                           \
    X(LONG1, 0x8A, AFTER_LEN_1, EFFECT_PLAIN, 0, 1)                                                \
    X(LONG4, 0x8B, AFTER_LEN_4, EFFECT_PLAIN, 0, 1)                                                \
    X(SHORT_BINUNICODE, 0x8C, AFTER_LEN_1, EFFECT_PLAIN, 0, 1)                                     \
    X(BINUNICODE8, 0x8D, AFTER_LEN_8, EFFECT_PLAIN, 0, 1)                                          \
    X(BINBYTES8, 0x8E, AFTER_LEN_8, EFFECT_PLAIN, 0, 1)                                            \
    X(EMPTY_SET, 0x8F, AFTER_NOTHING, EFFECT_PLAIN, 0, 1)                                          \
    X(ADDITEMS, 0x90, AFTER_NOTHING, EFFECT_FILL, 1, 1)                                            \
    X(FROZENSET, 0x91, AFTER_NOTHING, EFFECT_MAKE, 0, 1)                                           \
    X(NEWOBJ_EX, 0x92, AFTER_NOTHING, EFFECT_PLAIN, 3, 1)                                          \
    X(STACK_GLOBAL, 0x93, AFTER_NOTHING, EFFECT_PLAIN, 2, 1)                                       \
    X(MEMOIZE, 0x94, AFTER_NOTHING, EFFECT_PUT, 0, 0)                                              \
    X(FRAME, 0x95, AFTER_8, EFFECT_PLAIN, 0, 0)                                                    \
    X(BYTEARRAY8, 0x96, AFTER_LEN_8, EFFECT_PLAIN, 0, 1)                                           \
    X(NEXT_BUFFER, 0x97, AFTER_NOTHING, EFFECT_PLAIN, 0, 1)                                        \
    X(READONLY_BUFFER, 0x98, AFTER_NOTHING, EFFECT_PLAIN, 1, 1)

enum {
#define PICKLE_OP_ENUM(name, byte, after, effect, pops, pushes) OP_##name = (byte),
    PICKLE_OP_MAP(PICKLE_OP_ENUM)
#undef PICKLE_OP_ENUM
};

typedef struct pickle_op_info {
    const char *name; /* NULL: there is no such opcode */
    uint8_t after;
    uint8_t effect;
    uint8_t pops;
    uint8_t pushes;
} pickle_op_info;

extern const pickle_op_info pickle_ops[256];

#endif
