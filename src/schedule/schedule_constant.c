#include "schedule_private.h"

static double rate(const gd_schedule *schedule, double t) {
    (void)t;
    return schedule->lr;
}

const gd_schedule_kind gd_schedule_constant = {
    .name = "constant",
    .help = "lr",
    .settings = {.section = "schedule", .owner = "constant"},
    .rate = rate,
};
