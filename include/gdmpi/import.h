/* Makes data files out of other formats. A format is one file of src/import, and one line in the
 * table of formats.c; an option is one line in the table of options.c. */
#ifndef GDMPI_IMPORT_H
#define GDMPI_IMPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "gdmpi/options.h"
#include "gdmpi/status.h"
#include "gdmpi/text.h"

enum { GD_IMPORT_GROUPS = 3 }; /* /train, /val, /test */

typedef enum gd_import_task {
    GD_IMPORT_AUTO,
    GD_IMPORT_CLASSIFICATION,
    GD_IMPORT_REGRESSION
} gd_import_task;

typedef enum gd_import_missing {
    GD_IMPORT_ERROR,
    GD_IMPORT_MEAN,
    GD_IMPORT_DROP
} gd_import_missing;

typedef enum gd_import_encoding { GD_IMPORT_ONE_HOT, GD_IMPORT_CODES } gd_import_encoding;

typedef enum gd_import_choice { GD_IMPORT_CHOOSE, GD_IMPORT_YES, GD_IMPORT_NO } gd_import_choice;

typedef enum gd_import_type {
    GD_IMPORT_SMALLEST,
    GD_IMPORT_FLOAT32,
    GD_IMPORT_FLOAT64
} gd_import_type;

typedef struct gd_import_format gd_import_format;

/* What the command line says. Texts are its own. */
typedef struct gd_import_options {
    const gd_import_format *format;
    char *const *inputs;
    int count;
    const char *output;
    const char *target, *categorical, *ignore; /* columns; NULL: not said */
    const char *separator;                     /* NULL: found in the first line */
    const char *split;                         /* "0.8,0.1,0.1"; NULL: all rows are for training */
    bool header, no_header, no_shuffle;
    gd_import_task task;
    gd_import_missing missing;
    gd_import_encoding encoding;
    gd_import_type type; /* of x */
    gd_import_choice compress;
    int64_t features; /* of a sparse format; 0: the largest index */
    int64_t seed;
    int64_t memory; /* bytes for rows on their way; more rows are sorted on disk */
} gd_import_options;

extern const gd_option gd_import_option_table[]; /* of gd_import_options */

/* Reads FORMAT INPUT... -o OUTPUT [OPTION...] into `options`, and sorts format and inputs to the
 * front of `arguments`. Not collective. */
gd_status gd_import_parse(int count, char **arguments, gd_import_options *options);

/* Writes `output` anew, whole or not at all; what is in it is told in `summary`, a few lines for
 * people. GD_BAD_INPUT names file and line. Not collective. */
gd_status gd_import_run(const gd_import_options *options, gd_text *summary);

/* Adds the formats that take an option; a line for each format. Not collective. */
void gd_import_note(const gd_option *option, gd_text *text);
void gd_import_help(gd_text *text);

#endif
