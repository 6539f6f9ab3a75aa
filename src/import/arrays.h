/* Formats of one array a file: pairs of files hold the x and the y of a group. */
#ifndef GDMPI_IMPORT_ARRAYS_H
#define GDMPI_IMPORT_ARRAYS_H

#include "import_private.h"
#include "stream.h"

typedef struct gd_array {
    gd_stream stream;
    gd_shape shape;
    size_t row_bytes;
    bool big_endian;
    int64_t read; /* rows so far */
} gd_array;

/* Reads the header of a file from its start: shape and byte order. */
typedef gd_status gd_array_header(gd_array *array);

/* The format's functions; `classes`: whether whole numbers in y are classes to divide evenly, for
 * which y is read twice. */
gd_status gd_arrays_open(char *const *inputs, gd_array_header *header, bool classes,
                         gd_import_rows *rows);
gd_status gd_arrays_next(gd_import_rows *rows, void *x, void *y, int64_t *stratum);
void gd_arrays_close(gd_import_rows *rows);

#endif
