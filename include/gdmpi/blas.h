/* The BLAS library, as a whole. */
#ifndef GDMPI_BLAS_H
#define GDMPI_BLAS_H

#include "gdmpi/status.h"

/* Has the library use one thread, until gd_blas_start. To be called before any process is forked: a
 * fork ends the library's threads, and to set their number then makes one for each core anew; these
 * spin for a tenth of a second on cores that ranks need. Where address space is limited, it begins
 * the program anew, with these arguments and without such threads. Not collective. */
void gd_blas_use_one_thread(char **argv);

/* Has the library use so many threads, and take the memory that it needs for itself, without which
 * it would never come back. GD_FAILED if that cannot be had. Not collective. */
gd_status gd_blas_start(int threads);

/* GD_FAILED if the library could not have the memory that so many threads more, which call it,
 * would take. Not collective. */
gd_status gd_blas_reserve(int threads);

/* "OpenBLAS 0.3.21 ..." of the library that is loaded; static. */
const char *gd_blas_version(void);

/* Of it what digests depend on, the version and the processor that its kernels are for: "OpenBLAS
 * 0.3.21 Haswell". Returns `out`. Not collective. */
enum { GD_BLAS_KERNELS = 64 };
char *gd_blas_kernels(char out[GD_BLAS_KERNELS]);

#endif
