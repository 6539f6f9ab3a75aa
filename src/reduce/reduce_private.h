/* What the reducers share: the sum of this rank's segment over vectors that lie wherever the
 * reducer has put them. */
#ifndef GDMPI_REDUCE_PRIVATE_H
#define GDMPI_REDUCE_PRIVATE_H

#include "gdmpi/reduce.h"

#define gd_reducer_private GD_NAME(gd_reducer_private)
#define gd_reducer_private_free GD_NAME(gd_reducer_private_free)
#define gd_reducer_add GD_NAME(gd_reducer_add)
#define gd_summation_new GD_NAME(gd_summation_new)
#define gd_summation_free GD_NAME(gd_summation_free)
#define gd_summation_run GD_NAME(gd_summation_run)

/* Parameters and partials in memory of this rank's own. Not collective. */
gd_status gd_reducer_private(gd_reducer *reducer);
void gd_reducer_private_free(gd_reducer *reducer);

/* into += term. Not collective. */
void gd_reducer_add(int64_t count, const real *restrict term, real *restrict into);

/* The vectors of a plan are the covers of rank 0, of rank 1, ... */
typedef struct gd_summation {
    gd_tree_plan plan;
    int *start; /* [ranks + 1]: the first vector of each rank */
    real *
        *vector; /* [plan.count]: set by the reducer: where the segment starts in each; only read */
    real *scratch; /* [plan.scratch] tiles */
} gd_summation;

/* Not collective. */
gd_status gd_summation_new(int64_t shards, int ranks, gd_summation *summation);
void gd_summation_free(gd_summation *summation);

/* Fills reducer->gradient with the sum of the vectors over `divisor`, and squares[] of the blocks
 * of the segment. Not collective. */
void gd_summation_run(const gd_summation *summation, gd_reducer *reducer, double divisor,
                      double *squares);

#endif
