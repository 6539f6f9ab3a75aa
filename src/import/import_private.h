/* What the files of the import room share: a format makes rows out of its inputs, each with a
 * stratum; the placement says where a row goes; the spool brings it there. Nothing is collective.
 */
#ifndef GDMPI_IMPORT_PRIVATE_H
#define GDMPI_IMPORT_PRIVATE_H

#include "gdmpi/bar.h"
#include "gdmpi/import.h"
#include "gdmpi/permutation.h"
#include "gdmpi/store.h"
#include "gdmpi/type.h"

enum {
    GD_IMPORT_ROW_BYTES = 1 << 30, /* a larger row is taken for damage */
    GD_IMPORT_CLASSES = 1 << 16    /* different classes, or categories of a column, at most */
};

/* progress.c: a bar on standard error, if that is a terminal. */
typedef struct gd_import_progress {
    gd_bar bar;
    const char *pass; /* of which it tells; static */
} gd_import_progress;

gd_import_progress gd_import_progress_start(void);
/* Shows that this share of a pass is done, which were so many rows, a few times a second. GD_FAILED
 * if a signal asks to stop. */
gd_status gd_import_progress_tick(gd_import_progress *progress, const char *pass, double share,
                                  int64_t rows);
void gd_import_progress_clear(const gd_import_progress *progress);

/* placement.c: which row of which group each row becomes. */
typedef struct gd_place {
    int group;
    int64_t row;
} gd_place;

typedef struct gd_stratum gd_stratum;

typedef struct gd_placement {
    int64_t rows[GD_IMPORT_GROUPS];
    int64_t strata;
    gd_stratum *stratum;
    bool shuffled;
    gd_permutation order[GD_IMPORT_GROUPS];
} gd_placement;

/* The shares of /train, /val and /test in a text such as "0.8,0.1,0.1". */
gd_status gd_split_parse(const char *text, double shares[GD_IMPORT_GROUPS]);

/* Deals the rows of each stratum to the groups by their shares: each gets its share of a stratum
 * rounded down, and what is left goes where most is owed so far. With `seed` < 0, rows keep their
 * order. */
gd_status gd_placement_new(gd_placement *placement, int64_t strata, const int64_t *rows,
                           const double shares[GD_IMPORT_GROUPS], int64_t seed);
/* The place of the next row of this stratum. False if there are more than was said. */
bool gd_placement_next(gd_placement *placement, int64_t stratum, gd_place *place);
/* From the first row again. */
void gd_placement_rewind(gd_placement *placement);
void gd_placement_free(gd_placement *placement);

/* What a format makes of its inputs. */
typedef struct gd_import_rows {
    gd_shape x, y;         /* dims[0] counts the rows of all inputs that are kept */
    int64_t strata;        /* classes to be divided evenly; 1: none */
    int64_t *stratum_rows; /* [strata]; freed by the format's close */
    double zeros;          /* how much of x is known to be 0, as a share */
    void *state;           /* the format's own */
} gd_import_rows;

struct gd_import_format {
    const char *name, *inputs, *help;
    const char *const *options; /* it takes, ending with NULL */
    bool shuffled;              /* unless --no-shuffle is said */
    int group_inputs;           /* inputs that make a group, then the next; 0: all make one */
    /* Looks at the inputs of one group (or of all, where a split makes the groups), tells of the
     * rows, and is ready to read the first. */
    gd_status (*open)(const gd_import_options *options, char *const *inputs, int count,
                      gd_import_progress *progress, gd_import_rows *rows);
    /* May read all rows once more, now that it is known which are for training; NULL: need not. */
    gd_status (*prepare)(gd_import_rows *rows, gd_placement *placement,
                         gd_import_progress *progress);
    /* The next row, in the types and shapes of rows->x and rows->y. Called as often as there are
     * rows. */
    gd_status (*next)(gd_import_rows *rows, void *x, void *y, int64_t *stratum);
    /* Adds what is to be known of x and y to a group of the output; NULL: nothing. */
    gd_status (*describe)(const gd_import_rows *rows, gd_store *store, const char *group);
    /* Adds lines that tell people what was found; NULL: shapes say it all. */
    void (*summarise)(const gd_import_rows *rows, gd_text *text);
    /* Frees rows->state, also if it is NULL. */
    void (*close)(gd_import_rows *rows);
};

/* The index-th format; NULL past the end. */
const gd_import_format *gd_import_format_at(size_t index);
extern const gd_import_format gd_import_csv, gd_import_idx, gd_import_libsvm, gd_import_npy;

/* spool.c: rows that come in any order leave in that of their places. What does not fit into memory
 * waits in a file beside the output, which has no name. */
typedef struct gd_spool gd_spool;

/* A row has `x_bytes` and `y_bytes`; runs begin at multiples of `multiple` rows. `path` is the
 * output's. */
gd_status gd_spool_new(gd_spool **spool, const int64_t rows[GD_IMPORT_GROUPS], size_t x_bytes,
                       size_t y_bytes, int64_t memory, int64_t multiple, const char *path);
gd_status gd_spool_put(gd_spool *spool, const gd_place *place, const void *x, const void *y);

/* A run of rows of one group, in their order. */
typedef struct gd_run {
    int group;
    int64_t first, count;
    const char *x, *y; /* owned by the spool, until the next call */
} gd_run;

/* The next run; of count 0 after the last. */
gd_status gd_spool_take(gd_spool *spool, gd_run *run);
void gd_spool_free(gd_spool **spool);

/* Where there is no room for one more than `used` elements, *(void **)pointer becomes twice as
 * large.
 */
gd_status gd_grow(void *pointer, size_t used, size_t *room, size_t element, const char *what);

#endif
