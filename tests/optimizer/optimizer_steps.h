/* Steps of an optimizer on a flat vector of 1003 elements and 4 tensors, as training makes them. */
#ifndef TESTS_OPTIMIZER_STEPS_H
#define TESTS_OPTIMIZER_STEPS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gdmpi/optimizer.h"

enum { COUNT = 1003 };

/* Trust ratios are made of sums by blocks of one element, which any cut keeps whole. */
enum { TRUST_SUMS = 2 * (COUNT + 4) };

/* One step of a segment, which begins at `first` of the flat vector, in two parts. */
static void cut_step(const gd_optimizer *optimizer, int64_t first, int64_t step, double lr,
                     real *gradient, real *parameters, gd_update part[2]) {
    int64_t half = optimizer->count / 2;
    part[1] = (gd_update){step, lr, first, 0, half, gradient, parameters};
    part[0] = part[1];
    part[0].first += half;
    part[0].at = half;
    part[0].count = optimizer->count - half;
    part[0].gradient += half;
    part[0].parameters += half;
}

/* What comes before the updates, where there are trust ratios. */
static void direct(gd_optimizer *optimizer, const gd_update part[2], double *sums) {
    for (int i = 0; i < 2 && optimizer->ratio != NULL; i++) {
        assert_int_equal(gd_optimizer_trust_sums(optimizer, 1), TRUST_SUMS);
        gd_optimizer_direct(optimizer, &part[i], 1, sums);
    }
}

static void finish_step(gd_optimizer *optimizer, const gd_update part[2], const double *sums) {
    if (optimizer->ratio != NULL) {
        gd_optimizer_trust(optimizer, 1, sums);
    }
    gd_optimizer_update(optimizer, &part[0]);
    gd_optimizer_update(optimizer, &part[1]);
}

static void step_segment(gd_optimizer *optimizer, int64_t first, int64_t step, double lr,
                         real *gradient, real *parameters) {
    double sums[TRUST_SUMS] = {0};
    gd_update part[2];
    cut_step(optimizer, first, step, lr, gradient, parameters, part);
    direct(optimizer, part, sums);
    finish_step(optimizer, part, sums);
}

#endif
