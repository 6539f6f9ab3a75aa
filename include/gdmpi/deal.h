/* Rows that are dealt to shards anew in each epoch: which of a rank's rows goes where, and when. It
 * knows whole numbers only; the rows travel by gd_dealer. */
#ifndef GDMPI_DEAL_H
#define GDMPI_DEAL_H

#include "gdmpi/shards.h"
#include "gdmpi/status.h"

/* An epoch's steps are worked in blocks, whose rows come to the ranks that need them all at once.
 * In each shard a block has at most `stride` places. */
typedef struct gd_deal {
    gd_shards shards;
    int64_t ranks;
    gd_range mine; /* the shards that this rank works */
    gd_range rows; /* that this rank holds: those of its shards in the file */
    int64_t block_steps, blocks, stride;
    int64_t most;    /* rows that this rank works in a block, at most */
    uint32_t *row;   /* [rows.count] this rank's rows, counted from rows.first, by the block and the
                        rank that they go to */
    uint32_t *place; /* [rows.count] where each belongs there: gd_deal_place */
    int64_t *end;    /* [blocks * ranks] of the rows of each block and rank in `row` */
} gd_deal;

/* For rank `rank` of `ranks`; nothing is dealt yet. GD_BAD_INPUT if a rank has too many rows. Not
 * collective. */
gd_status gd_deal_new(const gd_shards *shards, int64_t ranks, int64_t rank, gd_deal *deal);
void gd_deal_free(gd_deal *deal);
double gd_deal_bytes(const gd_deal *deal);

/* Deals the rows of an epoch: a permutation of all training rows, keyed by seed and epoch, whose
 * places are those of shard 0, then of shard 1, and so on. Each rank deals its own rows. Not
 * collective. */
void gd_deal_epoch(gd_deal *deal, uint64_t seed, int64_t epoch);

/* Which of this rank's rows, as they stand in deal->row, go to rank `to` for a block. Not
 * collective. */
gd_range gd_deal_moves(const gd_deal *deal, int64_t block, int64_t to);

/* The place of a shard's place in a block, on the rank that works the shard: below the number of
 * its shards times `stride`. Not collective. */
int64_t gd_deal_place(const gd_deal *deal, int64_t shard, int64_t place);

#endif
