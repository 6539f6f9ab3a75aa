/* A random order of any number of things, each of whose places is computed by itself: it takes no
 * memory and no turns. */
#ifndef GDMPI_PERMUTATION_H
#define GDMPI_PERMUTATION_H

#include <stdint.h>

#include "gdmpi/rng.h"

enum { GD_PERMUTATION_ROUNDS = 10 };

typedef struct gd_permutation {
    uint64_t count;
    int left_bits, right_bits;
    uint64_t key[GD_PERMUTATION_ROUNDS];
} gd_permutation;

/* A permutation of 0 ... count - 1, with 1 <= count <= 2^62, keyed by `rng`. A Feistel network with
 * ten rounds, as the cipher FF1 has (NIST SP 800-38G), on as many bits as hold `count`, and cycle
 * walking (Black, Rogaway: Ciphers with arbitrary finite domains, CT-RSA 2002). It looks random,
 * but is no secret. Not collective. */
gd_permutation gd_permutation_new(const gd_rng *rng, int64_t count);

/* Where `index` goes. Some 50 ns. Not collective. */
int64_t gd_permutation_of(const gd_permutation *permutation, int64_t index);

#endif
