#include <float.h>
#include <tgmath.h>

#include "optimizer_private.h"

enum { RHO = GD_OPTION_NEXT, EPS, MOMENTUM, CENTERED, OPTIONS };
enum { SQUARE, VELOCITY, MEAN };

static const gd_setting settings[] = {
    [GD_OPTION_LR] = GD_SETTING_LR("0.01"),
    [GD_OPTION_WEIGHT_DECAY] = GD_SETTING_WEIGHT_DECAY("0"),
    [RHO] = {.key = "rho",
             .kind = GD_SETTING_NUMBER,
             .initial = "0.99",
             .min = 0,
             .max = 1 - DBL_EPSILON / 2,
             .help = "how much of the mean of squared gradients goes on; PyTorch's alpha"},
    [EPS] = GD_SETTING_EPS("1e-8"),
    [MOMENTUM] = GD_SETTING_MOMENTUM("0"),
    [CENTERED] = {.key = "centered",
                  .kind = GD_SETTING_CHOICE,
                  .initial = "no",
                  .choices = gd_optimizer_no_or_yes,
                  .help = "the variance of gradients takes the place of v: v less the square of "
                          "their mean"},
    [OPTIONS] = {0},
};

static bool uses(const double *options, int slot) {
    return slot == SQUARE || (slot == VELOCITY && options[MOMENTUM] > 0) ||
           (slot == MEAN && options[CENTERED] > 0);
}

/* A gradient of 0 stays so, even if eps is 0. */
GD_CLONES static void divide(int64_t count, real keep, real take, real eps, real *restrict gradient,
                             real *restrict square) {
    for (int64_t i = 0; i < count; i++) {
        real g = gradient[i];
        real v = keep * square[i] + take * g * g;
        real divisor = sqrt(v) + eps;
        square[i] = v;
        gradient[i] = divisor == 0 ? 0 : g / divisor;
    }
}

/* Rounding can bring the variance below 0, where PyTorch comes to what is not a number. */
GD_CLONES static void divide_centered(int64_t count, real keep, real take, real eps,
                                      real *restrict gradient, real *restrict square,
                                      real *restrict mean) {
    for (int64_t i = 0; i < count; i++) {
        real g = gradient[i];
        real v = keep * square[i] + take * g * g;
        real m = keep * mean[i] + take * g;
        real variance = v - m * m;
        real divisor = sqrt(variance < 0 ? 0 : variance) + eps;
        square[i] = v;
        mean[i] = m;
        gradient[i] = divisor == 0 ? 0 : g / divisor;
    }
}

GD_CLONES static void gather_speed(int64_t count, real momentum, real *restrict gradient,
                                   real *restrict velocity) {
    for (int64_t i = 0; i < count; i++) {
        gradient[i] = velocity[i] = momentum * velocity[i] + gradient[i];
    }
}

GD_CLONES static void descend(int64_t count, real lr, const real *restrict gradient,
                              real *restrict parameters) {
    for (int64_t i = 0; i < count; i++) {
        parameters[i] -= lr * gradient[i];
    }
}

/* Tieleman and Hinton 2012, lecture 6.5, and centered Graves 2013, as torch.optim.RMSprop has
 * them. */
static void update(gd_optimizer *optimizer, const gd_update *update) {
    const double rho = optimizer->options[RHO];
    const real keep = (real)rho, take = (real)(1 - rho), eps = (real)optimizer->options[EPS];
    real *square = optimizer->state[SQUARE] + update->at;
    if (optimizer->state[MEAN] != NULL) {
        divide_centered(update->count, keep, take, eps, update->gradient, square,
                        optimizer->state[MEAN] + update->at);
    } else {
        divide(update->count, keep, take, eps, update->gradient, square);
    }
    if (optimizer->state[VELOCITY] != NULL) {
        gather_speed(update->count, (real)optimizer->options[MOMENTUM], update->gradient,
                     optimizer->state[VELOCITY] + update->at);
    }
    descend(update->count, (real)update->lr, update->gradient, update->parameters);
}

const gd_optimizer_kind gd_optimizer_rmsprop = {
    .name = "rmsprop",
    .help = "v = rho v + (1 - rho) g^2, b = momentum b + g / (sqrt(v) + eps), p -= lr b",
    .settings = {.section = "optimizer", .owner = "rmsprop", .rows = settings},
    .slot = {"square_avg", "momentum_buffer", "grad_avg"},
    .uses = uses,
    .update = update,
};
