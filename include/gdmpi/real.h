/* The type of all numerics. Files that include this are compiled twice, with GD_SINGLE and with
 * GD_DOUBLE; each of their public names is renamed by GD_NAME where it is declared, and carries its
 * precision. */
#ifndef GDMPI_REAL_H
#define GDMPI_REAL_H

#include <float.h>

#include "gdmpi/type.h"

#if defined GD_DOUBLE
typedef double real;
#define GD_NAME(name) name##_double
#define GD_REAL_NAME "double"
#define GD_REAL_TYPE GD_FLOAT64
#define GD_REAL_MAX DBL_MAX
#define gd_gemm cblas_dgemm
#elif defined GD_SINGLE
typedef float real;
#define GD_NAME(name) name##_single
#define GD_REAL_NAME "single"
#define GD_REAL_TYPE GD_FLOAT32
#define GD_REAL_MAX FLT_MAX
#define gd_gemm cblas_sgemm
#else
#error "compile with -DGD_SINGLE or -DGD_DOUBLE"
#endif

/* A loop of our own that matters is compiled for several instruction sets, and the best is taken
 * when the program starts. Contraction is off, so all of them give the same bits. */
#ifdef GD_HAVE_TARGET_CLONES
#define GD_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define GD_CLONES
#endif

#endif
