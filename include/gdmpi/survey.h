/* What the numbers of a data set are like, all of them taken together, and how well it can be read.
 */
#ifndef GDMPI_SURVEY_H
#define GDMPI_SURVEY_H

#include <stdbool.h>

#include "gdmpi/bar.h"
#include "gdmpi/comm.h"
#include "gdmpi/store.h"

/* Labels are whole numbers from 0 to one below. */
#define GD_SURVEY_LABELS 65536

typedef struct gd_survey {
    int64_t finite;                /* how many numbers are, and of those: */
    double least, most, mean;      /* NaN if there are none */
    int64_t nans, infinite;        /* how many are not, */
    int64_t nan_row, infinite_row; /* and the first row that has one */
    double *labels; /* [GD_SURVEY_LABELS] rows of each, where each row is one label, else NULL */
} gd_survey;

/* Data sets of a file that are read one after another. */
typedef struct gd_surveyor {
    gd_comm *comm;
    const char *path;
    gd_bar bar;       /* rank 0, */
    double all, done; /* and how much of it: bytes */
} gd_surveyor;

/* Reads all of a data set, in blocks of some 16 MiB that the ranks share, whose sums are added in
 * their order: any number of ranks finds the same. GD_BAD_INPUT or GD_FAILED as in gd_store_read,
 * GD_FAILED too if a signal asks to stop. Freed by gd_survey_free, whatever comes of it.
 * Collective. */
gd_status gd_survey_take(gd_surveyor *surveyor, const char *name, const gd_shape *shape,
                         const gd_storage *storage, gd_survey *survey);
void gd_survey_free(gd_survey *survey);

/* The bytes that reading all of it takes. Not collective. */
double gd_survey_bytes(const gd_shape *shape);

/* Adds a sentence on what chunks would be better, where those of a data set are so small, or reach
 * over so many rows, that reading takes several times as long; else nothing. Not collective. */
void gd_survey_advise(const gd_shape *shape, const gd_storage *storage, gd_text *advice);

#endif
