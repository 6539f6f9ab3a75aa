#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "gdmpi/init.h"
#include "gdmpi/memory.h"

/* A random orthogonal matrix (Saxe, McClelland and Ganguli 2014; PyTorch's orthogonal_): the Q of
 * the QR decomposition of a normal matrix, or of its transpose where that has the fewer columns,
 * whose R has a positive diagonal. Its columns, here the vectors, come one after another, each
 * orthogonalised twice against those before it, so that they are orthogonal to the last places
 * (Giraud, Langou and Rozloznik 2005). All in double, whatever the precision. */
enum { LANES = 8 };

/* In lanes, so that it becomes vectors and has the same bits on every processor. */
GD_CLONES static double product(int64_t length, const double *restrict a,
                                const double *restrict b) {
    double lane[LANES] = {0};
    const int64_t even = length - length % LANES;
    for (int64_t i = 0; i < even; i += LANES) {
        for (int j = 0; j < LANES; j++) {
            lane[j] += a[i + j] * b[i + j];
        }
    }
    double sum = 0;
    for (int64_t i = even; i < length; i++) {
        sum += a[i] * b[i];
    }
    for (int j = 0; j < LANES; j++) {
        sum += lane[j];
    }
    return sum;
}

GD_CLONES static void subtract(int64_t length, double times, const double *restrict other,
                               double *restrict vector) {
    for (int64_t i = 0; i < length; i++) {
        vector[i] -= times * other[i];
    }
}

static void orthonormalise(int64_t count, int64_t length, double *vectors) {
    for (int64_t k = 0; k < count; k++) {
        double *vector = vectors + k * length;
        for (int64_t i = 0; i < 2 * k; i++) {
            const double *other = vectors + i % k * length;
            subtract(length, product(length, other, vector), other, vector);
        }
        const double norm = sqrt(product(length, vector, vector));
        for (int64_t i = 0; i < length; i++) {
            vector[i] /= norm;
        }
    }
}

gd_status gd_init_orthogonal(const gd_tensor *tensor, const gd_rng *rng, double factor,
                             real *values) {
    if (tensor->rank == 1) {
        memset(values, 0, (size_t)tensor->count * sizeof(real));
        return GD_OK;
    }
    const int64_t rows = tensor->dims[0], columns = tensor->dims[1];
    const bool by_rows = rows <= columns;
    const int64_t count = by_rows ? rows : columns, length = by_rows ? columns : rows;
    double *vectors = NULL;
    gd_status status =
        gd_memory_new(&vectors, (size_t)tensor->count, sizeof *vectors, "an orthogonal matrix");
    if (status != GD_OK) {
        return status;
    }
    for (int64_t i = 0; i < tensor->count; i++) {
        const int64_t place = by_rows ? i : i % columns * length + i / columns;
        vectors[place] = gd_rng_normal(rng, (uint32_t)i);
    }
    orthonormalise(count, length, vectors);
    for (int64_t i = 0; i < tensor->count; i++) {
        const int64_t place = by_rows ? i : i % columns * length + i / columns;
        values[i] = (real)(factor * vectors[place]);
    }
    gd_memory_free(&vectors);
    return GD_OK;
}
