/* What the files of this room share. */
#ifndef GDMPI_COMM_PRIVATE_H
#define GDMPI_COMM_PRIVATE_H

#include <mpi.h>

#include "gdmpi/comm.h"

/* MPI counts in int, so what is longer goes in pieces of this many bytes: far below INT_MAX, and
 * long enough that the start of a message costs nothing beside its transfer. */
enum { GD_COMM_PIECE = 1 << 24 };

enum { GD_COMM_NAME = 64 };

/* Return values of MPI are not looked at: the error handlers of `world` and of windows end the job.
 */
struct gd_comm {
    MPI_Comm world;
    MPI_Comm here;   /* the ranks of this host */
    MPI_Comm firsts; /* the first rank of each host; on others MPI_COMM_NULL */
    MPI_Errhandler handler, window_handler;
    int rank, size;
    int host, hosts;
    bool threads;                      /* whether MPI lets this process have other threads */
    gd_range *ranks_on;                /* [size]: the first `hosts` are the ranks of each */
    char name[MPI_MAX_PROCESSOR_NAME]; /* of this host */
    char (*name_of)[GD_COMM_NAME];     /* [size]: of each rank's host, cut to this length */
};

#endif
