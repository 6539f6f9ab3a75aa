#include "gdmpi/batch.h"
#include "gdmpi/memory.h"
#include "gdmpi/normalize.h"

#define GATHER_NAME scale_int8
#define GATHER_TYPE int8_t
#include "gather_type.h"

#define GATHER_NAME scale_uint8
#define GATHER_TYPE uint8_t
#include "gather_type.h"

#define GATHER_NAME scale_int16
#define GATHER_TYPE int16_t
#include "gather_type.h"

#define GATHER_NAME scale_uint16
#define GATHER_TYPE uint16_t
#include "gather_type.h"

#define GATHER_NAME scale_int32
#define GATHER_TYPE int32_t
#include "gather_type.h"

#define GATHER_NAME scale_uint32
#define GATHER_TYPE uint32_t
#include "gather_type.h"

#define GATHER_NAME scale_int64
#define GATHER_TYPE int64_t
#include "gather_type.h"

#define GATHER_NAME scale_uint64
#define GATHER_TYPE uint64_t
#include "gather_type.h"

#define GATHER_NAME scale_float32
#define GATHER_TYPE float
#include "gather_type.h"

#define GATHER_NAME scale_float64
#define GATHER_TYPE double
#include "gather_type.h"

typedef void scale_numbers(const void *from, int64_t count, real scale, real *to);

static scale_numbers *const scale_type[] = {
    [GD_INT8] = scale_int8,       [GD_UINT8] = scale_uint8,   [GD_INT16] = scale_int16,
    [GD_UINT16] = scale_uint16,   [GD_INT32] = scale_int32,   [GD_UINT32] = scale_uint32,
    [GD_INT64] = scale_int64,     [GD_UINT64] = scale_uint64, [GD_FLOAT32] = scale_float32,
    [GD_FLOAT64] = scale_float64,
};

static size_t row_bytes(int64_t inputs, const gd_target *target) {
    size_t of_target =
        target->kind == GD_TARGET_CLASS ? sizeof(int32_t) : (size_t)target->outputs * sizeof(real);
    return (size_t)inputs * sizeof(real) + of_target + sizeof(double);
}

double gd_batch_bytes(int64_t room, int64_t inputs, const gd_target *target) {
    return (double)room * (double)row_bytes(inputs, target);
}

gd_status gd_batch_new(int64_t room, int64_t inputs, const gd_target *target, gd_batch *batch) {
    *batch = (gd_batch){.outputs = target->outputs};
    size_t rows = (size_t)room, outputs = (size_t)target->outputs;
    gd_status status = gd_memory_new(&batch->x, rows, (size_t)inputs * sizeof(real), "a batch");
    if (status == GD_OK && target->kind == GD_TARGET_CLASS) {
        status = gd_memory_new(&batch->labels, rows, sizeof(int32_t), "a batch's labels");
    }
    if (status == GD_OK && target->kind == GD_TARGET_VALUE) {
        status = gd_memory_new(&batch->values, rows, outputs * sizeof(real), "a batch's targets");
    }
    if (status == GD_OK) {
        status = gd_memory_new(&batch->weight_room, rows, sizeof(double), "a batch's weights");
    }
    if (status != GD_OK) {
        gd_batch_free(batch);
    }
    return status;
}

void gd_batch_free(gd_batch *batch) {
    gd_memory_free(&batch->x);
    gd_memory_free(&batch->labels);
    gd_memory_free(&batch->values);
    gd_memory_free(&batch->weight_room);
    *batch = (gd_batch){0};
}

/* Rows of `width` numbers of one type. */
typedef struct matrix {
    gd_type type;
    int64_t width;
    const char *data;
} matrix;

/* Rows in a random order are waited for one by one, unless they are asked for ahead; for the end of
 * a long row the processor does that itself. */
enum { AHEAD = 3, BEGINNING = 2048 };

/* Numbers that are normalized at once. */
enum { BLOCK = 512 };

static void prefetch(const char *row, size_t bytes) {
    for (size_t i = 0; i < bytes && i < BEGINNING; i += GD_CACHE_LINE) {
        __builtin_prefetch(row + i);
    }
}

static void gather(matrix from, int64_t first, const uint32_t *order, int64_t count, real scale,
                   real *to) {
    scale_numbers *convert = scale_type[from.type];
    size_t bytes = (size_t)from.width * gd_type_size(from.type);
    const char *start = from.data + (size_t)first * bytes;
    if (order == NULL) {
        convert(start, count * from.width, scale, to);
        return;
    }
    for (int64_t i = 0; i < count; i++) {
        if (i + AHEAD < count) {
            prefetch(start + order[i + AHEAD] * bytes, bytes);
        }
        convert(start + order[i] * bytes, from.width, scale, to + i * from.width);
    }
}

static int64_t row_at(int64_t first, const uint32_t *order, int64_t i) {
    return first + (order == NULL ? i : (int64_t)order[i]);
}

/* In double precision, in which an offset costs no digits. */
static void normalize_row(const gd_normalizer *by, gd_type type, const void *data, int64_t row,
                          real *to) {
    double block[BLOCK];
    for (int64_t first = 0; first < by->width; first += BLOCK) {
        int64_t count = by->width - first < BLOCK ? by->width - first : BLOCK;
        gd_type_widen(type, data, row * by->width + first, count, block);
        for (int64_t i = 0; i < count; i++) {
            to[first + i] = (real)((block[i] - by->shift[first + i]) * by->factor[first + i]);
        }
    }
}

static void normalize(const gd_rows *rows, int64_t first, const uint32_t *order, int64_t count,
                      real *to) {
    for (int64_t i = 0; i < count; i++) {
        const int64_t row = row_at(first, order, i);
        normalize_row(rows->normalizer, rows->x.type, rows->x_data, row, to + i * rows->x_width);
    }
}

/* A category is no number that could be scaled. */
static void gather_categories(const gd_rows *rows, int64_t first, const uint32_t *order,
                              int64_t count, real *to) {
    const gd_categories *of = rows->categories;
    for (; of != NULL && of->columns.count > 0; of++) {
        for (int64_t i = 0; i < count; i++) {
            const int64_t row = row_at(first, order, i);
            for (int64_t j = of->columns.first; j < of->columns.first + of->columns.count; j++) {
                to[i * rows->x_width + j] =
                    (real)gd_type_get(rows->x.type, rows->x_data, row * rows->x_width + j);
            }
        }
    }
}

static void gather_weights(const gd_rows *rows, int64_t first, const uint32_t *order, int64_t count,
                           gd_batch *batch) {
    batch->weights = rows->weights == NULL ? NULL : batch->weight_room;
    for (int64_t i = 0; batch->weights != NULL && i < count; i++) {
        batch->weights[i] = rows->weights[row_at(first, order, i)];
    }
}

void gd_batch_gather(const gd_rows *rows, int64_t first, const uint32_t *order, int64_t count,
                     double scale, gd_batch *batch) {
    matrix x = {rows->x.type, rows->x_width, rows->x_data};
    matrix y = {rows->y.type, rows->y_width, rows->y_data};
    if (rows->normalizer != NULL) {
        normalize(rows, first, order, count, batch->x);
    } else {
        gather(x, first, order, count, (real)scale, batch->x);
    }
    if (rows->normalizer == NULL && scale != 1) {
        gather_categories(rows, first, order, count, batch->x);
    }
    if (batch->values != NULL) {
        gather(y, first, order, count, 1, batch->values);
    }
    if (batch->labels != NULL) {
        for (int64_t i = 0; i < count; i++) {
            batch->labels[i] = (int32_t)gd_type_get(y.type, y.data, row_at(first, order, i));
        }
    }
    gather_weights(rows, first, order, count, batch);
    batch->rows = count;
}
