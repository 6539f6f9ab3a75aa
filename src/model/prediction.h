/* What an output of a loss of numbers predicts. */
#ifndef GDMPI_PREDICTION_H
#define GDMPI_PREDICTION_H

#include <math.h>

#include "gdmpi/score.h"

static inline double prediction(const gd_scored *scored, real output) {
    return scored->loss->link == GD_LINK_LOG ? exp((double)output) : (double)output;
}

#endif
