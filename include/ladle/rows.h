/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_ROWS_H
#define LADLE_ROWS_H

/*
 * Records as C structs, one or many at a time, straight between an array of them and the columns
 * of a block.
 *
 *     struct sample {
 *         double score;
 *         char name[20];
 *         uint64_t id;
 *     };
 *     static const ladle_field fields[] = {LADLE_FIELD(struct sample, score),
 *                                          LADLE_FIELD(struct sample, name),
 *                                          LADLE_FIELD(struct sample, id)};
 *     static const ladle_layout layout = LADLE_LAYOUT(struct sample, fields);
 *
 *     ladle_writer_append_rows(writer, &layout, samples, count, &error);
 *     ladle_reader_next_rows(reader, &layout, samples, capacity, &count, &error);
 */

#include <ladle/reader.h>
#include <ladle/writer.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What a field of a struct is, and what it is in a file. The low byte is the size of one element.
 *
 * BOOL             bool; a bool
 * INT8 to UINT64   an integer; an int
 * FLOAT, DOUBLE    a float. A float is kept as a double, and comes back bit for bit
 * CHARS            char[]: text in UTF-8 up to the first zero byte, or all of it; a str
 * BYTES            unsigned char[] or char[]: bytes, always all of them; a bytes of that length
 * STRING           ladle_string: text in UTF-8; a str
 * BLOB             ladle_string: bytes; a bytes
 * STRUCT           a struct with a layout of its own; a dict or a tuple
 */
typedef enum ladle_field_type {
    LADLE_FIELD_NONE = 0, /* of no type that a field can have */
    LADLE_FIELD_BOOL = 0x101,
    LADLE_FIELD_INT8 = 0x201,
    LADLE_FIELD_INT16 = 0x202,
    LADLE_FIELD_INT32 = 0x204,
    LADLE_FIELD_INT64 = 0x208,
    LADLE_FIELD_UINT8 = 0x301,
    LADLE_FIELD_UINT16 = 0x302,
    LADLE_FIELD_UINT32 = 0x304,
    LADLE_FIELD_UINT64 = 0x308,
    LADLE_FIELD_FLOAT = 0x404,
    LADLE_FIELD_DOUBLE = 0x408,
    LADLE_FIELD_CHARS = 0x501,
    LADLE_FIELD_BYTES = 0x601,
    LADLE_FIELD_STRING = 0x700,
    LADLE_FIELD_BLOB = 0x800,
    LADLE_FIELD_STRUCT = 0x900
} ladle_field_type;

typedef struct ladle_layout ladle_layout;

/*
 * A field of a struct. LADLE_FIELD makes one.
 *
 * name     its key in a dict: UTF-8, zero-terminated
 * offset   in the struct, in bytes
 * len      of the whole member, in bytes: several times the size of an element means an array. An
 *          array is a list of as many values in a file, but CHARS and BYTES are one value
 * layout   STRUCT: what is in it, else NULL
 * missing  what stands in for None and for a key that a record lacks: 'len' bytes, copied; NULL:
 *          that is an error. Reading only; writing never makes None
 */
typedef struct ladle_field {
    const char *name;
    ladle_field_type type;
    size_t offset;
    size_t len;
    const ladle_layout *layout;
    const void *missing;
} ladle_field;

/*
 * A struct. LADLE_LAYOUT makes one that is written as a dict of its fields' names.
 *
 * size  of the struct, in bytes: the distance of two rows
 * kind  LADLE_DICT or LADLE_TUPLE: how it is written. What is read may be either: of dicts, and of
 *       objects, fields are found by name, and what has no field is left out; tuples must have as
 *       many items as there are fields
 *
 * A layout and what it points to are the caller's, and may be static and const.
 */
struct ladle_layout {
    size_t size;
    const ladle_field *fields;
    size_t field_count; /* 1 to 256 */
    ladle_kind kind;
};

enum { LADLE_LAYOUT_DEPTH_MAX = 16 }; /* structs in structs */

#define LADLE_LAYOUT(type, fields)                                                                 \
    {                                                                                              \
        sizeof(type), fields, sizeof(fields) / sizeof((fields)[0]), LADLE_DICT                     \
    }

/*
 * A field of a given type: for bytes (LADLE_FIELD_BYTES, LADLE_FIELD_BLOB), and in C++.
 */
#define LADLE_FIELD_AS(type, member, field_type)                                                   \
    {                                                                                              \
#member, field_type, offsetof(type, member), sizeof(((type *)0)->member), NULL, NULL       \
    }

/*
 * A member that is a struct, or an array of structs, with a layout.
 */
#define LADLE_FIELD_STRUCT_AS(type, member, layout)                                                \
    {                                                                                              \
#member, LADLE_FIELD_STRUCT, offsetof(type, member), sizeof(((type *)0)->member), layout,  \
            NULL                                                                                   \
    }

#ifndef __cplusplus
/*
 * A field whose type follows from the member's: bool, an integer, float, double, ladle_string for
 * text, char[] for text, or an array. A pointer, an array of arrays and the like become
 * LADLE_FIELD_NONE, and using the layout an error that names the field.
 */
#define LADLE_FIELD(type, member)                                                                  \
    LADLE_FIELD_AS(type, member, LADLE_FIELD_TYPE_OF(((type *)0)->member))

/*
 * The address of a number is told apart from that of a pointer, which is a pointer to a pointer;
 * what is left are arrays, which turn into pointers to their elements.
 */
#define LADLE_FIELD_TYPE_OF(member)                                                                \
    _Generic(&(member), LADLE_FIELD_TYPES(*, LADLE_FIELD_YES),                                     \
             LADLE_FIELD_TYPES(**, LADLE_FIELD_NO), default                                        \
             : _Generic((member), LADLE_FIELD_TYPES(*, LADLE_FIELD_YES), default                   \
                        : LADLE_FIELD_NONE))

#define LADLE_FIELD_YES(type) type
#define LADLE_FIELD_NO(type)  LADLE_FIELD_NONE

/* clang-format off */
#define LADLE_FIELD_TYPES(stars, X)                                                                \
    bool stars: X(LADLE_FIELD_BOOL),                                                               \
    char stars: X(LADLE_FIELD_CHARS),                                                              \
    signed char stars: X(LADLE_FIELD_INT8),                                                        \
    unsigned char stars: X(LADLE_FIELD_UINT8),                                                     \
    short stars: X(LADLE_FIELD_INT16),                                                             \
    unsigned short stars: X(LADLE_FIELD_UINT16),                                                   \
    int stars: X(LADLE_FIELD_INT32),                                                               \
    unsigned stars: X(LADLE_FIELD_UINT32),                                                         \
    long stars: X(sizeof(long) == 8 ? LADLE_FIELD_INT64 : LADLE_FIELD_INT32),                      \
    unsigned long stars: X(sizeof(long) == 8 ? LADLE_FIELD_UINT64 : LADLE_FIELD_UINT32),           \
    long long stars: X(LADLE_FIELD_INT64),                                                         \
    unsigned long long stars: X(LADLE_FIELD_UINT64),                                               \
    float stars: X(LADLE_FIELD_FLOAT),                                                             \
    double stars: X(LADLE_FIELD_DOUBLE),                                                           \
    ladle_string stars: X(LADLE_FIELD_STRING)
/* clang-format on */
#endif

/*
 * Add rows as records, in order.
 *
 * layout  of the rows; it is checked with every call
 * rows    'count' structs, layout->size bytes each; copied. NULL is allowed when count is 0
 *
 * Each field is a column of one kind in every block, whatever its values: an integer is an int,
 * and an int of a UINT64 field is marked as unsigned, so that readers see the same shape
 * everywhere. How wide an integer's column is stored follows from its values; who reads it declares
 * a type of his own, and every value is checked against it. Texts of no bytes are empty strs.
 *
 * Returns
 *   LADLE_OK
 *   LADLE_E_ARGUMENT  the layout is wrong: error->text says which field and why; nothing was added
 *   LADLE_E_VALUE     a text is not UTF-8, or a ladle_string is NULL and not empty: error->record
 *                     is the number that the record would have had, error->text names the field
 *   LADLE_E_LIMIT     a row is larger than the limits allow, or has more fields than a block can
 *                     have columns
 *   LADLE_E_MEMORY, LADLE_E_IO, LADLE_E_STATE as for ladle_writer_append
 * After an error the rows before the one concerned are records, which ladle_writer_count counts,
 * and the writer goes on but for LADLE_E_IO and LADLE_E_STATE.
 *
 * Memory   that of the writer
 * Threads  as ladle_writer_append
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_writer_append_rows(ladle_writer *writer,
                                                                const ladle_layout *layout,
                                                                const void *rows, size_t count,
                                                                ladle_error *error);

/*
 * Read the next records into rows.
 *
 * layout    of the rows; it is checked with every call
 * rows      output: room for 'capacity' structs of layout->size bytes. Of a row only the members
 *           are written that are fields
 * capacity  at least 1
 * count     output, written in any case: rows that were filled. Fewer than 'capacity' when the file
 *           ends, and where a block does if the layout has a STRING or BLOB: these point to bytes
 *           of the block, which are valid until the next call for this reader
 *
 * An int fits an integer when it is in its range, and a float or double when that holds it exactly;
 * a bool fits a bool, an integer (0 or 1), a float or a double. A float fits a double, and a float
 * after rounding unless that makes it infinite. A str fits CHARS when it has at most that many
 * bytes and none of them is zero: the bytes behind it are set to zero, and there are none behind
 * one of full length. A bytes or bytearray fits BYTES when it has as many bytes. That a str read is
 * UTF-8 is not checked. Lists and tuples fit arrays of their length.
 *
 * Returns
 *   LADLE_OK          'count' is at least 1
 *   LADLE_E_VALUE     a value does not fit: error->record is the record, error->text names the
 *                     field. The rows before it are filled, and the reader stands at it:
 *                     ladle_reader_next steps over it
 *   LADLE_E_ARGUMENT  the layout is wrong, or capacity is 0
 *   LADLE_END and errors as for ladle_reader_next; 'count' is 0. Rows before an error come first
 *
 * Memory   that of the reader
 * Threads  as ladle_reader_next
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_reader_next_rows(ladle_reader *reader,
                                                              const ladle_layout *layout,
                                                              void *rows, size_t capacity,
                                                              size_t *count, ladle_error *error);

#ifdef __cplusplus
}
#endif

#endif
