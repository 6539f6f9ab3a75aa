/* What the operating system knows of this process. Nothing here is collective. */
#ifndef GDMPI_PROCESS_H
#define GDMPI_PROCESS_H

#include <pthread.h>

/* Memory that is resident, in bytes; zeros where the system does not say (Linux does). */
typedef struct gd_resident {
    double now;
    double most;  /* that was ever resident */
    double share; /* now, where n processes that share a page have 1/n of it each */
} gd_resident;

gd_resident gd_process_resident(void);

/* Seconds since this process was started, to 10 ms; 0 where the system does not say. */
double gd_process_seconds(void);

/* From now on, this thread takes numbers that are too small for all their digits as 0, where the
 * processor can: the moments of parameters without gradients shrink to such numbers, and arithmetic
 * with them is many times slower. Not collective. */
void gd_process_flush_tiny(void);

/* How many cores of this host this job may use, also those that this process is not bound to. */
int gd_process_cores(void);

/* From now on this thread runs on any of them, whatever the launcher has bound it to. */
void gd_process_roam(void);

/* Starts a thread that is never interrupted by a signal: these are for the thread that trains.
 * Returns 0, or an errno. */
int gd_process_thread(pthread_t *thread, void *(*work)(void *context), void *context);

#endif
