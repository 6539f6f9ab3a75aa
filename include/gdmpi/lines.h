/* Lists of names, as attributes of HDF5 files have them: one text, a line for each; NULL has none.
 * Nothing here is collective. */
#ifndef GDMPI_LINES_H
#define GDMPI_LINES_H

#include <stddef.h>
#include <stdint.h>

/* The next name of *rest, which it moves on, and its bytes; 0 behind the last. */
size_t gd_lines_next(const char **rest, const char **name);

int64_t gd_lines_count(const char *lines);

/* The columns of a terminal that the longest name takes. */
int gd_lines_columns(const char *lines);

#endif
