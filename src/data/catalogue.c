#include "gdmpi/catalogue.h"

#include <stdlib.h>
#include <string.h>

#include "gdmpi/data.h"
#include "gdmpi/memory.h"

/* The place of a name among those that come first; behind them all others. */
static size_t rank_of(const char *name, size_t length, const char *const *known) {
    size_t rank = 0;
    while (known[rank] != NULL &&
           (strlen(known[rank]) != length || memcmp(known[rank], name, length) != 0)) {
        rank++;
    }
    return rank;
}

/* As data flow: those of training, then those that it is judged by, x before y. */
static int by_use(const void *first, const void *second) {
    static const char *const groups[] = {"/train", "/val", "/test", NULL};
    static const char *const members[] = {"x", "y", "w", NULL};
    const char *a = *(char *const *)first, *b = *(char *const *)second;
    const char *a_end = strrchr(a, '/'), *b_end = strrchr(b, '/');
    const size_t a_length = (size_t)(a_end - a), b_length = (size_t)(b_end - b);
    const size_t a_group = rank_of(a, a_length, groups), b_group = rank_of(b, b_length, groups);
    if (a_group != b_group) {
        return a_group < b_group ? -1 : 1;
    }
    int order = strncmp(a, b, a_length < b_length ? a_length : b_length);
    if (order == 0 && a_length == b_length) {
        const size_t one = rank_of(a_end + 1, strlen(a_end + 1), members);
        const size_t two = rank_of(b_end + 1, strlen(b_end + 1), members);
        order = one != two ? (one < two ? -1 : 1) : strcmp(a_end, b_end);
    }
    return order != 0 ? order : a_length < b_length ? -1 : 1;
}

static gd_status read_entry(const gd_store *store, const char *name, gd_entry *entry) {
    gd_status status = gd_text_copy(name, &entry->name);
    if (status != GD_OK) {
        return status;
    }
    char *slash = strrchr(entry->name, '/');
    entry->member = slash + 1;
    status = slash == entry->name
                 ? gd_text_copy("/", &entry->group)
                 : gd_text_new(&entry->group, "%.*s", (int)(slash - entry->name), entry->name);
    if (status == GD_OK) {
        status = gd_store_shape(store, name, &entry->shape);
    }
    if (gd_status_code(status) == GD_BAD_INPUT) {
        entry->trouble = status;
        return GD_OK;
    }
    if (status == GD_OK) {
        status = gd_store_storage(store, name, &entry->storage);
    }
    if (status == GD_OK) {
        status = gd_store_get_lines(store, name, "columns", &entry->columns);
    }
    return status == GD_OK ? gd_store_get_lines(store, name, "classes", &entry->classes) : status;
}

static gd_status read_entries(const gd_store *store, gd_catalogue *catalogue) {
    gd_folder names;
    gd_status status = gd_store_sets(store, &names);
    if (status != GD_OK) {
        return status;
    }
    if (names.count > 0) {
        qsort(names.name, names.count, sizeof *names.name, by_use);
    }
    catalogue->sets = names.count;
    for (size_t i = 0; i < names.count && i < GD_CATALOGUE_SETS && status == GD_OK; i++) {
        status = read_entry(store, names.name[i], &catalogue->entry[catalogue->count++]);
    }
    gd_folder_free(&names);
    return status;
}

size_t gd_catalogue_group(const gd_catalogue *catalogue, size_t first) {
    size_t end = first;
    while (end < catalogue->count &&
           strcmp(catalogue->entry[end].group, catalogue->entry[first].group) == 0) {
        end++;
    }
    return end - first;
}

/* What training or, without y, predict would say of a group. */
static gd_status check_group(const char *path, const gd_entry *entry, size_t count) {
    gd_source source = {.file = (char *)path, .group = entry->group};
    gd_rows rows;
    bool x = false, y = false;
    for (size_t i = 0; i < count; i++) {
        x = x || strcmp(entry[i].member, "x") == 0;
        y = y || strcmp(entry[i].member, "y") == 0;
    }
    return y ? gd_rows_describe(&source, &rows) : x ? gd_rows_describe_x(&source, &rows) : GD_OK;
}

static gd_status check_groups(gd_catalogue *catalogue) {
    gd_status status = GD_OK;
    for (size_t first = 0; first < catalogue->count && status == GD_OK;) {
        const size_t count = gd_catalogue_group(catalogue, first);
        gd_status found = check_group(catalogue->path, &catalogue->entry[first], count);
        if (gd_status_code(found) == GD_BAD_INPUT) {
            catalogue->trouble = gd_status_first(catalogue->trouble, found);
        } else {
            status = found;
        }
        first += count;
    }
    return status;
}

gd_status gd_catalogue_read(const char *path, gd_catalogue *catalogue) {
    gd_store *store = NULL;
    *catalogue = (gd_catalogue){.path = path};
    gd_status status = gd_store_open(path, &store);
    if (status == GD_OK) {
        status = gd_store_get_lines(store, "/", "format", &catalogue->format);
    }
    if (status == GD_OK) {
        status = gd_store_size(store, &catalogue->bytes);
    }
    if (status == GD_OK) {
        status = read_entries(store, catalogue);
    }
    status = gd_status_first(status, gd_store_close(&store));
    return status == GD_OK ? check_groups(catalogue) : status;
}

void gd_catalogue_free(gd_catalogue *catalogue) {
    for (size_t i = 0; i < catalogue->count; i++) {
        gd_entry *entry = &catalogue->entry[i];
        gd_memory_free(&entry->name);
        gd_memory_free(&entry->group);
        gd_memory_free(&entry->columns);
        gd_memory_free(&entry->classes);
        gd_status_free(&entry->trouble);
        gd_survey_free(&entry->survey);
    }
    gd_memory_free(&catalogue->format);
    gd_status_free(&catalogue->trouble);
}

static gd_status try_rows(const gd_store *store, const gd_entry *entry, int64_t first,
                          int64_t rows) {
    void *data;
    gd_status status = gd_memory_new(&data, (size_t)(rows * gd_shape_width(&entry->shape)),
                                     gd_type_size(entry->shape.type), "some rows");
    if (status == GD_OK) {
        status = gd_store_read(store, entry->name, first, rows, entry->shape.type, data);
    }
    gd_memory_free(&data);
    return status;
}

/* The first and the last row: see gd_source_try. */
static gd_status try_entry(const gd_store *store, const gd_entry *entry) {
    static const double small = 4 << 20;
    const int64_t rows = entry->shape.rank == 0 ? 1 : entry->shape.dims[0];
    if (entry->trouble != GD_OK || rows == 0) {
        return GD_OK;
    }
    if (gd_survey_bytes(&entry->shape) <= small) {
        return try_rows(store, entry, 0, rows);
    }
    gd_status status = try_rows(store, entry, 0, 1);
    return status == GD_OK ? try_rows(store, entry, rows - 1, 1) : status;
}

gd_status gd_catalogue_try(void *path) {
    gd_catalogue catalogue;
    gd_store *store = NULL;
    gd_status status = gd_catalogue_read(path, &catalogue);
    if (status == GD_OK) {
        status = gd_store_open(path, &store);
    }
    for (size_t i = 0; i < catalogue.count && status == GD_OK; i++) {
        status = try_entry(store, &catalogue.entry[i]);
    }
    status = gd_status_first(status, gd_store_close(&store));
    gd_catalogue_free(&catalogue);
    return status;
}

void gd_catalogue_fingerprint(const gd_catalogue *catalogue, gd_text *text) {
    gd_text_add(text, "[%s]\nbytes = %lld\n", catalogue->path, (long long)catalogue->bytes);
    for (size_t i = 0; i < catalogue->count; i++) {
        const gd_entry *entry = &catalogue->entry[i];
        gd_text_add(text, "%s = ", entry->name);
        gd_text_add_dims(text, entry->shape.rank, entry->shape.dims);
        gd_text_add(text, " %s, %lld rows in a chunk\n", gd_type_name(entry->shape.type),
                    (long long)entry->storage.chunk[0]);
    }
}
