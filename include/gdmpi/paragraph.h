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

/* Adds a name, in one piece, and cut if it is long; and a list of names, a line for each, of which
 * there are as many as two lines of a page hold, and then how many more. */
void gd_paragraph_name(gd_text *words, const char *name, size_t length);
void gd_paragraph_names(gd_text *words, const char *lines);

typedef struct gd_paragraph {
    const char *label; /* comes first, */
    int indent;        /* and the text from this column on */
    gd_style style;
    const char *below; /* begins the lines after the first; NULL: blanks do */
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

/* Adds a page whose lines are at most `width` columns: longer ones go on below the beginning of
 * their last column, that is, behind two blanks or more. */
void gd_paragraph_page(const char *page, int width, gd_text *text);

/* Prints a page on standard output, and on a terminal so that it fits; a page that had no memory
 * for all of it has failed. */
void gd_say_page(gd_text *page);

#endif
