/* A confusion matrix for people, in 80 columns if it has 10 classes or less. */
#ifndef GDMPI_CONFUSION_H
#define GDMPI_CONFUSION_H

#include <stdint.h>
#include <stdio.h>

/* Prints `rows` [classes, classes] below a heading; of many classes, only `where` it is to be
 * found. `names` are theirs, a line for each, or NULL. Not collective. */
void gd_confusion_print(int64_t classes, const char *names, const double *rows, const char *where,
                        FILE *out);

#endif
