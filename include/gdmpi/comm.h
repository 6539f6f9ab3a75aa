/* The ranks and how they talk. The only room that knows MPI. An error of MPI itself ends the job
 * with one message; everything that ranks can agree on comes back as a status. */
#ifndef GDMPI_COMM_H
#define GDMPI_COMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gdmpi/shards.h"
#include "gdmpi/status.h"
#include "gdmpi/type.h"

typedef struct gd_comm gd_comm;

/* MPI_Init and MPI_Finalize. Collective. */
gd_status gd_comm_start(int *argc, char ***argv, gd_comm **comm);
void gd_comm_stop(gd_comm **comm);

int gd_comm_rank(const gd_comm *comm);
int gd_comm_size(const gd_comm *comm);
int gd_comm_hosts(const gd_comm *comm);        /* how many hosts the ranks are on */
int gd_comm_ranks_here(const gd_comm *comm);   /* ranks on this rank's host */
const char *gd_comm_host(const gd_comm *comm); /* the name of this rank's host */
const char *gd_comm_version(void); /* "Open MPI 4.1.4" of the library that is loaded; static */

/* Every rank brings its status, and all get the same: GD_OK if all are, else the one of the lowest
 * rank that failed,
 * "(rank 2 of 4 on HOST)" added to the message unless all failed. Takes `mine` over. Collective. */
gd_status gd_comm_agree(gd_comm *comm, gd_status mine);

/* Rank 0's bytes to all. Collective: `bytes` equal on all ranks. */
void gd_comm_broadcast(gd_comm *comm, void *data, size_t bytes);

/* Rank 0's block of unknown length to all: on others *data is allocated, with a NUL behind it,
 * freed with gd_memory_free. Collective. */
gd_status gd_comm_broadcast_block(gd_comm *comm, char **data, size_t *bytes);

/* Element-wise sum, or maximum, over ranks of `count` doubles, in place, the same on
 * all ranks. Where at most one rank has a value other than 0, the sum is exact. Collective. */
void gd_comm_sum(gd_comm *comm, double *values, size_t count);
void gd_comm_maximum(gd_comm *comm, double *values, size_t count);

/* Element-wise sum over ranks by MPI_Allreduce, whose order of additions is MPI's; GD_FLOAT32 or
 * GD_FLOAT64. Collective. */
void gd_comm_allreduce(gd_comm *comm, gd_type type, void *values, int64_t count);

void gd_comm_barrier(gd_comm *comm);

/* Rank r brings parts[r].count elements of `size` bytes; they end up at element parts[r].first of
 * `all`: on rank 0 (gather), or on all ranks (allgather). `mine` may lie in `all` where it belongs.
 * Collective. */
void gd_comm_gather(gd_comm *comm, size_t size, const gd_range *parts, const void *mine, void *all);
void gd_comm_allgather(gd_comm *comm, size_t size, const gd_range *parts, void *all);

/* Rank r gets from this rank the elements send[r] of `from`, and this rank gets from rank r into
 * elements receive[r] of `into`. Collective. */
void gd_comm_exchange(gd_comm *comm, size_t size, const gd_range *send, const void *from,
                      const gd_range *receive, void *into);

/* Memory that all ranks of one host see. Only where gd_comm_hosts is 1. */
typedef struct gd_window gd_window;

/* Each rank brings `bytes` (0 allowed) of zeroed memory, on cache-line boundaries. Collective. */
gd_status gd_window_new(gd_comm *comm, size_t bytes, gd_window **window);
void gd_window_free(gd_window **window); /* collective */

/* Where the memory that rank `rank` brought lies in this process. Not collective. */
void *gd_window_of(const gd_window *window, int rank);

/* What any rank wrote before, every rank sees after. Collective. */
void gd_window_sync(gd_window *window);

#endif
