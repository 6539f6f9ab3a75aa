#include <float.h>

#include "optimizer_private.h"

enum { MOMENTUM = GD_OPTION_NEXT, DAMPENING, OPTIONS };

static const gd_setting settings[] = {
    [GD_OPTION_LR] = GD_SETTING_LR("0.01"),
    [GD_OPTION_WEIGHT_DECAY] = GD_SETTING_WEIGHT_DECAY("0"),
    [MOMENTUM] = GD_SETTING_MOMENTUM("0.9"),
    [DAMPENING] = {.key = "dampening",
                   .kind = GD_SETTING_NUMBER,
                   .initial = "0",
                   .min = 0,
                   .max = 1,
                   .help = "how much of a gradient is left out after the first step; as much as "
                           "momentum: b is an average"},
    [OPTIONS] = {0},
};

GD_CLONES static void descend(int64_t count, real lr, real momentum, real take,
                              const real *restrict gradient, real *restrict velocity,
                              real *restrict parameters) {
    for (int64_t i = 0; i < count; i++) {
        real b = momentum * velocity[i] + take * gradient[i];
        velocity[i] = b;
        parameters[i] -= lr * b;
    }
}

/* As torch.optim.SGD with momentum, whose first step is b = g, and which has no dampening where
 * momentum is 0. */
static void update(gd_optimizer *optimizer, const gd_update *update) {
    const double momentum = optimizer->options[MOMENTUM];
    bool dampened = update->step > 1 && momentum > 0;
    double take = dampened ? 1 - optimizer->options[DAMPENING] : 1;
    descend(update->count, (real)update->lr, (real)momentum, (real)take, update->gradient,
            optimizer->state[0] + update->at, update->parameters);
}

const gd_optimizer_kind gd_optimizer_momentum = {
    .name = "momentum",
    .help = "b = momentum b + (1 - dampening) g, from b = g, p -= lr b",
    .settings = {.section = "optimizer", .owner = "momentum", .rows = settings},
    .slot = {"momentum_buffer"},
    .update = update,
};
