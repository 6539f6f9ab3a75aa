/* Random numbers without state: a word is a function of what it is for, so any rank can draw it, at
 * any time. Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3,
 * SC11) as Random123 has it. */
#ifndef GDMPI_RNG_H
#define GDMPI_RNG_H

#include <stdint.h>

/* What numbers are drawn for: streams of different uses share nothing. */
typedef enum gd_rng_use {
    GD_RNG_INIT = 1,
    GD_RNG_SHUFFLE,
    GD_RNG_DROPOUT,
    GD_RNG_SPLIT,
    GD_RNG_DEAL,
    GD_RNG_GRADCHECK,
    GD_RNG_IMPORT
} gd_rng_use;

typedef struct gd_rng {
    uint32_t key[2];
    uint32_t stream[3];
} gd_rng;

/* The stream of a use, keyed by two numbers and a layer (or 0); e.g. (seed, GD_RNG_DROPOUT, step,
 * shard, layer). `a` counts below 2^32 and so does `b`; `layer` below 2^16. Not collective. */
gd_rng gd_rng_stream(uint64_t seed, gd_rng_use use, int64_t a, int64_t b, int64_t layer);

/* Words 4 * block ... 4 * block + 3 of the stream. Not collective. */
void gd_rng_words(const gd_rng *rng, uint32_t block, uint32_t words[4]);

/* Words 4 * block ... 4 * (block + count) - 1 of the stream. Not collective. */
void gd_rng_fill(const gd_rng *rng, uint32_t block, int64_t count, uint32_t *words);

/* Number `index` of the stream, uniform in [0, 1) with 53 bits; it takes half a block. Not
 * collective. */
double gd_rng_uniform(const gd_rng *rng, uint64_t index);

/* Number `index` of the stream, standard normal (Box and Muller 1958); it takes one block. Not
 * collective. */
double gd_rng_normal(const gd_rng *rng, uint32_t index);

/* A random order of 0 ... count - 1 (Fisher and Yates; Durstenfeld 1964). Not collective. */
void gd_rng_permute(const gd_rng *rng, uint32_t count, uint32_t *order);

#endif
