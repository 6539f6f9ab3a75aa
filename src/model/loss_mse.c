#include "elements.h"

GD_CLONES static void squares(const double *options, int64_t count, const real *z, const real *y,
                              double factor, double *restrict losses, real *slopes) {
    (void)options;
    for (int64_t i = 0; i < count; i++) {
        const double error = (double)z[i] - (double)y[i];
        losses[i] = error * error;
        slopes[i] = (real)(2 * factor * error);
    }
}

static double value(const double *options, const gd_batch *batch, const real *output,
                    real *gradient, double *metric) {
    const double sum = gd_elements_loss(squares, options, batch, output, gradient);
    if (metric != NULL) {
        *metric += sum;
    }
    return sum;
}

const gd_loss gd_loss_mse = {
    .name = "mse",
    .help = "(output - y)^2, mean over outputs",
    .target = GD_TARGET_VALUE,
    .min = -GD_REAL_MAX,
    .max = GD_REAL_MAX,
    .outputs_min = 1,
    .metric = GD_METRIC_RMSE,
    .value = value,
};
