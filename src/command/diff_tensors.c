#include <math.h>
#include <stdio.h>
#include <string.h>

#include "diff_private.h"
#include "gdmpi/memory.h"
#include "gdmpi/text.h"

/* An open checkpoint, and a part of one of its data sets as doubles. */
typedef struct side {
    gd_store *store;
    gd_folder names;
    gd_shape shape;
    double *values;
} side;

enum { PART = 1 << 16 }; /* elements that are read at once, if a row has no more */

/* A place at which two tensors differ. */
typedef struct place {
    int64_t index;
    double a, b;
} place;

typedef struct difference {
    int64_t count;
    place first, largest;
} difference;

static gd_status open_side(const char *path, side *side) {
    gd_status status = gd_store_open(path, &side->store);
    return status == GD_OK ? gd_store_sets(side->store, &side->names) : status;
}

static gd_status close_side(side *side) {
    gd_folder_free(&side->names);
    gd_memory_free(&side->values);
    return gd_store_close(&side->store);
}

/* NaN is as far from any number as can be. */
static double distance(const place *at) {
    double far = fabs(at->a - at->b);
    return isnan(far) ? INFINITY : far;
}

/* Two numbers are the same if their bits are: -0 is not 0, and NaN is NaN. */
static void compare_part(const double *a, const double *b, int64_t count, int64_t at,
                         difference *found) {
    for (int64_t i = 0; i < count; i++) {
        if (memcmp(&a[i], &b[i], sizeof *a) == 0) {
            continue;
        }
        place here = {at + i, a[i], b[i]};
        if (found->count == 0) {
            found->first = found->largest = here;
        } else if (distance(&here) > distance(&found->largest)) {
            found->largest = here;
        }
        found->count++;
    }
}

static gd_status read_part(side *side, const char *name, int64_t first, int64_t rows,
                           int64_t width) {
    gd_status status = GD_OK;
    if (side->values == NULL) {
        status = gd_memory_new(&side->values, (size_t)(rows * width), sizeof *side->values, name);
    }
    return status == GD_OK ? gd_store_read(side->store, name, first, rows, GD_FLOAT64, side->values)
                           : status;
}

/* Two data sets of the same shape. */
static gd_status compare_values(side *a, side *b, const char *name, difference *found) {
    int64_t width = a->shape.rank == 0 ? 1 : gd_shape_width(&a->shape);
    int64_t rows = a->shape.rank == 0 ? 1 : a->shape.dims[0];
    int64_t most = width > 0 && width < PART ? PART / width : 1;
    gd_status status = GD_OK;
    for (int64_t first = 0; first < rows && status == GD_OK; first += most) {
        int64_t count = rows - first < most ? rows - first : most;
        status = read_part(a, name, first, count, width);
        if (status == GD_OK) {
            status = read_part(b, name, first, count, width);
        }
        if (status == GD_OK) {
            compare_part(a->values, b->values, count * width, first * width, found);
        }
    }
    gd_memory_free(&a->values);
    gd_memory_free(&b->values);
    return status;
}

static int64_t elements(const gd_shape *shape) {
    return shape->rank == 0 ? 1 : shape->dims[0] * gd_shape_width(shape);
}

/* "[3, 5]: A | B" */
static void print_place(const char *what, const gd_shape *shape, const place *at) {
    int64_t place[GD_RANK_MAX], rest = at->index;
    char a[32], b[32], dims[GD_TEXT_DIMS];
    for (int i = shape->rank - 1; i >= 0; i--) {
        place[i] = rest % shape->dims[i];
        rest /= shape->dims[i];
    }
    printf("    %-8s %s: %s | %s\n", what, gd_text_dims(shape->rank, place, dims),
           gd_text_number(at->a, a), gd_text_number(at->b, b));
}

static void print_values(const char *name, const gd_shape *shape, const difference *found) {
    char count[32], all[32], far[32];
    printf("  %s: %s of %s differ, by at most %s\n", name, gd_text_grouped(found->count, count),
           gd_text_grouped(elements(shape), all), gd_text_number(distance(&found->largest), far));
    print_place("first", shape, &found->first);
    print_place("largest", shape, &found->largest);
}

static bool same_dims(const gd_shape *a, const gd_shape *b) {
    return a->rank == b->rank && memcmp(a->dims, b->dims, (size_t)a->rank * sizeof *a->dims) == 0;
}

static void print_shapes(const char *name, const gd_shape *a, const gd_shape *b) {
    char one[GD_TEXT_DIMS], other[GD_TEXT_DIMS];
    printf("  %s: %s | %s\n", name, gd_text_dims(a->rank, a->dims, one),
           gd_text_dims(b->rank, b->dims, other));
}

/* One that both have. */
static gd_status compare_set(side *a, side *b, const char *name, bool *same) {
    difference found = {0};
    gd_status status = gd_store_shape(a->store, name, &a->shape);
    if (status == GD_OK) {
        status = gd_store_shape(b->store, name, &b->shape);
    }
    if (status == GD_OK && !same_dims(&a->shape, &b->shape)) {
        print_shapes(name, &a->shape, &b->shape);
        *same = false;
        return GD_OK;
    }
    if (status == GD_OK) {
        status = compare_values(a, b, name, &found);
    }
    *same = found.count == 0;
    if (status == GD_OK && !*same) {
        print_values(name, &a->shape, &found);
    }
    return status;
}

static bool has(const gd_folder *names, const char *name) {
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->name[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_config(const char *name) {
    return strcmp(name, GD_CHECKPOINT_CONFIG) == 0;
}

/* What only this side has. */
static void count_lonely(const side *here, const side *other, const char *which,
                         gd_diff_count *count) {
    for (size_t i = 0; i < here->names.count; i++) {
        const char *name = here->names.name[i];
        if (!is_config(name) && !has(&other->names, name)) {
            printf("  %s: only the %s file has it\n", name, which);
            count->all++;
            count->different++;
        }
    }
}

static gd_status compare_common(side *a, side *b, gd_diff_count *count) {
    gd_status status = GD_OK;
    for (size_t i = 0; i < a->names.count && status == GD_OK; i++) {
        const char *name = a->names.name[i];
        bool same = true;
        if (!is_config(name) && has(&b->names, name)) {
            status = compare_set(a, b, name, &same);
            count->all++;
            count->different += !same;
        }
    }
    return status;
}

gd_status gd_diff_tensors(const char *a_path, const char *b_path, gd_diff_count *count) {
    side a = {0}, b = {0};
    *count = (gd_diff_count){0};
    gd_status status = open_side(a_path, &a);
    if (status == GD_OK) {
        status = open_side(b_path, &b);
    }
    if (status == GD_OK) {
        status = compare_common(&a, &b, count);
    }
    if (status == GD_OK) {
        count_lonely(&a, &b, "first", count);
        count_lonely(&b, &a, "second", count);
    }
    status = gd_status_first(status, close_side(&a));
    return gd_status_first(status, close_side(&b));
}
