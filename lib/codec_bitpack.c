/* SPDX-License-Identifier: BSD-2-Clause */
#include "codec.h"

#include <ladle/wire.h>

#include <string.h>

/*
 * Bytes of at most 64 kinds in as many bits as they need (FORMAT.md section 4.1). Of random text, as
 * in identifiers, other codecs make nothing shorter, and take several times as long to decompress it.
 */
enum {
    BITS_MAX = 6,
    KIND_COUNT_MAX = 1 << BITS_MAX,
    GROUP = 8,
    FIRST_LOOK_LEN = 4096, /* where most streams have all bytes that they have, or too many */
    NO_INDEX = 128
};

/*
 * The bytes that occur; the places behind the last one are zero.
 */
struct alphabet {
    unsigned count;
    unsigned bits;
    uint8_t bytes[KIND_COUNT_MAX];
};

static size_t alphabet_len(unsigned bits)
{
    return (size_t)1 << bits;
}

/*
 * Bytes that so many indices take: a group of eight takes one for each bit.
 */
static size_t indices_len(size_t count, unsigned bits)
{
    return count / GROUP * bits + (count % GROUP * bits + 7) / 8;
}

static size_t packed_len(size_t count, unsigned bits)
{
    return 1 + alphabet_len(bits) + indices_len(count, bits);
}

/*
 * Find the bytes that occur; false when they are of too many kinds.
 */
static bool find_alphabet(const uint8_t *from, size_t len, struct alphabet *alphabet)
{
    bool occurs[256] = {false};
    *alphabet = (struct alphabet){.bits = 1};
    for (size_t i = 0; i < len; i++) {
        occurs[from[i]] = true;
    }
    for (unsigned byte = 0; byte < 256; byte++) {
        if (!occurs[byte]) {
            continue;
        }
        if (alphabet->count == KIND_COUNT_MAX) {
            return false;
        }
        alphabet->bytes[alphabet->count++] = (uint8_t)byte;
    }
    while (alphabet_len(alphabet->bits) < alphabet->count) {
        alphabet->bits++;
    }
    return true;
}

/*
 * The indices of a group, the first one lowest. '*seen' tells whether one was NO_INDEX.
 */
LADLE_ALWAYS_INLINE uint64_t pack_half(const uint8_t *from, const uint8_t *indices, unsigned bits,
                                       unsigned *seen)
{
    unsigned first = indices[from[0]];
    unsigned second = indices[from[1]];
    unsigned third = indices[from[2]];
    unsigned fourth = indices[from[3]];
    *seen |= first | second | third | fourth;
    return first | second << bits | third << 2 * bits | fourth << 3 * bits;
}

LADLE_ALWAYS_INLINE uint64_t pack_group(const uint8_t *from, const uint8_t *indices, unsigned bits,
                                        unsigned *seen)
{
    return pack_half(from, indices, bits, seen) | pack_half(from + GROUP / 2, indices, bits, seen)
                                                      << GROUP / 2 * bits;
}

/*
 * The first 'len' bytes of a group, at most 8, to memory and from there.
 */
static void put_group(uint8_t *to, uint64_t group, size_t len)
{
    uint8_t bytes[8];
    ladle_store_u64(bytes, group);
    memcpy(to, bytes, len);
}

static uint64_t get_group(const uint8_t *from, size_t len)
{
    uint8_t bytes[8] = {0};
    memcpy(bytes, from, len);
    return ladle_load_u64(bytes);
}

/*
 * Pack whole groups, while there is room for eight bytes: the end of what is written is written over
 * by the next group. How many bytes were packed.
 */
LADLE_ALWAYS_INLINE size_t pack_groups(uint8_t *to, size_t room_len, const uint8_t *from,
                                       size_t len, const uint8_t *indices, unsigned bits,
                                       unsigned *seen)
{
    size_t done = 0;
    unsigned any = 0;
    for (; room_len >= 8 && len - done >= GROUP; room_len -= bits, done += GROUP, to += bits) {
        ladle_store_u64(to, pack_group(from + done, indices, bits, &any));
    }
    *seen |= any;
    return done;
}

/*
 * With a number of bits that is known to the compiler for those that are usual.
 */
static size_t pack_most(uint8_t *to, size_t room_len, const uint8_t *from, size_t len,
                        const uint8_t *indices, unsigned bits, unsigned *seen)
{
    switch (bits) {
    case 4:
        return pack_groups(to, room_len, from, len, indices, 4, seen);
    case 6:
        return pack_groups(to, room_len, from, len, indices, 6, seen);
    default:
        return pack_groups(to, room_len, from, len, indices, bits, seen);
    }
}

/*
 * False when there are bytes that are not in the alphabet.
 */
static bool pack(uint8_t *to, const uint8_t *from, size_t len, const struct alphabet *alphabet)
{
    uint8_t indices[256];
    unsigned bits = alphabet->bits;
    unsigned seen = 0;
    memset(indices, NO_INDEX, sizeof indices);
    for (unsigned i = 0; i < alphabet->count; i++) {
        indices[alphabet->bytes[i]] = (uint8_t)i;
    }
    size_t done = pack_most(to, indices_len(len, bits), from, len, indices, bits, &seen);
    for (to += indices_len(done, bits); done < len && seen < NO_INDEX;) {
        uint8_t bytes[GROUP];
        size_t count = len - done < GROUP ? len - done : GROUP;
        size_t group_len = indices_len(count, bits);
        memset(bytes, alphabet->bytes[0], sizeof bytes);
        memcpy(bytes, from + done, count);
        put_group(to, pack_group(bytes, indices, bits, &seen), group_len);
        done += count;
        to += group_len;
    }
    return seen < NO_INDEX;
}

static ladle_status compress_stream(void *state, void *to, size_t capacity, size_t *len,
                                    const void *from, size_t from_len)
{
    (void)state;
    struct alphabet alphabet;
    uint8_t *head = to;
    size_t looked_len = from_len < FIRST_LOOK_LEN ? from_len : FIRST_LOOK_LEN;
    for (;; looked_len = from_len) {
        if (!find_alphabet(from, looked_len, &alphabet) ||
            packed_len(from_len, alphabet.bits) > capacity) {
            return LADLE_END;
        }
        if (pack(head + 1 + alphabet_len(alphabet.bits), from, from_len, &alphabet)) {
            break;
        }
    }
    head[0] = (uint8_t)(alphabet.bits | from_len % GROUP << 3);
    memcpy(head + 1, alphabet.bytes, alphabet_len(alphabet.bits));
    *len = packed_len(from_len, alphabet.bits);
    return LADLE_OK;
}

/*
 * Two bytes for each pair of indices.
 */
static void make_pairs(uint8_t (*pairs)[2], const uint8_t *bytes, unsigned bits)
{
    size_t count = alphabet_len(bits);
    for (size_t second = 0; second < count; second++) {
        for (size_t first = 0; first < count; first++) {
            pairs[second << bits | first][0] = bytes[first];
            pairs[second << bits | first][1] = bytes[second];
        }
    }
}

LADLE_ALWAYS_INLINE void unpack_group(uint8_t *to, uint64_t group, uint8_t (*pairs)[2],
                                      unsigned bits)
{
    const uint64_t mask = ((uint64_t)1 << 2 * bits) - 1;
    for (unsigned i = 0; i < GROUP / 2; i++) {
        memcpy(to + 2 * (size_t)i, pairs[group >> 2 * bits * i & mask], 2);
    }
}

/*
 * Unpack whole groups, while there are eight bytes to read at once. How many bytes were unpacked.
 */
LADLE_ALWAYS_INLINE size_t unpack_groups(uint8_t *to, size_t len, const uint8_t *from,
                                         size_t from_len, uint8_t (*pairs)[2], unsigned bits)
{
    size_t done = 0;
    for (; from_len >= 8 && len - done >= GROUP; from_len -= bits, done += GROUP, from += bits) {
        unpack_group(to + done, ladle_load_u64(from), pairs, bits);
    }
    return done;
}

static size_t unpack_most(uint8_t *to, size_t len, const uint8_t *from, size_t from_len,
                          uint8_t (*pairs)[2], unsigned bits)
{
    switch (bits) {
    case 4:
        return unpack_groups(to, len, from, from_len, pairs, 4);
    case 6:
        return unpack_groups(to, len, from, from_len, pairs, 6);
    default:
        return unpack_groups(to, len, from, from_len, pairs, bits);
    }
}

/*
 * False when bits are set behind the last index.
 */
static bool unpack(uint8_t *to, size_t len, const uint8_t *from, size_t from_len,
                   const uint8_t *bytes, unsigned bits)
{
    uint8_t pairs[KIND_COUNT_MAX * KIND_COUNT_MAX][2];
    make_pairs(pairs, bytes, bits);
    size_t done = unpack_most(to, len, from, from_len, pairs, bits);
    from += indices_len(done, bits);
    for (; len - done >= GROUP; done += GROUP, from += bits) {
        unpack_group(to + done, get_group(from, bits), pairs, bits);
    }
    uint64_t group = get_group(from, indices_len(len - done, bits));
    for (; done < len; done++, group >>= bits) {
        to[done] = bytes[group & (alphabet_len(bits) - 1)];
    }
    return group == 0;
}

static ladle_status decompress_stream(void *state, void *to, size_t len, const void *from,
                                      size_t from_len)
{
    (void)state;
    const uint8_t *head = from;
    unsigned bits = from_len ? head[0] & 7 : 0;
    if (bits == 0 || bits > BITS_MAX || head[0] >> 3 != len % GROUP ||
        from_len != packed_len(len, bits)) {
        return LADLE_E_CORRUPT;
    }
    const uint8_t *indices = head + 1 + alphabet_len(bits);
    return unpack(to, len, indices, indices_len(len, bits), head + 1, bits) ? LADLE_OK
                                                                            : LADLE_E_CORRUPT;
}

/*
 * It needs no state.
 */
static ladle_status compressor_new(void **state, int level, const ladle_allocator *allocator)
{
    (void)level;
    (void)allocator;
    *state = NULL;
    return LADLE_OK;
}

static ladle_status decompressor_new(void **state, const ladle_allocator *allocator)
{
    return compressor_new(state, 0, allocator);
}

static void state_free(void *state, const ladle_allocator *allocator)
{
    (void)state;
    (void)allocator;
}

const struct ladle_codec ladle_codec_bitpack = {
    .id = 4,
    .name = "bitpack",
    .level_min = 1,
    .level_max = 1,
    .level_default = 1,
    .compressor_new = compressor_new,
    .compressor_free = state_free,
    .compress = compress_stream,
    .decompressor_new = decompressor_new,
    .decompressor_free = state_free,
    .decompress = decompress_stream,
};
