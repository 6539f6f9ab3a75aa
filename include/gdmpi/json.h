/* The parts of JSON that need care. */
#ifndef GDMPI_JSON_H
#define GDMPI_JSON_H

#include "gdmpi/text.h"

/* Appends `text` as a JSON string: quotes, backslashes and control characters escaped (RFC 8259,
 * section 7); bytes that are no UTF-8, as names of files may have, become the replacement
 * character. Not collective. */
void gd_json_string(gd_text *out, const char *text);

/* Appends names, a line for each, as an array of strings. Not collective. */
void gd_json_lines(gd_text *out, const char *lines);

/* Appends the shortest text that reads as this number, null if it is not finite. Not collective. */
void gd_json_number(gd_text *out, double number);

/* Appends an array of rows. Not collective. */
void gd_json_matrix(gd_text *out, int64_t rows, int64_t columns, const double *values);

#endif
