/* What the files of the schedule room share. */
#ifndef GDMPI_SCHEDULE_PRIVATE_H
#define GDMPI_SCHEDULE_PRIVATE_H

#include "gdmpi/schedule.h"

extern const gd_schedule_kind gd_schedule_constant, gd_schedule_cosine, gd_schedule_cyclic,
    gd_schedule_exponential, gd_schedule_inverse, gd_schedule_multistep, gd_schedule_onecycle,
    gd_schedule_plateau, gd_schedule_polynomial, gd_schedule_restarts, gd_schedule_step;

/* steps, epochs */
gd_names gd_schedule_unit;

/* A length, or the rest of the run where that is 0. */
double gd_schedule_or_run(const gd_schedule *schedule, double length);

/* Half a wave of the cosine: `from` at part 0, `to` at part 1. */
double gd_schedule_wave(double from, double to, double part);

#endif
