#include <float.h>
#include <math.h>

#include "schedule_private.h"

enum { T_0, T_MULT, MIN_LR };

static const gd_setting settings[] = {
    [T_0] = {.key = "t_0",
             .kind = GD_SETTING_INTERVAL,
             .min = 1,
             .max = 1e12,
             .help = "the length of the first fall from lr"},
    [T_MULT] = {.key = "t_mult",
                .kind = GD_SETTING_INTEGER,
                .initial = "1",
                .min = 1,
                .max = 1e6,
                .help = "each fall is so many times as long as the one before it"},
    [MIN_LR] = {.key = "min_lr",
                .kind = GD_SETTING_NUMBER,
                .initial = "0",
                .min = 0,
                .max = DBL_MAX,
                .help = "PyTorch's eta_min"},
    {0},
};

/* As torch.optim.lr_scheduler.CosineAnnealingWarmRestarts; Loshchilov and Hutter 2017. */
static double rate(const gd_schedule *schedule, double t) {
    const double longer = schedule->option[T_MULT];
    double length = schedule->option[T_0];
    if (longer == 1) {
        t = fmod(t, length);
    }
    while (t >= length) {
        t -= length;
        length *= longer;
    }
    return gd_schedule_wave(schedule->lr, schedule->option[MIN_LR], t / length);
}

const gd_schedule_kind gd_schedule_restarts = {
    .name = "restarts",
    .help = "cosine from lr to min_lr over t_0, then over t_0 t_mult, and so on",
    .settings = {.section = "schedule", .owner = "restarts", .rows = settings},
    .rate = rate,
};
