/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_EMIT_APPEND_H
#define LADLE_LIB_EMIT_APPEND_H

#include "emit.h"

/*
 * What was found of a file that is to go on.
 */
struct ladle_found_end {
    uint64_t end;     /* behind the last complete item; 0: the file has not even a header */
    uint64_t cut_len; /* bytes behind that */
    bool is_complete; /* its writer completed it */
};

/*
 * Make an emitter that was initialised stand behind the last complete item of a file (FORMAT.md
 * section 10): place, numbers, salt, ancestors, and the merged shape, unless that takes blocks that
 * are larger than 'max_record'. Nothing is written or cut.
 *
 * Returns
 *   LADLE_OK             (with an 'end' of 0 a segment has to be begun)
 *   LADLE_E_FORMAT       it is no ladle file
 *   LADLE_E_CORRUPT      damage stands in the way
 *   LADLE_E_UNSUPPORTED  a newer version
 *   LADLE_E_IO, LADLE_E_MEMORY, and what else the source gave
 */
ladle_status ladle_emitter_find_end(struct ladle_emitter *emitter, const ladle_source *source,
                                    uint64_t max_record, struct ladle_found_end *found,
                                    ladle_error *error);

#endif
