/* Sums over the rows of a tile. */
#ifndef GDMPI_COLUMNS_H
#define GDMPI_COLUMNS_H

#include <stdbool.h>

#include "gdmpi/real.h"

#define gd_columns_sum GD_NAME(gd_columns_sum)

/* sum[j], or what is added to it if `accumulate`, is the sum of column j of dy [rows, width]. That
 * sum is taken apart from what `sum` held before, so that adding to a gradient gives the bits of
 * computing apart and adding, as GEMM does. Not collective. */
void gd_columns_sum(int64_t rows, int64_t width, bool accumulate, const real *dy, real *sum);

#endif
