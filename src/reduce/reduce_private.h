/* What the reducers share. */
#ifndef GDMPI_REDUCE_PRIVATE_H
#define GDMPI_REDUCE_PRIVATE_H

#include "gdmpi/reduce.h"

#define gd_reducer_describe GD_NAME(gd_reducer_describe)
#define gd_reducer_allocate GD_NAME(gd_reducer_allocate)
#define gd_reducer_allocate_partials GD_NAME(gd_reducer_allocate_partials)
#define gd_reducer_allocate_private GD_NAME(gd_reducer_allocate_private)
#define gd_reducer_free_private GD_NAME(gd_reducer_free_private)
#define gd_reducer_cut GD_NAME(gd_reducer_cut)
#define gd_reducer_apply GD_NAME(gd_reducer_apply)
#define gd_reducer_measure GD_NAME(gd_reducer_measure)
#define gd_reducer_shards GD_NAME(gd_reducer_shards)
#define gd_summation_new GD_NAME(gd_summation_new)
#define gd_summation_free GD_NAME(gd_summation_free)
#define gd_summation_tile GD_NAME(gd_summation_tile)
#define gd_summation_mean GD_NAME(gd_summation_mean)
#define gd_sum_add GD_NAME(gd_sum_add)
#define gd_exchange_start GD_NAME(gd_exchange_start)
#define gd_exchange_stop GD_NAME(gd_exchange_stop)
#define gd_exchange_begin GD_NAME(gd_exchange_begin)
#define gd_exchange_ready GD_NAME(gd_exchange_ready)
#define gd_exchange_finish GD_NAME(gd_exchange_finish)
#define gd_exchange_publish GD_NAME(gd_exchange_publish)
#define gd_exchange_share GD_NAME(gd_exchange_share)
#define gd_reducer_publish_by_sum GD_NAME(gd_reducer_publish_by_sum)

/* Elements that are summed, divided and updated together: a few vectors of them stay in the cache.
 * Pieces, blocks and tiles are multiples of GD_TENSOR_ALIGN. */
enum { GD_SUM_TILE = 8192 };

/* Of rank, ranks, size and shards: the blocks, and this rank's shards. Not collective. */
void gd_reducer_describe(gd_reducer *reducer);

/* What any kind needs besides its own: a tile, the squares, what adding shards takes. Not
 * collective. */
gd_status gd_reducer_allocate(gd_reducer *reducer);

/* Partials, or parameters and partials, in memory of this rank's own. Not collective. */
gd_status gd_reducer_allocate_partials(gd_reducer *reducer);
gd_status gd_reducer_allocate_private(gd_reducer *reducer);
void gd_reducer_free_private(gd_reducer *reducer);

/* Cuts the blocks into `buckets`, and each bucket into a piece for every rank. Not collective. */
gd_status gd_reducer_cut(gd_reducer *reducer, int buckets);

/* Computes and adds up the gradients of this rank's shards into its partials. */
void gd_reducer_shards(gd_reducer *reducer);

/* A sum over vectors that lie wherever the reducer has put them. */
typedef struct gd_summation {
    gd_tree_plan plan;
    const real **vector; /* [plan.count]: set by the reducer: where element 0 is in each */
    real *scratch;       /* [plan.scratch] tiles */
} gd_summation;

/* Of the nodes of `cover`, which tile `node`. Not collective. */
gd_status gd_summation_new(gd_node node, int count, const gd_node *cover, gd_summation *summation);
void gd_summation_free(gd_summation *summation);

/* sum[i] = the sum of elements at + i; at most a tile of them. Not collective. */
void gd_summation_tile(const gd_summation *summation, int64_t at, int64_t count, real *sum);

/* mean[i] = the same times `factor`; returns the sum of the squares of the mean. Not collective. */
double gd_summation_mean(const gd_summation *summation, int64_t at, int64_t count, real factor,
                         real *mean);

/* into += term. Not collective. */
void gd_sum_add(int64_t count, const real *restrict term, real *restrict into);

/* Sums a piece of the vector, which is at place `at` of what this rank updates, and updates it, or
 * keeps its mean if the norm must be known before. Element 0 of the summation's vectors is that of
 * the piece. Not collective. */
void gd_reducer_apply(gd_reducer *reducer, const gd_summation *summation, gd_range piece,
                      int64_t at);

/* After all pieces, where the norm must be known before the update: adds it up, and updates them.
 * Collective. */
void gd_reducer_measure(gd_reducer *reducer);

/* Ranks that see each other's memory: consecutive ones. */
typedef struct gd_teams {
    int count, mine;
    gd_range *ranks;                            /* [count] */
    const real **partials;                      /* [ranks of my team]: one behind the other */
    gd_window *parameters, *gradients, *boards; /* NULL: every rank is a team of its own */
} gd_teams;

/* What window and message have in common: sums within a team straight out of its memory, and
 * between teams by messages. `gather` fills the teams in, and sets the reducer's parameters and
 * partials. Both are collective. */
typedef gd_status gd_teams_gather(gd_reducer *reducer, gd_teams *teams);
gd_status gd_exchange_start(gd_reducer *reducer, gd_teams_gather *gather);
void gd_exchange_stop(gd_reducer *reducer);
void gd_exchange_begin(gd_reducer *reducer);
void gd_exchange_ready(gd_reducer *reducer, int64_t first);
void gd_exchange_finish(gd_reducer *reducer);
void gd_exchange_share(gd_reducer *reducer);
void gd_exchange_publish(gd_reducer *reducer, double *values, size_t count);

/* The publish of a kind that has no faster one: MPI's sum. Collective. */
void gd_reducer_publish_by_sum(gd_reducer *reducer, double *values, size_t count);

#endif
