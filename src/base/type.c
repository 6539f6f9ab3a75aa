#include "gdmpi/type.h"

static const struct {
    const char *name;
    size_t size;
} types[] = {
    [GD_INT8] = {"int8", 1},       [GD_UINT8] = {"uint8", 1},   [GD_INT16] = {"int16", 2},
    [GD_UINT16] = {"uint16", 2},   [GD_INT32] = {"int32", 4},   [GD_UINT32] = {"uint32", 4},
    [GD_INT64] = {"int64", 8},     [GD_UINT64] = {"uint64", 8}, [GD_FLOAT32] = {"float32", 4},
    [GD_FLOAT64] = {"float64", 8},
};

size_t gd_type_size(gd_type type) {
    return types[type].size;
}

const char *gd_type_name(gd_type type) {
    return types[type].name;
}

double gd_type_get(gd_type type, const void *array, int64_t index) {
    switch (type) {
    case GD_INT8:
        return ((const int8_t *)array)[index];
    case GD_UINT8:
        return ((const uint8_t *)array)[index];
    case GD_INT16:
        return ((const int16_t *)array)[index];
    case GD_UINT16:
        return ((const uint16_t *)array)[index];
    case GD_INT32:
        return ((const int32_t *)array)[index];
    case GD_UINT32:
        return ((const uint32_t *)array)[index];
    case GD_INT64:
        return (double)((const int64_t *)array)[index];
    case GD_UINT64:
        return (double)((const uint64_t *)array)[index];
    case GD_FLOAT32:
        return (double)((const float *)array)[index];
    case GD_FLOAT64:
        return ((const double *)array)[index];
    }
    return 0;
}

void gd_type_set(gd_type type, void *array, int64_t index, double value) {
    switch (type) {
    case GD_INT8:
        ((int8_t *)array)[index] = (int8_t)value;
        break;
    case GD_UINT8:
        ((uint8_t *)array)[index] = (uint8_t)value;
        break;
    case GD_INT16:
        ((int16_t *)array)[index] = (int16_t)value;
        break;
    case GD_UINT16:
        ((uint16_t *)array)[index] = (uint16_t)value;
        break;
    case GD_INT32:
        ((int32_t *)array)[index] = (int32_t)value;
        break;
    case GD_UINT32:
        ((uint32_t *)array)[index] = (uint32_t)value;
        break;
    case GD_INT64:
        ((int64_t *)array)[index] = (int64_t)value;
        break;
    case GD_UINT64:
        ((uint64_t *)array)[index] = (uint64_t)value;
        break;
    case GD_FLOAT32:
        ((float *)array)[index] = (float)value;
        break;
    case GD_FLOAT64:
        ((double *)array)[index] = value;
        break;
    }
}

/* Fast for the types of large data. */
void gd_type_widen(gd_type type, const void *array, int64_t first, int64_t count, double *out) {
    switch (type) {
    case GD_UINT8:
        for (int64_t i = 0; i < count; i++) {
            out[i] = ((const uint8_t *)array)[first + i];
        }
        break;
    case GD_FLOAT32:
        for (int64_t i = 0; i < count; i++) {
            out[i] = (double)((const float *)array)[first + i];
        }
        break;
    case GD_FLOAT64:
        for (int64_t i = 0; i < count; i++) {
            out[i] = ((const double *)array)[first + i];
        }
        break;
    default:
        for (int64_t i = 0; i < count; i++) {
            out[i] = gd_type_get(type, array, first + i);
        }
        break;
    }
}

int64_t gd_shape_width(const gd_shape *shape) {
    int64_t width = 1;
    for (int i = 1; i < shape->rank; i++) {
        width *= shape->dims[i];
    }
    return width;
}
