#include <cblas.h>

#include "gdmpi/files.h"
#include "gdmpi/gemm_rate.h"
#include "gdmpi/memory.h"

/* [SIDE, SIDE] a thread: that stays in a core's caches, and is large enough for the product to be
 * at its best. */
enum { SIDE = 384 };
static const double time_limit = 0.05; /* seconds */

static void multiply(int64_t rows, const real *a, const real *b, real *c) {
    gd_gemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (blasint)rows, SIDE, SIDE, 1, a, SIDE, b,
            SIDE, 0, c, SIDE);
}

gd_status gd_gemm_rate(int threads, double *rate) {
    const int64_t rows = (int64_t)SIDE * threads, side = (int64_t)SIDE * SIDE;
    const int64_t count = rows * SIDE;
    real *memory = NULL;
    *rate = 0;
    gd_status status = gd_memory_new(&memory, (size_t)(2 * count + side), sizeof *memory,
                                     "the matrices of a measurement");
    if (status != GD_OK) {
        return status;
    }
    real *a = memory, *b = a + count, *c = b + side;
    for (int64_t i = 0; i < count + side; i++) {
        memory[i] = (real)1 / (real)(1 + i % 7);
    }
    multiply(rows, a, b, c);
    double start = gd_clock_seconds(), elapsed = 0;
    int64_t products = 0;
    while (elapsed < time_limit) {
        multiply(rows, a, b, c);
        products++;
        elapsed = gd_clock_seconds() - start;
    }
    *rate = 2.0 * SIDE * SIDE * (double)rows * (double)products / elapsed;
    gd_memory_free(&memory);
    return GD_OK;
}
