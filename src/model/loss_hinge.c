#include "elements.h"

/* The derivative at a margin of exactly 1 is 0. */
GD_CLONES static void shortfalls(const double *options, int64_t count, const real *z, const real *t,
                                 double factor, double *restrict losses, real *slopes) {
    (void)options;
    for (int64_t i = 0; i < count; i++) {
        const double sign = (double)t[i], missing = 1 - sign * (double)z[i];
        losses[i] = missing <= 0 ? 0 : missing;
        slopes[i] = (real)(missing > 0 ? -sign * factor : 0);
    }
}

static double value(const double *options, const gd_batch *batch, const real *output,
                    real *gradient, double *metric) {
    if (metric != NULL) {
        *metric += gd_elements_right(batch, output);
    }
    return gd_elements_loss(shortfalls, options, batch, output, gradient);
}

const gd_loss gd_loss_hinge = {
    .name = "hinge",
    .help = "max(0, 1 - t z), t = 1 for the output of the label and -1 for the others, summed; of "
            "one output, t = 1 for label 1 and -1 for label 0",
    .target = GD_TARGET_CLASS,
    .outputs_min = 1,
    .metric = GD_METRIC_ACCURACY,
    .value = value,
};
