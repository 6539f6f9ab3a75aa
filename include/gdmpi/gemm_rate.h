/* How fast this machine multiplies matrices. */
#ifndef GDMPI_GEMM_RATE_H
#define GDMPI_GEMM_RATE_H

#include "gdmpi/real.h"
#include "gdmpi/status.h"

#define gd_gemm_rate GD_NAME(gd_gemm_rate)

/* Floating-point operations a second of this process, in this precision, at a shape that suits as
 * many threads as BLAS has: measured for about 50 ms. It means something where all ranks of a host
 * measure at the same time. Not collective. */
gd_status gd_gemm_rate(int threads, double *rate);

#endif
