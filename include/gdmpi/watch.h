/* A watch for ranks that stand still: stopped, frozen, or on a host that is. Then all others would
 * wait for ever, and nobody would know for whom. A thread of each rank, which never calls MPI,
 * tells rank 0's about every second that it runs, and hears the same from it, by UDP. What takes
 * long, but runs, is left alone. */
#ifndef GDMPI_WATCH_H
#define GDMPI_WATCH_H

#include "gdmpi/comm.h"

typedef struct gd_watch gd_watch;

/* From now on, a rank that has not run for `timeout` seconds (at least 1) ends the job, with one
 * message on standard error and the exit code 1. Only those count that were heard before; seconds
 * in which this rank stands still itself do not count, and steps that end say that all ranks run.
 * *watch is NULL after a failure: where there is no thread or socket, and with one rank, or a
 * timeout of 0, for which there is nothing to watch. Collective. */
gd_status gd_watch_start(gd_comm *comm, int64_t timeout, gd_watch **watch);

/* Without waiting for others. Not collective. */
void gd_watch_stop(gd_watch **watch);

/* What this rank does now, for the message: the phase, a static text; and the step, counted from 1,
 * which no rank begins before all have ended the one before. `watch` may be NULL. Not collective.
 */
void gd_watch_phase(gd_watch *watch, const char *phase);
void gd_watch_step(gd_watch *watch, int64_t epoch, int64_t step);

#endif
