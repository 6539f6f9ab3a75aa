/* How fast this machine's memory is. */
#ifndef GDMPI_COPY_RATE_H
#define GDMPI_COPY_RATE_H

#include <stddef.h>

#include "gdmpi/status.h"

/* Bytes a second, read and written, of copies of `bytes`, which should be more than caches hold:
 * measured for about 50 ms. It means something where all ranks of a host measure at the same time.
 * Not collective. */
gd_status gd_copy_rate(size_t bytes, double *rate);

#endif
