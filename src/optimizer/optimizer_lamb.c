#include <float.h>
#include <tgmath.h>

#include "optimizer_private.h"

enum { BETA1 = GD_OPTION_NEXT, BETA2, EPS, OPTIONS };
enum { MEAN, SQUARE };

static const gd_setting settings[] = {
    [GD_OPTION_LR] = GD_SETTING_LR("0.001"),
    [GD_OPTION_WEIGHT_DECAY] = GD_SETTING_TRUSTED_DECAY,
    [BETA1] = GD_SETTING_BETA1,
    [BETA2] = GD_SETTING_BETA2,
    [EPS] = GD_SETTING_EPS("1e-6"),
    [OPTIONS] = {0},
};

static double trust(const double *options, double weights, double direction) {
    (void)options;
    return weights / direction;
}

/* The scalars of one step. */
typedef struct factors {
    real keep1, take1, keep2, take2; /* of the two moments and of the gradient */
    real rate, root;                 /* 1 / the bias correction, and of the second 1 / its root */
    real eps;
} factors;

/* A parameter whose gradients have all been 0 has no direction, even if eps is 0. */
GD_CLONES static void turn(int64_t count, factors by, real *restrict mean, real *restrict square,
                           real *restrict gradient) {
    for (int64_t i = 0; i < count; i++) {
        real g = gradient[i];
        real m = by.keep1 * mean[i] + by.take1 * g;
        real v = by.keep2 * square[i] + by.take2 * g * g;
        real divisor = sqrt(v) * by.root + by.eps;
        mean[i] = m;
        square[i] = v;
        gradient[i] = divisor == 0 ? 0 : by.rate * m / divisor;
    }
}

/* You et al. 2020, algorithm 2, with phi(z) = z; u is Adam's direction. */
static void direct(gd_optimizer *optimizer, const gd_update *update) {
    const double beta1 = optimizer->options[BETA1], beta2 = optimizer->options[BETA2];
    const factors by = {.keep1 = (real)beta1,
                        .take1 = (real)(1 - beta1),
                        .keep2 = (real)beta2,
                        .take2 = (real)(1 - beta2),
                        .rate = (real)(1 / (1 - pow(beta1, (double)update->step))),
                        .root = (real)(1 / sqrt(1 - pow(beta2, (double)update->step))),
                        .eps = (real)optimizer->options[EPS]};
    turn(update->count, by, optimizer->state[MEAN] + update->at,
         optimizer->state[SQUARE] + update->at, update->gradient);
}

const gd_optimizer_kind gd_optimizer_lamb = {
    .name = "lamb",
    .help = "u = adam's direction + weight_decay w, p -= lr r u; r = |w| / |u| for each tensor of "
            "weights w, 1 for others: You et al. 2020",
    .settings = {.section = "optimizer", .owner = "lamb", .rows = settings},
    .slot = {"exp_avg", "exp_avg_sq"},
    .trust = trust,
    .direct = direct,
    .update = gd_optimizer_descend,
};
