/* What several optimizers have. */
#ifndef GDMPI_OPTIMIZER_PRIVATE_H
#define GDMPI_OPTIMIZER_PRIVATE_H

#include "gdmpi/optimizer.h"

#define gd_optimizer_no_or_yes GD_NAME(gd_optimizer_no_or_yes)
#define gd_optimizer_descend GD_NAME(gd_optimizer_descend)

/* The rows that every kind's table begins with, in this order: numbers of options. */
enum { GD_OPTION_LR, GD_OPTION_WEIGHT_DECAY, GD_OPTION_NEXT };

#define GD_SETTING_LR(value)                                                                       \
    {                                                                                              \
        .key = "lr", .kind = GD_SETTING_NUMBER, .initial = (value), .min = 0, .max = DBL_MAX,      \
        .may_change = true, .help = "the learning rate"                                            \
    }
#define GD_SETTING_WEIGHT_DECAY(value)                                                             \
    {                                                                                              \
        .key = "weight_decay", .kind = GD_SETTING_NUMBER, .initial = (value), .min = 0,            \
        .max = 1000, .help = "before each step w -= lr weight_decay w for weights, not for biases" \
    }
#define GD_SETTING_TRUSTED_DECAY                                                                   \
    {                                                                                              \
        .key = "weight_decay", .kind = GD_SETTING_NUMBER, .initial = "0", .min = 0, .max = 1000,   \
        .help = "weight_decay w is added to the direction of weights, not of biases"               \
    }
#define GD_SETTING_MOMENTUM(value)                                                                 \
    {                                                                                              \
        .key = "momentum", .kind = GD_SETTING_NUMBER, .initial = (value), .min = 0,                \
        .max = 1 - DBL_EPSILON / 2, .help = "how much of the last step goes on"                    \
    }
#define GD_SETTING_BETA1                                                                           \
    {                                                                                              \
        .key = "beta1", .kind = GD_SETTING_NUMBER, .initial = "0.9", .min = 0,                     \
        .max = 1 - DBL_EPSILON / 2, .help = "how much of the mean of gradients goes on"            \
    }
#define GD_SETTING_BETA2                                                                           \
    {                                                                                              \
        .key = "beta2", .kind = GD_SETTING_NUMBER, .initial = "0.999", .min = 0,                   \
        .max = 1 - DBL_EPSILON / 2, .help = "how much of the mean of squared gradients goes on"    \
    }
#define GD_SETTING_EPS(value)                                                                      \
    {                                                                                              \
        .key = "eps", .kind = GD_SETTING_NUMBER, .initial = (value), .min = 0, .max = DBL_MAX,     \
        .help = "what keeps the divisor above 0"                                                   \
    }
#define GD_SETTING_AMSGRAD                                                                         \
    {                                                                                              \
        .key = "amsgrad", .kind = GD_SETTING_CHOICE, .initial = "no",                              \
        .choices = gd_optimizer_no_or_yes, .help = "the largest v so far takes the place of v"     \
    }

/* A gd_names whose indices are truth values. */
const char *gd_optimizer_no_or_yes(size_t index);

/* The update of kinds that go by lr against the gradient, or what has been made of it. */
void gd_optimizer_descend(gd_optimizer *optimizer, const gd_update *update);

#endif
