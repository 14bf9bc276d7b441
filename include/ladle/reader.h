/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_READER_H
#define LADLE_READER_H

/*
 * Reading a file: record by record or block by block, from its beginning or from any record on.
 */

#include <ladle/io.h>
#include <ladle/view.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ladle_reader ladle_reader;
struct ladle_schema;

/*
 * How to read. 'struct_size' is sizeof(ladle_reader_options); zero is the default everywhere.
 *
 * take_tail  what is complete of an unfinished file counts as the file: where LADLE_E_TRUNCATED
 *            would come, LADLE_END does. A file without a whole header is truncated nevertheless
 * live       somebody may still add to the file: where LADLE_E_TRUNCATED would come, LADLE_WAIT
 *            does, and the call may be made again when there is more. LADLE_END does not stay
 *            either: behind a complete file another may be written
 * threads    how many threads may decompress blocks ahead of the caller; they are started by the
 *            first block that is compressed. 0: none, all is done in the calls. The source and the
 *            functions of the program are called by the caller's thread only, but for a custom
 *            allocator, which must be safe to use from several threads then
 * progress   called for each block with records whose first record is about to be handed out; its
 *            'ctx' is progress_ctx
 */
typedef struct ladle_reader_options {
    size_t struct_size;
    const ladle_limits *limits;
    const ladle_allocator *allocator; /* must outlive the reader */
    bool take_tail;
    bool live;
    unsigned threads;
    ladle_progress *progress;
    void *progress_ctx;
} ladle_reader_options;

#define LADLE_READER_OPTIONS_INIT                                                                  \
    {                                                                                              \
        sizeof(ladle_reader_options), 0, 0, 0, 0, 0, 0, 0                                          \
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
 *   LADLE_WAIT           with 'live': the header is not whole yet. The reader is open, and
 *                        ladle_reader_next goes on from there
 *   LADLE_E_FORMAT       not a ladle file
 *   LADLE_E_TRUNCATED    it ends inside the header; an empty file too
 *   LADLE_E_CORRUPT      the header is damaged
 *   LADLE_E_UNSUPPORTED  a newer major version or an unknown incompatible feature
 *   LADLE_E_IO, LADLE_E_MEMORY, LADLE_E_ARGUMENT
 *
 * Memory   ladle_reader_memory_bound, and the largest record when ladle_reader_next is used
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
 *   LADLE_WAIT           with 'live' only: there is nothing more yet
 *   LADLE_E_CORRUPT      a block is damaged; none of its records was handed out. Something valid
 *                        stands behind it: ladle_reader_resume goes on there. error->record is the
 *                        number of the first record that is lost
 *   LADLE_E_TRUNCATED    the file ends before it is complete, or what stands behind its last
 *                        complete block is damaged to the end; all records before that were read
 *   LADLE_E_LIMIT        error->limit says which and what it would have to be
 *   LADLE_E_UNSUPPORTED  a codec that is not built in, a newer kind of block or value
 *   LADLE_E_STATE        only some columns of the block were read: see ladle_reader_select
 *   LADLE_E_IO, LADLE_E_MEMORY
 * An error, and LADLE_END, come again with every further call, until ladle_reader_resume or
 * ladle_reader_seek leads on.
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_reader_next(ladle_reader *reader, ladle_cursor *value,
                                                         ladle_error *error);

/*
 * Read the next block as columns. The records of it that ladle_reader_next has not read are left
 * out.
 *
 * root          output: the views of the block, with as many values as it has records; valid until
 *               the next call for this reader. Behind ladle_reader_seek the views stand at the
 *               record asked for (root->next), as ladle_view_seek would put them
 * first_record  output: the number in the file of the record at which the views stand;
 *               root->count - root->next records are left
 *
 * Returns as ladle_reader_next.
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_reader_next_block(ladle_reader *reader,
                                                               ladle_view **root,
                                                               uint64_t *first_record,
                                                               ladle_error *error);

/*
 * After LADLE_E_CORRUPT, LADLE_E_LIMIT or LADLE_E_UNSUPPORTED: leave out the block, or all up to
 * the next item that is intact. The next call reads on there. Numbers of records stay what they
 * were.
 *
 * lost  output: how many records were left out; LADLE_UNKNOWN when nothing intact tells. They begin
 *       at the error's 'record'
 *
 * Returns LADLE_OK, or LADLE_E_STATE when nothing failed, or nothing that can be left out. What
 * goes wrong on the way is for the next call to say.
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_reader_resume(ladle_reader *reader, uint64_t *lost,
                                                           ladle_error *error);

/*
 * How many records the file has, lost ones included. Needs a source with 'read_at'. The first call
 * opens the index at the end of the file; it reads some kilobytes, whatever the file's length. Of
 * joined files one of which has no end that is intact, it reads the headers of all blocks.
 *
 * count  output
 *
 * Returns
 *   LADLE_OK
 *   LADLE_E_STATE        the source cannot be read at any place
 *   LADLE_E_TRUNCATED    nobody completed the file, and the option take_tail is not set. With
 *                        'live' and with take_tail the count is that of what is complete
 *   LADLE_E_CORRUPT      files were joined, and one that others stand behind has no end that is
 *                        intact. With 'live' and with take_tail this is no error, for up to 256
 *                        files: records that nobody can count are left out of the numbers
 *   LADLE_E_UNSUPPORTED, LADLE_E_LIMIT, LADLE_E_IO, LADLE_E_MEMORY
 * A failure does not touch what ladle_reader_next does.
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_reader_count(ladle_reader *reader, uint64_t *count,
                                                          ladle_error *error);

/*
 * Go to a record: the next call reads it.
 *
 * record  0 to the count; at the count LADLE_END comes next
 *
 * Returns as ladle_reader_count, and LADLE_E_ARGUMENT when there is no such record. On failure the
 * reader is where it was. A damaged block is for the next call to report.
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_reader_seek(ladle_reader *reader, uint64_t record,
                                                         ladle_error *error);

/*
 * The number in the file of the record that ladle_reader_next would read next.
 */
LADLE_API uint64_t ladle_reader_position(const ladle_reader *reader);

/*
 * Read only some of the columns. 'wants' is asked, once for blocks of one shape that follow each
 * other, for each child of the root that is a tuple, a dict or an object (and of each such
 * alternative, when the root is a union). A child that nobody wants has kind LADLE_EMPTY and no
 * values; streams in which there is nothing else are neither read (given 'read_at'), nor verified,
 * nor decoded. The first stream of a block, which holds the shape, always is.
 *
 * wants  NULL: all columns again. Must not use the reader. Must give the same answer for the same
 *        name or number of a column
 *
 * Takes effect with the next block that is read. Of a block of which only some columns were read
 * ladle_reader_next gives LADLE_E_STATE, and ladle_reader_next_rows LADLE_E_VALUE for the others;
 * ladle_reader_seek has it read anew.
 */
typedef bool ladle_reader_wants(void *ctx, const ladle_view *parent, uint32_t child);
LADLE_API void ladle_reader_select(ladle_reader *reader, ladle_reader_wants *wants, void *ctx);

/*
 * The merged shape of all records of the file.
 *
 * schema  output; belongs to the reader and stays until it is closed
 *
 * Returns as ladle_reader_count.
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_reader_schema(ladle_reader *reader,
                                                           const struct ladle_schema **schema,
                                                           ladle_error *error);

/*
 * What a file consists of.
 */
typedef struct ladle_info {
    size_t struct_size;
    uint64_t segment_count;
    uint64_t record_count;
    uint64_t block_count;     /* of blocks with records */
    uint64_t file_len;        /* bytes */
    uint64_t complete_len;    /* bytes up to the end of the last complete item */
    uint64_t stored_len;      /* bytes of the blocks with records */
    uint64_t decoded_len;     /* bytes of them when they are decompressed */
    uint64_t decoded_len_max; /* bytes of the largest of them */
    uint32_t codecs;          /* bit i: some stream has the codec that FORMAT.md numbers i */
    bool is_complete;         /* its writer completed it */
} ladle_info;

/*
 * Collect it from the index and the headers of all blocks, which takes time in proportion to the
 * number of blocks. Does not move the reader.
 *
 * info  output; 'struct_size' is set before the call
 *
 * Returns as ladle_reader_count, but an unfinished file is no error.
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_reader_info(ladle_reader *reader, ladle_info *info,
                                                         ladle_error *error);

/*
 * Bytes of memory that the reader takes at most, without what ladle_reader_next needs for its
 * record. From the largest block in the index; when there is none, from the limits.
 */
LADLE_API uint64_t ladle_reader_memory_bound(ladle_reader *reader);

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
