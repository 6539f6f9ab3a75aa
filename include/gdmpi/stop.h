/* Signals that ask a run to stop. */
#ifndef GDMPI_STOP_H
#define GDMPI_STOP_H

/* From now on SIGTERM, SIGINT and SIGUSR1 are remembered; the second of a kind ends the process.
 * SIGXFSZ is ignored. Before MPI_Init, so that none comes too early. */
void gd_stop_install(void);

/* The signal that was remembered, or 0. Not collective. */
int gd_stop_signal(void);

#endif
