/* Why a run stops before its end. Every reason is a flag in a step's small reduction, so that all
 * ranks stop after the same step. */
#ifndef GDMPI_HALT_H
#define GDMPI_HALT_H

#include "gdmpi/checkpoint.h"
#include "gdmpi/comm.h"
#include "gdmpi/config.h"

/* How many reasons there are. */
#define GD_HALTS 6

/* What a rank knows of when to stop. Rank 0 knows all; with zeros, as the others have it, there are
 * signals only. Times are on gd_clock_seconds. */
typedef struct gd_halt {
    char *file;      /* PATH/stop: the run is to stop when it is there; NULL: none */
    bool left_over;  /* it is there since before this process */
    double limit;    /* the run is to have ended before; 0: no limit */
    double job_end;  /* the same, for the Slurm job it is part of, less a margin; 0: not known */
    double file_due; /* when to look for the file again */
    double last;     /* when the reasons were last looked at, or the first step began */
    double longest;  /* from one such look to the next: of a step, with all that came between */
} gd_halt;

/* From the config and the environment. A warning for a SLURM_JOB_END_TIME that cannot be right.
 * Freed by gd_halt_free. Collective. */
gd_status gd_halt_new(gd_comm *comm, const gd_config *config, gd_halt *halt);
void gd_halt_free(gd_halt *halt);

/* Removes a file stop that was there before: once the run directory is this run's, for else it may
 * be meant for another. Rank 0. Not collective. */
gd_status gd_halt_clear(gd_halt *halt);

/* The first step begins. Not collective. */
void gd_halt_begin(gd_halt *halt);

/* A 1 for each reason that this rank has, a 0 for the others. Time is up when there is none left
 * for a step like the longest, and for a checkpoint that takes `save_seconds`. Once a step. Not
 * collective. */
void gd_halt_raise(gd_halt *halt, double save_seconds, double flags[GD_HALTS]);

/* The first reason that a rank has, in words, by the sums of the flags; static; NULL: none. Not
 * collective. */
const char *gd_halt_reason(const double flags[GD_HALTS]);

/* The checkpoint is written: removes the file stop, and returns GD_STOPPED, which says why, where
 * in an epoch of `steps` steps, and how to go on. Not collective. */
gd_status gd_halt_stopped(const gd_halt *halt, const char *reason, const gd_progress *progress,
                          int64_t steps, const gd_config *config);

#endif
