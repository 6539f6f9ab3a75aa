/* A bar on a terminal that says how far something has come. Nothing here is collective. */
#ifndef GDMPI_BAR_H
#define GDMPI_BAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "gdmpi/text.h"

typedef struct gd_bar {
    FILE *stream;    /* NULL: it is not drawn */
    double started;  /* on the clock, */
    double drawn_at; /* and the last time */
} gd_bar;

/* On stdout or stderr, where that is a terminal; `always`: elsewhere as well. */
gd_bar gd_bar_start(FILE *stream, bool always);

/* Whether it is time to draw it again: a few times a second, and not once a signal asks to stop. */
bool gd_bar_is_due(const gd_bar *bar);

/* Draws "LABEL [====    ]  45 %  1 min 20 s left  DETAIL  DETAIL" for this share of 1, with as many
 * of the details, which end with NULL, as the terminal has room for. `left` is in seconds. */
void gd_bar_draw(gd_bar *bar, const char *label, double share, double left,
                 const char *const *details);

/* For what goes on as it did so far: draws it if it is due. Of all that is to do there are `amount`
 * units, of which the rate is told, such as "rows/s"; NULL: it is not. */
void gd_bar_show(gd_bar *bar, const char *label, double share, double amount, const char *unit);

/* Takes it away; at its end, or for other lines to be printed. */
void gd_bar_clear(const gd_bar *bar);

/* The line that is drawn, of at most `width` columns. */
void gd_bar_write(int width, const char *label, double share, double left,
                  const char *const *details, gd_text *text);

#endif
