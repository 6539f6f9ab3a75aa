#include "gdmpi/permutation.h"

/* On fewer bits ten rounds leave some orders of a few things more likely than others. */
enum { LEAST_BITS = 10 };

gd_permutation gd_permutation_new(const gd_rng *rng, int64_t count) {
    uint32_t words[2 * GD_PERMUTATION_ROUNDS];
    int bits = LEAST_BITS;
    while ((count - 1) >> bits > 0) {
        bits++;
    }
    gd_permutation new = {
        .count = (uint64_t)count, .left_bits = bits / 2, .right_bits = bits - bits / 2};
    gd_rng_fill(rng, 0, GD_PERMUTATION_ROUNDS / 2, words);
    for (int i = 0; i < GD_PERMUTATION_ROUNDS; i++) {
        new.key[i] = (uint64_t)words[2 * i] << 32 | words[2 * i + 1];
    }
    return new;
}

/* The finaliser of MurmurHash3 (Appleby 2011). */
static uint64_t mix(uint64_t value, uint64_t key) {
    value ^= key;
    value = (value ^ value >> 33) * 0xff51afd7ed558ccdu;
    value = (value ^ value >> 33) * 0xc4ceb9fe1a85ec53u;
    return value ^ value >> 33;
}

int64_t gd_permutation_of(const gd_permutation *permutation, int64_t index) {
    const int right_bits = permutation->right_bits;
    const uint64_t left_mask = (UINT64_C(1) << permutation->left_bits) - 1;
    const uint64_t right_mask = (UINT64_C(1) << right_bits) - 1;
    uint64_t value = (uint64_t)index;
    do {
        uint64_t left = value >> right_bits, right = value & right_mask;
        for (int i = 0; i < GD_PERMUTATION_ROUNDS; i += 2) {
            left ^= mix(right, permutation->key[i]) & left_mask;
            right ^= mix(left, permutation->key[i + 1]) & right_mask;
        }
        value = left << right_bits | right;
    } while (value >= permutation->count);
    return (int64_t)value;
}
