/* A tile of rows, gathered, converted and scaled: what a model works on. */
#ifndef GDMPI_BATCH_H
#define GDMPI_BATCH_H

#include "gdmpi/data.h"
#include "gdmpi/real.h"

#define gd_batch_new GD_NAME(gd_batch_new)
#define gd_batch_free GD_NAME(gd_batch_free)
#define gd_batch_bytes GD_NAME(gd_batch_bytes)
#define gd_batch_gather GD_NAME(gd_batch_gather)

typedef struct gd_batch {
    int64_t rows, outputs;
    real *x;         /* [rows, inputs] */
    int32_t *labels; /* [rows], or NULL */
    real *values;    /* [rows, outputs], or NULL */
    double *weights; /* [rows], or NULL: each row counts 1 */
    double *weight_room;
} gd_batch;

/* Room for `room` rows. Not collective. */
gd_status gd_batch_new(int64_t room, int64_t inputs, const gd_target *target, gd_batch *batch);
void gd_batch_free(gd_batch *batch);
double gd_batch_bytes(int64_t room, int64_t inputs, const gd_target *target);

/* Fills the batch with `count` <= room rows: row i is row first + order[i] of the loaded rows
 * (counted from rows->range.first), or first + i without an order; x is multiplied by `scale`, but
 * for categories, or else normalized, if the rows have a normalizer. Not collective. */
void gd_batch_gather(const gd_rows *rows, int64_t first, const uint32_t *order, int64_t count,
                     double scale, gd_batch *batch);

#endif
