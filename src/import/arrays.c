#include <string.h>

#include "arrays.h"
#include "gdmpi/memory.h"

/* What gzip can make of a byte at most (Deutsch 1996, RFC 1951). */
enum { EXPANSION = 1032 };

typedef struct pair {
    gd_array x, y;
} pair;

static gd_status check_dims(gd_array *array) {
    const char *path = array->stream.path;
    array->row_bytes = gd_type_size(array->shape.type);
    for (int i = 0; i < array->shape.rank; i++) {
        int64_t dim = array->shape.dims[i];
        if (dim == 0) {
            return gd_status_new(GD_BAD_INPUT, "%s: holds no numbers: dimension %d is 0", path,
                                 i + 1);
        }
        if (i > 0 && (dim > GD_IMPORT_ROW_BYTES ||
                      (array->row_bytes *= (size_t)dim) > GD_IMPORT_ROW_BYTES)) {
            return gd_status_new(GD_BAD_INPUT,
                                 "%s: is damaged: by its dimensions, a row is larger than 1 GiB",
                                 path);
        }
    }
    if (array->stream.size > 0 &&
        array->shape.dims[0] / EXPANSION > array->stream.size / (int64_t)array->row_bytes + 1) {
        return gd_status_new(GD_BAD_INPUT,
                             "%s: is cut off: it is too small for the %lld row%s that its header "
                             "tells of",
                             path, (long long)array->shape.dims[0],
                             gd_text_plural(array->shape.dims[0]));
    }
    return GD_OK;
}

static gd_status open_array(gd_array *array, const char *path, gd_array_header *header) {
    array->read = 0;
    gd_status status = gd_stream_open(path, &array->stream);
    if (status == GD_OK) {
        status = header(array);
    }
    return status == GD_OK ? check_dims(array) : status;
}

static gd_status check_pair(const gd_array *x, const gd_array *y) {
    if (x->shape.rank < 2) {
        return gd_status_new(GD_BAD_INPUT,
                             "%s: has 1 dimension; the samples come first, [rows, ...], "
                             "then their labels",
                             x->stream.path);
    }
    if (y->shape.rank > 2) {
        return gd_status_new(GD_BAD_INPUT,
                             "%s: has %d dimensions; labels are [rows] or [rows, outputs]",
                             y->stream.path, y->shape.rank);
    }
    if (x->shape.dims[0] != y->shape.dims[0]) {
        return gd_status_new(GD_BAD_INPUT, "%s has %lld row%s, but %s has %lld", x->stream.path,
                             (long long)x->shape.dims[0], gd_text_plural(x->shape.dims[0]),
                             y->stream.path, (long long)y->shape.dims[0]);
    }
    return GD_OK;
}

static void swap(gd_type type, void *data, size_t bytes) {
    switch (gd_type_size(type)) {
    case 2:
        for (uint16_t *at = data, *end = at + bytes / 2; at < end; at++) {
            *at = __builtin_bswap16(*at);
        }
        break;
    case 4:
        for (uint32_t *at = data, *end = at + bytes / 4; at < end; at++) {
            *at = __builtin_bswap32(*at);
        }
        break;
    case 8:
        for (uint64_t *at = data, *end = at + bytes / 8; at < end; at++) {
            *at = __builtin_bswap64(*at);
        }
        break;
    }
}

/* Reads past the last number: only then zlib looks at the checksum. */
static gd_status check_end(gd_array *array) {
    char byte;
    size_t got;
    gd_status status = gd_stream_read(&array->stream, &byte, 1, &got);
    if (status == GD_OK && got > 0) {
        return gd_status_new(GD_BAD_INPUT,
                             "%s: goes on after the %lld row%s that its header tells of",
                             array->stream.path, (long long)array->shape.dims[0],
                             gd_text_plural(array->shape.dims[0]));
    }
    return status == GD_OK ? gd_stream_check_end(&array->stream) : status;
}

/* `row` need not be aligned. */
static gd_status read_row(gd_array *array, void *row) {
    size_t got;
    gd_status status = gd_stream_read(&array->stream, row, array->row_bytes, &got);
    if (status == GD_OK && got < array->row_bytes) {
        return gd_status_new(
            GD_BAD_INPUT,
            "%s: is cut off: it holds %lld of the %lld row%s that its header tells of",
            array->stream.path, (long long)array->read, (long long)array->shape.dims[0],
            gd_text_plural(array->shape.dims[0]));
    }
    if (status == GD_OK && array->big_endian != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)) {
        swap(array->shape.type, row, array->row_bytes);
    }
    array->read++;
    return status == GD_OK && array->read == array->shape.dims[0] ? check_end(array) : status;
}

/* The class that a row of y is, negative if it is none. */
static int64_t class_of(const gd_array *y, const void *row) {
    double value = gd_type_get(y->shape.type, row, 0);
    return value >= 0 && value < GD_IMPORT_CLASSES ? (int64_t)value : -1;
}

/* Counts the rows of each class. What is no class makes all of it one stratum. */
static gd_status count_classes(gd_array *y, gd_import_rows *rows) {
    char *row;
    int64_t most = -1;
    gd_status status = gd_memory_new(&rows->stratum_rows, GD_IMPORT_CLASSES,
                                     sizeof *rows->stratum_rows, "the rows of classes");
    if (status != GD_OK) {
        return status;
    }
    status = gd_memory_new(&row, y->row_bytes, 1, "a row");
    for (int64_t i = 0; i < y->shape.dims[0] && status == GD_OK; i++) {
        status = read_row(y, row);
        int64_t class = status == GD_OK ? class_of(y, row) : -1;
        if (class < 0) {
            most = -1;
            break;
        }
        rows->stratum_rows[class]++;
        most = class > most ? class : most;
    }
    rows->strata = most >= 0 ? most + 1 : 1;
    gd_memory_free(&row);
    return status;
}

static bool holds_classes(const gd_array *y) {
    gd_type type = y->shape.type;
    return y->shape.rank == 1 && type != GD_FLOAT32 && type != GD_FLOAT64;
}

gd_status gd_arrays_open(char *const *inputs, gd_array_header *header, bool classes,
                         gd_import_rows *rows) {
    pair *pair;
    gd_status status = gd_memory_new(&pair, 1, sizeof *pair, "reading arrays");
    rows->state = pair;
    rows->strata = 1;
    if (status == GD_OK && classes) {
        status = gd_stream_check_file(inputs[1]);
    }
    if (status == GD_OK) {
        status = open_array(&pair->x, inputs[0], header);
    }
    if (status == GD_OK) {
        status = open_array(&pair->y, inputs[1], header);
    }
    if (status == GD_OK) {
        status = check_pair(&pair->x, &pair->y);
    }
    if (status == GD_OK && classes && holds_classes(&pair->y)) {
        status = count_classes(&pair->y, rows);
        gd_stream_close(&pair->y.stream);
        if (status == GD_OK) {
            status = open_array(&pair->y, inputs[1], header);
        }
    }
    if (status == GD_OK) {
        rows->x = pair->x.shape;
        rows->y = pair->y.shape;
    }
    return status;
}

gd_status gd_arrays_next(gd_import_rows *rows, void *x, void *y, int64_t *stratum) {
    pair *pair = rows->state;
    gd_status status = read_row(&pair->x, x);
    if (status == GD_OK) {
        status = read_row(&pair->y, y);
    }
    if (status == GD_OK && rows->strata > 1) {
        *stratum = class_of(&pair->y, y);
    }
    return status;
}

void gd_arrays_close(gd_import_rows *rows) {
    pair *pair = rows->state;
    if (pair != NULL) {
        gd_stream_close(&pair->x.stream);
        gd_stream_close(&pair->y.stream);
    }
    gd_memory_free(&rows->stratum_rows);
    gd_memory_free(&rows->state);
}
