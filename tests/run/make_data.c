/* Writes the data files that the scripts beside it train on, and those that a run must refuse.
 *
 * make_data KIND FILE [TRAINING-ROWS [VALIDATION-ROWS]] */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gdmpi/memory.h"
#include "gdmpi/rng.h"
#include "gdmpi/store.h"

/* One group: x [rows, ...], y, and w [rows] if that has a rank. */
typedef struct group {
    const char *name;
    int64_t rows;
    gd_shape x, y, w;
    double *x_values, *y_values, *w_values;
} group;

/* A kind of file, and where it is spoilt or changed. */
typedef struct kind {
    const char *name;
    void (*fill)(group *group);
    void (*spoil)(group *group); /* NULL: it is good */
} kind;

enum { FEATURES = 5, CLASSES = 3, OUTPUTS = 2, SIDE = 28 };

static double uniform(int64_t row, int64_t column) {
    gd_rng rng = gd_rng_stream(7, GD_RNG_INIT, row, column, 0);
    return gd_rng_uniform(&rng, 0);
}

static void fill_x(group *group) {
    int64_t width = gd_shape_width(&group->x);
    for (int64_t i = 0; i < group->rows * width; i++) {
        group->x_values[i] = 4 * uniform(i / width, i % width) - 2;
    }
}

/* A class by the sum of the features, in rings: something to learn, and not all of it with ease. */
static void fill_classes(group *group) {
    group->x = (gd_shape){GD_FLOAT32, 2, {group->rows, FEATURES}};
    group->y = (gd_shape){GD_INT64, 1, {group->rows}};
    fill_x(group);
    for (int64_t row = 0; row < group->rows; row++) {
        double sum = 20;
        for (int64_t i = 0; i < FEATURES; i++) {
            sum += group->x_values[row * FEATURES + i];
        }
        group->y_values[row] = (double)((int64_t)(sum / 2) % CLASSES);
    }
}

/* Classes that have nothing to do with the features: they can only be learnt by heart, and those of
 * validation not at all. */
static void fill_noise(group *group) {
    const int64_t column = FEATURES + (strcmp(group->name, "/val") == 0);
    fill_classes(group);
    for (int64_t row = 0; row < group->rows; row++) {
        group->y_values[row] = floor(CLASSES * uniform(row, column));
    }
}

static void fill_weighted(group *group) {
    fill_classes(group);
    group->w = (gd_shape){GD_FLOAT32, 1, {group->rows}};
    for (int64_t row = 0; row < group->rows; row++) {
        group->w_values[row] = 3 * uniform(row, FEATURES);
    }
}

static void fill_values(group *group) {
    group->x = (gd_shape){GD_FLOAT64, 2, {group->rows, FEATURES}};
    group->y = (gd_shape){GD_FLOAT32, 2, {group->rows, OUTPUTS}};
    fill_x(group);
    for (int64_t row = 0; row < group->rows; row++) {
        const double *x = group->x_values + row * FEATURES;
        group->y_values[row * OUTPUTS] = x[0] - 2 * x[1] + 0.5;
        group->y_values[row * OUTPUTS + 1] = x[2] * x[3];
    }
}

/* Two numbers of 0 or 1. */
static void fill_flags(group *group) {
    fill_values(group);
    for (int64_t i = 0; i < group->rows * OUTPUTS; i++) {
        group->y_values[i] = group->y_values[i] > 0;
    }
}

/* Features of eight kinds each. */
static void fill_levels(group *group) {
    group->x = (gd_shape){GD_UINT8, 2, {group->rows, FEATURES}};
    group->y = (gd_shape){GD_INT64, 1, {group->rows}};
    for (int64_t i = 0; i < group->rows * FEATURES; i++) {
        group->x_values[i] = floor(8 * uniform(i / FEATURES, i % FEATURES));
    }
    for (int64_t row = 0; row < group->rows; row++) {
        const double *x = group->x_values + row * FEATURES;
        group->y_values[row] = (double)((int64_t)(x[0] * x[1] + x[2]) % CLASSES);
    }
}

/* Grey pixels and ten labels. */
static void fill_images(group *group) {
    group->x = (gd_shape){GD_UINT8, 3, {group->rows, SIDE, SIDE}};
    group->y = (gd_shape){GD_UINT8, 1, {group->rows}};
    for (int64_t i = 0; i < group->rows * SIDE * SIDE; i++) {
        group->x_values[i] = floor(256 * uniform(i / SIDE, i % SIDE));
    }
    for (int64_t row = 0; row < group->rows; row++) {
        group->y_values[row] = (double)(row % 10);
    }
}

/* What is spoilt lies past the middle, so that it is not the first rank's. */
static int64_t bad_row(const group *group) {
    return group->rows * 2 / 3;
}

static void spoil_x_nan(group *group) {
    group->x_values[bad_row(group) * FEATURES + 1] = NAN;
}

static void spoil_x_infinite(group *group) {
    group->x_values[bad_row(group) * FEATURES + FEATURES - 1] = -INFINITY;
}

static void spoil_y_nan(group *group) {
    group->y_values[bad_row(group) * gd_shape_width(&group->y)] = NAN;
    group->y.type = GD_FLOAT64;
}

static void spoil_y_infinite(group *group) {
    group->y_values[bad_row(group) * gd_shape_width(&group->y)] = INFINITY;
    group->y.type = GD_FLOAT64;
}

/* Good data, but not the same. */
static void change_x_of_a_row(group *group) {
    group->x_values[bad_row(group) * FEATURES] += 1;
}

static void change_all_x(group *group) {
    for (int64_t i = 0; i < group->rows * FEATURES; i++) {
        group->x_values[i] += 1;
    }
}

static void spoil_label_large(group *group) {
    group->y_values[bad_row(group)] = CLASSES;
}

static void spoil_label_negative(group *group) {
    group->y_values[bad_row(group)] = -1;
}

static void spoil_label_fraction(group *group) {
    group->y_values[bad_row(group)] = 0.5;
    group->y.type = GD_FLOAT32;
}

static void spoil_level(group *group, double value) {
    group->x_values[bad_row(group) * FEATURES + 3] = value;
    group->x.type = GD_FLOAT32;
}

static void spoil_level_large(group *group) {
    spoil_level(group, 8);
}

static void spoil_level_negative(group *group) {
    spoil_level(group, -1);
}

static void spoil_level_fraction(group *group) {
    spoil_level(group, 2.5);
}

static void spoil_w_negative(group *group) {
    group->w_values[bad_row(group)] = -1;
}

static void spoil_w_nan(group *group) {
    group->w_values[bad_row(group)] = NAN;
}

static void spoil_w_zero(group *group) {
    memset(group->w_values, 0, (size_t)group->rows * sizeof *group->w_values);
}

static void spoil_w_short(group *group) {
    group->w.dims[0] = group->rows - 1;
}

static void spoil_no_group(group *group) {
    group->name = "/other";
}

static void spoil_no_x(group *group) {
    group->x.rank = -1;
}

static void spoil_no_y(group *group) {
    group->y.rank = -1;
}

static void spoil_x_flat(group *group) {
    group->x = (gd_shape){GD_FLOAT32, 1, {group->rows}};
}

static void spoil_y_wide(group *group) {
    group->y = (gd_shape){GD_INT64, 2, {group->rows / 2, 2}};
    group->x.dims[0] = group->rows / 2;
}

static void spoil_y_short(group *group) {
    group->y.dims[0] = group->rows - 1;
}

static void spoil_empty(group *group) {
    group->x.dims[0] = group->y.dims[0] = 0;
}

static const kind kinds[] = {
    {"classes", fill_classes, NULL},
    {"noise", fill_noise, NULL},
    {"weighted", fill_weighted, NULL},
    {"values", fill_values, NULL},
    {"flags", fill_flags, NULL},
    {"levels", fill_levels, NULL},
    {"images", fill_images, NULL},
    {"x-changed", fill_classes, change_x_of_a_row},
    {"x-all-changed", fill_classes, change_all_x},
    {"x-nan", fill_classes, spoil_x_nan},
    {"x-infinite", fill_classes, spoil_x_infinite},
    {"y-nan", fill_values, spoil_y_nan},
    {"y-infinite", fill_values, spoil_y_infinite},
    {"label-large", fill_classes, spoil_label_large},
    {"label-negative", fill_classes, spoil_label_negative},
    {"label-fraction", fill_classes, spoil_label_fraction},
    {"label-nan", fill_classes, spoil_y_nan},
    {"level-large", fill_levels, spoil_level_large},
    {"level-negative", fill_levels, spoil_level_negative},
    {"level-fraction", fill_levels, spoil_level_fraction},
    {"w-negative", fill_weighted, spoil_w_negative},
    {"w-nan", fill_weighted, spoil_w_nan},
    {"w-zero", fill_weighted, spoil_w_zero},
    {"w-short", fill_weighted, spoil_w_short},
    {"no-group", fill_classes, spoil_no_group},
    {"no-x", fill_classes, spoil_no_x},
    {"no-y", fill_classes, spoil_no_y},
    {"x-flat", fill_classes, spoil_x_flat},
    {"y-wide", fill_classes, spoil_y_wide},
    {"y-short", fill_classes, spoil_y_short},
    {"empty", fill_classes, spoil_empty},
};

static gd_status add(gd_store *store, const group *group, const char *member, const gd_shape *shape,
                     const double *values) {
    char name[64];
    snprintf(name, sizeof name, "%s/%s", group->name, member);
    if (shape->rank < 0) {
        return gd_store_group(store, group->name);
    }
    gd_status status = gd_store_add(store, name, shape, GD_CONTIGUOUS);
    if (status == GD_OK && shape->dims[0] > 0) {
        status = gd_store_write(store, name, 0, shape->dims[0], GD_FLOAT64, values);
    }
    return status;
}

static gd_status write_group(gd_store *store, const kind *kind, const char *name, int64_t rows) {
    group group = {.name = name, .rows = rows};
    size_t room = (size_t)(rows + 1) * SIDE * SIDE;
    gd_status status = gd_memory_new(&group.x_values, room, sizeof(double), "x");
    if (status == GD_OK) {
        status = gd_memory_new(&group.y_values, room, sizeof(double), "y");
    }
    if (status == GD_OK) {
        status = gd_memory_new(&group.w_values, (size_t)rows, sizeof(double), "w");
    }
    if (status == GD_OK) {
        kind->fill(&group);
        if (kind->spoil != NULL) {
            kind->spoil(&group);
        }
        status = add(store, &group, "x", &group.x, group.x_values);
    }
    if (status == GD_OK) {
        status = add(store, &group, "y", &group.y, group.y_values);
    }
    if (status == GD_OK && group.w.rank > 0) {
        status = add(store, &group, "w", &group.w, group.w_values);
    }
    gd_memory_free(&group.w_values);
    gd_memory_free(&group.x_values);
    gd_memory_free(&group.y_values);
    return status;
}

/* Validation rows are always good. */
static gd_status write_file(const kind *wanted, const char *path, int64_t rows, int64_t held) {
    const kind good = {.fill = wanted->fill};
    gd_store *store = NULL;
    gd_status status = gd_store_create(path, &store);
    if (status == GD_OK) {
        status = write_group(store, wanted, "/train", rows);
    }
    if (status == GD_OK && held > 0) {
        status = write_group(store, &good, "/val", held);
    }
    gd_status closed = gd_store_close(&store);
    if (status == GD_OK) {
        return closed;
    }
    gd_status_free(&closed);
    return status;
}

static const kind *find_kind(const char *name) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            return &kinds[i];
        }
    }
    return NULL;
}

int main(int argc, char **argv) {
    const kind *wanted = argc < 3 ? NULL : find_kind(argv[1]);
    if (wanted == NULL) {
        fprintf(stderr, "usage: make_data KIND FILE [TRAINING-ROWS [VALIDATION-ROWS]]\n");
        return 2;
    }
    int64_t rows = argc > 3 ? strtoll(argv[3], NULL, 10) : 60;
    int64_t held = argc > 4 ? strtoll(argv[4], NULL, 10) : 0;
    gd_store_start();
    gd_status status = write_file(wanted, argv[2], rows, held);
    int code = status == GD_OK ? 0 : 1;
    if (status != GD_OK) {
        fprintf(stderr, "make_data: %s\n", gd_status_message(status));
        gd_status_free(&status);
    }
    return code;
}
