/* What people see: whether standard output or standard error ends at a terminal, behind mpirun too,
 * how wide that is and whether it shows colours; the line on it that comes and goes; messages. The
 * only room that asks. Nothing here is collective. */
#ifndef GDMPI_TERMINAL_H
#define GDMPI_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

#include "gdmpi/status.h"

/* Columns of a page that is no terminal, and the most that tables and paragraphs take. */
enum { GD_TERMINAL_COLUMNS = 80 };

/* What a text is, for its colour. */
typedef enum gd_style {
    GD_STYLE_PLAIN,
    GD_STYLE_GOOD,    /* green */
    GD_STYLE_WARNING, /* yellow */
    GD_STYLE_ERROR    /* red */
} gd_style;

/* Whether what is written to stdout or stderr appears on a terminal that can do more than print:
 * one that is not "dumb". */
bool gd_terminal_is(FILE *stream);

/* Its columns; those of a page where it is none, or does not say. */
int gd_terminal_width(FILE *stream);

/* What begins a style, and with GD_STYLE_PLAIN ends it; "" where it is no terminal, or NO_COLOR is
 * set (https://no-color.org). Static. */
const char *gd_terminal_style(FILE *stream, gd_style style);

/* Puts a text, of which there is as much as fits, in place of the line that stands. */
void gd_terminal_draw(FILE *stream, const char *text);

/* Takes away the line that stands, for other lines to be printed. May be called by a handler of
 * signals. */
void gd_terminal_clear(void);

/* From now on standard output goes nowhere; and whether it does so. */
gd_status gd_terminal_silence(void);
bool gd_terminal_silent(void);

/* GD_FAILED if something of standard output could not be written. */
gd_status gd_terminal_finish(void);

/* Lines on standard error, after "gdmpi: " and "gdmpi: warning: ". */
void gd_terminal_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void gd_terminal_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
