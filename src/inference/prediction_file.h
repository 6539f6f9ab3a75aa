/* The file of predictions: for rank 0 to write; nothing here is collective. */
#ifndef GDMPI_PREDICTION_FILE_H
#define GDMPI_PREDICTION_FILE_H

#include "gdmpi/job.h"

/* /class [rows] of the class of each row, or [rows, class_width] of 0 and 1, int64; without, if
 * class_width is 0, with the attribute that data have in y. And /NAME [rows, outputs], of the
 * model's precision. */
typedef struct gd_prediction_shape {
    int64_t rows, outputs, class_width;
    gd_type type;
    const char *name;
    const char *classes; /* their names, a line for each; NULL: not known */
} gd_prediction_shape;

typedef struct gd_prediction_file gd_prediction_file;

/* Starts OUTPUT.tmp; `digest` is that of the parameters. */
gd_status gd_prediction_file_create(const gd_job *job, uint64_t digest,
                                    const gd_prediction_shape *shape, gd_prediction_file **file);

/* Rows `rows` of both data sets. */
gd_status gd_prediction_file_write(gd_prediction_file *file, gd_range rows, const int64_t *classes,
                                   const void *numbers);

/* Flushes it to disk, gives it its name, and says so on standard output; on failure nothing is
 * left. Frees *file, which may be NULL. */
gd_status gd_prediction_file_commit(gd_prediction_file **file);

/* Gives it up, and removes what was written. *file may be NULL. */
void gd_prediction_file_abandon(gd_prediction_file **file);

#endif
