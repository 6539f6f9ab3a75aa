#include "gdmpi/data.h"
#include "gdmpi/memory.h"
#include "gdmpi/store.h"

/* Up to so many bytes, all rows are tried. */
static const int64_t small = 4 << 20;

typedef struct attempt {
    const gd_source *source;
    bool needed;
    gd_status (*describe)(const gd_source *source, gd_rows *rows);
} attempt;

static gd_status load(const gd_source *source, gd_rows *rows, int64_t first, int64_t count) {
    gd_split split = {.rows = rows->x.dims[0]};
    gd_status status = gd_rows_load(source, &split, GD_TRAINING, (gd_range){first, count}, rows);
    if (status == GD_OK) {
        gd_rows_free(rows);
    }
    return status;
}

/* Shapes, and the first and the last row: with them the library has met all metadata, the index of
 * chunks included, since the sizes of data sets are checked. */
static gd_status attempt_rows(void *context) {
    const attempt *try = context;
    gd_rows rows;
    char *classes;
    bool there = true;
    gd_status status = try->needed ? GD_OK : gd_source_look(try->source, &there);
    if (status != GD_OK || !there) {
        return status;
    }
    status = try->describe(try->source, &rows);
    if (status == GD_OK && rows.y.rank > 0) {
        status = gd_source_classes(try->source, &classes);
        gd_memory_free(&classes);
    }
    if (status != GD_OK) {
        return status;
    }
    int64_t count = rows.x.dims[0];
    int64_t width = (int64_t)(gd_rows_x_bytes(&rows) + gd_rows_y_bytes(&rows));
    if (count <= small / width) {
        return load(try->source, &rows, 0, count);
    }
    status = load(try->source, &rows, 0, 1);
    return status == GD_OK ? load(try->source, &rows, count - 1, 1) : status;
}

gd_status gd_source_try(const gd_source *source, bool needed) {
    attempt try = {source, needed, gd_rows_describe};
    return gd_store_guard(source->file, attempt_rows, &try);
}

gd_status gd_source_try_x(const gd_source *source) {
    attempt try = {source, true, gd_rows_describe_x};
    return gd_store_guard(source->file, attempt_rows, &try);
}
