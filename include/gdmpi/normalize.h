/* What brings every feature to the same size: [data] normalize. */
#ifndef GDMPI_NORMALIZE_H
#define GDMPI_NORMALIZE_H

#include <stdbool.h>
#include <stdint.h>

#include "gdmpi/data.h"
#include "gdmpi/status.h"

/* x becomes (x - shift) * factor, in double precision. Zeroed: x stays as it is. */
struct gd_normalizer {
    const char *kind; /* static; NULL: none */
    int64_t width;
    double *shift, *factor; /* [width] each, in one piece of memory */
};

extern const gd_choice gd_normalizers[]; /* ends with a NULL name */

const char *gd_normalizer_name(size_t index); /* a gd_names: "none", "standardize", "minmax" */

/* Room for `width` features; `kind` is one of the names above. Not collective. */
gd_status gd_normalizer_new(const char *kind, int64_t width, gd_normalizer *normalizer);
void gd_normalizer_free(gd_normalizer *normalizer);

/* What is known of the features of some rows: [width] each, of x - pivot the mean and the sum of
 * squared differences from it, and the least and largest x. In one piece of memory, from mean on.
 */
typedef struct gd_moments {
    int64_t rows, width;
    double *mean, *squares, *least, *most;
} gd_moments;

#define GD_MOMENTS 4 /* so many numbers of each feature */

/* Of no rows. Not collective. */
gd_status gd_moments_new(int64_t width, gd_moments *moments);
void gd_moments_free(gd_moments *moments);

/* Adds rows `part` of a role, which are loaded, in tiles of rows from the first on. Not collective.
 */
gd_status gd_moments_add(const gd_rows *rows, gd_range part, const double *pivot,
                         gd_moments *moments);

/* Adds those of other rows. The order of additions shows in the last bits. Not collective. */
void gd_moments_merge(const gd_moments *other, gd_moments *moments);

/* Of moments about a pivot; a feature that is the same in all rows has factor 1. GD_BAD_INPUT names
 * a feature whose spread is beyond what numbers can hold. Not collective. */
gd_status gd_normalizer_set(const gd_source *source, const gd_moments *moments, const double *pivot,
                            gd_normalizer *normalizer);

/* Leaves these features as they are. Not collective. */
void gd_normalizer_skip(gd_range features, gd_normalizer *normalizer);

/* Whether two are the same, bit by bit. Not collective. */
bool gd_normalizer_same(const gd_normalizer *one, const gd_normalizer *other);

#endif
