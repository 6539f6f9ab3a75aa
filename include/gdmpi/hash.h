/* A fast 64-bit hash, XXH64 by Yann Collet (github.com/Cyan4973/xxHash, doc/xxhash_spec.md): to
 * notice damage and to tell data apart, not to withstand an attacker. The same on every processor.
 * Nothing here is collective. */
#ifndef GDMPI_HASH_H
#define GDMPI_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Of all bytes at once. */
uint64_t gd_hash(const void *data, size_t bytes, uint64_t seed);

/* Of bytes that come in parts: gd_hash_start, gd_hash_add for each part but the last, whose size is
 * a multiple of GD_HASH_STRIPE, and gd_hash_end with the last one, of any size, 0 too. */
enum { GD_HASH_STRIPE = 32 };

typedef struct gd_hasher {
    uint64_t lane[4];
    uint64_t seed, bytes;
} gd_hasher;

gd_hasher gd_hash_start(uint64_t seed);
void gd_hash_add(gd_hasher *hasher, const void *data, size_t bytes);
uint64_t gd_hash_end(const gd_hasher *hasher, const void *data, size_t bytes);

#endif
