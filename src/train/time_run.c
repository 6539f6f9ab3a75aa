/* How long steps and validation take on the ranks that there are. */
#include <math.h>
#include <stdlib.h>

#include "gdmpi/files.h"
#include "train_private.h"

/* The median of so many runs of steps, as for a rehearsal. */
enum { SLICES = 5 };

/* The next epoch; returns how long that took. */
static double turn(gd_trainer *trainer) {
    const double start = gd_clock_seconds();
    trainer->progress.epoch++;
    trainer->progress.epoch_step = 0;
    gd_trainer_order(trainer);
    if (trainer->dealer != NULL) {
        gd_dealer_step(trainer->dealer, 0);
    }
    return gd_clock_seconds() - start;
}

gd_status gd_trainer_play(gd_trainer *trainer, int64_t count, double *turning) {
    const gd_shards *shards = &trainer->problem->shards;
    gd_status status = GD_OK;
    gd_outcome outcome;
    int64_t last = gd_shards_steps(shards);
    last -= last > 1 && gd_shards_step_rows(shards, last - 1) < gd_shards_step_rows(shards, 0);
    for (int64_t i = 0; i < count && status == GD_OK; i++) {
        if (trainer->progress.epoch_step == last) {
            *turning += turn(trainer);
        }
        status = gd_trainer_step(trainer, &outcome);
        if (status == GD_OK && outcome.stop != NULL) {
            status = gd_status_new(GD_FAILED, "stopped by %s", outcome.stop);
        }
    }
    return status;
}

/* Seconds of a step, of the slowest rank. Collective. */
static gd_status time_slice(gd_trainer *trainer, int64_t count, double *seconds) {
    double turning = 0;
    gd_comm_barrier(trainer->problem->comm);
    const double start = gd_clock_seconds();
    gd_status status = gd_trainer_play(trainer, count, &turning);
    *seconds = (gd_clock_seconds() - start - turning) / (double)count;
    gd_comm_maximum(trainer->problem->comm, seconds, 1);
    return status;
}

static int ascending(const void *a, const void *b) {
    const double one = *(const double *)a, other = *(const double *)b;
    return (one > other) - (one < other);
}

static gd_status time_steps(gd_trainer *trainer, double seconds, gd_timing *timing) {
    gd_phases *phases = &trainer->phases;
    double slice[SLICES];
    gd_status status = time_slice(trainer, 1, slice);
    if (status == GD_OK) {
        status = time_slice(trainer, 1, slice);
    }
    const double most = seconds / slice[0];
    const int64_t count = (int64_t)fmax(1, most / SLICES);
    const int slices = (int)fmax(1, fmin(SLICES, most));
    gd_phases_start(phases, GD_OTHER);
    for (int i = 0; i < slices && status == GD_OK; i++) {
        status = time_slice(trainer, count, &slice[i]);
    }
    gd_phases_count(phases);
    timing->compute =
        (phases->seconds[GD_LOAD] + phases->seconds[GD_COMPUTE]) / (double)(slices * count);
    gd_comm_maximum(trainer->problem->comm, &timing->compute, 1);
    qsort(slice, (size_t)slices, sizeof *slice, ascending);
    timing->step = slice[slices / 2];
    return status;
}

gd_status gd_trainer_time(gd_trainer *trainer, double seconds, gd_timing *timing) {
    trainer->problem->schedule = gd_schedule_still();
    timing->order = turn(trainer);
    gd_comm_maximum(trainer->problem->comm, &timing->order, 1);
    return seconds > 0 ? time_steps(trainer, seconds, timing) : GD_OK;
}

gd_status gd_trainer_time_validation(gd_trainer *trainer, double *seconds) {
    gd_outcome outcome;
    gd_trainer_validate(trainer, &outcome);
    gd_comm_barrier(trainer->problem->comm);
    const double start = gd_clock_seconds();
    gd_trainer_validate(trainer, &outcome);
    *seconds = gd_clock_seconds() - start;
    gd_comm_maximum(trainer->problem->comm, seconds, 1);
    return gd_trainer_agree(trainer);
}
