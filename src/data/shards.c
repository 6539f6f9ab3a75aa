#include "gdmpi/shards.h"

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* floor(index * count / parts) without the large product; parts below 2^31. */
static int64_t part_first(int64_t count, int64_t parts, int64_t index) {
    return count / parts * index + count % parts * index / parts;
}

gd_range gd_range_part(int64_t count, int64_t parts, int64_t index) {
    int64_t first = part_first(count, parts, index);
    return (gd_range){first, part_first(count, parts, index + 1) - first};
}

int64_t gd_range_part_of(int64_t count, int64_t parts, int64_t thing) {
    return ((thing + 1) * parts - 1) / count;
}

/* Where shard `shard` begins; the end of all rows for shard == count. */
static int64_t shard_first(const gd_shards *shards, int64_t shard) {
    int64_t larger = shards->rows % shards->count;
    return shards->rows / shards->count * shard + least(shard, larger);
}

gd_range gd_shards_rows(const gd_shards *shards, int64_t shard) {
    return gd_shards_span(shards, (gd_range){shard, 1});
}

gd_range gd_shards_span(const gd_shards *shards, gd_range of) {
    int64_t first = shard_first(shards, of.first);
    return (gd_range){first, shard_first(shards, of.first + of.count) - first};
}

int64_t gd_shards_find(const gd_shards *shards, int64_t row) {
    int64_t size = shards->rows / shards->count, larger = shards->rows % shards->count;
    int64_t in_larger = larger * (size + 1);
    return row < in_larger ? row / (size + 1) : larger + (row - in_larger) / size;
}

/* The rows of a shard that a step takes while there are as many left. */
static int64_t take_of(const gd_shards *shards, int64_t shard) {
    if (shards->batch == 0) {
        return gd_shards_rows(shards, shard).count;
    }
    return shards->batch / shards->count + (shard < shards->batch % shards->count ? 1 : 0);
}

/* Shards are larger or not, and take one row more or not: at most three runs of shards that are
 * alike. Sets the first of each run and the end of the last; returns how many. */
static int alike(const gd_shards *shards, int64_t bounds[4]) {
    int64_t larger = shards->rows % shards->count, more = shards->batch % shards->count;
    int64_t inner[2] = {least(larger, more), larger > more ? larger : more};
    int runs = 0;
    bounds[runs++] = 0;
    for (int i = 0; i < 2; i++) {
        if (inner[i] > bounds[runs - 1]) {
            bounds[runs++] = inner[i];
        }
    }
    bounds[runs] = shards->count;
    return runs;
}

int64_t gd_shards_steps(const gd_shards *shards) {
    int64_t bounds[4], most = 0;
    int runs = alike(shards, bounds);
    for (int i = 0; i < runs; i++) {
        int64_t take = take_of(shards, bounds[i]);
        int64_t steps = (gd_shards_rows(shards, bounds[i]).count + take - 1) / take;
        most = steps > most ? steps : most;
    }
    return most;
}

gd_range gd_shards_step(const gd_shards *shards, int64_t shard, int64_t step) {
    int64_t rows = gd_shards_rows(shards, shard).count, take = take_of(shards, shard);
    int64_t first = step >= (rows + take - 1) / take ? rows : step * take;
    return (gd_range){first, least(take, rows - first)};
}

int64_t gd_shards_step_rows(const gd_shards *shards, int64_t step) {
    int64_t bounds[4], rows = 0;
    int runs = alike(shards, bounds);
    for (int i = 0; i < runs; i++) {
        rows += (bounds[i + 1] - bounds[i]) * gd_shards_step(shards, bounds[i], step).count;
    }
    return rows;
}

int64_t gd_shards_step_most(const gd_shards *shards) {
    return gd_shards_step(shards, 0, 0).count;
}
