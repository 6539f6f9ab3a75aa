#include <float.h>

#include "gdmpi/optimizer.h"

enum { LR, MOMENTUM };

static const gd_setting settings[] = {
    [LR] = {.key = "lr",
            .kind = GD_SETTING_NUMBER,
            .initial = "0.01",
            .min = 0,
            .max = DBL_MAX,
            .may_change = true,
            .help = "the learning rate"},
    [MOMENTUM] = {.key = "momentum",
                  .kind = GD_SETTING_NUMBER,
                  .initial = "0.9",
                  .min = 0,
                  .max = 1 - DBL_EPSILON / 2,
                  .help = "how much of the last step goes on"},
    {0},
};

GD_CLONES static void descend(int64_t count, real lr, real momentum, const real *restrict gradient,
                              real *restrict velocity, real *restrict parameters) {
    for (int64_t i = 0; i < count; i++) {
        real b = momentum * velocity[i] + gradient[i];
        velocity[i] = b;
        parameters[i] -= lr * b;
    }
}

/* As torch.optim.SGD with momentum and no dampening, whose first step, b = g, is this one from
 * zero. */
static void update(const gd_optimizer *optimizer, const gd_update *update) {
    descend(update->count, (real)update->lr, (real)optimizer->options[MOMENTUM], update->gradient,
            optimizer->slot[0] + update->at, update->parameters);
}

const gd_optimizer_kind gd_optimizer_momentum = {
    .name = "momentum",
    .help = "b = momentum b + g, p -= lr b",
    .settings = {.section = "optimizer", .owner = "momentum", .rows = settings},
    .slot = {"momentum_buffer"},
    .update = update,
};
