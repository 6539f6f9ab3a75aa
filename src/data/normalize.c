#include <math.h>
#include <string.h>

#include "data_private.h"
#include "gdmpi/memory.h"
#include "gdmpi/normalize.h"
#include "gdmpi/text.h"

/* Rows of a tile: part of what a result is. */
enum { TILE = 256 };

enum { NONE, STANDARDIZE, MINMAX };

const gd_choice gd_normalizers[] = {
    [NONE] = {"none", "x as it is"},
    [STANDARDIZE] = {"standardize", "(x - mean) / deviation"},
    [MINMAX] = {"minmax", "(x - least) / (largest - least)"},
    {NULL, NULL},
};

const char *gd_normalizer_name(size_t index) {
    return gd_normalizers[index].name;
}

gd_status gd_normalizer_new(const char *kind, int64_t width, gd_normalizer *normalizer) {
    *normalizer = (gd_normalizer){
        .kind = gd_normalizer_name(gd_text_index(kind, gd_normalizer_name)), .width = width};
    gd_status status = gd_memory_new(&normalizer->shift, 2 * (size_t)width,
                                     sizeof *normalizer->shift, "the normalization of features");
    normalizer->factor = status == GD_OK ? normalizer->shift + width : NULL;
    return status;
}

void gd_normalizer_free(gd_normalizer *normalizer) {
    gd_memory_free(&normalizer->shift);
    *normalizer = (gd_normalizer){0};
}

void gd_normalizer_skip(gd_range features, gd_normalizer *normalizer) {
    for (int64_t j = features.first; j < features.first + features.count; j++) {
        normalizer->shift[j] = 0;
        normalizer->factor[j] = 1;
    }
}

bool gd_normalizer_same(const gd_normalizer *one, const gd_normalizer *other) {
    return one->kind == other->kind && one->width == other->width &&
           (one->kind == NULL ||
            memcmp(one->shift, other->shift, 2 * (size_t)one->width * sizeof *one->shift) == 0);
}

gd_status gd_moments_new(int64_t width, gd_moments *moments) {
    *moments = (gd_moments){.width = width};
    gd_status status = gd_memory_new(&moments->mean, GD_MOMENTS * (size_t)width,
                                     sizeof *moments->mean, "the moments of features");
    if (status == GD_OK) {
        moments->squares = moments->mean + width;
        moments->least = moments->squares + width;
        moments->most = moments->least + width;
    }
    return status;
}

void gd_moments_free(gd_moments *moments) {
    gd_memory_free(&moments->mean);
    *moments = (gd_moments){0};
}

/* B. P. Welford, Note on a method for calculating corrected sums of squares and products,
 * Technometrics 4 (1962). */
static void add_row(const double *x, const double *pivot, gd_moments *moments) {
    const double rows = (double)++moments->rows;
    for (int64_t j = 0; j < moments->width; j++) {
        const double value = x[j] - pivot[j];
        const double from_mean = value - moments->mean[j];
        moments->mean[j] += from_mean / rows;
        moments->squares[j] += from_mean * (value - moments->mean[j]);
        moments->least[j] = rows == 1 || x[j] < moments->least[j] ? x[j] : moments->least[j];
        moments->most[j] = rows == 1 || x[j] > moments->most[j] ? x[j] : moments->most[j];
    }
}

/* T. F. Chan, G. H. Golub and R. J. LeVeque, Algorithms for computing the sample variance, The
 * American Statistician 37 (1983); the pivot, which keeps a large offset out, is from there too. */
void gd_moments_merge(const gd_moments *other, gd_moments *moments) {
    if (moments->rows == 0) {
        memcpy(moments->mean, other->mean, GD_MOMENTS * (size_t)other->width * sizeof *other->mean);
        moments->rows = other->rows;
        return;
    }
    const double mine = (double)moments->rows, others = (double)other->rows, all = mine + others;
    for (int64_t j = 0; j < moments->width; j++) {
        const double apart = other->mean[j] - moments->mean[j];
        moments->mean[j] += apart * (others / all);
        moments->squares[j] += other->squares[j] + apart * apart * (mine * others / all);
        moments->least[j] = fmin(moments->least[j], other->least[j]);
        moments->most[j] = fmax(moments->most[j], other->most[j]);
    }
    moments->rows += other->rows;
}

static void add_tile(const gd_rows *rows, int64_t first, int64_t count, const double *pivot,
                     double *x, gd_moments *tile) {
    memset(tile->mean, 0, GD_MOMENTS * (size_t)tile->width * sizeof *tile->mean);
    tile->rows = 0;
    for (int64_t i = first; i < first + count; i++) {
        gd_type_widen(rows->x.type, rows->x_data, i * rows->x_width, rows->x_width, x);
        add_row(x, pivot, tile);
    }
}

gd_status gd_moments_add(const gd_rows *rows, gd_range part, const double *pivot,
                         gd_moments *moments) {
    gd_moments tile;
    double *x = NULL;
    gd_status status = gd_moments_new(rows->x_width, &tile);
    if (status == GD_OK) {
        status = gd_memory_new(&x, (size_t)rows->x_width, sizeof *x, "a row");
    }
    for (int64_t done = 0; done < part.count && status == GD_OK; done += TILE) {
        const int64_t left = part.count - done;
        add_tile(rows, part.first - rows->range.first + done, left < TILE ? left : TILE, pivot, x,
                 &tile);
        gd_moments_merge(&tile, moments);
    }
    gd_memory_free(&x);
    gd_moments_free(&tile);
    return status;
}

/* As scikit-learn's StandardScaler and MinMaxScaler. No zero is negative, for a sum over ranks
 * would make some of them positive. */
gd_status gd_normalizer_set(const gd_source *source, const gd_moments *moments, const double *pivot,
                            gd_normalizer *normalizer) {
    const bool standardize = normalizer->kind == gd_normalizer_name(STANDARDIZE);
    for (int64_t j = 0; j < moments->width; j++) {
        const double spread = standardize ? sqrt(moments->squares[j] / (double)moments->rows)
                                          : moments->most[j] - moments->least[j];
        normalizer->shift[j] =
            (standardize ? pivot[j] + moments->mean[j] : moments->least[j]) + 0.0;
        normalizer->factor[j] = spread == 0 ? 1 : 1 / spread;
        if (!isfinite(spread) || !isfinite(normalizer->factor[j])) {
            return gd_status_new(GD_BAD_INPUT,
                                 "%s: feature %lld of %s/x cannot be normalized, for its spread "
                                 "is %g",
                                 source->file, (long long)j, gd_source_prefix(source), spread);
        }
    }
    return GD_OK;
}
