#include <math.h>

#include "elements.h"

/* As torch.nn.L1Loss; the derivative at 0 is 0. */
GD_CLONES static void distances(const double *options, int64_t count, const real *z, const real *y,
                                double factor, double *restrict losses, real *slopes) {
    (void)options;
    for (int64_t i = 0; i < count; i++) {
        const double error = (double)z[i] - (double)y[i];
        losses[i] = fabs(error);
        slopes[i] = (real)(error > 0 ? factor : error < 0 ? -factor : error);
    }
}

static double value(const double *options, const gd_batch *batch, const real *output,
                    real *gradient, double *metric) {
    if (metric != NULL) {
        *metric += gd_elements_squares(batch, output);
    }
    return gd_elements_loss(distances, options, batch, output, gradient);
}

const gd_loss gd_loss_mae = {
    .name = "mae",
    .help = "|output - y|, mean over outputs",
    .target = GD_TARGET_VALUE,
    .min = -GD_REAL_MAX,
    .max = GD_REAL_MAX,
    .outputs_min = 1,
    .metric = GD_METRIC_RMSE,
    .value = value,
};
