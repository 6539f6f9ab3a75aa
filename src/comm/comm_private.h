/* What the files of this room share. */
#ifndef GDMPI_COMM_PRIVATE_H
#define GDMPI_COMM_PRIVATE_H

#include <mpi.h>

#include "gdmpi/comm.h"

/* MPI counts in int, so what is longer goes in pieces of this many bytes: far below INT_MAX, and
 * long enough that the start of a message costs nothing beside its transfer. */
enum { GD_COMM_PIECE = 1 << 24 };

/* Return values of MPI are not looked at: the error handlers of `world` and of windows end the job.
 */
struct gd_comm {
    MPI_Comm world;
    MPI_Errhandler handler, window_handler;
    int rank, size, hosts, ranks_here;
    char host[MPI_MAX_PROCESSOR_NAME];
    int *counts, *places; /* [size] each, for MPI_Allgatherv */
};

#endif
