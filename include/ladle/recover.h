/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_RECOVER_H
#define LADLE_RECOVER_H

/*
 * Whole files: verify them, save what is intact of a damaged one, join several.
 */

#include <ladle/io.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Records that are lost. Numbers are those of the damaged file.
 */
typedef struct ladle_loss {
    uint64_t first_record;
    uint64_t count;  /* records; LADLE_UNKNOWN when nothing intact tells */
    uint64_t offset; /* byte of the file at which the damage begins */
    uint64_t len;    /* bytes that were left out */
    const char *why; /* a sentence; valid during the call that gets it */
} ladle_loss;

/*
 * 'struct_size' is sizeof(ladle_recover_options); zero is the default everywhere.
 *
 * progress   called for each block: bytes done, and bytes in all (LADLE_UNKNOWN for a source
 *            without 'size') of the file at hand. Returns false to stop, which makes the call fail
 *            with LADLE_E_STATE
 * lost       called for each loss, in order
 * allocator, limits  as for a reader
 */
typedef struct ladle_recover_options {
    size_t struct_size;
    const ladle_limits *limits;
    const ladle_allocator *allocator;
    bool (*progress)(void *ctx, uint64_t done, uint64_t total);
    void (*lost)(void *ctx, const ladle_loss *loss);
    void *ctx; /* of both */
} ladle_recover_options;

#define LADLE_RECOVER_OPTIONS_INIT                                                                 \
    {                                                                                              \
        sizeof(ladle_recover_options), 0, 0, 0, 0, 0                                               \
    }

typedef struct ladle_recover_report {
    size_t struct_size;
    uint64_t record_count; /* intact records: read, and copied */
    uint64_t lost_count;   /* LADLE_UNKNOWN when some loss is unknown */
    uint64_t loss_count;   /* how often 'lost' was called, or would have been */
    uint64_t block_count;  /* intact blocks with records */
    uint64_t tail_len;     /* bytes behind the last intact item of an unfinished file */
    bool is_complete;      /* a writer completed the file, and its end is there */
} ladle_recover_report;

/*
 * Check all of a file: every checksum, every rule of the format, every value of every record.
 *
 * source  its 'close' has been called when the call returns
 * report  output, also on failure as far as it went; may be NULL. 'struct_size' is set before
 *
 * Returns
 *   LADLE_OK           the file is whole
 *   LADLE_E_CORRUPT    something is damaged; the error is the first damage, the report has all
 *   LADLE_E_TRUNCATED  nobody completed it, or its end is damaged; the rest of it is intact
 *   LADLE_E_UNSUPPORTED, LADLE_E_LIMIT  some block cannot be checked by this build or within the
 *                      limits; counted as lost
 *   LADLE_E_FORMAT, LADLE_E_IO, LADLE_E_MEMORY, LADLE_E_ARGUMENT
 *   LADLE_E_STATE      'progress' stopped it
 *
 * Memory  as a reader
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_verify(const ladle_source *source,
                                                    const ladle_recover_options *options,
                                                    ladle_recover_report *report,
                                                    ladle_error *error);

/*
 * Copy every intact record of a damaged or unfinished file to a new file, with the metadata. Blocks
 * are copied as they are, whatever their codec; even a damaged file header costs no records.
 *
 * source, sink  their 'close' has been called when the call returns
 * report        as for ladle_verify
 *
 * Returns
 *   LADLE_OK           the new file is complete; the report says what was lost
 *   LADLE_E_FORMAT     nothing of a ladle file was found
 *   LADLE_E_TRUNCATED  the file ends within its header
 *   LADLE_E_IO         reading failed (error->record is LADLE_UNKNOWN), or writing
 *   LADLE_E_UNSUPPORTED  a newer major version
 *   LADLE_E_MEMORY, LADLE_E_ARGUMENT, LADLE_E_STATE
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_repair(const ladle_source *source,
                                                    const ladle_sink *sink,
                                                    const ladle_recover_options *options,
                                                    ladle_recover_report *report,
                                                    ladle_error *error);

/*
 * Join whole files, without decoding what is in them; their checksums are verified on the way.
 *
 * sources, count  the files in order; 'close' of each has been called when the call returns
 * sink            the same. On failure it has got a part of the files
 * failed          output, may be NULL: which source an error is about, or 'count'
 *
 * Returns
 *   LADLE_OK
 *   LADLE_E_FORMAT, LADLE_E_CORRUPT, LADLE_E_TRUNCATED, LADLE_E_UNSUPPORTED, LADLE_E_LIMIT  a file
 *                   is not whole, or cannot be checked
 *   LADLE_E_IO, LADLE_E_MEMORY, LADLE_E_STATE, LADLE_E_ARGUMENT (no file)
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_concat(const ladle_source *sources, size_t count,
                                                    const ladle_sink *sink,
                                                    const ladle_recover_options *options,
                                                    size_t *failed, ladle_error *error);

#ifdef __cplusplus
}
#endif

#endif
