#include "columns.h"

enum { STRIP = 128 };

/* Of `count` <= STRIP columns. */
GD_CLONES static void sum_strip(int64_t rows, int64_t width, int64_t count, bool accumulate,
                                const real *restrict dy, real *restrict sum) {
    real strip[STRIP] = {0};
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t j = 0; j < count; j++) {
            strip[j] += dy[i * width + j];
        }
    }
    for (int64_t j = 0; j < count; j++) {
        sum[j] = accumulate ? sum[j] + strip[j] : strip[j];
    }
}

void gd_columns_sum(int64_t rows, int64_t width, bool accumulate, const real *dy, real *sum) {
    for (int64_t j = 0; j < width; j += STRIP) {
        int64_t count = width - j < STRIP ? width - j : STRIP;
        sum_strip(rows, width, count, accumulate, dy + j, sum + j);
    }
}
