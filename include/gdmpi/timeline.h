/* What each rank did when, as a trace that chrome://tracing and Perfetto show. */
#ifndef GDMPI_TIMELINE_H
#define GDMPI_TIMELINE_H

#include "gdmpi/comm.h"
#include "gdmpi/phases.h"

/* How many events a run keeps. */
#define GD_TIMELINE_ROOM 1048576

typedef struct gd_timeline gd_timeline;

/* Room for `room` events of all ranks together: each keeps its first room / ranks, and counts those
 * that come after them. The ranks leave a barrier, and take that moment for zero: so the clocks of
 * hosts agree to some microseconds. Collective. */
gd_status gd_timeline_new(gd_comm *comm, int64_t room, gd_timeline **timeline);
void gd_timeline_free(gd_timeline **timeline);

/* Takes down that a phase ends at `end` on the clock; it began where the one before ended, the
 * first one at zero. Not collective. */
void gd_timeline_add(gd_timeline *timeline, gd_phase phase, double end);

/* Brings the events of all ranks to rank 0, which writes them: the array format of "Trace Event
 * Format" (Google, 2016), in which a process is a host and a thread a rank. `kept` and `dropped`
 * are what became of the events of all ranks. Collective. */
gd_status gd_timeline_write(gd_comm *comm, const gd_timeline *timeline, const char *path,
                            int64_t *kept, int64_t *dropped);

#endif
