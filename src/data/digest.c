#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "data_private.h"
#include "gdmpi/hash.h"
#include "gdmpi/memory.h"
#include "gdmpi/store.h"
#include "gdmpi/text.h"

uint64_t gd_rows_digest(const gd_rows *rows) {
    size_t x_bytes = gd_rows_x_bytes(rows);
    size_t y_bytes = gd_rows_y_bytes(rows);
    const char *x = rows->x_data, *y = rows->y_data;
    uint64_t sum = 0;
    for (int64_t i = 0; i < rows->range.count; i++, x += x_bytes, y += y_bytes) {
        uint64_t row = gd_hash(x, x_bytes, (uint64_t)(rows->range.first + i));
        row = gd_hash(y, y_bytes, row);
        sum += rows->weights == NULL ? row : gd_hash(&rows->weights[i], sizeof(double), row);
    }
    return sum;
}

enum { SAMPLE = 16 };

/* Rows from the first to the last of a data set, evenly spread. */
static gd_status sample_set(const gd_store *store, const char *name, const gd_shape *shape,
                            uint64_t *digest) {
    void *row;
    int64_t last = shape->dims[0] - 1;
    size_t bytes = (size_t)gd_shape_width(shape) * gd_type_size(shape->type);
    gd_status status = gd_memory_new(&row, bytes, 1, name);
    for (int64_t i = 0; i < SAMPLE && status == GD_OK; i++) {
        int64_t at = last / (SAMPLE - 1) * i + last % (SAMPLE - 1) * i / (SAMPLE - 1);
        status = gd_store_read(store, name, at, 1, shape->type, row);
        *digest = gd_hash(row, bytes, *digest);
    }
    gd_memory_free(&row);
    return status;
}

static gd_status sample(const gd_source *source, const gd_rows *rows, uint64_t *digest) {
    const gd_shape *const shapes[] = {&rows->x, &rows->y, &rows->w};
    static const char *const members[] = {"x", "y", "w"};
    gd_store *store = NULL;
    gd_status status = gd_store_open(source->file, &store);
    *digest = 0;
    for (int i = 0; i < 3 && status == GD_OK; i++) {
        char *name;
        status = gd_text_new(&name, "%s/%s", gd_source_prefix(source), members[i]);
        if (status == GD_OK && shapes[i]->rank > 0) {
            status = sample_set(store, name, shapes[i], digest);
        }
        gd_memory_free(&name);
    }
    return gd_status_first(status, gd_store_close(&store));
}

static void add_shape(const char *member, const gd_shape *shape, gd_text *out) {
    if (shape->rank == 0) {
        return;
    }
    gd_text_add(out, "%s = ", member);
    gd_text_add_dims(out, shape->rank, shape->dims);
    gd_text_add(out, " %s\n", gd_type_name(shape->type));
}

gd_status gd_rows_fingerprint(const gd_source *source, const gd_rows *rows, gd_text *out) {
    struct stat about;
    uint64_t digest;
    if (stat(source->file, &about) != 0) {
        return gd_status_new(GD_BAD_INPUT, "%s: cannot be read: %s", source->file, strerror(errno));
    }
    gd_status status = sample(source, rows, &digest);
    if (status == GD_OK) {
        gd_text_add(out, "[%s:%s]\nbytes = %lld\n", source->file, source->group,
                    (long long)about.st_size);
        add_shape("x", &rows->x, out);
        add_shape("y", &rows->y, out);
        add_shape("w", &rows->w, out);
        gd_text_add(out, "hash of some rows = %016" PRIx64 "\n", digest);
    }
    return status;
}
