/* Records of a CSV file (RFC 4180): fields with or without quotes, lines that end in LF, CRLF or
 * CR. Blanks around a field are not part of it, and line ends within quotes become blanks. */
#ifndef GDMPI_IMPORT_CSV_RECORD_H
#define GDMPI_IMPORT_CSV_RECORD_H

#include "import_private.h"
#include "stream.h"

typedef struct gd_csv {
    gd_stream stream;
    char separator;
    int64_t line; /* where the record begins */
    size_t count; /* of its fields */
    size_t *start;
    char *bytes; /* the fields, each with a NUL */
    size_t length, room, start_room;
} gd_csv;

/* Opens a file, passing over a byte order mark. `separator` 0: the first of tab, semicolon and
 * comma that the first line has. Closed by gd_csv_close also if it fails. */
gd_status gd_csv_open(gd_csv *csv, const char *path, char separator);

/* Reads the next record; lines without anything are passed over. *there is false at the end. */
gd_status gd_csv_next(gd_csv *csv, bool *there);

/* Field `index` of the record, until the next one is read. */
static inline char *gd_csv_field(const gd_csv *csv, size_t index) {
    return csv->bytes + csv->start[index];
}

void gd_csv_close(gd_csv *csv);

#endif
