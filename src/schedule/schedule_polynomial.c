#include <float.h>
#include <math.h>

#include "schedule_private.h"

enum { TOTAL_ITERS, POWER, MIN_LR };

static const gd_setting settings[] = {
    [TOTAL_ITERS] = {.key = "total_iters",
                     .kind = GD_SETTING_INTERVAL,
                     .initial = "0 steps",
                     .min = 0,
                     .max = 1e12,
                     .may_change = true,
                     .help = "when the learning rate has fallen to min_lr, where it stays; 0: at "
                             "the end of the run"},
    [POWER] = {.key = "power",
               .kind = GD_SETTING_NUMBER,
               .initial = "1",
               .min = 0,
               .max = DBL_MAX,
               .help = "1: in a straight line"},
    [MIN_LR] = {.key = "min_lr",
                .kind = GD_SETTING_NUMBER,
                .initial = "0",
                .min = 0,
                .max = DBL_MAX,
                .help = "the learning rate at the end"},
    {0},
};

/* As torch.optim.lr_scheduler.PolynomialLR, whose min_lr is 0. */
static double rate(const gd_schedule *schedule, double t) {
    const double least = schedule->option[MIN_LR];
    double part = fmin(1, t / gd_schedule_or_run(schedule, schedule->option[TOTAL_ITERS]));
    return least + (schedule->lr - least) * pow(1 - part, schedule->option[POWER]);
}

const gd_schedule_kind gd_schedule_polynomial = {
    .name = "polynomial",
    .help = "min_lr + (lr - min_lr) (1 - t / total_iters)^power",
    .settings = {.section = "schedule", .owner = "polynomial", .rows = settings},
    .rate = rate,
};
