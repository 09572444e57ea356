/* SHA-256 and the hash of a share, on the SHA instructions of x86-64.
 *
 * Where the processor or the compiler lacks them HAVE_SHA_CODE is 0, or `processor_has_sha` says
 * no, and nothing here is to be used: hashlib is faster than portable C would be.
 */
#ifndef PITHEAD_SHA256_H
#define PITHEAD_SHA256_H

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define HAVE_SHA_CODE 1
#include <cpuid.h>
#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#define USES_SHA __attribute__((target("sha,ssse3,sse4.1")))

enum { HASH_SIZE = 32, BLOCK_SIZE = 64, HEADER_SIZE = 80, NONCE_OFFSET = 76 };

typedef struct {
    const uint8_t *data;
    size_t size;
} Bytes;

/* ---- SHA-256 (FIPS 180-4) ---------------------------------------------------------------- */

static const uint32_t INITIAL_STATE[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

static const uint32_t ROUND_CONSTANTS[64] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/* Works whole blocks into a state. The instructions keep the eight words as ABEF and CDGH; two
 * of them make four rounds and leave the halves swapped twice, so the names hold. The message
 * schedule lives in a ring of four vectors, the oldest of which is replaced in each step. */
USES_SHA static void
compress(uint32_t state[8], const uint8_t *data, size_t blocks)
{
    const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    const __m128i badc = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)&state[0]), 0xb1);
    const __m128i hgfe = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)&state[4]), 0x1b);
    __m128i abef = _mm_alignr_epi8(badc, hgfe, 8);
    __m128i cdgh = _mm_blend_epi16(hgfe, badc, 0xf0);

    for (; blocks > 0; blocks--, data += BLOCK_SIZE) {
        const __m128i abef_before = abef, cdgh_before = cdgh;
        __m128i ring[4];
#pragma GCC unroll 16
        for (int step = 0; step < 16; step++) {
            __m128i *words = &ring[step & 3];
            if (step < 4) {
                *words = _mm_loadu_si128((const __m128i *)data + step);
                *words = _mm_shuffle_epi8(*words, big_endian);
            } else {
                const __m128i newest = ring[(step + 3) & 3];
                const __m128i middle = _mm_alignr_epi8(newest, ring[(step + 2) & 3], 4);
                *words = _mm_sha256msg1_epu32(*words, ring[(step + 1) & 3]);
                *words = _mm_sha256msg2_epu32(_mm_add_epi32(*words, middle), newest);
            }
            __m128i keyed = _mm_load_si128((const __m128i *)ROUND_CONSTANTS + step);
            keyed = _mm_add_epi32(keyed, *words);
            cdgh = _mm_sha256rnds2_epu32(cdgh, abef, keyed);
            abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(keyed, 0x0e));
        }
        abef = _mm_add_epi32(abef, abef_before);
        cdgh = _mm_add_epi32(cdgh, cdgh_before);
    }

    const __m128i feba = _mm_shuffle_epi32(abef, 0x1b);
    const __m128i dchg = _mm_shuffle_epi32(cdgh, 0xb1);
    _mm_storeu_si128((__m128i *)&state[0], _mm_blend_epi16(feba, dchg, 0xf0));
    _mm_storeu_si128((__m128i *)&state[4], _mm_alignr_epi8(dchg, feba, 8));
}

static void
write_state(uint8_t out[HASH_SIZE], const uint32_t state[8])
{
    for (int word = 0; word < 8; word++) {
        const uint32_t big_endian = __builtin_bswap32(state[word]);
        memcpy(out + 4 * word, &big_endian, 4);
    }
}

/* Hashes the outcome of a first hash; `out` is in wire order. */
static void
hash_again(uint8_t out[HASH_SIZE], const uint32_t first[8])
{
    uint8_t block[BLOCK_SIZE] = {[HASH_SIZE] = 0x80, [62] = 0x01}; /* 256 bits */
    uint32_t state[8];
    memcpy(state, INITIAL_STATE, sizeof(state));
    write_state(block, first);
    compress(state, block, 1);
    write_state(out, state);
}

/* One step up a merkle tree: both hashes fill a block, so the padding is always the same. */
static void
hash_pair(uint8_t left[HASH_SIZE], const uint8_t right[HASH_SIZE])
{
    uint8_t blocks[2 * BLOCK_SIZE] = {[BLOCK_SIZE] = 0x80, [2 * BLOCK_SIZE - 2] = 0x02}; /* 512 */
    uint32_t state[8];
    memcpy(state, INITIAL_STATE, sizeof(state));
    memcpy(blocks, left, HASH_SIZE);
    memcpy(blocks + HASH_SIZE, right, HASH_SIZE);
    compress(state, blocks, 2);
    hash_again(left, state);
}

/* Takes a message in pieces and keeps what does not fill a block yet. */
typedef struct {
    uint32_t state[8];
    uint64_t length;
    uint8_t rest[BLOCK_SIZE];
} Sha256;

static void
sha256d_start(Sha256 *sha)
{
    memcpy(sha->state, INITIAL_STATE, sizeof(sha->state));
    sha->length = 0;
}

static void
sha256d_take(Sha256 *sha, const uint8_t *data, size_t size)
{
    const size_t held = sha->length % BLOCK_SIZE;
    sha->length += size;
    if (held + size < BLOCK_SIZE) {
        memcpy(sha->rest + held, data, size);
        return;
    }
    if (held > 0) {
        const size_t missing = BLOCK_SIZE - held;
        memcpy(sha->rest + held, data, missing);
        compress(sha->state, sha->rest, 1);
        data += missing;
        size -= missing;
    }
    compress(sha->state, data, size / BLOCK_SIZE);
    memcpy(sha->rest, data + size - size % BLOCK_SIZE, size % BLOCK_SIZE);
}

static void
sha256d_finish(Sha256 *sha, uint8_t out[HASH_SIZE])
{
    const uint64_t bits = __builtin_bswap64(sha->length * 8);
    size_t held = sha->length % BLOCK_SIZE;
    sha->rest[held++] = 0x80;
    if (held > BLOCK_SIZE - sizeof(bits)) {
        memset(sha->rest + held, 0, BLOCK_SIZE - held);
        compress(sha->state, sha->rest, 1);
        held = 0;
    }
    memset(sha->rest + held, 0, BLOCK_SIZE - sizeof(bits) - held);
    memcpy(sha->rest + BLOCK_SIZE - sizeof(bits), &bits, sizeof(bits));
    compress(sha->state, sha->rest, 1);
    hash_again(out, sha->state);
}

/* ---- Shares ------------------------------------------------------------------------------ */

enum { PREFIX, EXTRANONCE1, EXTRANONCE2, SUFFIX, PIECES };

/* A header and the coinbase under it, in the pieces that they come in. */
typedef struct {
    Bytes coinbase[PIECES], branch;
    const uint8_t *prev_hash;
    uint32_t version, time, bits, nonce;
} Share;

static void
hash_share(uint8_t hash[HASH_SIZE], const Share *share)
{
    Sha256 sha;
    uint8_t header[HEADER_SIZE], *root = header + 36;
    sha256d_start(&sha);
    for (int piece = PREFIX; piece < PIECES; piece++) {
        sha256d_take(&sha, share->coinbase[piece].data, share->coinbase[piece].size);
    }
    sha256d_finish(&sha, root);
    for (size_t offset = 0; offset < share->branch.size; offset += HASH_SIZE) {
        hash_pair(root, share->branch.data + offset);
    }
    memcpy(header, &share->version, 4);
    memcpy(header + 4, share->prev_hash, HASH_SIZE);
    memcpy(header + 68, &share->time, 4);
    memcpy(header + 72, &share->bits, 4);
    memcpy(header + NONCE_OFFSET, &share->nonce, 4);
    sha256d_start(&sha);
    sha256d_take(&sha, header, HEADER_SIZE);
    sha256d_finish(&sha, hash);
}

/* Whether a hash is at or below a target, both little-endian. */
static int
meets(const uint8_t hash[HASH_SIZE], const uint8_t target[HASH_SIZE])
{
    for (int byte = HASH_SIZE - 1; byte >= 0; byte--) {
        if (hash[byte] != target[byte]) {
            return hash[byte] < target[byte];
        }
    }
    return 1;
}

static int
processor_has_sha(void)
{
    unsigned int a, b, c, d;
    const unsigned int ssse3_and_sse41 = 1u << 9 | 1u << 19, sha = 1u << 29;
    if (!__get_cpuid(1, &a, &b, &c, &d) || (c & ssse3_and_sse41) != ssse3_and_sse41) {
        return 0;
    }
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & sha) != 0;
}

#else
#define HAVE_SHA_CODE 0
static int processor_has_sha(void) { return 0; }
#endif

#endif
