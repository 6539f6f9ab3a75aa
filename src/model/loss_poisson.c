#include <math.h>

#include "elements.h"
#include "exponential.h"

/* e^z, infinite where that is, or nearly. */
static inline real rate(real z) {
    return z > GD_EXP_HIGHEST ? (real)INFINITY : exponential(z);
}

/* As torch.nn.PoissonNLLLoss with log_input and without `full`: log(y!) is left out. */
GD_CLONES static void deviate(const double *options, int64_t count, const real *z, const real *y,
                              double factor, double *restrict losses, real *slopes) {
    (void)options;
    for (int64_t i = 0; i < count; i++) {
        const double expected = (double)rate(z[i]);
        const double loss = expected - (double)y[i] * (double)z[i];
        slopes[i] = (real)(factor * (expected - (double)y[i]));
        losses[i] = expected > (double)GD_REAL_MAX ? expected : loss;
    }
}

/* Of the counts that are expected, e^z. */
static double squared_errors(const gd_batch *batch, const real *output) {
    double sum = 0;
    for (int64_t i = 0; i < batch->rows; i++) {
        double row = 0;
        for (int64_t j = i * batch->outputs; j < (i + 1) * batch->outputs; j++) {
            const double error = (double)rate(output[j]) - (double)batch->values[j];
            row += error * error;
        }
        sum += row / (double)batch->outputs;
    }
    return sum;
}

static double value(const double *options, const gd_batch *batch, const real *output,
                    real *gradient, double *metric) {
    if (metric != NULL) {
        *metric += squared_errors(batch, output);
    }
    return gd_elements_loss(deviate, options, batch, output, gradient);
}

const gd_loss gd_loss_poisson = {
    .name = "poisson",
    .help = "e^z - y z of logarithms z of the expected counts, y >= 0; mean over outputs; the RMSE "
            "is that of e^z",
    .target = GD_TARGET_VALUE,
    .min = 0,
    .max = GD_REAL_MAX,
    .outputs_min = 1,
    .metric = GD_METRIC_RMSE,
    .link = GD_LINK_LOG,
    .value = value,
};
