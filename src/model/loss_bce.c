#include <tgmath.h>

#include "elements.h"
#include "exponential.h"

/* Binary cross-entropy of logits: max(z, 0) - z y + log(1 + e^-|z|), where no exponential
 * overflows. */
GD_CLONES static void logistic(const double *options, int64_t count, const real *z, const real *y,
                               double factor, double *restrict losses, real *slopes) {
    (void)options;
    for (int64_t i = 0; i < count; i++) {
        const real power = exponential(-fabs(z[i]));
        const real top = z[i] < 0 ? 0 : z[i];
        losses[i] = (double)(top - z[i] * y[i] + logarithm_of_one_plus(power));
        slopes[i] = ((z[i] < 0 ? power : 1) / (1 + power) - y[i]) * (real)factor;
    }
}

/* Averaged over the outputs of each row. */
static double right_outputs(const gd_batch *batch, const real *output) {
    double right = 0;
    for (int64_t i = 0; i < batch->rows * batch->outputs; i++) {
        right += (output[i] > 0) == (batch->values[i] > (real)0.5);
    }
    return right / (double)batch->outputs;
}

static double value(const double *options, const gd_batch *batch, const real *output,
                    real *gradient, double *metric) {
    if (metric != NULL) {
        *metric += right_outputs(batch, output);
    }
    return gd_elements_loss(logistic, options, batch, output, gradient);
}

const gd_loss gd_loss_bce = {
    .name = "bce",
    .help =
        "-y log(s(z)) - (1 - y) log(1 - s(z)) of logits z, s the sigmoid, y in [0, 1]; mean over "
        "outputs",
    .target = GD_TARGET_VALUE,
    .min = 0,
    .max = 1,
    .outputs_min = 1,
    .metric = GD_METRIC_ACCURACY,
    .link = GD_LINK_LOGIT,
    .value = value,
};
