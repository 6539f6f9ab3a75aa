#include <tgmath.h>

#include "gdmpi/loss.h"

/* Binary cross-entropy of logits: max(z, 0) - z y + log(1 + e^-|z|), where no exponential
 * overflows. */
static double value(const gd_batch *batch, const real *output, real *gradient, double *metric) {
    const int64_t outputs = batch->outputs;
    double sum = 0, right = 0;
    for (int64_t i = 0; i < batch->rows; i++) {
        double row = 0;
        for (int64_t j = i * outputs; j < (i + 1) * outputs; j++) {
            const real z = output[j], y = batch->values[j];
            const real power = exp(-fabs(z));
            row += (double)((z < 0 ? 0 : z) - z * y) + (double)log1p(power);
            right += (z > 0) == (y > (real)0.5);
            if (gradient != NULL) {
                gradient[j] = ((z < 0 ? power : 1) / (1 + power) - y) / (real)outputs;
            }
        }
        sum += row / (double)outputs;
    }
    if (metric != NULL) {
        *metric += right / (double)outputs;
    }
    return sum;
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
    .value = value,
};
