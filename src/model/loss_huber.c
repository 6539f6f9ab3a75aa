#include <float.h>
#include <math.h>

#include "elements.h"

enum { DELTA };

static const gd_setting settings[] = {
    [DELTA] = {.key = "delta",
               .kind = GD_SETTING_NUMBER,
               .initial = "1",
               .min = DBL_TRUE_MIN,
               .max = DBL_MAX,
               .help = "up to this error the loss is a square, and beyond it a straight line"},
    {0},
};

/* Huber 1964, as torch.nn.HuberLoss. */
GD_CLONES static void bend(const double *options, int64_t count, const real *z, const real *y,
                           double factor, double *restrict losses, real *slopes) {
    const double delta = options[DELTA];
    for (int64_t i = 0; i < count; i++) {
        const double error = (double)z[i] - (double)y[i], size = fabs(error);
        losses[i] = size > delta ? delta * (size - delta / 2) : error * error / 2;
        slopes[i] = (real)(factor * (error > delta ? delta : error < -delta ? -delta : error));
    }
}

static double value(const double *options, const gd_batch *batch, const real *output,
                    real *gradient, double *metric) {
    if (metric != NULL) {
        *metric += gd_elements_squares(batch, output);
    }
    return gd_elements_loss(bend, options, batch, output, gradient);
}

const gd_loss gd_loss_huber = {
    .name = "huber",
    .help = "e^2 / 2 where |e| <= delta, else delta (|e| - delta / 2), e = output - y; mean over "
            "outputs",
    .settings = {.section = "model", .owner = "huber", .rows = settings, .chooser = "loss"},
    .target = GD_TARGET_VALUE,
    .min = -GD_REAL_MAX,
    .max = GD_REAL_MAX,
    .outputs_min = 1,
    .metric = GD_METRIC_RMSE,
    .value = value,
};
