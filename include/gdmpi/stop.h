/* Signals that ask a run to stop. */
#ifndef GDMPI_STOP_H
#define GDMPI_STOP_H

/* From now on the first SIGTERM, SIGINT or SIGUSR1 is remembered; any of them ends the process if
 * it comes half a second later or more, while what comes sooner is taken for the same one.
 * SIGXFSZ is ignored. Before MPI_Init, so that none comes too early. */
void gd_stop_install(void);

/* The signal that was remembered, or 0. Not collective. */
int gd_stop_signal(void);

#endif
