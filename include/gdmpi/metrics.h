/* metrics.jsonl: one JSON object a line. For rank 0 to write; nothing here is collective. */
#ifndef GDMPI_METRICS_H
#define GDMPI_METRICS_H

#include <stdint.h>

#include "gdmpi/events.h"
#include "gdmpi/text.h"

typedef struct gd_metrics gd_metrics;

/* Opens the log to append, cut to `bytes` first if it is longer. */
gd_status gd_metrics_open(const char *path, int64_t bytes, gd_metrics **metrics);
gd_status gd_metrics_close(gd_metrics **metrics);

/* From here on lines go to an event file too, which must be there as long as lines are added. */
void gd_metrics_follow(gd_metrics *metrics, gd_events *events);

/* A line: gd_metrics_begin, then its fields, then gd_metrics_end, which writes it out. */
void gd_metrics_begin(gd_metrics *metrics, const char *event);
void gd_metrics_text(gd_metrics *metrics, const char *key, const char *value);
void gd_metrics_integer(gd_metrics *metrics, const char *key, int64_t value);
void gd_metrics_number(gd_metrics *metrics, const char *key, double value); /* null if not finite */
void gd_metrics_matrix(gd_metrics *metrics, const char *key, int64_t rows, int64_t columns,
                       const double *values); /* an array of rows */
void gd_metrics_lines(gd_metrics *metrics, const char *key, const char *lines); /* an array */
gd_status gd_metrics_end(gd_metrics *metrics);

/* Sees to it that what was written out so far is on the disk. Any thread may do so. */
gd_status gd_metrics_flush(const gd_metrics *metrics);

/* How long the log is now, and will be once a line that was begun is ended. */
int64_t gd_metrics_bytes(const gd_metrics *metrics);

#endif
