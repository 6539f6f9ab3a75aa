/* What rank 0 shows while training: a line an epoch, and a bar on a terminal. Nothing here is
 * collective. */
#ifndef GDMPI_TABLE_H
#define GDMPI_TABLE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct gd_table {
    bool bar;           /* draws one */
    bool drawn;         /* it stands on the line */
    double drawn_at;    /* on the clock */
    const char *metric; /* "val accuracy", "val rmse"; NULL: no validation */
} gd_table;

/* A line of the table; val_loss and val_metric only where there is a metric. */
typedef struct gd_table_line {
    int64_t epoch, step;
    double train_loss, val_loss, val_metric;
    double lr; /* of the last step */
    double samples_per_second, seconds;
} gd_table_line;

/* `progress` is "on", "off", or "auto": a bar where standard output is a terminal. */
gd_table gd_table_start(const char *progress, const char *metric);
void gd_table_head(const gd_table *table);
void gd_table_row(gd_table *table, const gd_table_line *line);

/* A line between those of epochs: what the parameters' digest was after a step of an epoch. */
void gd_table_digest(gd_table *table, int64_t epoch, int64_t step, const char *digest);

/* Shows that `step` of `steps` of the epoch are done, a few times a second; `left` is the time to
 * the end of the run. */
void gd_table_bar(gd_table *table, int64_t epoch, int64_t step, int64_t steps, double loss,
                  double samples_per_second, double left);

/* Takes the bar away, for other lines to be printed. */
void gd_table_clear(gd_table *table);

#endif
