/* Memory that is zeroed, aligned for vector loads, and checked. */
#ifndef GDMPI_MEMORY_H
#define GDMPI_MEMORY_H

#include <stddef.h>

#include "gdmpi/status.h"

#define GD_CACHE_LINE 64 /* bytes */

/* Sets *(void **)pointer to `count` zeroed elements of `size` bytes on a cache-line boundary, to be
 * freed with gd_memory_free; a count of 0 gives a valid pointer too. `what` names them in the
 * message of a failure, which leaves the pointer NULL. Not collective. */
gd_status gd_memory_new(void *pointer, size_t count, size_t size, const char *what);

/* Frees what *(void **)pointer points at, which may be NULL, and sets it to NULL. Not collective.
 */
void gd_memory_free(void *pointer);

#endif
