/* The one part of JSON that needs care. */
#ifndef GDMPI_JSON_H
#define GDMPI_JSON_H

#include "gdmpi/text.h"

/* Appends `text` as a JSON string: quotes, backslashes and control characters escaped (RFC 8259,
 * section 7); bytes that are no UTF-8, as names of files may have, become the replacement
 * character. Not collective. */
void gd_json_string(gd_text *out, const char *text);

#endif
