/* The arithmetic of shards, rows and steps. It knows whole numbers only, and every rank computes
 * the same. */
#ifndef GDMPI_SHARDS_H
#define GDMPI_SHARDS_H

#include <stdint.h>

/* `rows` training rows are cut into `count` contiguous shards whose sizes differ by at most one,
 * the larger first; a step takes `batch` rows: batch / count of every shard, and one more of the
 * first batch % count shards. batch 0 is all rows. Needs 1 <= count <= rows, and batch 0 or >=
 * count. */
typedef struct gd_shards {
    int64_t rows, count, batch;
} gd_shards;

typedef struct gd_range {
    int64_t first, count;
} gd_range;

/* Part `index` of `count` things in `parts` contiguous parts: floor(index * count / parts) ... */
gd_range gd_range_part(int64_t count, int64_t parts, int64_t index);

/* The part that `thing` is in. Not collective. */
int64_t gd_range_part_of(int64_t count, int64_t parts, int64_t thing);

/* The rows of shard `shard`. Not collective. */
gd_range gd_shards_rows(const gd_shards *shards, int64_t shard);

/* The rows of the contiguous shards `of`. Not collective. */
gd_range gd_shards_span(const gd_shards *shards, gd_range of);

/* The shard that row `row` is in. Not collective. */
int64_t gd_shards_find(const gd_shards *shards, int64_t row);

/* Steps in an epoch: every row once. Not collective. */
int64_t gd_shards_steps(const gd_shards *shards);

/* Which places in its order shard `shard` works in step `step` (from 0) of an epoch; count 0: none
 * left. Not collective. */
gd_range gd_shards_step(const gd_shards *shards, int64_t shard, int64_t step);

/* The rows of all shards in step `step` of an epoch. Not collective. */
int64_t gd_shards_step_rows(const gd_shards *shards, int64_t step);

/* The most rows that one shard works in one step. Not collective. */
int64_t gd_shards_step_most(const gd_shards *shards);

#endif
