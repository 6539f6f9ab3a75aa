#include <string.h>

#include "gdmpi/memory.h"
#include "reduce_private.h"

enum { LANES = GD_TENSOR_ALIGN };

gd_status gd_summation_new(gd_node node, int count, const gd_node *cover, gd_summation *summation) {
    static const char what[] = "the plan of a sum";
    *summation = (gd_summation){0};
    gd_status status = gd_tree_plan_new(node, count, cover, &summation->plan);
    if (status == GD_OK) {
        status = gd_memory_new(&summation->vector, (size_t)count, sizeof *summation->vector, what);
    }
    if (status == GD_OK) {
        status = gd_memory_new(&summation->scratch, (size_t)summation->plan.scratch * GD_SUM_TILE,
                               sizeof(real), what);
    }
    if (status != GD_OK) {
        gd_summation_free(summation);
    }
    return status;
}

void gd_summation_free(gd_summation *summation) {
    gd_tree_plan_free(&summation->plan);
    gd_memory_free(&summation->vector);
    gd_memory_free(&summation->scratch);
}

GD_CLONES static void add(int64_t count, const real *restrict left, const real *restrict right,
                          real *restrict into) {
    for (int64_t i = 0; i < count; i++) {
        into[i] = left[i] + right[i];
    }
}

GD_CLONES void gd_sum_add(int64_t count, const real *restrict term, real *restrict into) {
    for (int64_t i = 0; i < count; i++) {
        into[i] += term[i];
    }
}

/* Sums of squares go LANES side by side and are then added in order, so that they depend on the
 * elements alone. */
static double add_lanes(const double lane[LANES]) {
    double total = 0;
    for (int j = 0; j < LANES; j++) {
        total += lane[j];
    }
    return total;
}

/* The mean of a sum of two, and the sum of its squares. With mean_of_one as one function, whose
 * loop asks whether there is a right side, both take half as long again. */
GD_CLONES static double mean_of_two(int64_t count, real factor, const real *left, const real *right,
                                    real *mean) {
    double lane[LANES] = {0};
    for (int64_t i = 0; i < count; i += LANES) {
        for (int64_t j = 0; j < LANES; j++) {
            real value = (left[i + j] + right[i + j]) * factor;
            mean[i + j] = value;
            lane[j] += (double)value * (double)value;
        }
    }
    return add_lanes(lane);
}

GD_CLONES static double mean_of_one(int64_t count, real factor, const real *sum, real *mean) {
    double lane[LANES] = {0};
    for (int64_t i = 0; i < count; i += LANES) {
        for (int64_t j = 0; j < LANES; j++) {
            real value = sum[i + j] * factor;
            mean[i + j] = value;
            lane[j] += (double)value * (double)value;
        }
    }
    return add_lanes(lane);
}

/* Where a vector of the plan has element `at`: those past the plan's nodes are scratch tiles, and
 * the root's is `sum`. */
static real *scratch_of(const gd_summation *summation, int vector, real *sum) {
    int number = vector - summation->plan.count;
    return vector == summation->plan.root ? sum : summation->scratch + number * GD_SUM_TILE;
}

static const real *term_of(const gd_summation *summation, int vector, int64_t at, real *sum) {
    return vector < summation->plan.count ? summation->vector[vector] + at
                                          : scratch_of(summation, vector, sum);
}

/* The additions up to number `end`. */
static void run(const gd_summation *summation, int end, int64_t at, int64_t count, real *sum) {
    for (int i = 0; i < end; i++) {
        const gd_addition *addition = &summation->plan.addition[i];
        const real *left = term_of(summation, addition->left, at, sum);
        const real *right = term_of(summation, addition->right, at, sum);
        real *into = scratch_of(summation, addition->into, sum);
        if (into == left) {
            gd_sum_add(count, right, into);
        } else if (into == right) {
            gd_sum_add(count, left, into);
        } else {
            add(count, left, right, into);
        }
    }
}

void gd_summation_tile(const gd_summation *summation, int64_t at, int64_t count, real *sum) {
    if (summation->plan.length == 0) {
        memcpy(sum, summation->vector[0] + at, (size_t)count * sizeof *sum);
    }
    run(summation, summation->plan.length, at, count, sum);
}

double gd_summation_mean(const gd_summation *summation, int64_t at, int64_t count, real factor,
                         real *mean) {
    int last = summation->plan.length - 1;
    if (last < 0) {
        return mean_of_one(count, factor, summation->vector[0] + at, mean);
    }
    const gd_addition *addition = &summation->plan.addition[last];
    run(summation, last, at, count, mean);
    return mean_of_two(count, factor, term_of(summation, addition->left, at, mean),
                       term_of(summation, addition->right, at, mean), mean);
}
