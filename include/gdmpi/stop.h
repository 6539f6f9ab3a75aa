/* Signals that ask a run to stop. */
#ifndef GDMPI_STOP_H
#define GDMPI_STOP_H

#include "gdmpi/status.h"

/* From now on the first SIGTERM, SIGINT or SIGUSR1 is remembered; any of them ends the process if
 * it comes one and a half seconds later or more, while what comes sooner is taken for the same one.
 * The line that stands on the terminal is taken away. SIGXFSZ is ignored. Before MPI_Init, so that
 * none comes too early. */
void gd_stop_install(void);

/* The signal that was remembered, or 0. Not collective. */
int gd_stop_signal(void);

/* GD_FAILED if there was one: for what is not worth a checkpoint. Not collective. */
gd_status gd_stop_check(void);

#endif
