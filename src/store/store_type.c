#include "store_private.h"

hid_t gd_store_memory_type(gd_type type) {
    const hid_t types[] = {
        [GD_INT8] = H5T_NATIVE_INT8,     [GD_UINT8] = H5T_NATIVE_UINT8,
        [GD_INT16] = H5T_NATIVE_INT16,   [GD_UINT16] = H5T_NATIVE_UINT16,
        [GD_INT32] = H5T_NATIVE_INT32,   [GD_UINT32] = H5T_NATIVE_UINT32,
        [GD_INT64] = H5T_NATIVE_INT64,   [GD_UINT64] = H5T_NATIVE_UINT64,
        [GD_FLOAT32] = H5T_NATIVE_FLOAT, [GD_FLOAT64] = H5T_NATIVE_DOUBLE,
    };
    return types[type];
}

hid_t gd_store_file_type(gd_type type) {
    const hid_t types[] = {
        [GD_INT8] = H5T_STD_I8LE,      [GD_UINT8] = H5T_STD_U8LE,   [GD_INT16] = H5T_STD_I16LE,
        [GD_UINT16] = H5T_STD_U16LE,   [GD_INT32] = H5T_STD_I32LE,  [GD_UINT32] = H5T_STD_U32LE,
        [GD_INT64] = H5T_STD_I64LE,    [GD_UINT64] = H5T_STD_U64LE, [GD_FLOAT32] = H5T_IEEE_F32LE,
        [GD_FLOAT64] = H5T_IEEE_F64LE,
    };
    return types[type];
}

static htri_t nearest_integer(hid_t type, gd_type *nearest) {
    static const gd_type with_sign[] = {GD_INT8, GD_INT16, GD_INT32, GD_INT64};
    static const gd_type without_sign[] = {GD_UINT8, GD_UINT16, GD_UINT32, GD_UINT64};
    size_t bits = H5Tget_precision(type);
    H5T_sign_t sign = bits > 0 ? H5Tget_sign(type) : H5T_SGN_ERROR;
    if (sign == H5T_SGN_ERROR) {
        return -1;
    }
    for (size_t i = 0; i < 4; i++) {
        if (bits <= (size_t)8 << i) {
            *nearest = sign == H5T_SGN_NONE ? without_sign[i] : with_sign[i];
            return 1;
        }
    }
    return 0;
}

/* NumPy's bool is written as an enumeration; its values are read as the integers that they are. */
static htri_t nearest_enumerated(hid_t type, gd_type *nearest) {
    hid_t values = H5Tget_super(type);
    if (values < 0) {
        return -1;
    }
    htri_t found = nearest_integer(values, nearest);
    return found > 0 && H5Tclose(values) < 0 ? -1 : found;
}

htri_t gd_store_nearest_type(hid_t type, gd_type *nearest) {
    size_t bits;
    switch (H5Tget_class(type)) {
    case H5T_INTEGER:
        return nearest_integer(type, nearest);
    case H5T_ENUM:
        return nearest_enumerated(type, nearest);
    case H5T_FLOAT:
        bits = H5Tget_precision(type);
        *nearest = bits <= 32 ? GD_FLOAT32 : GD_FLOAT64;
        return bits > 0 ? 1 : -1;
    case H5T_NO_CLASS:
        return -1;
    default:
        return 0;
    }
}

const char *gd_store_class_name(hid_t type) {
    switch (H5Tget_class(type)) {
    case H5T_STRING:
        return "strings";
    case H5T_COMPOUND:
        return "compounds";
    case H5T_ARRAY:
        return "arrays";
    case H5T_VLEN:
        return "lists of varying length";
    case H5T_REFERENCE:
        return "references";
    case H5T_INTEGER:
    case H5T_ENUM:
        return "integers of more than 64 bits";
    default:
        return "raw bits";
    }
}
