#include <float.h>

#include "gdmpi/optimizer.h"

static const gd_setting settings[] = {
    {.key = "lr",
     .kind = GD_SETTING_NUMBER,
     .initial = "0.01",
     .min = 0,
     .max = DBL_MAX,
     .may_change = true,
     .help = "the learning rate"},
    {0},
};

GD_CLONES static void descend(int64_t count, real lr, const real *restrict gradient,
                              real *restrict parameters) {
    for (int64_t i = 0; i < count; i++) {
        parameters[i] -= lr * gradient[i];
    }
}

/* As torch.optim.SGD without momentum. */
static void update(const gd_optimizer *optimizer, const gd_update *update) {
    (void)optimizer;
    descend(update->count, (real)update->lr, update->gradient, update->parameters);
}

const gd_optimizer_kind gd_optimizer_sgd = {
    .name = "sgd",
    .help = "p -= lr g",
    .settings = {.section = "optimizer", .owner = "sgd", .rows = settings},
    .update = update,
};
