/* What rank 0 shows while training: a line an epoch, and a bar on a terminal. Nothing here is
 * collective. */
#ifndef GDMPI_TABLE_H
#define GDMPI_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "gdmpi/bar.h"

/* A line of the table; val_loss and val_metric only where there is a metric. */
typedef struct gd_table_line {
    int64_t epoch, step;
    double train_loss, val_loss, val_metric;
    double lr; /* of the last step */
    double samples_per_second, seconds;
} gd_table_line;

typedef struct gd_table {
    gd_bar bar;
    bool shown[8];      /* which columns there is room for */
    const char *metric; /* "val accuracy", "val rmse"; NULL: no validation */
    gd_table_line line; /* the last one */
} gd_table;

/* `progress` is "on", "off", or "auto": a bar where standard output is a terminal. */
gd_table gd_table_start(const char *progress, const char *metric);
void gd_table_head(const gd_table *table);

/* Prints table->line; the best epoch so far in green. */
void gd_table_row(const gd_table *table, bool best);

/* A line between those of epochs: what the parameters' digest was after a step of an epoch. */
void gd_table_digest(const gd_table *table, int64_t epoch, int64_t step, const char *digest);

/* Shows that this share of the epoch is done, a few times a second; `left` is the time to the end
 * of the run. */
void gd_table_bar(gd_table *table, int64_t epoch, double share, double loss,
                  double samples_per_second, double left);

/* Takes the bar away, for other lines to be printed. */
void gd_table_clear(const gd_table *table);

#endif
