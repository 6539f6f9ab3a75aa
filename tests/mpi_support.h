/* A CMocka program that all ranks of a job run alike. */
#ifndef GDMPI_TESTS_MPI_SUPPORT_H
#define GDMPI_TESTS_MPI_SUPPORT_H

#include "gdmpi/comm.h"

/* The ranks; rank 0 speaks for all, and a failed assertion on any ends the job, since the others
 * could wait for it for ever. */
gd_comm *mpi_support_start(int *argc, char ***argv);

/* The exit code of a program of which `failed` tests failed. */
int mpi_support_stop(gd_comm *comm, int failed);

#endif
