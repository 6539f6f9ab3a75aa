/* Rows of a data file in memory, in the file's own type. */
#ifndef GDMPI_DATA_H
#define GDMPI_DATA_H

#include <stdbool.h>

#include "gdmpi/config.h"
#include "gdmpi/shards.h"
#include "gdmpi/status.h"
#include "gdmpi/type.h"

/* [data]: file, train, val, val_fraction, shards, shuffle, scale, normalize, class_weights */
extern const gd_settings gd_data_settings;

extern const gd_choice gd_shuffles[]; /* ends with a NULL name */

/* The default of val, the one that may be missing. */
#define GD_DATA_VAL "/val"

/* A group of a data file. */
typedef struct gd_source {
    char *file, *group;
} gd_source;

/* Takes "/group" in `file`, "OTHER.h5:/group" or "OTHER.h5" (then the root group). Without a `file`
 * (NULL), "/OTHER.h5" is a file too. Not collective. */
gd_status gd_source_parse(const char *text, const char *file, gd_source *source);
void gd_source_free(gd_source *source);

/* Whether the group is in the file, which must be there. Not collective. */
gd_status gd_source_look(const gd_source *source, bool *there);

/* The dimensions of the chunks that x is stored in; of rank 0 if it is in one piece. Not
 * collective. */
gd_status gd_source_chunk(const gd_source *source, gd_shape *chunk);

/* The names of the classes of y, a line for each, as `gdmpi import` leaves them; NULL: there are
 * none. Freed by gd_memory_free. Not collective. */
gd_status gd_source_classes(const gd_source *source, char **classes);

/* Warns if a class has another name there than among these. Not collective. */
gd_status gd_source_compare_classes(const gd_source *source, const char *classes);

/* Reads shapes and some rows, all of them if they are few, in a process that may be lost: see
 * gd_store_guard. GD_OK too if the group is not there and not `needed`. Not collective. */
gd_status gd_source_try(const gd_source *source, bool needed);

/* The same of x alone, which is needed. Not collective. */
gd_status gd_source_try_x(const gd_source *source);

/* What `y` must hold for a loss. */
typedef enum gd_target_kind {
    GD_TARGET_CLASS, /* one whole number per row, in [0, outputs); of one output, 0 or 1 */
    GD_TARGET_VALUE  /* `outputs` numbers per row, in [min, max] */
} gd_target_kind;

typedef struct gd_target {
    gd_target_kind kind;
    int64_t outputs;
    double min, max;
} gd_target;

/* How many labels a target has that takes classes. Not collective. */
int64_t gd_target_classes(const gd_target *target);

/* Validation rows held out of a group of `rows`: the rows are cut into `held` runs of equal length,
 * and one row of each, drawn by `seed`, is held out. So they are spread evenly and cannot follow a
 * pattern. */
typedef struct gd_split {
    int64_t rows, held;
    uint64_t seed;
} gd_split;

typedef enum gd_role { GD_TRAINING, GD_VALIDATION } gd_role;

/* How many rows a role has. Where none are held out, either role is the whole group. Not
 * collective. */
int64_t gd_split_count(const gd_split *split, gd_role role);

/* The place in the file of row `row` of this role. O(log rows). Not collective. */
int64_t gd_split_row(const gd_split *split, gd_role role, int64_t row);

/* Columns of x that hold whole numbers from 0 to size - 1, which are not scaled or normalized. */
typedef struct gd_categories {
    gd_range columns;
    int64_t size;
} gd_categories;

typedef struct gd_normalizer gd_normalizer;

/* A run of the rows of one role of one group. */
typedef struct gd_rows {
    gd_range range; /* which of the role's rows are here */
    gd_shape x, y;  /* of the whole group in the file; y of rank 0: it is not read */
    int64_t x_width, y_width;
    void *x_data, *y_data;
    gd_shape w;      /* of w, one number a row; of rank 0: the group has none */
    double *weights; /* [range.count] w; NULL: the group has none, and each row counts 1 */
    const gd_normalizer *normalizer; /* of x in batches; NULL: none. Not owned */
    const gd_categories *categories; /* end with one of no columns; NULL: none. Not owned */
} gd_rows;

/* The bytes that one row's x, y, or weight once it is loaded, takes. Not collective. */
size_t gd_rows_x_bytes(const gd_rows *rows);
size_t gd_rows_y_bytes(const gd_rows *rows);
size_t gd_rows_weight_bytes(const gd_rows *rows);
size_t gd_rows_bytes(const gd_rows *rows); /* all of these */

/* Reads shapes only, and checks that x and y are there and have equal row counts, at least one, and
 * w as well if it is there.
 * The row counts are dims[0] of rows->x; nothing is loaded. Not collective. */
gd_status gd_rows_describe(const gd_source *source, gd_rows *rows);

/* The same of x alone: whatever else the group holds is never read. Not collective. */
gd_status gd_rows_describe_x(const gd_source *source, gd_rows *rows);

/* After gd_rows_describe: loads rows `range` of the role, with a split of held 0 for a whole group.
 * `range` may be empty. Freed by gd_rows_free. Not collective. */
gd_status gd_rows_load(const gd_source *source, const gd_split *split, gd_role role, gd_range range,
                       gd_rows *rows);

/* The same, but w alone, of a group that has it. Not collective. */
gd_status gd_rows_load_weights(const gd_source *source, const gd_split *split, gd_role role,
                               gd_range range, gd_rows *rows);

/* Checks the shapes against the model: x_width == inputs, and y, if it is read, against the target.
 * Not collective. */
gd_status gd_rows_check_shape(const gd_source *source, const gd_rows *rows, int64_t inputs,
                              const gd_target *target);

/* Checks the values that are loaded: all finite, |x|, |x * scale| and |y| <= largest, y as the
 * target says, w >= 0, and categories whole and in range.
 * GD_BAD_INPUT names the file, the object and the first bad row as it stands in the file, where
 * rows count from 0. Not collective. */
gd_status gd_rows_check_values(const gd_source *source, const gd_split *split, gd_role role,
                               const gd_rows *rows, double scale, double largest,
                               const gd_target *target);

/* A hash of the loaded rows, values and types, each keyed by its number within the role, added
 * modulo 2^64: the sum over ranks does not depend on who has which rows. Not collective. */
uint64_t gd_rows_digest(const gd_rows *rows);

/* After gd_rows_describe: adds lines that tell this group from that of another file: its name as
 * the heading, the file's size, shapes, and a hash of a few rows, spread evenly, that are read for
 * it. Not collective. */
gd_status gd_rows_fingerprint(const gd_source *source, const gd_rows *rows, gd_text *out);

void gd_rows_free(gd_rows *rows);

#endif
