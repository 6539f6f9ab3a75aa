#include <stdlib.h>
#include <string.h>

#include "arrays.h"
#include "gdmpi/memory.h"

enum { HEADER_MOST = 1 << 16 };

static gd_status not_npy(const gd_array *array, const char *why) {
    return gd_status_new(GD_BAD_INPUT, "%s: is not a file of numpy.save: %s", array->stream.path,
                         why);
}

static gd_status unfit(const gd_array *array, const char *what, const char *advice) {
    return gd_status_new(GD_BAD_INPUT, "%s: %s; %s", array->stream.path, what, advice);
}

/* What stands behind 'key': in the dictionary; NULL if it is not there. */
static const char *find(const char *header, const char *key) {
    const char *at = strstr(header, key);
    if (at == NULL) {
        return NULL;
    }
    at += strlen(key);
    at += strspn(at, " ");
    if (*at != ':') {
        return NULL;
    }
    return at + 1 + strspn(at + 1, " ");
}

/* The type of a text such as '<f4'. */
static gd_status read_type(const char *at, gd_array *array) {
    static const struct {
        const char *code;
        gd_type type;
    } types[] = {{"b1", GD_UINT8}, {"u1", GD_UINT8},   {"i1", GD_INT8},   {"u2", GD_UINT16},
                 {"i2", GD_INT16}, {"u4", GD_UINT32},  {"i4", GD_INT32},  {"u8", GD_UINT64},
                 {"i8", GD_INT64}, {"f4", GD_FLOAT32}, {"f8", GD_FLOAT64}};
    bool plain = at != NULL && at[0] == '\'' && at[1] != '\0' && strchr("<>|=", at[1]) != NULL;
    for (size_t i = 0; plain && i < sizeof types / sizeof *types; i++) {
        if (strncmp(at + 2, types[i].code, 2) == 0 && at[4] == '\'') {
            array->shape.type = types[i].type;
            array->big_endian = at[1] == '>';
            return GD_OK;
        }
    }
    return unfit(array, "its numbers have no type that can be kept",
                 "save it with .astype(\"float32\"), or as integers of up to 64 bits");
}

/* The dimensions of a text such as (3, 4). */
static gd_status read_shape(const char *at, gd_array *array) {
    int rank = 0;
    if (at == NULL || *at++ != '(') {
        return not_npy(array, "its header has no shape");
    }
    for (at += strspn(at, " "); *at != ')'; rank++) {
        char *end;
        if (rank == GD_RANK_MAX) {
            return unfit(array, "has more than 8 dimensions", "reshape it");
        }
        long long dim = *at >= '0' && *at <= '9' ? strtoll(at, &end, 10) : -1;
        if (dim < 0 || dim > INT64_MAX / 2) {
            return not_npy(array, "its header has a wrong shape");
        }
        array->shape.dims[rank] = dim;
        at = end + strspn(end, ", L");
    }
    array->shape.rank = rank;
    return rank > 0 ? GD_OK : unfit(array, "holds a single number", "rows are needed");
}

static gd_status read_dictionary(const char *header, gd_array *array) {
    const char *order = find(header, "'fortran_order'");
    gd_status status = read_type(find(header, "'descr'"), array);
    if (status == GD_OK) {
        status = read_shape(find(header, "'shape'"), array);
    }
    if (status != GD_OK) {
        return status;
    }
    if (order == NULL || (strncmp(order, "False", 5) != 0 && strncmp(order, "True", 4) != 0)) {
        return not_npy(array, "its header does not tell the order");
    }
    return *order == 'F' || array->shape.rank == 1
               ? GD_OK
               : unfit(array, "has its columns one after the other (Fortran order)",
                       "save numpy.ascontiguousarray of it");
}

/* The header's length: two bytes in version 1, four in versions 2 and 3, little-endian. */
static gd_status read_length(gd_array *array, size_t *length) {
    unsigned char bytes[12] = {0};
    size_t got, more = 0;
    gd_status status = gd_stream_read(&array->stream, bytes, 10, &got);
    if (status != GD_OK) {
        return status;
    }
    if (got < 10 || memcmp(bytes, "\x93NUMPY", 6) != 0) {
        return not_npy(array, "its first bytes are wrong");
    }
    if (bytes[6] < 1 || bytes[6] > 3) {
        return not_npy(array, "its version is none of 1, 2 and 3");
    }
    if (bytes[6] > 1) {
        status = gd_stream_read(&array->stream, bytes + 10, 2, &more);
    }
    *length = (size_t)bytes[8] | (size_t)bytes[9] << 8 | (size_t)bytes[10] << 16 |
              (size_t)bytes[11] << 24;
    if (status == GD_OK && *length > HEADER_MOST) {
        return not_npy(array, "its header is longer than 64 KiB");
    }
    return status;
}

/* Of numpy.lib.format. */
static gd_status read_header(gd_array *array) {
    char *header = NULL;
    size_t length = 0, got;
    gd_status status = read_length(array, &length);
    if (status == GD_OK) {
        status = gd_memory_new(&header, length + 1, 1, "the header of an array");
    }
    if (status == GD_OK) {
        status = gd_stream_read(&array->stream, header, length, &got);
    }
    if (status == GD_OK && got < length) {
        status = not_npy(array, "it ends within its header");
    }
    if (status == GD_OK) {
        status = read_dictionary(header, array);
    }
    gd_memory_free(&header);
    return status;
}

static gd_status open_inputs(const gd_import_options *options, char *const *inputs, int count,
                             gd_import_progress *progress, gd_import_rows *rows) {
    (void)count;
    (void)progress;
    return gd_arrays_open(inputs, read_header, options->split != NULL, rows);
}

static const char *const options[] = {"--split", "--no-shuffle", "--seed", "--compress", NULL};

const gd_import_format gd_import_npy = {
    .name = "npy",
    .inputs = "X.npy Y.npy [VAL_X.npy VAL_Y.npy]",
    .help = "arrays of numpy.save; rows keep type and shape",
    .options = options,
    .shuffled = true,
    .group_inputs = 2,
    .open = open_inputs,
    .next = gd_arrays_next,
    .close = gd_arrays_close,
};
