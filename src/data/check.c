#include <float.h>
#include <math.h>

#include "data_private.h"

gd_status gd_rows_check_shape(const gd_source *source, const gd_rows *rows, int64_t inputs,
                              const gd_target *target) {
    if (rows->x_width != inputs) {
        return gd_source_wrong_shape(
            source, "x", &rows->x, "its rows hold %lld number%s, but the model takes %lld input%s",
            (long long)rows->x_width, gd_text_plural(rows->x_width), (long long)inputs,
            gd_text_plural(inputs));
    }
    if (rows->y.rank == 0) {
        return GD_OK;
    }
    if (target->kind == GD_TARGET_CLASS && rows->y_width != 1) {
        return gd_source_wrong_shape(source, "y", &rows->y,
                                     "this loss takes one class label a row, [rows]");
    }
    if (target->kind == GD_TARGET_VALUE && rows->y_width != target->outputs) {
        return gd_source_wrong_shape(source, "y", &rows->y,
                                     "the model has %lld output%s a row, and y needs as many",
                                     (long long)target->outputs, gd_text_plural(target->outputs));
    }
    return GD_OK;
}

/* A number v is good if low <= v * factor <= high, and if it is whole where that is asked for. */
typedef struct limits {
    double factor, low, high;
    bool whole;
} limits;

static bool is_good(double value, const limits *limits) {
    double scaled = value * limits->factor;
    return scaled >= limits->low && scaled <= limits->high &&
           (!limits->whole || value == floor(value));
}

enum { BLOCK = 1024 };

/* Without a branch in the loop: nothing is told but whether all is good. */
static bool block_is_good(const double *values, int64_t count, const limits *limits) {
    double factor = limits->factor, low = limits->low, high = limits->high;
    int64_t bad = 0;
    for (int64_t i = 0; i < count; i++) {
        double scaled = values[i] * factor;
        bad |= !((scaled >= low) & (scaled <= high));
    }
    for (int64_t i = 0; limits->whole && !bad && i < count; i++) {
        bad = values[i] != floor(values[i]);
    }
    return !bad;
}

/* Whether every number that an integer type can hold is good. */
static bool type_is_good(gd_type type, const limits *limits) {
    if (type == GD_FLOAT32 || type == GD_FLOAT64 || limits->whole) {
        return false;
    }
    double most = ldexp(1, 8 * (int)gd_type_size(type));
    return is_good(most, limits) && is_good(-most, limits);
}

/* The first element that is not good, or -1, also if there are none (NULL). */
static int64_t first_bad(gd_type type, const void *data, int64_t count, const limits *limits) {
    double block[BLOCK];
    if (data == NULL || type_is_good(type, limits)) {
        return -1;
    }
    for (int64_t first = 0; first < count; first += BLOCK) {
        int64_t part = count - first < BLOCK ? count - first : BLOCK;
        gd_type_widen(type, data, first, part, block);
        if (block_is_good(block, part, limits)) {
            continue;
        }
        for (int64_t i = 0; i < part; i++) {
            if (!is_good(block[i], limits)) {
                return first + i;
            }
        }
    }
    return -1;
}

/* A number that is not good, and where it stands in the file. */
typedef struct culprit {
    const gd_source *source;
    const char *member;
    int64_t row;
    double value;
} culprit;

static gd_status not_finite(const culprit *bad) {
    return gd_status_new(GD_BAD_INPUT,
                         "%s: row %lld of %s/%s holds %s; every number must be finite",
                         bad->source->file, (long long)bad->row, gd_source_prefix(bad->source),
                         bad->member, isnan(bad->value) ? "NaN" : "an infinite number");
}

static gd_status bad_x(const culprit *bad, double scale, double largest) {
    if (!isfinite(bad->value)) {
        return not_finite(bad);
    }
    return gd_status_new(GD_BAD_INPUT,
                         "%s: row %lld of %s/x holds %g; with scale %g that is beyond %g, the "
                         "largest number of this precision",
                         bad->source->file, (long long)bad->row, gd_source_prefix(bad->source),
                         bad->value, scale, largest);
}

/* The labels of one output are no and yes. */
int64_t gd_target_classes(const gd_target *target) {
    return target->outputs == 1 ? 2 : target->outputs;
}

static gd_status bad_label(const culprit *bad, const gd_target *target) {
    const char *whole = bad->value == floor(bad->value) ? "" : "whole numbers from ";
    if (!isfinite(bad->value)) {
        return not_finite(bad);
    }
    return gd_status_new(
        GD_BAD_INPUT, "%s: row %lld of %s/y is %.15g: with %lld output%s, labels are %s0 to %lld",
        bad->source->file, (long long)bad->row, gd_source_prefix(bad->source), bad->value,
        (long long)target->outputs, gd_text_plural(target->outputs), whole,
        (long long)gd_target_classes(target) - 1);
}

static gd_status bad_value(const culprit *bad, const limits *limits) {
    if (!isfinite(bad->value)) {
        return not_finite(bad);
    }
    return gd_status_new(GD_BAD_INPUT,
                         "%s: row %lld of %s/y holds %g; this loss takes numbers from %g to %g",
                         bad->source->file, (long long)bad->row, gd_source_prefix(bad->source),
                         bad->value, limits->low, limits->high);
}

static gd_status bad_weight(const culprit *bad) {
    if (!isfinite(bad->value)) {
        return not_finite(bad);
    }
    return gd_status_new(GD_BAD_INPUT, "%s: row %lld of %s/w is %g; a weight is at least 0",
                         bad->source->file, (long long)bad->row, gd_source_prefix(bad->source),
                         bad->value);
}

static gd_status bad_category(const culprit *bad, int64_t column, int64_t size) {
    return gd_status_new(GD_BAD_INPUT,
                         "%s: row %lld of %s/x holds %.15g in column %lld; an embedding of size "
                         "%lld takes whole numbers from 0 to %lld",
                         bad->source->file, (long long)bad->row, gd_source_prefix(bad->source),
                         bad->value, (long long)column, (long long)size, (long long)size - 1);
}

/* Row by row. */
static gd_status check_categories(const gd_split *split, gd_role role, const gd_rows *rows,
                                  const gd_categories *categories, culprit *bad) {
    const limits limits = {
        .factor = 1, .low = 0, .high = (double)categories->size - 1, .whole = true};
    const size_t bytes = gd_type_size(rows->x.type);
    for (int64_t i = 0; i < rows->range.count; i++) {
        const int64_t first = i * rows->x_width + categories->columns.first;
        const char *data = (const char *)rows->x_data + (size_t)first * bytes;
        const int64_t place = first_bad(rows->x.type, data, categories->columns.count, &limits);
        if (place >= 0) {
            bad->row = gd_split_row(split, role, rows->range.first + i);
            bad->value = gd_type_get(rows->x.type, data, place);
            return bad_category(bad, categories->columns.first + place, categories->size);
        }
    }
    return GD_OK;
}

gd_status gd_rows_check_values(const gd_source *source, const gd_split *split, gd_role role,
                               const gd_rows *rows, double scale, double largest,
                               const gd_target *target) {
    bool labels = target->kind == GD_TARGET_CLASS;
    /* x is converted to the precision of the training before it is scaled, so it must fit there
     * too. */
    limits of_x = {.factor = fmax(1, fabs(scale)), .low = -largest, .high = largest};
    limits of_y = {.factor = 1,
                   .low = labels ? 0 : fmax(target->min, -largest),
                   .high =
                       labels ? (double)gd_target_classes(target) - 1 : fmin(target->max, largest),
                   .whole = labels};
    const limits of_w = {.factor = 1, .low = 0, .high = DBL_MAX};
    culprit bad = {.source = source, .member = "x"};
    int64_t count = rows->range.count;
    int64_t place = first_bad(rows->x.type, rows->x_data, count * rows->x_width, &of_x);
    if (place >= 0) {
        bad.row = gd_split_row(split, role, rows->range.first + place / rows->x_width);
        bad.value = gd_type_get(rows->x.type, rows->x_data, place);
        return bad_x(&bad, scale, largest);
    }
    const gd_categories *of = rows->x_data == NULL ? NULL : rows->categories;
    for (; of != NULL && of->columns.count > 0; of++) {
        gd_status status = check_categories(split, role, rows, of, &bad);
        if (status != GD_OK) {
            return status;
        }
    }
    place = first_bad(rows->y.type, rows->y_data, count * rows->y_width, &of_y);
    if (place >= 0) {
        bad.member = "y";
        bad.row = gd_split_row(split, role, rows->range.first + place / rows->y_width);
        bad.value = gd_type_get(rows->y.type, rows->y_data, place);
        return labels ? bad_label(&bad, target) : bad_value(&bad, &of_y);
    }
    place = first_bad(GD_FLOAT64, rows->weights, count, &of_w);
    if (place >= 0) {
        bad.member = "w";
        bad.row = gd_split_row(split, role, rows->range.first + place);
        bad.value = rows->weights[place];
        return bad_weight(&bad);
    }
    return GD_OK;
}
