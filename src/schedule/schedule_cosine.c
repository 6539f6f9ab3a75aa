#include <float.h>
#include <math.h>

#include "schedule_private.h"

enum { T_MAX, MIN_LR };

static const gd_setting settings[] = {
    [T_MAX] = {.key = "t_max",
               .kind = GD_SETTING_INTERVAL,
               .initial = "0 steps",
               .min = 0,
               .max = 1e12,
               .may_change = true,
               .help = "when the learning rate is down at min_lr, from where it rises again; 0: at "
                       "the end of the run"},
    [MIN_LR] = {.key = "min_lr",
                .kind = GD_SETTING_NUMBER,
                .initial = "0",
                .min = 0,
                .max = DBL_MAX,
                .help = "PyTorch's eta_min"},
    {0},
};

/* As torch.optim.lr_scheduler.CosineAnnealingLR; Loshchilov and Hutter 2017, equation 5. */
static double rate(const gd_schedule *schedule, double t) {
    double length = gd_schedule_or_run(schedule, schedule->option[T_MAX]);
    return gd_schedule_wave(schedule->lr, schedule->option[MIN_LR], fmod(t, 2 * length) / length);
}

const gd_schedule_kind gd_schedule_cosine = {
    .name = "cosine",
    .help = "min_lr + (lr - min_lr) (1 + cos(pi t / t_max)) / 2",
    .settings = {.section = "schedule", .owner = "cosine", .rows = settings},
    .rate = rate,
};
