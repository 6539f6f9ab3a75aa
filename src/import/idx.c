#include "arrays.h"

static bool type_of(unsigned char code, gd_type *type) {
    static const struct {
        unsigned char code;
        gd_type type;
    } types[] = {{0x08, GD_UINT8}, {0x09, GD_INT8},    {0x0b, GD_INT16},
                 {0x0c, GD_INT32}, {0x0d, GD_FLOAT32}, {0x0e, GD_FLOAT64}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (types[i].code == code) {
            *type = types[i].type;
            return true;
        }
    }
    return false;
}

static gd_status not_idx(const gd_array *array, const char *why) {
    return gd_status_new(GD_BAD_INPUT,
                         "%s: is not an IDX file: %s; it starts with 0, 0, a type (8, 9, 11 to 14) "
                         "and the number of dimensions (1 to %d)",
                         array->stream.path, why, GD_RANK_MAX);
}

static gd_status read_dims(gd_array *array) {
    unsigned char bytes[4 * GD_RANK_MAX];
    size_t count = 4 * (size_t)array->shape.rank, got;
    gd_status status = gd_stream_read(&array->stream, bytes, count, &got);
    if (status == GD_OK && got < count) {
        return not_idx(array, "it ends within its dimensions");
    }
    for (int i = 0; status == GD_OK && i < array->shape.rank; i++) {
        const unsigned char *at = bytes + 4 * i;
        array->shape.dims[i] = (int64_t)((uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
                                         (uint32_t)at[2] << 8 | (uint32_t)at[3]);
    }
    return status;
}

/* An IDX file (Y. LeCun, C. Cortes, C. Burges: The MNIST database, "The IDX file format"): two zero
 * bytes, a type, the number of dimensions, the dimensions as 32-bit integers, and the numbers, all
 * big-endian. */
static gd_status read_header(gd_array *array) {
    unsigned char magic[4];
    size_t got;
    gd_status status = gd_stream_read(&array->stream, magic, sizeof magic, &got);
    if (status != GD_OK) {
        return status;
    }
    if (got < sizeof magic || magic[0] != 0 || magic[1] != 0) {
        return not_idx(array, "its first bytes are wrong");
    }
    if (!type_of(magic[2], &array->shape.type)) {
        return not_idx(array, "its type is unknown");
    }
    if (magic[3] < 1 || magic[3] > GD_RANK_MAX) {
        return not_idx(array, "its number of dimensions is wrong");
    }
    array->shape.rank = magic[3];
    array->big_endian = true;
    return read_dims(array);
}

static gd_status open_inputs(const gd_import_options *options, char *const *inputs, int count,
                             gd_import_progress *progress, gd_import_rows *rows) {
    (void)options;
    (void)count;
    (void)progress;
    return gd_arrays_open(inputs, read_header, false, rows);
}

static const char *const options[] = {NULL};

const gd_import_format gd_import_idx = {
    .name = "idx",
    .inputs = "IMAGES LABELS [VAL_IMAGES VAL_LABELS]",
    .help = "the format of MNIST; rows keep type, shape and order",
    .options = options,
    .group_inputs = 2,
    .open = open_inputs,
    .next = gd_arrays_next,
    .close = gd_arrays_close,
};
