#include "gdmpi/hash.h"

#include <endian.h>
#include <string.h>

static const uint64_t prime1 = UINT64_C(0x9e3779b185ebca87);
static const uint64_t prime2 = UINT64_C(0xc2b2ae3d27d4eb4f);
static const uint64_t prime3 = UINT64_C(0x165667b19e3779f9);
static const uint64_t prime4 = UINT64_C(0x85ebca77c2b2ae63);
static const uint64_t prime5 = UINT64_C(0x27d4eb2f165667c5);

static uint64_t rotate(uint64_t word, int bits) {
    return word << bits | word >> (64 - bits);
}

static uint64_t word_at(const unsigned char *at) {
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return le64toh(word);
}

static uint64_t mix(uint64_t lane, uint64_t word) {
    return rotate(lane + word * prime2, 31) * prime1;
}

gd_hasher gd_hash_start(uint64_t seed) {
    return (gd_hasher){.lane = {seed + prime1 + prime2, seed + prime2, seed, seed - prime1},
                       .seed = seed};
}

void gd_hash_add(gd_hasher *hasher, const void *data, size_t bytes) {
    const unsigned char *at = data;
    uint64_t a = hasher->lane[0], b = hasher->lane[1], c = hasher->lane[2], d = hasher->lane[3];
    for (size_t i = 0; i < bytes / GD_HASH_STRIPE; i++, at += GD_HASH_STRIPE) {
        a = mix(a, word_at(at));
        b = mix(b, word_at(at + 8));
        c = mix(c, word_at(at + 16));
        d = mix(d, word_at(at + 24));
    }
    hasher->lane[0] = a;
    hasher->lane[1] = b;
    hasher->lane[2] = c;
    hasher->lane[3] = d;
    hasher->bytes += bytes;
}

static uint64_t join(const gd_hasher *hasher) {
    static const int turns[] = {1, 7, 12, 18};
    uint64_t hash = 0;
    if (hasher->bytes == 0) {
        return hasher->seed + prime5;
    }
    for (int i = 0; i < 4; i++) {
        hash += rotate(hasher->lane[i], turns[i]);
    }
    for (int i = 0; i < 4; i++) {
        hash = (hash ^ mix(0, hasher->lane[i])) * prime1 + prime4;
    }
    return hash;
}

/* With the last bytes, fewer than a stripe. */
static uint64_t finish(uint64_t hash, const unsigned char *at, size_t bytes) {
    for (; bytes >= 8; bytes -= 8, at += 8) {
        hash = rotate(hash ^ mix(0, word_at(at)), 27) * prime1 + prime4;
    }
    if (bytes >= 4) {
        uint32_t half;
        memcpy(&half, at, sizeof half);
        hash = rotate(hash ^ le32toh(half) * prime1, 23) * prime2 + prime3;
        bytes -= 4;
        at += 4;
    }
    for (; bytes > 0; bytes--, at++) {
        hash = rotate(hash ^ *at * prime5, 11) * prime1;
    }
    hash = (hash ^ hash >> 33) * prime2;
    hash = (hash ^ hash >> 29) * prime3;
    return hash ^ hash >> 32;
}

uint64_t gd_hash_end(const gd_hasher *hasher, const void *data, size_t bytes) {
    gd_hasher whole = *hasher;
    size_t rest = bytes % GD_HASH_STRIPE;
    gd_hash_add(&whole, data, bytes - rest);
    return finish(join(&whole) + whole.bytes + rest, (const unsigned char *)data + (bytes - rest),
                  rest);
}

uint64_t gd_hash(const void *data, size_t bytes, uint64_t seed) {
    if (bytes < GD_HASH_STRIPE) {
        return finish(seed + prime5 + bytes, data, bytes);
    }
    gd_hasher hasher = gd_hash_start(seed);
    return gd_hash_end(&hasher, data, bytes);
}
