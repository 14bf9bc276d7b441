/* SPDX-License-Identifier: BSD-2-Clause */
#include "codec.h"

#include <string.h>

/*
 * Codecs that can be asked for.
 */
#define NAMED_COUNT 4

/*
 * All codecs of the format by id. NULL: none, or not built in.
 */
static const struct {
    const char *name;
    const struct ladle_codec *codec;
} codecs[LADLE_CODEC_ID_MAX + 1] = {
    {"none", NULL},
    {"zlib", &ladle_codec_zlib},
#ifdef LADLE_WITH_ZSTD
    {"zstd", &ladle_codec_zstd},
#else
    {"zstd", NULL},
#endif
#ifdef LADLE_WITH_LZ4
    {"lz4", &ladle_codec_lz4},
#else
    {"lz4", NULL},
#endif
    {"bitpack", &ladle_codec_bitpack},
};

ladle_status ladle_codec_by_id(uint8_t id, const struct ladle_codec **codec)
{
    *codec = id <= LADLE_CODEC_ID_MAX ? codecs[id].codec : NULL;
    return id == 0 || *codec ? LADLE_OK : LADLE_E_UNSUPPORTED;
}

ladle_status ladle_codec_by_name(const char *name, const struct ladle_codec **codec)
{
    for (uint8_t id = 0; id < NAMED_COUNT; id++) {
        if (strcmp(name, codecs[id].name) == 0) {
            return ladle_codec_by_id(id, codec);
        }
    }
    *codec = NULL;
    return LADLE_E_UNSUPPORTED;
}

const char *ladle_codec_name(uint8_t id)
{
    return id <= LADLE_CODEC_ID_MAX ? codecs[id].name : "unknown";
}
