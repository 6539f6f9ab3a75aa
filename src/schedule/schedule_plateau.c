#include <float.h>
#include <math.h>

#include "schedule_private.h"

enum { FACTOR, PATIENCE, THRESHOLD, THRESHOLD_MODE, COOLDOWN, MIN_LR, EPS };
enum { REL, ABS };

static const char *mode_name(size_t index) {
    static const char *const names[] = {[REL] = "rel", [ABS] = "abs"};
    return index < sizeof names / sizeof *names ? names[index] : NULL;
}

static const gd_setting settings[] = {
    [FACTOR] = {.key = "factor",
                .kind = GD_SETTING_NUMBER,
                .initial = "0.1",
                .min = 0,
                .max = 1 - DBL_EPSILON / 2,
                .help = "what the learning rate is multiplied by when the loss no longer falls: "
                        "that of validation, or of training where there is none"},
    [PATIENCE] = {.key = "patience",
                  .kind = GD_SETTING_INTEGER,
                  .initial = "10",
                  .min = 0,
                  .max = 1e9,
                  .help = "so many epochs in a row may bring nothing better before that"},
    [THRESHOLD] = {.key = "threshold",
                   .kind = GD_SETTING_NUMBER,
                   .initial = "0.0001",
                   .min = 0,
                   .max = DBL_MAX,
                   .help = "how much lower than the best a loss must be to be better"},
    [THRESHOLD_MODE] = {.key = "threshold_mode",
                        .kind = GD_SETTING_CHOICE,
                        .initial = "rel",
                        .choices = mode_name,
                        .help = "threshold is a part of the best loss, or a difference from it"},
    [COOLDOWN] = {.key = "cooldown",
                  .kind = GD_SETTING_INTEGER,
                  .initial = "0",
                  .min = 0,
                  .max = 1e9,
                  .help = "so many epochs after a reduction do not count"},
    [MIN_LR] = {.key = "min_lr",
                .kind = GD_SETTING_NUMBER,
                .initial = "0",
                .min = 0,
                .max = DBL_MAX,
                .help = "the learning rate is not reduced further"},
    [EPS] = {.key = "eps",
             .kind = GD_SETTING_NUMBER,
             .initial = "1e-8",
             .min = 0,
             .max = DBL_MAX,
             .help = "nor by so little"},
    {0},
};

static double rate(const gd_schedule *schedule, double reductions) {
    double reduced = schedule->lr * pow(schedule->option[FACTOR], reductions);
    return fmin(schedule->lr, fmax(reduced, schedule->option[MIN_LR]));
}

static bool is_better(const gd_schedule *schedule, double loss, double best) {
    const double threshold = schedule->option[THRESHOLD];
    bool relative = schedule->option[THRESHOLD_MODE] == REL;
    return isnan(best) || loss < (relative ? best * (1 - threshold) : best - threshold);
}

/* As torch.optim.lr_scheduler.ReduceLROnPlateau. */
static void observe(const gd_schedule *schedule, double loss, gd_plateau *plateau) {
    plateau->bad++;
    if (is_better(schedule, loss, plateau->best)) {
        plateau->best = loss;
        plateau->bad = 0;
    }
    if (plateau->cooldown > 0) {
        plateau->cooldown--;
        plateau->bad = 0;
    }
    if ((double)plateau->bad <= schedule->option[PATIENCE]) {
        return;
    }
    double now = rate(schedule, (double)plateau->reductions);
    double next = rate(schedule, (double)plateau->reductions + 1);
    plateau->reductions += now - next > schedule->option[EPS];
    plateau->cooldown = (int64_t)schedule->option[COOLDOWN];
    plateau->bad = 0;
}

const gd_schedule_kind gd_schedule_plateau = {
    .name = "plateau",
    .help = "lr, multiplied by factor after patience epochs without a lower loss",
    .settings = {.section = "schedule", .owner = "plateau", .rows = settings},
    .rate = rate,
    .observe = observe,
};
