#include <float.h>
#include <math.h>

#include "schedule_private.h"

enum { GAMMA, POWER, UNIT };

static const gd_setting settings[] = {
    [GAMMA] = {.key = "gamma",
               .kind = GD_SETTING_NUMBER,
               .min = 0,
               .max = DBL_MAX,
               .help = "how fast the learning rate falls"},
    [POWER] = {.key = "power",
               .kind = GD_SETTING_NUMBER,
               .initial = "1",
               .min = 0,
               .max = DBL_MAX,
               .help = "of the divisor; 0.5: as the root of t"},
    [UNIT] = {.key = "unit",
              .kind = GD_SETTING_CHOICE,
              .initial = "steps",
              .choices = gd_schedule_unit,
              .help = "what t counts"},
    {0},
};

/* Bottou 2012, "Stochastic gradient descent tricks", section 5.2; with the power, the policy inv of
 * Jia et al. 2014, "Caffe". */
static double rate(const gd_schedule *schedule, double t) {
    return schedule->lr / pow(1 + schedule->option[GAMMA] * t, schedule->option[POWER]);
}

const gd_schedule_kind gd_schedule_inverse = {
    .name = "inverse",
    .help = "lr / (1 + gamma t)^power",
    .settings = {.section = "schedule", .owner = "inverse", .rows = settings},
    .rate = rate,
};
