/* Why a run stops before its end. Every reason is a flag in a step's small reduction, so that all
 * ranks stop after the same step. */
#ifndef GDMPI_HALT_H
#define GDMPI_HALT_H

#include "gdmpi/checkpoint.h"
#include "gdmpi/comm.h"
#include "gdmpi/config.h"

/* How many reasons there are. */
#define GD_HALTS 4

/* What a rank knows of when to stop; times are on gd_clock_seconds. */
typedef struct gd_halt {
    double limit; /* the run is to end before; INFINITY: no limit, and on all ranks but 0 */
} gd_halt;

/* From the config. Not collective. */
void gd_halt_start(const gd_comm *comm, const gd_config *config, gd_halt *halt);

/* A 1 for each reason that this rank has, a 0 for the others. Not collective. */
void gd_halt_raise(gd_halt *halt, double flags[GD_HALTS]);

/* The first reason that a rank has, in words, by the sums of the flags; static; NULL: none. Not
 * collective. */
const char *gd_halt_reason(const double flags[GD_HALTS]);

/* GD_STOPPED, after a checkpoint: says why, where in an epoch of `steps` steps, and how to go on.
 * Not collective. */
gd_status gd_halt_stopped(const char *reason, const gd_progress *progress, int64_t steps,
                          const gd_config *config);

#endif
