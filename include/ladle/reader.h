/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_READER_H
#define LADLE_READER_H

/*
 * Reading a file from its beginning, record by record or block by block.
 */

#include <ladle/io.h>
#include <ladle/view.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ladle_reader ladle_reader;

/*
 * How to read. 'struct_size' is sizeof(ladle_reader_options); zero is the default everywhere.
 */
typedef struct ladle_reader_options {
    size_t struct_size;
    const ladle_limits *limits;
    const ladle_allocator *allocator; /* must outlive the reader */
} ladle_reader_options;

#define LADLE_READER_OPTIONS_INIT                                                                  \
    {                                                                                              \
        sizeof(ladle_reader_options), 0, 0                                                         \
    }

/*
 * Begin to read a file: reads its header, and its metadata if there are any.
 *
 * reader   output; NULL on failure
 * source   copied. On failure its 'close' has been called
 * options  NULL for the defaults
 *
 * Returns
 *   LADLE_OK             (damage behind the header is reported by the calls that meet it)
 *   LADLE_E_FORMAT       not a ladle file
 *   LADLE_E_TRUNCATED    it ends inside the header; an empty file too
 *   LADLE_E_CORRUPT      the header is damaged
 *   LADLE_E_UNSUPPORTED  a newer major version or an unknown incompatible feature
 *   LADLE_E_IO, LADLE_E_MEMORY, LADLE_E_ARGUMENT
 *
 * Memory   the stored and the decoded bytes of one block, and its largest record
 * Threads  one thread at a time for each reader; readers are independent
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_reader_open(ladle_reader **reader,
                                                         const ladle_source *source,
                                                         const ladle_reader_options *options,
                                                         ladle_error *error);

/*
 * Read the next record as a tagged value.
 *
 * value  output, written on LADLE_OK: a cursor over the value for ladle_value_next, valid until the
 *        next call for this reader
 *
 * Returns
 *   LADLE_OK
 *   LADLE_END            the file is complete and no record is left
 *   LADLE_E_CORRUPT      a block is damaged; none of its records was handed out
 *   LADLE_E_TRUNCATED    the file ends before it is complete; all records before that were read
 *   LADLE_E_LIMIT        error->limit says which and what it would have to be
 *   LADLE_E_UNSUPPORTED  a codec that is not built in, a newer kind of block or value
 *   LADLE_E_IO, LADLE_E_MEMORY
 * An error, and LADLE_END, come again with every further call.
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_reader_next(ladle_reader *reader, ladle_cursor *value,
                                                         ladle_error *error);

/*
 * Read the next block as columns. The records of it that ladle_reader_next has not read are left
 * out.
 *
 * root          output: the views of the block, with as many values as it has records; valid until
 *               the next call for this reader
 * first_record  output: the number in the file of its first record
 *
 * Returns as ladle_reader_next.
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_reader_next_block(ladle_reader *reader,
                                                               ladle_view **root,
                                                               uint64_t *first_record,
                                                               ladle_error *error);

/*
 * The metadata read so far as a tagged dict; '*len' is 0 when there are none. Belongs to the
 * reader.
 */
LADLE_API const void *ladle_reader_metadata(const ladle_reader *reader, size_t *len);

/*
 * The byte of the file at which the block at hand begins, for messages.
 */
LADLE_API uint64_t ladle_reader_block_offset(const ladle_reader *reader);

/*
 * Release the reader and close its source. NULL is allowed.
 */
LADLE_API void ladle_reader_close(ladle_reader *reader);

#ifdef __cplusplus
}
#endif

#endif
