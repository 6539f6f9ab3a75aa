#include <cblas.h>

#include "gdmpi/blas.h"

void gd_blas_threads(int threads) {
    openblas_set_num_threads(threads);
}

const char *gd_blas_version(void) {
    return openblas_get_config();
}
