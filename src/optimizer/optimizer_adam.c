#include <float.h>
#include <tgmath.h>

#include "gdmpi/optimizer.h"

enum { LR, BETA1, BETA2, EPS };

static const gd_setting settings[] = {
    [LR] = {.key = "lr",
            .kind = GD_SETTING_NUMBER,
            .initial = "0.001",
            .min = 0,
            .max = DBL_MAX,
            .may_change = true,
            .help = "the learning rate"},
    [BETA1] = {.key = "beta1",
               .kind = GD_SETTING_NUMBER,
               .initial = "0.9",
               .min = 0,
               .max = 1 - DBL_EPSILON / 2,
               .help = "how much of the mean of gradients goes on"},
    [BETA2] = {.key = "beta2",
               .kind = GD_SETTING_NUMBER,
               .initial = "0.999",
               .min = 0,
               .max = 1 - DBL_EPSILON / 2,
               .help = "how much of the mean of squared gradients goes on"},
    [EPS] = {.key = "eps",
             .kind = GD_SETTING_NUMBER,
             .initial = "1e-8",
             .min = 0,
             .max = DBL_MAX,
             .help = "what keeps the divisor above 0"},
    {0},
};

/* The scalars of one step. */
typedef struct factors {
    real keep1, take1, keep2, take2; /* of the two moments and of the gradient */
    real rate;                       /* lr over the first bias correction */
    real root;                       /* 1 / the root of the second bias correction */
    real eps;
} factors;

/* A parameter whose gradients have all been 0 stays where it is, even if eps is 0. */
GD_CLONES static void descend(int64_t count, factors by, const real *restrict gradient,
                              real *restrict mean, real *restrict square,
                              real *restrict parameters) {
    for (int64_t i = 0; i < count; i++) {
        real g = gradient[i];
        real m = by.keep1 * mean[i] + by.take1 * g;
        real v = by.keep2 * square[i] + by.take2 * g * g;
        real divisor = sqrt(v) * by.root + by.eps;
        mean[i] = m;
        square[i] = v;
        parameters[i] -= divisor == 0 ? 0 : by.rate * m / divisor;
    }
}

/* Kingma and Ba 2015, algorithm 1, as torch.optim.Adam has it: eps is added after the second bias
 * correction. */
static void update(const gd_optimizer *optimizer, const gd_update *update) {
    const double beta1 = optimizer->options[BETA1], beta2 = optimizer->options[BETA2];
    double bias1 = 1 - pow(beta1, (double)update->step);
    double bias2 = 1 - pow(beta2, (double)update->step);
    factors by = {.keep1 = (real)beta1,
                  .take1 = (real)(1 - beta1),
                  .keep2 = (real)beta2,
                  .take2 = (real)(1 - beta2),
                  .rate = (real)(update->lr / bias1),
                  .root = (real)(1 / sqrt(bias2)),
                  .eps = (real)optimizer->options[EPS]};
    descend(update->count, by, update->gradient, optimizer->slot[0] + update->at,
            optimizer->slot[1] + update->at, update->parameters);
}

const gd_optimizer_kind gd_optimizer_adam = {
    .name = "adam",
    .help = "m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2, "
            "p -= lr m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + eps)",
    .settings = {.section = "optimizer", .owner = "adam", .rows = settings},
    .slot = {"exp_avg", "exp_avg_sq"},
    .update = update,
};
