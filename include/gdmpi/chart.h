/* A curve in characters, for 80 columns. Nothing here is collective. */
#ifndef GDMPI_CHART_H
#define GDMPI_CHART_H

#include "gdmpi/text.h"

/* Finite values y at x that rise by the same factor each time, from `first` to `last`. */
typedef struct gd_chart {
    int64_t count; /* at least 2 */
    const double *y;
    double first, last; /* x, above 0 */
    double top;         /* larger values of y are drawn at the upper edge */
    double mark;        /* an x that is marked; 0: none */
} gd_chart;

/* Appends the lines. */
void gd_chart_draw(const gd_chart *chart, gd_text *out);

#endif
