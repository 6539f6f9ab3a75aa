#include <string.h>

#include "gdmpi/memory.h"
#include "gdmpi/tensor.h"
#include "reduce_private.h"

/* Elements that are summed, divided and squared together: a few vectors of them stay in the L1
 * cache. Segments, blocks and tiles are multiples of GD_TENSOR_ALIGN. */
enum { TILE = 2048, LANES = GD_TENSOR_ALIGN };

static int cover_of(int64_t shards, int ranks, int rank, gd_node nodes[GD_TREE_COVER_MAX]) {
    gd_range mine = gd_range_part(shards, ranks, rank);
    return gd_tree_cover(shards, mine.first, mine.first + mine.count, nodes);
}

gd_status gd_summation_new(int64_t shards, int ranks, gd_summation *summation) {
    static const char what[] = "the plan of a sum";
    *summation = (gd_summation){0};
    gd_node nodes[GD_TREE_COVER_MAX], *cover = NULL;
    gd_status status =
        gd_memory_new(&summation->start, (size_t)ranks + 1, sizeof *summation->start, what);
    if (status != GD_OK) {
        goto done;
    }
    int *start = summation->start;
    for (int rank = 0; rank < ranks; rank++) {
        start[rank + 1] = start[rank] + cover_of(shards, ranks, rank, nodes);
    }
    int count = start[ranks];
    status = gd_memory_new(&cover, (size_t)count, sizeof *cover, what);
    if (status != GD_OK) {
        goto done;
    }
    for (int rank = 0; rank < ranks; rank++) {
        int held = cover_of(shards, ranks, rank, nodes);
        memcpy(cover + start[rank], nodes, (size_t)held * sizeof *nodes);
    }
    status = gd_tree_plan_new(shards, count, cover, &summation->plan);
    if (status == GD_OK) {
        status = gd_memory_new(&summation->vector, (size_t)count, sizeof *summation->vector, what);
    }
    if (status == GD_OK) {
        status = gd_memory_new(&summation->scratch, (size_t)summation->plan.scratch * TILE,
                               sizeof(real), what);
    }
done:
    gd_memory_free(&cover);
    if (status != GD_OK) {
        gd_summation_free(summation);
    }
    return status;
}

void gd_summation_free(gd_summation *summation) {
    gd_tree_plan_free(&summation->plan);
    gd_memory_free(&summation->start);
    gd_memory_free(&summation->vector);
    gd_memory_free(&summation->scratch);
}

GD_CLONES static void add(int64_t count, const real *restrict left, const real *restrict right,
                          real *restrict into) {
    for (int64_t i = 0; i < count; i++) {
        into[i] = left[i] + right[i];
    }
}

GD_CLONES void gd_reducer_add(int64_t count, const real *restrict term, real *restrict into) {
    for (int64_t i = 0; i < count; i++) {
        into[i] += term[i];
    }
}

/* The mean, and its sum of squares: LANES sums side by side, then in order, so that it depends on
 * the elements alone. */
GD_CLONES static double divide(int64_t count, const real *restrict sum, real divisor,
                               real *restrict mean) {
    double lane[LANES] = {0};
    for (int64_t i = 0; i < count; i += LANES) {
        for (int64_t j = 0; j < LANES; j++) {
            real value = sum[i + j] / divisor;
            mean[i + j] = value;
            lane[j] += (double)value * (double)value;
        }
    }
    double total = 0;
    for (int j = 0; j < LANES; j++) {
        total += lane[j];
    }
    return total;
}

static real *tile_of(const gd_summation *summation, int vector, int64_t at) {
    int scratch = vector - summation->plan.count;
    return scratch < 0 ? summation->vector[vector] + at : summation->scratch + scratch * TILE;
}

static void run_addition(const gd_summation *summation, gd_addition addition, int64_t at,
                         int64_t count) {
    const real *left = tile_of(summation, addition.left, at);
    const real *right = tile_of(summation, addition.right, at);
    real *into = tile_of(summation, addition.into, at);
    if (into == left) {
        gd_reducer_add(count, right, into);
    } else if (into == right) {
        gd_reducer_add(count, left, into);
    } else {
        add(count, left, right, into);
    }
}

static double run_tile(const gd_summation *summation, int64_t at, int64_t count, real divisor,
                       real *mean) {
    const gd_tree_plan *plan = &summation->plan;
    for (int i = 0; i < plan->length; i++) {
        run_addition(summation, plan->addition[i], at, count);
    }
    return divide(count, tile_of(summation, plan->root, at), divisor, mean);
}

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

void gd_summation_run(const gd_summation *summation, gd_reducer *reducer, double divisor,
                      double *squares) {
    for (int64_t block = 0; block < reducer->block.count; block++) {
        int64_t first = block * reducer->block_size;
        int64_t end = least(first + reducer->block_size, reducer->segment.count);
        double total = 0;
        for (int64_t at = first; at < end; at += TILE) {
            total += run_tile(summation, at, least(TILE, end - at), (real)divisor,
                              reducer->gradient + at);
        }
        squares[reducer->block.first + block] = total;
    }
}
