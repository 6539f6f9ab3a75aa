/* Where the time of all ranks went. */
#ifndef GDMPI_TIMES_H
#define GDMPI_TIMES_H

#include "gdmpi/comm.h"
#include "gdmpi/metrics.h"
#include "gdmpi/phases.h"

typedef struct gd_times {
    int ranks;
    double min[GD_PHASES], mean[GD_PHASES], max[GD_PHASES]; /* seconds, over the ranks */
    int slowest;                                            /* the rank with most load + compute */
    const char *host;                                       /* its host's name; comm's */
    double excess; /* by how much its load + compute are above the mean: 0.03 is 3 % */
} gd_times;

/* Of the phases that have ended. The same on all ranks. Collective. */
gd_status gd_times_gather(gd_comm *comm, const gd_phases *phases, gd_times *times);

/* A table for people. Not collective. */
void gd_times_print(const gd_times *times);

/* load_seconds, load_min_seconds, load_max_seconds and so on. Not collective. */
void gd_times_log(const gd_times *times, gd_metrics *metrics);

#endif
