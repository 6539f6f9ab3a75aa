#include <math.h>

#include "schedule_private.h"

enum { GAMMA, UNIT };

static const gd_setting settings[] = {
    [GAMMA] = {.key = "gamma",
               .kind = GD_SETTING_NUMBER,
               .min = 0,
               .max = 1,
               .help = "what the learning rate is multiplied by at each t"},
    [UNIT] = {.key = "unit",
              .kind = GD_SETTING_CHOICE,
              .initial = "steps",
              .choices = gd_schedule_unit,
              .help = "what t counts"},
    {0},
};

/* As torch.optim.lr_scheduler.ExponentialLR. */
static double rate(const gd_schedule *schedule, double t) {
    return schedule->lr * pow(schedule->option[GAMMA], t);
}

const gd_schedule_kind gd_schedule_exponential = {
    .name = "exponential",
    .help = "lr gamma^t",
    .settings = {.section = "schedule", .owner = "exponential", .rows = settings},
    .rate = rate,
};
