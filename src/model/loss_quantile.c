#include <float.h>

#include "elements.h"

enum { QUANTILE };

static const gd_setting settings[] = {
    [QUANTILE] = {.key = "quantile",
                  .kind = GD_SETTING_NUMBER,
                  .initial = "0.5",
                  .min = DBL_TRUE_MIN,
                  .max = 1 - DBL_EPSILON / 2,
                  .help = "the part of the y that shall be below the output; 0.5: their median"},
    {0},
};

/* Koenker and Bassett 1978, the "pinball loss"; the derivative at 0 is 0. */
GD_CLONES static void tilt(const double *options, int64_t count, const real *z, const real *y,
                           double factor, double *restrict losses, real *slopes) {
    const double below = options[QUANTILE], above = 1 - below;
    for (int64_t i = 0; i < count; i++) {
        const double error = (double)z[i] - (double)y[i];
        const double slope = error > 0 ? above : error < 0 ? -below : error;
        losses[i] = slope * error;
        slopes[i] = (real)(factor * slope);
    }
}

static double value(const double *options, const gd_batch *batch, const real *output,
                    real *gradient, double *metric) {
    if (metric != NULL) {
        *metric += gd_elements_squares(batch, output);
    }
    return gd_elements_loss(tilt, options, batch, output, gradient);
}

const gd_loss gd_loss_quantile = {
    .name = "quantile",
    .help = "quantile (y - output) where the output is too small, else (1 - quantile) "
            "(output - y); mean over outputs",
    .settings = {.section = "model", .owner = "quantile", .rows = settings, .chooser = "loss"},
    .target = GD_TARGET_VALUE,
    .min = -GD_REAL_MAX,
    .max = GD_REAL_MAX,
    .outputs_min = 1,
    .metric = GD_METRIC_RMSE,
    .value = value,
};
