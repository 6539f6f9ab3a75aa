/* The BLAS library, as a whole. */
#ifndef GDMPI_BLAS_H
#define GDMPI_BLAS_H

/* How many threads of this rank the library may use. Not collective. */
void gd_blas_threads(int threads);

/* "OpenBLAS 0.3.21 ..." of the library that is loaded; static. */
const char *gd_blas_version(void);

#endif
