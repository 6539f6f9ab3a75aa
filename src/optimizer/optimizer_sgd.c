#include <float.h>

#include "optimizer_private.h"

static const gd_setting settings[] = {
    [GD_OPTION_LR] = GD_SETTING_LR("0.01"),
    [GD_OPTION_WEIGHT_DECAY] = GD_SETTING_WEIGHT_DECAY("0"),
    [GD_OPTION_NEXT] = {0},
};

GD_CLONES static void descend(int64_t count, real lr, const real *restrict gradient,
                              real *restrict parameters) {
    for (int64_t i = 0; i < count; i++) {
        parameters[i] -= lr * gradient[i];
    }
}

/* As torch.optim.SGD without momentum. */
void gd_optimizer_descend(gd_optimizer *optimizer, const gd_update *update) {
    (void)optimizer;
    descend(update->count, (real)update->lr, update->gradient, update->parameters);
}

const gd_optimizer_kind gd_optimizer_sgd = {
    .name = "sgd",
    .help = "p -= lr g",
    .settings = {.section = "optimizer", .owner = "sgd", .rows = settings},
    .update = gd_optimizer_descend,
};
