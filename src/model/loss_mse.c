#include "gdmpi/loss.h"

static double value(const gd_batch *batch, const real *output, real *gradient, double *metric) {
    const int64_t outputs = batch->outputs;
    const real factor = 2 / (real)outputs;
    double sum = 0;
    for (int64_t i = 0; i < batch->rows; i++) {
        double row = 0;
        for (int64_t j = i * outputs; j < (i + 1) * outputs; j++) {
            const real error = output[j] - batch->values[j];
            row += (double)error * (double)error;
            if (gradient != NULL) {
                gradient[j] = factor * error;
            }
        }
        sum += row / (double)outputs;
    }
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
