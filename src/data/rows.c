#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "data_private.h"
#include "gdmpi/memory.h"
#include "gdmpi/store.h"
#include "gdmpi/text.h"

/* Held-out rows are picked out of runs of the file of at most this size. */
static const int64_t pick_bytes = 16 << 20;

const char *gd_source_prefix(const gd_source *source) {
    return strcmp(source->group, "/") == 0 ? "" : source->group;
}

static void add_shape(const gd_shape *shape, gd_text *text) {
    if (shape->rank == 0) {
        gd_text_add(text, "a single number");
        return;
    }
    gd_text_add_dims(text, shape->rank, shape->dims);
}

gd_status gd_source_wrong_shape(const gd_source *source, const char *member, const gd_shape *shape,
                                const char *wanted, ...) {
    char advice[160];
    va_list arguments;
    va_start(arguments, wanted);
    vsnprintf(advice, sizeof advice, wanted, arguments);
    va_end(arguments);
    gd_text text = {0};
    add_shape(shape, &text);
    gd_status status = gd_text_status(&text);
    if (status == GD_OK) {
        status = gd_status_new(GD_BAD_INPUT, "%s: %s/%s is %s; %s", source->file,
                               gd_source_prefix(source), member, gd_text_bytes(&text), advice);
    }
    gd_text_free(&text);
    return status;
}

static gd_status read_shape(const gd_store *store, const char *name, gd_shape *shape) {
    gd_status status = gd_store_shape(store, name, shape);
    bool there = true;
    gd_status found = status == GD_OK ? GD_OK : gd_store_has(store, name, &there);
    if (found == GD_OK && there) {
        return status;
    }
    gd_status_free(&found);
    gd_status told = gd_status_new(gd_status_code(status), "%s; a group of data holds x and y",
                                   gd_status_message(status));
    gd_status_free(&status);
    return told;
}

static gd_status check_group(const gd_store *store, const gd_source *source) {
    if (!gd_store_has_set(store, source->group)) {
        return GD_OK;
    }
    return gd_status_new(GD_BAD_INPUT, "%s: %s is a data set; a group that holds x and y is needed",
                         source->file, source->group);
}

static gd_status describe(const gd_store *store, const gd_source *source, const char *member,
                          gd_shape *shape) {
    char *name;
    gd_status status = gd_text_new(&name, "%s/%s", gd_source_prefix(source), member);
    if (status == GD_OK) {
        status = read_shape(store, name, shape);
    }
    gd_memory_free(&name);
    return status;
}

/* The group may have no w. */
static gd_status describe_weights(const gd_store *store, const gd_source *source, gd_shape *w) {
    char *name;
    bool there = false;
    gd_status status = gd_text_new(&name, "%s/w", gd_source_prefix(source));
    if (status == GD_OK) {
        status = gd_store_has(store, name, &there);
    }
    gd_memory_free(&name);
    return status == GD_OK && there ? describe(store, source, "w", w) : status;
}

static gd_status check_weights(const gd_source *source, const gd_rows *rows) {
    const gd_shape *w = &rows->w;
    if (w->rank == 1 && w->dims[0] == rows->x.dims[0]) {
        return GD_OK;
    }
    return gd_source_wrong_shape(source, "w", w, "w needs one weight for each of the %lld row%s",
                                 (long long)rows->x.dims[0], gd_text_plural(rows->x.dims[0]));
}

static gd_status check_x(const gd_source *source, const gd_rows *rows) {
    const gd_shape *x = &rows->x;
    if (x->rank < 2) {
        return gd_source_wrong_shape(source, "x", x, "x needs [rows, features]");
    }
    if (x->dims[0] == 0 || rows->x_width == 0) {
        return gd_source_wrong_shape(source, "x", x, "at least one row and one feature are needed");
    }
    return GD_OK;
}

static gd_status check_rows(const gd_source *source, const gd_rows *rows) {
    const gd_shape *x = &rows->x, *y = &rows->y;
    if (y->rank < 1) {
        return gd_source_wrong_shape(source, "y", y, "y needs [rows] or [rows, outputs]");
    }
    if (x->dims[0] != y->dims[0]) {
        return gd_status_new(
            GD_BAD_INPUT, "%s: %s/x has %lld row%s, but %s/y has %lld; x and y need the same rows",
            source->file, gd_source_prefix(source), (long long)x->dims[0],
            gd_text_plural(x->dims[0]), gd_source_prefix(source), (long long)y->dims[0]);
    }
    if (rows->y_width == 0) {
        return gd_source_wrong_shape(source, "y", y, "at least one number a row is needed");
    }
    return rows->w.rank > 0 ? check_weights(source, rows) : GD_OK;
}

size_t gd_rows_x_bytes(const gd_rows *rows) {
    return (size_t)rows->x_width * gd_type_size(rows->x.type);
}

size_t gd_rows_y_bytes(const gd_rows *rows) {
    return (size_t)rows->y_width * gd_type_size(rows->y.type);
}

size_t gd_rows_weight_bytes(const gd_rows *rows) {
    return rows->weights == NULL ? 0 : sizeof *rows->weights;
}

size_t gd_rows_bytes(const gd_rows *rows) {
    return gd_rows_x_bytes(rows) + gd_rows_y_bytes(rows) + gd_rows_weight_bytes(rows);
}

static gd_status describe_x(const gd_store *store, const gd_source *source, gd_rows *rows) {
    gd_status status = check_group(store, source);
    if (status == GD_OK) {
        status = describe(store, source, "x", &rows->x);
    }
    if (status == GD_OK) {
        rows->x_width = gd_shape_width(&rows->x);
        status = check_x(source, rows);
    }
    return status;
}

static gd_status describe_targets(const gd_store *store, const gd_source *source, gd_rows *rows) {
    gd_status status = describe(store, source, "y", &rows->y);
    if (status == GD_OK) {
        status = describe_weights(store, source, &rows->w);
    }
    if (status == GD_OK) {
        rows->y_width = gd_shape_width(&rows->y);
        status = check_rows(source, rows);
    }
    return status;
}

gd_status gd_rows_describe(const gd_source *source, gd_rows *rows) {
    gd_store *store = NULL;
    *rows = (gd_rows){0};
    gd_status status = gd_store_open(source->file, &store);
    if (status == GD_OK) {
        status = describe_x(store, source, rows);
    }
    if (status == GD_OK) {
        status = describe_targets(store, source, rows);
    }
    return gd_status_first(status, gd_store_close(&store));
}

gd_status gd_rows_describe_x(const gd_source *source, gd_rows *rows) {
    gd_store *store = NULL;
    *rows = (gd_rows){0};
    gd_status status = gd_store_open(source->file, &store);
    if (status == GD_OK) {
        status = describe_x(store, source, rows);
    }
    return gd_status_first(status, gd_store_close(&store));
}

gd_status gd_source_chunk(const gd_source *source, gd_shape *chunk) {
    gd_store *store = NULL;
    char *name = NULL;
    gd_storage storage = {0};
    *chunk = (gd_shape){0};
    gd_status status = gd_store_open(source->file, &store);
    if (status == GD_OK) {
        status = gd_text_new(&name, "%s/x", gd_source_prefix(source));
    }
    if (status == GD_OK) {
        status = gd_store_storage(store, name, &storage);
    }
    while (chunk->rank < GD_RANK_MAX && storage.chunk[chunk->rank] > 0) {
        chunk->dims[chunk->rank] = storage.chunk[chunk->rank];
        chunk->rank++;
    }
    gd_memory_free(&name);
    return gd_status_first(status, gd_store_close(&store));
}

/* One data set of a group on its way into memory. */
typedef struct reader {
    const gd_store *store;
    const char *name;
    const gd_split *split;
    gd_role role;
    gd_range range;
    gd_type type;
    size_t row_bytes;
} reader;

static void move(const reader *from, char *rows, int64_t to, int64_t first, int64_t count) {
    if (to != first) {
        memmove(rows + (size_t)to * from->row_bytes, rows + (size_t)first * from->row_bytes,
                (size_t)count * from->row_bytes);
    }
}

/* Closes the gaps of held-out rows in `rows`, which are rows first ... first + count - 1 of the
 * file; *held counts the held-out rows that lie before. Returns how many rows are left. */
static int64_t drop_held_out(const reader *from, int64_t first, int64_t count, int64_t *held,
                             char *rows) {
    int64_t kept = 0, next = 0;
    for (; *held < from->split->held; ++*held) {
        int64_t hole = gd_split_row(from->split, GD_VALIDATION, *held) - first;
        if (hole >= count) {
            break;
        }
        move(from, rows, kept, next, hole - next);
        kept += hole - next;
        next = hole + 1;
    }
    move(from, rows, kept, next, count - next);
    return kept + count - next;
}

/* Reads as many rows as there is room for, drops the held-out ones, and goes on with the room that
 * leaves: what is read never goes beyond the last row that is needed, and takes no memory but its
 * own. */
static gd_status read_training(const reader *from, char *data) {
    int64_t next = gd_split_row(from->split, GD_TRAINING, from->range.first);
    int64_t held = next - from->range.first;
    gd_status status = GD_OK;
    for (int64_t room = from->range.count; room > 0 && status == GD_OK;) {
        status = gd_store_read(from->store, from->name, next, room, from->type, data);
        if (status == GD_OK) {
            int64_t kept = drop_held_out(from, next, room, &held, data);
            data += (size_t)kept * from->row_bytes;
            next += room;
            room -= kept;
        }
    }
    return status;
}

static gd_status read_held_out(const reader *from, char *data) {
    char *run = NULL;
    int64_t first = from->range.first, end = first + from->range.count;
    int64_t span = gd_split_row(from->split, GD_VALIDATION, end - 1) -
                   gd_split_row(from->split, GD_VALIDATION, first) + 1;
    int64_t most = pick_bytes / (int64_t)from->row_bytes;
    most = most < 1 ? 1 : most > span ? span : most;
    gd_status status =
        gd_memory_new(&run, (size_t)most, from->row_bytes, "reading rows that are held out");
    while (first < end && status == GD_OK) {
        int64_t start = gd_split_row(from->split, GD_VALIDATION, first), last = start;
        int64_t after = first + 1;
        for (; after < end; after++) {
            int64_t row = gd_split_row(from->split, GD_VALIDATION, after);
            if (row - start >= most) {
                break;
            }
            last = row;
        }
        status = gd_store_read(from->store, from->name, start, last - start + 1, from->type, run);
        for (; first < after && status == GD_OK; first++) {
            int64_t row = gd_split_row(from->split, GD_VALIDATION, first);
            memcpy(data, run + (size_t)(row - start) * from->row_bytes, from->row_bytes);
            data += from->row_bytes;
        }
    }
    gd_memory_free(&run);
    return status;
}

static bool same_shape(const gd_shape *a, const gd_shape *b) {
    return a->type == b->type && a->rank == b->rank &&
           memcmp(a->dims, b->dims, (size_t)a->rank * sizeof *a->dims) == 0;
}

/* Loads a data set that had this shape when it was looked at first, into new memory. */
static gd_status load(const gd_source *source, const char *member, const gd_shape *shape,
                      reader *from, void **data) {
    char *name;
    gd_shape now;
    gd_status status = gd_text_new(&name, "%s/%s", gd_source_prefix(source), member);
    if (status == GD_OK) {
        status = read_shape(from->store, name, &now);
    }
    if (status == GD_OK && !same_shape(shape, &now)) {
        status =
            gd_source_wrong_shape(source, member, &now, "it has changed since it was looked at");
    }
    if (status != GD_OK) {
        goto done;
    }
    from->name = name;
    from->type = shape->type;
    from->row_bytes = (size_t)gd_shape_width(shape) * gd_type_size(shape->type);
    status = gd_memory_new(data, (size_t)from->range.count, from->row_bytes, name);
    if (status == GD_OK && from->range.count > 0) {
        bool picked = from->role == GD_VALIDATION && from->split->held > 0;
        status = picked ? read_held_out(from, *data) : read_training(from, *data);
    }
done:
    gd_memory_free(&name);
    return status;
}

static gd_status load_weights(const gd_source *source, reader *from, gd_rows *rows) {
    const int64_t count = from->range.count;
    void *data = NULL;
    gd_status status = load(source, "w", &rows->w, from, &data);
    if (status == GD_OK) {
        status = gd_memory_new(&rows->weights, (size_t)count, sizeof *rows->weights,
                               "the weights of rows");
    }
    for (int64_t i = 0; status == GD_OK && i < count; i++) {
        rows->weights[i] = gd_type_get(rows->w.type, data, i);
    }
    gd_memory_free(&data);
    return status;
}

gd_status gd_rows_load(const gd_source *source, const gd_split *split, gd_role role, gd_range range,
                       gd_rows *rows) {
    gd_store *store = NULL;
    gd_status status = gd_store_open(source->file, &store);
    if (status != GD_OK) {
        return status;
    }
    reader from = {.store = store, .split = split, .role = role, .range = range};
    rows->range = range;
    status = load(source, "x", &rows->x, &from, &rows->x_data);
    if (status == GD_OK && rows->y.rank > 0) {
        status = load(source, "y", &rows->y, &from, &rows->y_data);
    }
    if (status == GD_OK && rows->w.rank > 0) {
        status = load_weights(source, &from, rows);
    }
    status = gd_status_first(status, gd_store_close(&store));
    if (status != GD_OK) {
        gd_rows_free(rows);
    }
    return status;
}

gd_status gd_rows_load_weights(const gd_source *source, const gd_split *split, gd_role role,
                               gd_range range, gd_rows *rows) {
    gd_store *store = NULL;
    reader from = {.split = split, .role = role, .range = range};
    gd_status status = gd_store_open(source->file, &store);
    if (status == GD_OK) {
        from.store = store;
        rows->range = range;
        status = load_weights(source, &from, rows);
    }
    return gd_status_first(status, gd_store_close(&store));
}

void gd_rows_free(gd_rows *rows) {
    gd_memory_free(&rows->x_data);
    gd_memory_free(&rows->y_data);
    gd_memory_free(&rows->weights);
}
