/* Lines that begin with a label, and go on below their beginning where they are longer than the
 * page. Nothing here is collective. */
#ifndef GDMPI_PARAGRAPH_H
#define GDMPI_PARAGRAPH_H

#include <stdbool.h>

#include "gdmpi/terminal.h"
#include "gdmpi/text.h"

/* A blank at which no line ends; and makes all of a text such blanks. */
#define GD_PARAGRAPH_BLANK '\037'
void gd_paragraph_keep(char *text);

typedef struct gd_paragraph {
    const char *label; /* comes first, */
    int indent;        /* and the text from this column on */
    gd_style style;
} gd_paragraph;

/* Adds a text in the style of printf to a page for standard output, which is as wide as a terminal
 * that is narrower than a page. */
void gd_paragraph_add(gd_text *page, const gd_paragraph *paragraph, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Prints it on standard output, with a label of 10 columns; in one line where that is no terminal,
 * for scripts may read it. */
void gd_say(const char *label, const char *format, ...) __attribute__((format(printf, 2, 3)));
void gd_say_warning(const char *label, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds the lines, of at most `width` columns. */
void gd_paragraph_write(const gd_paragraph *paragraph, int width, const char *words, gd_text *text);

#endif
