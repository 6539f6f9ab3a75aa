#include <math.h>

#include "schedule_private.h"

enum { STEP_SIZE, GAMMA };

static const gd_setting settings[] = {
    [STEP_SIZE] = {.key = "step_size",
                   .kind = GD_SETTING_INTERVAL,
                   .min = 1,
                   .max = 1e12,
                   .help = "how long the learning rate stays"},
    [GAMMA] = {.key = "gamma",
               .kind = GD_SETTING_NUMBER,
               .initial = "0.1",
               .min = 0,
               .max = 1,
               .help = "what it is multiplied by then"},
    {0},
};

/* As torch.optim.lr_scheduler.StepLR. */
static double rate(const gd_schedule *schedule, double t) {
    return schedule->lr * pow(schedule->option[GAMMA], floor(t / schedule->option[STEP_SIZE]));
}

const gd_schedule_kind gd_schedule_step = {
    .name = "step",
    .help = "lr gamma^floor(t / step_size)",
    .settings = {.section = "schedule", .owner = "step", .rows = settings},
    .rate = rate,
};
