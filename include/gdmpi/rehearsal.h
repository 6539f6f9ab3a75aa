/* The ranks of a host, played by threads of this process: for measuring how long steps take on more
 * or fewer ranks than there are. Each thread has a reducer that works as `window` does, without
 * MPI. */
#ifndef GDMPI_REHEARSAL_H
#define GDMPI_REHEARSAL_H

#include "gdmpi/reduce.h"

#define gd_rehearsal_new GD_NAME(gd_rehearsal_new)
#define gd_rehearsal_free GD_NAME(gd_rehearsal_free)
#define gd_rehearsal_reducer GD_NAME(gd_rehearsal_reducer)
#define gd_rehearsal_meet GD_NAME(gd_rehearsal_meet)

typedef struct gd_rehearsal gd_rehearsal;

typedef struct gd_rehearsal_plan {
    int ranks;        /* of the run */
    int per_host;     /* of these on each host; the last may have fewer */
    gd_range players; /* the ranks that are played, all of one host */
    gd_reducer_plan sums;
    int64_t values;   /* the most that is published at once */
    real *parameters; /* [sums.size], of all players; not owned */
} gd_rehearsal_plan;

/* Not collective; nor is what follows, but a step of a reducer is for all players. Sums of other
 * hosts are taken to have come: what they bring is any numbers, which are added as they would be.
 */
gd_status gd_rehearsal_new(const gd_rehearsal_plan *plan, gd_rehearsal **rehearsal);
void gd_rehearsal_free(gd_rehearsal **rehearsal);

/* That of a player, counted from 0; its phases are to be set. Owned by the rehearsal. */
gd_reducer *gd_rehearsal_reducer(gd_rehearsal *rehearsal, int player);

/* Waits until all players have called it as often; what they wrote before, all see after. */
void gd_rehearsal_meet(gd_reducer *reducer);

#endif
