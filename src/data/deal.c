#include <string.h>

#include "gdmpi/deal.h"
#include "gdmpi/memory.h"
#include "gdmpi/permutation.h"

/* Blocks of an epoch: what comes for a block takes an eighth of the memory of a rank's rows. */
enum { BLOCKS = 8 };

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* The places of a shard that a block takes while there are as many left. */
static int64_t take_of(const gd_deal *deal, int64_t shard) {
    return gd_shards_step(&deal->shards, shard, 0).count * deal->block_steps;
}

static void cut_blocks(gd_deal *deal) {
    const gd_shards *shards = &deal->shards;
    int64_t steps = gd_shards_steps(shards);
    deal->block_steps = (steps + BLOCKS - 1) / BLOCKS;
    deal->blocks = (steps + deal->block_steps - 1) / deal->block_steps;
    deal->stride = least(take_of(deal, 0), gd_shards_rows(shards, 0).count);
    for (int64_t i = 0; i < deal->mine.count; i++) {
        int64_t shard = deal->mine.first + i;
        deal->most += least(take_of(deal, shard), gd_shards_rows(shards, shard).count);
    }
}

gd_status gd_deal_new(const gd_shards *shards, int64_t ranks, int64_t rank, gd_deal *deal) {
    gd_range mine = gd_range_part(shards->count, ranks, rank);
    *deal = (gd_deal){
        .shards = *shards, .ranks = ranks, .mine = mine, .rows = gd_shards_span(shards, mine)};
    cut_blocks(deal);
    if (deal->rows.count > UINT32_MAX || deal->stride > UINT32_MAX / mine.count) {
        return gd_status_new(GD_BAD_INPUT,
                             "data.shuffle: global cannot deal the %lld rows of a rank, which are "
                             "too many; start more ranks",
                             (long long)deal->rows.count);
    }
    size_t rows = (size_t)deal->rows.count, ends = (size_t)(deal->blocks * ranks);
    gd_status status = gd_memory_new(&deal->row, rows, sizeof *deal->row, "the order of the rows");
    if (status == GD_OK) {
        status = gd_memory_new(&deal->place, rows, sizeof *deal->place, "the places of the rows");
    }
    if (status == GD_OK) {
        status = gd_memory_new(&deal->end, ends, sizeof *deal->end, "the counts of dealt rows");
    }
    if (status != GD_OK) {
        gd_deal_free(deal);
    }
    return status;
}

void gd_deal_free(gd_deal *deal) {
    gd_memory_free(&deal->row);
    gd_memory_free(&deal->place);
    gd_memory_free(&deal->end);
}

double gd_deal_bytes(const gd_deal *deal) {
    return (double)deal->rows.count * (sizeof *deal->row + sizeof *deal->place) +
           (double)(deal->blocks * deal->ranks) * sizeof *deal->end;
}

int64_t gd_deal_place(const gd_deal *deal, int64_t shard, int64_t place) {
    int64_t rank = gd_range_part_of(deal->shards.count, deal->ranks, shard);
    int64_t first = gd_range_part(deal->shards.count, deal->ranks, rank).first;
    return (shard - first) * deal->stride + place % take_of(deal, shard);
}

/* Where a row goes that is at `position` of all: the block and the rank, as a number of
 * deal->end, and the place there. */
static int64_t target(const gd_deal *deal, int64_t position, uint32_t *place) {
    int64_t shard = gd_shards_find(&deal->shards, position);
    int64_t in_shard = position - gd_shards_rows(&deal->shards, shard).first;
    *place = (uint32_t)gd_deal_place(deal, shard, in_shard);
    return in_shard / take_of(deal, shard) * deal->ranks +
           gd_range_part_of(deal->shards.count, deal->ranks, shard);
}

void gd_deal_epoch(gd_deal *deal, uint64_t seed, int64_t epoch) {
    const gd_rng rng = gd_rng_stream(seed, GD_RNG_DEAL, epoch, 0, 0);
    const gd_permutation permutation = gd_permutation_new(&rng, deal->shards.rows);
    int64_t ends = deal->blocks * deal->ranks, before = 0;
    uint32_t place;
    memset(deal->end, 0, (size_t)ends * sizeof *deal->end);
    for (int64_t i = 0; i < deal->rows.count; i++) {
        deal->end[target(deal, gd_permutation_of(&permutation, deal->rows.first + i), &place)]++;
    }
    for (int64_t i = 0; i < ends; i++) {
        int64_t count = deal->end[i];
        deal->end[i] = before;
        before += count;
    }
    for (int64_t i = 0; i < deal->rows.count; i++) {
        int64_t to = target(deal, gd_permutation_of(&permutation, deal->rows.first + i), &place);
        deal->row[deal->end[to]] = (uint32_t)i;
        deal->place[deal->end[to]++] = place;
    }
}

gd_range gd_deal_moves(const gd_deal *deal, int64_t block, int64_t to) {
    int64_t index = block * deal->ranks + to;
    int64_t first = index == 0 ? 0 : deal->end[index - 1];
    return (gd_range){first, deal->end[index] - first};
}
