#include <math.h>

#include "elements.h"
#include "exponential.h"

enum { LABEL_SMOOTHING };

static const gd_setting settings[] = {
    [LABEL_SMOOTHING] = {.key = "label_smoothing",
                         .kind = GD_SETTING_NUMBER,
                         .initial = "0",
                         .min = 0,
                         .max = 1,
                         .help = "this part of each target is spread evenly over all classes"},
    {0},
};

GD_CLONES static void exponentials(int64_t count, const real *z, real top, real *powers) {
    for (int64_t j = 0; j < count; j++) {
        powers[j] = exponential(z[j] - top);
    }
}

/* The target of a row: `even` for each class, and `certain` more for the label. */
typedef struct target {
    int64_t classes;
    double certain, even;
} target;

/* The sum over classes of target times (z - top). */
static double below_top(const target *target, int32_t label, const real *z, double top) {
    double sum = target->certain * ((double)z[label] - top);
    for (int64_t j = 0; target->even > 0 && j < target->classes; j++) {
        sum += target->even * ((double)z[j] - top);
    }
    return sum;
}

/* log(sum_j e^(z_j - z_max)) - below_top, so that no exponential overflows; `gradient` may be NULL,
 * or z. */
static double row_loss(const target *target, int32_t label, real top, const real *z,
                       real *gradient) {
    const int64_t count = target->classes;
    const double below = below_top(target, label, z, (double)top);
    double sum = 0;
    if (gradient != NULL) {
        exponentials(count, z, top, gradient);
    }
    for (int64_t j = 0; j < count; j++) {
        sum += (double)(gradient != NULL ? gradient[j] : exponential(z[j] - top));
    }
    if (gradient != NULL) {
        const real share = (real)(1 / sum), even = (real)target->even;
        for (int64_t j = 0; j < count; j++) {
            gradient[j] = gradient[j] * share - even;
        }
        gradient[label] -= (real)target->certain;
    }
    return log(sum) - below;
}

static double value(const double *options, const gd_batch *batch, const real *output,
                    real *gradient, double *metric) {
    const double smoothing = options[LABEL_SMOOTHING];
    const target wanted = {batch->outputs, 1 - smoothing, smoothing / (double)batch->outputs};
    double sum = 0;
    for (int64_t i = 0; i < batch->rows; i++) {
        const real *z = output + i * batch->outputs;
        int64_t best = largest(batch->outputs, z);
        if (metric != NULL && best == batch->labels[i]) {
            *metric += 1;
        }
        real *row = gradient == NULL ? NULL : gradient + i * batch->outputs;
        sum += row_loss(&wanted, batch->labels[i], z[best], z, row);
    }
    return sum;
}

const gd_loss gd_loss_cross_entropy = {
    .name = "cross_entropy",
    .help = "-log(softmax(z)[label]) of logits z; labels are whole numbers from 0",
    .settings = {.section = "model", .owner = "cross_entropy", .rows = settings, .chooser = "loss"},
    .target = GD_TARGET_CLASS,
    .outputs_min = 2,
    .metric = GD_METRIC_ACCURACY,
    .link = GD_LINK_SOFTMAX,
    .value = value,
};
