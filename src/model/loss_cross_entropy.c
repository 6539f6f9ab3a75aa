#include <math.h>

#include "exponential.h"
#include "gdmpi/loss.h"

static int64_t largest(int64_t count, const real *numbers) {
    int64_t best = 0;
    for (int64_t j = 1; j < count; j++) {
        if (numbers[j] > numbers[best]) {
            best = j;
        }
    }
    return best;
}

GD_CLONES static void exponentials(int64_t count, const real *z, real top, real *powers) {
    for (int64_t j = 0; j < count; j++) {
        powers[j] = exponential(z[j] - top);
    }
}

/* log(sum_j e^(z_j - z_max)) - (z_label - z_max), so that no exponential overflows; `gradient` may
 * be NULL, or z. */
static double row_loss(int64_t count, int32_t label, int64_t best, const real *z, real *gradient) {
    const real top = z[best];
    const double below_top = (double)z[label] - (double)top;
    double sum = 0;
    if (gradient != NULL) {
        exponentials(count, z, top, gradient);
    }
    for (int64_t j = 0; j < count; j++) {
        sum += (double)(gradient != NULL ? gradient[j] : exponential(z[j] - top));
    }
    if (gradient != NULL) {
        const real share = (real)(1 / sum);
        for (int64_t j = 0; j < count; j++) {
            gradient[j] *= share;
        }
        gradient[label] -= 1;
    }
    return log(sum) - below_top;
}

static double value(const gd_batch *batch, const real *output, real *gradient, double *metric) {
    double sum = 0;
    for (int64_t i = 0; i < batch->rows; i++) {
        const real *z = output + i * batch->outputs;
        int64_t best = largest(batch->outputs, z);
        if (metric != NULL && best == batch->labels[i]) {
            *metric += 1;
        }
        real *row = gradient == NULL ? NULL : gradient + i * batch->outputs;
        sum += row_loss(batch->outputs, batch->labels[i], best, z, row);
    }
    return sum;
}

const gd_loss gd_loss_cross_entropy = {
    .name = "cross_entropy",
    .help = "-log(softmax(z)[label]) of logits z; labels are whole numbers from 0",
    .target = GD_TARGET_CLASS,
    .outputs_min = 2,
    .metric = GD_METRIC_ACCURACY,
    .value = value,
};
