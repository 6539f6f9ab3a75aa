/* What is to be learned: whether the texts of a target are classes or values, and which. */
#ifndef GDMPI_IMPORT_LABELS_H
#define GDMPI_IMPORT_LABELS_H

#include "words.h"

typedef struct gd_labels {
    gd_import_task task; /* asked for; not GD_IMPORT_AUTO once it is decided */
    gd_words classes;    /* in order; whole numbers as they are written shortest */
    int64_t numbers, texts;
    bool fractions; /* among the numbers */
} gd_labels;

/* Counts one more, of this line. */
gd_status gd_labels_add(gd_labels *labels, const char *text, const char *path, int64_t line);

/* Decides after the last one. */
gd_status gd_labels_decide(gd_labels *labels, const char *path);

/* The number of y that a text stands for: a value, or the number of its class. False, and 0, if
 * there is none. */
bool gd_labels_value(const gd_labels *labels, const char *text, double *value);

/* Sets the type of y, the strata and their rows. */
gd_status gd_labels_tell(const gd_labels *labels, gd_import_rows *rows);

/* Sets the attribute that lists the classes, if they are classes. */
gd_status gd_labels_describe(const gd_labels *labels, gd_store *store, const char *y);

/* Adds a line that tells what they are. */
void gd_labels_summarise(const gd_labels *labels, const char *name, gd_text *text);
void gd_labels_free(gd_labels *labels);

#endif
