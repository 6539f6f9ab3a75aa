#include <float.h>
#include <tgmath.h>

#include "optimizer_private.h"

enum { INITIAL = GD_OPTION_NEXT, EPS, OPTIONS };

static const gd_setting settings[] = {
    [GD_OPTION_LR] = GD_SETTING_LR("0.01"),
    [GD_OPTION_WEIGHT_DECAY] = GD_SETTING_WEIGHT_DECAY("0"),
    [INITIAL] = {.key = "initial_accumulator_value",
                 .kind = GD_SETTING_NUMBER,
                 .initial = "0",
                 .min = 0,
                 .max = DBL_MAX,
                 .help = "of the sum of squared gradients"},
    [EPS] = GD_SETTING_EPS("1e-10"),
    [OPTIONS] = {0},
};

/* A parameter whose gradients have all been 0 stays where it is, even if eps is 0. */
GD_CLONES static void descend(int64_t count, real lr, real initial, real eps,
                              const real *restrict gradient, real *restrict sum,
                              real *restrict parameters) {
    for (int64_t i = 0; i < count; i++) {
        real g = gradient[i];
        real s = sum[i] + initial + g * g;
        real divisor = sqrt(s) + eps;
        sum[i] = s;
        parameters[i] -= divisor == 0 ? 0 : lr * g / divisor;
    }
}

/* Duchi, Hazan and Singer 2011, as torch.optim.Adagrad has it. */
static void update(gd_optimizer *optimizer, const gd_update *update) {
    double initial = update->step == 1 ? optimizer->options[INITIAL] : 0;
    descend(update->count, (real)update->lr, (real)initial, (real)optimizer->options[EPS],
            update->gradient, optimizer->state[0] + update->at, update->parameters);
}

const gd_optimizer_kind gd_optimizer_adagrad = {
    .name = "adagrad",
    .help = "s += g^2, p -= lr g / (sqrt(s) + eps)",
    .settings = {.section = "optimizer", .owner = "adagrad", .rows = settings},
    .slot = {"sum"},
    .update = update,
};
