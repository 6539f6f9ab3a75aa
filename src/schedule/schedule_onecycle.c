#include <float.h>
#include <math.h>

#include "schedule_private.h"

enum { TOTAL_STEPS, MAX_LR, PCT_START, ANNEAL_STRATEGY, DIV_FACTOR, FINAL_DIV_FACTOR, THREE_PHASE };
enum { COS, LINEAR };

static const char *strategy_name(size_t index) {
    static const char *const names[] = {[COS] = "cos", [LINEAR] = "linear"};
    return index < sizeof names / sizeof *names ? names[index] : NULL;
}

static const char *no_or_yes(size_t index) {
    static const char *const names[] = {"no", "yes"};
    return index < sizeof names / sizeof *names ? names[index] : NULL;
}

static const gd_setting settings[] = {
    [TOTAL_STEPS] = {.key = "total_steps",
                     .kind = GD_SETTING_INTERVAL,
                     .initial = "0 steps",
                     .min = 0,
                     .max = 1e12,
                     .may_change = true,
                     .help = "the length of the cycle, after which the learning rate stays as low "
                             "as it is; 0: that of the run"},
    [MAX_LR] = {.key = GD_SCHEDULE_MAX_LR,
                .kind = GD_SETTING_NUMBER,
                .initial = "0",
                .min = 0,
                .max = DBL_MAX,
                .help = "the top of the cycle; 0: optimizer.lr; momentum stays as it is"},
    [PCT_START] = {.key = "pct_start",
                   .kind = GD_SETTING_NUMBER,
                   .initial = "0.3",
                   .min = 0,
                   .max = 1,
                   .help = "the part of the cycle in which the learning rate rises"},
    [ANNEAL_STRATEGY] = {.key = "anneal_strategy",
                         .kind = GD_SETTING_CHOICE,
                         .initial = "cos",
                         .choices = strategy_name,
                         .help = "rises and falls are half waves of the cosine, or straight lines"},
    [DIV_FACTOR] = {.key = "div_factor",
                    .kind = GD_SETTING_NUMBER,
                    .initial = "25",
                    .min = 1,
                    .max = DBL_MAX,
                    .help = "the first learning rate is max_lr / div_factor"},
    [FINAL_DIV_FACTOR] = {.key = "final_div_factor",
                          .kind = GD_SETTING_NUMBER,
                          .initial = "10000",
                          .min = 1,
                          .max = DBL_MAX,
                          .help = "the last learning rate is the first / final_div_factor"},
    [THREE_PHASE] = {.key = "three_phase",
                     .kind = GD_SETTING_CHOICE,
                     .initial = "no",
                     .choices = no_or_yes,
                     .help =
                         "fall to the first learning rate as fast as it rose, then to the last"},
    {0},
};

typedef struct phase {
    double end, from, to;
} phase;

/* As torch.optim.lr_scheduler.OneCycleLR without cycle_momentum; Smith and Topin 2018,
 * "Super-convergence". */
static double rate(const gd_schedule *schedule, double t) {
    const double *option = schedule->option;
    const double last = gd_schedule_or_run(schedule, option[TOTAL_STEPS]) - 1;
    const double risen = option[PCT_START] * (last + 1) - 1;
    const double top = option[MAX_LR] > 0 ? option[MAX_LR] : schedule->lr;
    const double first = top / option[DIV_FACTOR], least = first / option[FINAL_DIV_FACTOR];
    const bool three = option[THREE_PHASE] > 0;
    const phase phases[] = {{risen, first, top},
                            {three ? 2 * risen : last, top, three ? first : least},
                            {last, first, least}};
    double begin = 0;
    int i = 0;
    t = fmin(t, last);
    for (; i < 2 && t > phases[i].end; i++) {
        begin = phases[i].end;
    }
    const phase *now = &phases[i];
    double part = now->end > begin ? (t - begin) / (now->end - begin) : 1;
    return option[ANNEAL_STRATEGY] == LINEAR ? now->from + (now->to - now->from) * part
                                             : gd_schedule_wave(now->from, now->to, part);
}

const gd_schedule_kind gd_schedule_onecycle = {
    .name = "onecycle",
    .help = "from max_lr / div_factor up to max_lr, then far down; the learning rate only",
    .settings = {.section = "schedule", .owner = "onecycle", .rows = settings},
    .rate = rate,
};
