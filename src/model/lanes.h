/* Sums along a row in a fixed number of lanes, so that they become vectors and have the same bits
 * on every processor. */
#ifndef GDMPI_LANES_H
#define GDMPI_LANES_H

#include <stdint.h>

#include "gdmpi/real.h"

enum { LANES = 16 };

static inline real sum_of_lanes(real *lane) {
    for (int half = LANES / 2; half > 0; half /= 2) {
        for (int j = 0; j < half; j++) {
            lane[j] += lane[j + half];
        }
    }
    return lane[0];
}

static inline real sum_of(int64_t count, const real *x) {
    real lane[LANES] = {0};
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        for (int j = 0; j < LANES; j++) {
            lane[j] += x[i + j];
        }
    }
    for (int j = 0; i + j < count; j++) {
        lane[j] += x[i + j];
    }
    return sum_of_lanes(lane);
}

/* sum(x * y) */
static inline real product_of(int64_t count, const real *x, const real *y) {
    real lane[LANES] = {0};
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        for (int j = 0; j < LANES; j++) {
            lane[j] += x[i + j] * y[i + j];
        }
    }
    for (int j = 0; i + j < count; j++) {
        lane[j] += x[i + j] * y[i + j];
    }
    return sum_of_lanes(lane);
}

#endif
