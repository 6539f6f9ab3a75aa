#include <float.h>

#include "optimizer_private.h"

enum { MOMENTUM = GD_OPTION_NEXT, TRUST, OPTIONS };

static const gd_setting settings[] = {
    [GD_OPTION_LR] = GD_SETTING_LR("1"),
    [GD_OPTION_WEIGHT_DECAY] = GD_SETTING_TRUSTED_DECAY,
    [MOMENTUM] = GD_SETTING_MOMENTUM("0.9"),
    [TRUST] = {.key = "trust",
               .kind = GD_SETTING_NUMBER,
               .initial = "0.001",
               .min = 0,
               .max = 1,
               .help = "multiplies the trust ratio"},
    [OPTIONS] = {0},
};

/* You, Gitman and Ginsburg 2017, algorithm 1, whose velocity has the learning rates of its steps.
 */
static double trust(const double *options, double weights, double gradient) {
    return options[TRUST] * weights / (gradient + options[GD_OPTION_WEIGHT_DECAY] * weights);
}

GD_CLONES static void descend(int64_t count, real lr, real momentum, const real *restrict direction,
                              real *restrict velocity, real *restrict parameters) {
    for (int64_t i = 0; i < count; i++) {
        real b = momentum * velocity[i] + lr * direction[i];
        velocity[i] = b;
        parameters[i] -= b;
    }
}

static void update(gd_optimizer *optimizer, const gd_update *update) {
    descend(update->count, (real)update->lr, (real)optimizer->options[MOMENTUM], update->gradient,
            optimizer->state[0] + update->at, update->parameters);
}

const gd_optimizer_kind gd_optimizer_lars = {
    .name = "lars",
    .help = "u = g + weight_decay w, b = momentum b + lr r u, p -= b; r = trust |w| / (|g| + "
            "weight_decay |w|) for each tensor of weights w, 1 for others: You et al. 2017",
    .settings = {.section = "optimizer", .owner = "lars", .rows = settings},
    .slot = {"momentum_buffer"},
    .trust = trust,
    .without_decay = true,
    .update = update,
};
