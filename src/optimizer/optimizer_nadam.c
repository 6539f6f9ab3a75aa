#include <float.h>
#include <tgmath.h>

#include "optimizer_private.h"

enum { BETA1 = GD_OPTION_NEXT, BETA2, EPS, MOMENTUM_DECAY, OPTIONS };
enum { MEAN, SQUARE };

static const gd_setting settings[] = {
    [GD_OPTION_LR] = GD_SETTING_LR("0.002"),
    [GD_OPTION_WEIGHT_DECAY] = GD_SETTING_WEIGHT_DECAY("0"),
    [BETA1] = GD_SETTING_BETA1,
    [BETA2] = GD_SETTING_BETA2,
    [EPS] = GD_SETTING_EPS("1e-8"),
    [MOMENTUM_DECAY] = {.key = "momentum_decay",
                        .kind = GD_SETTING_NUMBER,
                        .initial = "0.004",
                        .min = 0,
                        .max = DBL_MAX,
                        .help = "how fast u comes to beta1"},
    [OPTIONS] = {0},
};

/* The scalars of one step. */
typedef struct factors {
    real keep1, take1, keep2, take2; /* of the two moments and of the gradient */
    real now, next;                  /* what the gradient and its mean count in the step */
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
        parameters[i] -= divisor == 0 ? 0 : (by.now * g + by.next * m) / divisor;
    }
}

/* u of a step. */
static double momentum_of(const gd_optimizer *optimizer, int64_t step) {
    double decay = optimizer->options[MOMENTUM_DECAY];
    return optimizer->options[BETA1] * (1 - 0.5 * pow(0.96, (double)step * decay));
}

/* That of all steps up to this one, multiplied in their order. */
static double product_of(gd_optimizer *optimizer, int64_t step) {
    while (optimizer->product_step < step) {
        optimizer->product *= momentum_of(optimizer, ++optimizer->product_step);
    }
    return optimizer->product;
}

/* Dozat 2016, as torch.optim.NAdam has it. */
static void update(gd_optimizer *optimizer, const gd_update *update) {
    const double beta1 = optimizer->options[BETA1], beta2 = optimizer->options[BETA2];
    double bias2 = 1 - pow(beta2, (double)update->step);
    double momentum = momentum_of(optimizer, update->step);
    double next = momentum_of(optimizer, update->step + 1);
    double product = product_of(optimizer, update->step);
    factors by = {.keep1 = (real)beta1,
                  .take1 = (real)(1 - beta1),
                  .keep2 = (real)beta2,
                  .take2 = (real)(1 - beta2),
                  .now = (real)(update->lr * (1 - momentum) / (1 - product)),
                  .next = (real)(update->lr * next / (1 - product * next)),
                  .root = (real)(1 / sqrt(bias2)),
                  .eps = (real)optimizer->options[EPS]};
    descend(update->count, by, update->gradient, optimizer->state[MEAN] + update->at,
            optimizer->state[SQUARE] + update->at, update->parameters);
}

const gd_optimizer_kind gd_optimizer_nadam = {
    .name = "nadam",
    .help = "m and v as adam, u_t = beta1 (1 - 0.96^(momentum_decay t) / 2), U_t = u_1 u_2 ... "
            "u_t, p -= lr ((1 - u_t) g / (1 - U_t) + u_t+1 m / (1 - U_t+1)) / "
            "(sqrt(v / (1 - beta2^t)) + eps)",
    .settings = {.section = "optimizer", .owner = "nadam", .rows = settings},
    .slot = {"exp_avg", "exp_avg_sq"},
    .update = update,
};
