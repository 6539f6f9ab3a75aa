#include "elements.h"

GD_CLONES static void shortfalls(const double *options, int64_t count, const real *z, const real *t,
                                 double factor, double *restrict losses, real *slopes) {
    (void)options;
    for (int64_t i = 0; i < count; i++) {
        const double sign = (double)t[i], margin = 1 - sign * (double)z[i];
        const double missing = margin <= 0 ? 0 : margin;
        losses[i] = missing * missing;
        slopes[i] = (real)(-2 * factor * sign * missing);
    }
}

static double value(const double *options, const gd_batch *batch, const real *output,
                    real *gradient, double *metric) {
    if (metric != NULL) {
        *metric += gd_elements_right(batch, output);
    }
    return gd_elements_loss(shortfalls, options, batch, output, gradient);
}

const gd_loss gd_loss_squared_hinge = {
    .name = "squared_hinge",
    .help = "max(0, 1 - t z)^2, t as for hinge, summed over outputs",
    .target = GD_TARGET_CLASS,
    .outputs_min = 1,
    .metric = GD_METRIC_ACCURACY,
    .value = value,
};
