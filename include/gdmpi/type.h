/* The number types of data files and of memory, and the shape of an array. */
#ifndef GDMPI_TYPE_H
#define GDMPI_TYPE_H

#include <stddef.h>
#include <stdint.h>

typedef enum gd_type {
    GD_INT8,
    GD_UINT8,
    GD_INT16,
    GD_UINT16,
    GD_INT32,
    GD_UINT32,
    GD_INT64,
    GD_UINT64,
    GD_FLOAT32,
    GD_FLOAT64
} gd_type;

size_t gd_type_size(gd_type type);      /* bytes */
const char *gd_type_name(gd_type type); /* as NumPy says it: "uint8", "float32" */

/* Element `index` of an array of this type. */
double gd_type_get(gd_type type, const void *array, int64_t index);

/* Sets element `index` to a value that the type holds, or to the nearest of a floating-point type.
 */
void gd_type_set(gd_type type, void *array, int64_t index, double value);

/* `count` elements from `first` on, as doubles. */
void gd_type_widen(gd_type type, const void *array, int64_t first, int64_t count, double *out);

#define GD_RANK_MAX 8

/* Row-major; rank 0 is a single number. */
typedef struct gd_shape {
    gd_type type;
    int rank;
    int64_t dims[GD_RANK_MAX];
} gd_shape;

int64_t gd_shape_width(const gd_shape *shape); /* elements of one row: the product of dims[1...] */

#endif
