/* What gdmpi check is asked for besides the config. Nothing here is collective. */
#ifndef GDMPI_PLAN_H
#define GDMPI_PLAN_H

#include <stdint.h>

#include "gdmpi/status.h"

/* The most numbers of ranks, and the largest of them. */
#define GD_PLAN_NUMBERS 64
#define GD_PLAN_RANKS_MAX 65536

typedef struct gd_plan_options {
    int count;                      /* of `ranks`; 0: those that suit the config */
    int64_t ranks[GD_PLAN_NUMBERS]; /* to forecast, in rising order */
    double bandwidth;               /* of the link of a host, bytes a second; 0: not given */
    double latency;                 /* of a message between hosts, seconds; 0: not given */
} gd_plan_options;

/* Of what is written behind -n and --network; NULL: they are not there. GD_BAD_INPUT says what is
 * wrong, and what would be right. */
gd_status gd_plan_read(const char *ranks, const char *network, gd_plan_options *options);

/* Adds a number to the list, in its place, if it is not there and there is room. */
void gd_plan_add_ranks(gd_plan_options *options, int64_t ranks);

#endif
