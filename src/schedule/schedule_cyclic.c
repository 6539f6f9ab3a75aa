#include <float.h>
#include <math.h>

#include "schedule_private.h"

enum { MAX_LR, STEP_SIZE_UP, STEP_SIZE_DOWN, MODE, GAMMA };
enum { TRIANGULAR, TRIANGULAR2, EXP_RANGE };

static const char *mode_name(size_t index) {
    static const char *const names[] = {
        [TRIANGULAR] = "triangular", [TRIANGULAR2] = "triangular2", [EXP_RANGE] = "exp_range"};
    return index < sizeof names / sizeof *names ? names[index] : NULL;
}

static const gd_setting settings[] = {
    [MAX_LR] = {.key = GD_SCHEDULE_MAX_LR,
                .kind = GD_SETTING_NUMBER,
                .min = 0,
                .max = DBL_MAX,
                .help =
                    "the top of a cycle, whose bottom is optimizer.lr; momentum stays as it is"},
    [STEP_SIZE_UP] = {.key = "step_size_up",
                      .kind = GD_SETTING_INTERVAL,
                      .initial = "2000 steps",
                      .min = 1,
                      .max = 1e12,
                      .help = "the length of a rise"},
    [STEP_SIZE_DOWN] = {.key = "step_size_down",
                        .kind = GD_SETTING_INTERVAL,
                        .initial = "0 steps",
                        .min = 0,
                        .max = 1e12,
                        .help = "the length of a fall; 0: that of a rise"},
    [MODE] = {.key = "mode",
              .kind = GD_SETTING_CHOICE,
              .initial = "triangular",
              .choices = mode_name,
              .help = "the height of cycles: the same; half of the one before; gamma^t"},
    [GAMMA] = {.key = "gamma",
               .kind = GD_SETTING_NUMBER,
               .initial = "1",
               .min = 0,
               .max = 1,
               .help = "of exp_range"},
    {0},
};

/* As torch.optim.lr_scheduler.CyclicLR without cycle_momentum; Smith 2017, "Cyclical learning rates
 * for training neural networks". */
static double rate(const gd_schedule *schedule, double t) {
    const double *option = schedule->option;
    const double up = option[STEP_SIZE_UP];
    const double down = option[STEP_SIZE_DOWN] > 0 ? option[STEP_SIZE_DOWN] : up;
    double place = fmod(t, up + down), cycle = floor(t / (up + down));
    double height = place <= up ? place / up : (up + down - place) / down;
    if (option[MODE] == TRIANGULAR2) {
        height *= pow(0.5, cycle);
    } else if (option[MODE] == EXP_RANGE) {
        height *= pow(option[GAMMA], t);
    }
    return schedule->lr + (option[MAX_LR] - schedule->lr) * height;
}

const gd_schedule_kind gd_schedule_cyclic = {
    .name = "cyclic",
    .help = "from lr up to max_lr and down again, in straight lines; the learning rate only",
    .settings = {.section = "schedule", .owner = "cyclic", .rows = settings},
    .rate = rate,
};
