#include <Random123/philox.h>
#include <math.h>

#include "gdmpi/rng.h"

gd_rng gd_rng_stream(uint64_t seed, gd_rng_use use, int64_t a, int64_t b, int64_t layer) {
    return (gd_rng){
        .key = {(uint32_t)seed, (uint32_t)(seed >> 32)},
        .stream = {(uint32_t)a, (uint32_t)b, (uint32_t)use << 16 | (uint32_t)(layer & 0xffff)},
    };
}

void gd_rng_words(const gd_rng *rng, uint32_t block, uint32_t words[4]) {
    philox4x32_ctr_t counter = {{block, rng->stream[0], rng->stream[1], rng->stream[2]}};
    philox4x32_key_t key = {{rng->key[0], rng->key[1]}};
    philox4x32_ctr_t out = philox4x32(counter, key);
    for (int i = 0; i < 4; i++) {
        words[i] = out.v[i];
    }
}

/* Philox with its rounds written out, so that the compiler works several blocks at once: twice as
 * fast. */
void gd_rng_fill(const gd_rng *rng, uint32_t block, int64_t count, uint32_t *restrict words) {
    const uint32_t s0 = rng->stream[0], s1 = rng->stream[1], s2 = rng->stream[2];
    const uint32_t key0 = rng->key[0], key1 = rng->key[1];
    for (int64_t i = 0; i < count; i++) {
        uint32_t a = block + (uint32_t)i, b = s0, c = s1, d = s2;
        for (uint32_t round = 0; round < 10; round++) {
            const uint64_t left = (uint64_t)PHILOX_M4x32_0 * a,
                           right = (uint64_t)PHILOX_M4x32_1 * c;
            a = (uint32_t)(right >> 32) ^ b ^ (key0 + round * PHILOX_W32_0);
            b = (uint32_t)right;
            c = (uint32_t)(left >> 32) ^ d ^ (key1 + round * PHILOX_W32_1);
            d = (uint32_t)left;
        }
        words[4 * i] = a;
        words[4 * i + 1] = b;
        words[4 * i + 2] = c;
        words[4 * i + 3] = d;
    }
}

/* In [0, 1), on a grid of 2^-53. */
static double unit(uint32_t high, uint32_t low) {
    uint64_t bits = (uint64_t)high << 32 | low;
    return (double)(bits >> 11) * 0x1p-53;
}

double gd_rng_uniform(const gd_rng *rng, uint64_t index) {
    uint32_t words[4];
    gd_rng_words(rng, (uint32_t)(index / 2), words);
    return unit(words[index % 2 * 2], words[index % 2 * 2 + 1]);
}

double gd_rng_normal(const gd_rng *rng, uint32_t index) {
    static const double two_pi = 6.283185307179586476925;
    uint32_t words[4];
    gd_rng_words(rng, index, words);
    double radius = sqrt(-2.0 * log(1.0 - unit(words[0], words[1])));
    return radius * cos(two_pi * unit(words[2], words[3]));
}

void gd_rng_permute(const gd_rng *rng, uint32_t count, uint32_t *order) {
    for (uint32_t i = 0; i < count; i++) {
        order[i] = i;
    }
    for (uint32_t i = count; i > 1; i--) {
        uint32_t j = (uint32_t)(gd_rng_uniform(rng, i) * i);
        uint32_t other = order[j];
        order[j] = order[i - 1];
        order[i - 1] = other;
    }
}
