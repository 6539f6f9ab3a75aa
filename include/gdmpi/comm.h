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

/* MPI_Init and MPI_Finalize; stop is for what start made, which may have failed as well.
 * Collective.
 */
gd_status gd_comm_start(int *argc, char ***argv, gd_comm **comm);
void gd_comm_stop(gd_comm **comm);

/* The ranks of a host are numbered one after another, whatever order MPI gave them. */
int gd_comm_rank(const gd_comm *comm);
int gd_comm_size(const gd_comm *comm);
bool gd_comm_threads(const gd_comm *comm);   /* whether there may be threads that do not call MPI */
int gd_comm_hosts(const gd_comm *comm);      /* how many hosts the ranks are on */
int gd_comm_ranks_here(const gd_comm *comm); /* ranks on this rank's host */
int gd_comm_host_number(const gd_comm *comm);               /* of this rank's host, from 0 */
gd_range gd_comm_ranks_on(const gd_comm *comm, int host);   /* the ranks of a host, by its number */
const char *gd_comm_host(const gd_comm *comm);              /* the name of this rank's host, */
const char *gd_comm_host_of(const gd_comm *comm, int rank); /* or of another's */

/* From now on, ranks of one host that bring different groups are taken for those of different
 * hosts; without windows from before. Collective. */
gd_status gd_comm_group(gd_comm *comm, int group);
const char *gd_comm_version(void); /* "Open MPI 4.1.4" of the library that is loaded; static */

/* Every rank brings its status, and all get the same: GD_OK if all are, else the one of the lowest
 * rank that failed, with "(rank 2 of 4 on HOST)" added to the message unless all failed. Takes
 * `mine` over. Collective. */
gd_status gd_comm_agree(gd_comm *comm, gd_status mine);

/* Every rank brings a text of lines below headings "[of what]". GD_BAD_INPUT if a rank's is not
 * that of rank 0: it names the first line that differs, its heading, and the rank. Collective. */
gd_status gd_comm_same(gd_comm *comm, const char *text);

/* Rank 0's bytes to all, or to the first rank of each host. Collective: `bytes` equal on all ranks.
 */
void gd_comm_broadcast(gd_comm *comm, void *data, size_t bytes);
void gd_comm_broadcast_hosts(gd_comm *comm, void *data, size_t bytes);

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

/* Every rank brings `bytes` (at most a megabyte), and all get them all, one rank's after the
 * other's: *(void **)all is allocated, to be freed with gd_memory_free. `what` names them in the
 * message of a failure. Collective. */
gd_status gd_comm_collect(gd_comm *comm, const void *mine, size_t bytes, void *all,
                          const char *what);

/* Sends `out` bytes to rank `to`, while `in` bytes come from rank `from`; each of these calls it
 * with this rank on the other side. Either may be this rank itself, or have no bytes. Collective
 * among them. */
void gd_comm_exchange(gd_comm *comm, int to, const void *sent, size_t out, int from, void *received,
                      size_t in);

void gd_comm_barrier(gd_comm *comm);

/* The same, but ranks that wait sleep, and leave their cores to others. Collective. */
void gd_comm_rest(gd_comm *comm);

/* Rank r brings parts[r].count elements of `size` bytes; they end up at element parts[r].first of
 * rank 0's `all`. `mine` may lie in `all` where it belongs. Collective. */
void gd_comm_gather(gd_comm *comm, size_t size, const gd_range *parts, const void *mine, void *all);

/* The way back: rank r gets parts[r] of rank 0's `all`. Collective. */
void gd_comm_scatter(gd_comm *comm, size_t size, const gd_range *parts, const void *all,
                     void *mine);

/* Messages that are the same time and again: described once, then started any number of times. */
typedef struct gd_messages gd_messages;

/* Room for `count` of together `bytes`, which are numbered as they are added. Not collective. */
gd_status gd_messages_new(gd_comm *comm, int count, size_t bytes, gd_messages **messages);
void gd_messages_free(gd_messages **messages); /* none may be under way */

/* To, or from, a rank, `bytes` from, or into, `data`; a multiple of GD_CACHE_LINE above 0. What two
 * ranks send each other under one tag arrives in the order in which it was started. Not collective.
 */
void gd_messages_send(gd_messages *messages, int rank, int tag, const void *data, size_t bytes);
void gd_messages_receive(gd_messages *messages, int rank, int tag, void *data, size_t bytes);

/* Starts messages first ... first + count - 1. Not collective. */
void gd_messages_start(gd_messages *messages, int first, int count);

/* Pushes all that are under way, which MPI may do only when it is called; returns how many have
 * ended, and puts their numbers into done[], which has room for all. Not collective. */
int gd_messages_push(gd_messages *messages, int *done);

/* Memory that all ranks of a host see. */
typedef struct gd_window gd_window;

/* Each rank brings `bytes` (0 allowed) of zeroed memory, on cache-line boundaries. Collective. */
gd_status gd_window_new(gd_comm *comm, size_t bytes, gd_window **window);
void gd_window_free(gd_window **window); /* collective */

/* Where the memory that rank `rank` of this host brought lies in this process. Not collective. */
void *gd_window_of(const gd_window *window, int rank);

/* What any rank of the host wrote before, every rank of it sees after. Collective. */
void gd_window_sync(gd_window *window);

#endif
