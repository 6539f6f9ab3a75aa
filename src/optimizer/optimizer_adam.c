#include <float.h>
#include <tgmath.h>

#include "optimizer_private.h"

enum { BETA1 = GD_OPTION_NEXT, BETA2, EPS, AMSGRAD, OPTIONS };
enum { MEAN, SQUARE, LARGEST };

static const gd_setting settings[] = {
    [GD_OPTION_LR] = GD_SETTING_LR("0.001"),
    [GD_OPTION_WEIGHT_DECAY] = GD_SETTING_WEIGHT_DECAY("0"),
    [BETA1] = GD_SETTING_BETA1,
    [BETA2] = GD_SETTING_BETA2,
    [EPS] = GD_SETTING_EPS("1e-8"),
    [AMSGRAD] = GD_SETTING_AMSGRAD,
    [OPTIONS] = {0},
};

static const gd_setting adamw_settings[] = {
    [GD_OPTION_LR] = GD_SETTING_LR("0.001"),
    [GD_OPTION_WEIGHT_DECAY] = GD_SETTING_WEIGHT_DECAY("0.01"),
    [BETA1] = GD_SETTING_BETA1,
    [BETA2] = GD_SETTING_BETA2,
    [EPS] = GD_SETTING_EPS("1e-8"),
    [AMSGRAD] = GD_SETTING_AMSGRAD,
    [OPTIONS] = {0},
};

static bool uses(const double *options, int slot) {
    return slot != LARGEST || options[AMSGRAD] > 0;
}

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

/* What is not a number becomes the largest, too. */
GD_CLONES static void descend_by_largest(int64_t count, factors by, const real *restrict gradient,
                                         real *restrict mean, real *restrict square,
                                         real *restrict largest, real *restrict parameters) {
    for (int64_t i = 0; i < count; i++) {
        real g = gradient[i];
        real m = by.keep1 * mean[i] + by.take1 * g;
        real v = by.keep2 * square[i] + by.take2 * g * g;
        real most = largest[i] > v ? largest[i] : v;
        real divisor = sqrt(most) * by.root + by.eps;
        mean[i] = m;
        square[i] = v;
        largest[i] = most;
        parameters[i] -= divisor == 0 ? 0 : by.rate * m / divisor;
    }
}

/* Kingma and Ba 2015, algorithm 1, and Reddi, Kale and Kumar 2018 for amsgrad, as torch.optim.Adam
 * has them: eps is added after the second bias correction. */
static void update(gd_optimizer *optimizer, const gd_update *update) {
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
    real *mean = optimizer->state[MEAN] + update->at,
         *square = optimizer->state[SQUARE] + update->at;
    if (optimizer->state[LARGEST] != NULL) {
        descend_by_largest(update->count, by, update->gradient, mean, square,
                           optimizer->state[LARGEST] + update->at, update->parameters);
    } else {
        descend(update->count, by, update->gradient, mean, square, update->parameters);
    }
}

const gd_optimizer_kind gd_optimizer_adam = {
    .name = "adam",
    .help = "m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2, "
            "p -= lr m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + eps)",
    .settings = {.section = "optimizer", .owner = "adam", .rows = settings},
    .slot = {"exp_avg", "exp_avg_sq", "max_exp_avg_sq"},
    .uses = uses,
    .update = update,
};

/* The method of Loshchilov and Hutter 2019 is adam with the weight decay that every kind has. */
const gd_optimizer_kind gd_optimizer_adamw = {
    .name = "adamw",
    .help = "adam, where weight_decay is not 0 unless given: Loshchilov and Hutter 2019",
    .settings = {.section = "optimizer", .owner = "adamw", .rows = adamw_settings},
    .slot = {"exp_avg", "exp_avg_sq", "max_exp_avg_sq"},
    .uses = uses,
    .update = update,
};
