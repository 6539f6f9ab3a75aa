#include <tgmath.h>

#include "exponential.h"
#include "gdmpi/loss.h"

/* Binary cross-entropy of logits: max(z, 0) - z y + log(1 + e^-|z|), where no exponential
 * overflows; `factor` is that of the derivatives. */
GD_CLONES static void differentiate(int64_t count, const real *z, const real *restrict y,
                                    real factor, real *restrict losses, real *gradient) {
    for (int64_t i = 0; i < count; i++) {
        const real power = exponential(-fabs(z[i]));
        losses[i] = (z[i] < 0 ? 0 : z[i]) - z[i] * y[i] + logarithm_of_one_plus(power);
        gradient[i] = ((z[i] < 0 ? power : 1) / (1 + power) - y[i]) * factor;
    }
}

enum { CHUNK = 256 };

static double value(const gd_batch *batch, const real *output, real *gradient, double *metric) {
    const int64_t count = batch->rows * batch->outputs;
    const real factor = 1 / (real)batch->outputs;
    double sum = 0, right = 0;
    for (int64_t first = 0; first < count; first += CHUNK) {
        const real *z = output + first, *y = batch->values + first;
        const int64_t length = count - first < CHUNK ? count - first : CHUNK;
        real losses[CHUNK], unused[CHUNK];
        differentiate(length, z, y, factor, losses, gradient == NULL ? unused : gradient + first);
        for (int64_t i = 0; i < length; i++) {
            sum += (double)losses[i];
        }
        for (int64_t i = 0; metric != NULL && i < length; i++) {
            right += (z[i] > 0) == (y[i] > (real)0.5);
        }
    }
    if (metric != NULL) {
        *metric += right / (double)batch->outputs;
    }
    return sum / (double)batch->outputs;
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
