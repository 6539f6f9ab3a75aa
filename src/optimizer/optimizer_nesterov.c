#include <float.h>

#include "optimizer_private.h"

enum { MOMENTUM = GD_OPTION_NEXT, OPTIONS };

static const gd_setting settings[] = {
    [GD_OPTION_LR] = GD_SETTING_LR("0.01"),
    [GD_OPTION_WEIGHT_DECAY] = GD_SETTING_WEIGHT_DECAY("0"),
    [MOMENTUM] = GD_SETTING_MOMENTUM("0.9"),
    [OPTIONS] = {0},
};

GD_CLONES static void descend(int64_t count, real lr, real momentum, const real *restrict gradient,
                              real *restrict velocity, real *restrict parameters) {
    for (int64_t i = 0; i < count; i++) {
        real g = gradient[i];
        real b = momentum * velocity[i] + g;
        velocity[i] = b;
        parameters[i] -= lr * (g + momentum * b);
    }
}

/* Sutskever et al. 2013, as torch.optim.SGD has it with nesterov. */
static void update(gd_optimizer *optimizer, const gd_update *update) {
    descend(update->count, (real)update->lr, (real)optimizer->options[MOMENTUM], update->gradient,
            optimizer->state[0] + update->at, update->parameters);
}

const gd_optimizer_kind gd_optimizer_nesterov = {
    .name = "nesterov",
    .help = "b = momentum b + g, p -= lr (g + momentum b)",
    .settings = {.section = "optimizer", .owner = "nesterov", .rows = settings},
    .slot = {"momentum_buffer"},
    .update = update,
};
