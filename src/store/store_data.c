#include <stdlib.h>
#include <string.h>

#include "gdmpi/memory.h"
#include "gdmpi/text.h"
#include "store_private.h"

/* The chunk of a checked data set: what is read and checked at once. */
static const int64_t chunk_bytes = 1 << 20;

/* Higher ones take several times as long, for some percent. */
enum { DEFLATE_LEVEL = 1 };

static gd_status get_shape(const gd_store *store, const char *name, hid_t set, gd_shape *shape) {
    gd_status status = GD_OK;
    hsize_t dims[H5S_MAX_RANK];
    hid_t type = H5Dget_type(set), space = type < 0 ? H5I_INVALID_HID : H5Dget_space(set);
    int rank = space < 0 ? -1 : H5Sget_simple_extent_dims(space, dims, NULL);
    htri_t number = rank < 0 ? -1 : gd_store_nearest_type(type, &shape->type);
    if (number < 0) {
        status = gd_store_fail(store, "read the shape of", name);
        goto done;
    }
    if (number == 0) {
        status = gd_status_new(GD_BAD_INPUT,
                               "%s: %s holds %s; integers of up to 64 bits or floating-point "
                               "numbers are needed",
                               store->path, name, gd_store_class_name(type));
        goto done;
    }
    H5S_class_t extent = H5Sget_simple_extent_type(space);
    if (extent == H5S_NO_CLASS) {
        status = gd_store_fail(store, "read the shape of", name);
        goto done;
    }
    if (rank > GD_RANK_MAX || extent == H5S_NULL) {
        status =
            gd_status_new(GD_BAD_INPUT, "%s: %s has %d dimensions%s; 0 to %d are possible",
                          store->path, name, rank, rank == 0 ? " and no data" : "", GD_RANK_MAX);
        goto done;
    }
    int64_t bytes = (int64_t)gd_type_size(shape->type);
    shape->rank = rank;
    for (int i = 0; i < rank; i++) {
        /* Any product of dimensions can be counted, where one is 0 too. */
        int64_t factor = dims[i] == 0 ? 1 : (int64_t)dims[i];
        shape->dims[i] = (int64_t)dims[i];
        if (dims[i] > INT64_MAX || __builtin_mul_overflow(bytes, factor, &bytes)) {
            status =
                gd_status_new(GD_BAD_INPUT, "%s: %s is larger than any memory", store->path, name);
            goto done;
        }
    }
done:
    gd_store_drop(space);
    gd_store_drop(type);
    return status;
}

static gd_status open_set(const gd_store *store, const char *name, gd_shape *shape, hid_t *set) {
    gd_status status = gd_store_object(store, "data set", name, set);
    if (status != GD_OK) {
        return status;
    }
    *shape = (gd_shape){0};
    H5I_type_t kind = H5Iget_type(*set);
    if (kind == H5I_DATASET) {
        status = get_shape(store, name, *set, shape);
    } else if (kind == H5I_BADID) {
        status = gd_store_fail(store, "open", name);
    } else {
        status = gd_status_new(GD_BAD_INPUT, "%s: %s is a group; a data set is needed", store->path,
                               name);
    }
    if (status != GD_OK) {
        gd_store_drop(*set);
        *set = H5I_INVALID_HID;
    }
    return status;
}

/* GD_OK unless its numbers are compressed by a filter that this library lacks. */
static gd_status check_filters(const gd_store *store, const char *name, hid_t properties) {
    int count = H5Pget_nfilters(properties);
    if (count < 0) {
        return gd_store_fail(store, "read the filters of", name);
    }
    for (unsigned i = 0; i < (unsigned)count; i++) {
        char title[64] = "";
        unsigned flags, config;
        size_t values = 0;
        H5Z_filter_t filter =
            H5Pget_filter2(properties, i, &flags, &values, NULL, sizeof title, title, &config);
        if (filter < 0) {
            return gd_store_fail(store, "read the filters of", name);
        }
        htri_t available = H5Zfilter_avail(filter);
        if (available < 0) {
            return gd_store_fail(store, "look for the filters of", name);
        }
        if (available == 0) {
            bool named = title[0] != '\0';
            return gd_status_new(GD_BAD_INPUT,
                                 "%s: %s needs the HDF5 filter %d%s%s%s, which is not installed; "
                                 "rewrite it with gzip",
                                 store->path, name, (int)filter, named ? " (" : "", title,
                                 named ? ")" : "");
        }
    }
    return GD_OK;
}

/* The size of this source file where the library will find it: as it is named, or from the folder
 * of the file that names it, of which a full name keeps only its end. 0: it will not. */
static gd_status find_source(const char *path, const char *source, int64_t *bytes) {
    *bytes = gd_store_file_bytes(source);
    const char *end = strrchr(source, '/');
    const char *name = source[0] == '/' ? end + 1 : source;
    char *real = realpath(path, NULL);
    const char *owners[] = {path, real};
    gd_status status = GD_OK;
    for (size_t i = 0; i < 2 && status == GD_OK && *bytes == 0; i++) {
        const char *slash = owners[i] == NULL ? NULL : strrchr(owners[i], '/');
        if (slash != NULL) {
            char *beside;
            int folder = (int)(slash + 1 - owners[i]);
            status = gd_text_new(&beside, "%.*s%s", folder, owners[i], name);
            *bytes = status == GD_OK ? gd_store_file_bytes(beside) : 0;
            gd_memory_free(&beside);
        }
    }
    free(real);
    return status;
}

/* Adds the size of a source file to *bytes; of a pattern of names, more than there can be. */
static gd_status check_source(const gd_store *store, const char *name, const char *source,
                              int64_t *bytes) {
    int64_t more;
    if (strchr(source, '%') != NULL) {
        *bytes = INT64_MAX;
        return GD_OK;
    }
    gd_status status = GD_OK;
    if (strcmp(source, ".") == 0) {
        more = gd_store_file_bytes(store->path);
    } else {
        status = find_source(store->path, source, &more);
    }
    if (status == GD_OK && more == 0) {
        status = gd_status_new(GD_BAD_INPUT,
                               "%s: %s is a virtual data set, and its source %s is not there",
                               store->path, name, source);
    }
    if (__builtin_add_overflow(*bytes, more, bytes)) {
        *bytes = INT64_MAX;
    }
    return status;
}

/* Where a source of a virtual data set is missing, the library reads fill values and says nothing.
 */
static gd_status check_sources(const gd_store *store, const char *name, hid_t properties,
                               int64_t *bytes) {
    size_t count = 0;
    H5D_layout_t layout = H5Pget_layout(properties);
    if (layout == H5D_LAYOUT_ERROR) {
        return gd_store_fail(store, "read the layout of", name);
    }
    *bytes = getenv("HDF5_VDS_PREFIX") != NULL ? INT64_MAX : 0;
    if (layout != H5D_VIRTUAL || *bytes > 0) {
        return GD_OK;
    }
    if (H5Pget_virtual_count(properties, &count) < 0) {
        return gd_store_fail(store, "read the sources of", name);
    }
    gd_status status = GD_OK;
    for (size_t i = 0; i < count && status == GD_OK; i++) {
        char *source = NULL;
        ssize_t length = H5Pget_virtual_filename(properties, i, NULL, 0);
        if (length >= 0) {
            status = gd_memory_new(&source, (size_t)length + 1, 1, "the name of a source");
        }
        if (status == GD_OK && (length < 0 || H5Pget_virtual_filename(properties, i, source,
                                                                      (size_t)length + 1) < 0)) {
            status = gd_store_fail(store, "read the sources of", name);
        } else if (status == GD_OK) {
            status = check_source(store, name, source, bytes);
        }
        gd_memory_free(&source);
    }
    return status;
}

/* A file from elsewhere could make a model of any other file of its reader. */
static gd_status check_external(const gd_store *store, const char *name, hid_t properties) {
    int count = H5Pget_external_count(properties);
    if (count <= 0) {
        return count == 0 ? GD_OK : gd_store_fail(store, "read the layout of", name);
    }
    return gd_status_new(GD_BAD_INPUT,
                         "%s: the numbers of %s lie in another file, which is not read; write them "
                         "into this one",
                         store->path, name);
}

static gd_status check_needs(const gd_store *store, const char *name, const gd_shape *shape,
                             hid_t set) {
    hid_t properties = H5Dget_create_plist(set);
    int64_t sources = 0;
    gd_status status = properties < 0 ? gd_store_fail(store, "read the layout of", name)
                                      : check_external(store, name, properties);
    if (status == GD_OK) {
        status = check_filters(store, name, properties);
    }
    if (status == GD_OK) {
        status = check_sources(store, name, properties, &sources);
    }
    if (status == GD_OK) {
        status = gd_store_check_size(store, name, shape, set, properties, sources);
    }
    gd_store_drop(properties);
    return status;
}

gd_status gd_store_shape(const gd_store *store, const char *name, gd_shape *shape) {
    hid_t set;
    gd_status status = open_set(store, name, shape, &set);
    if (status != GD_OK) {
        return status;
    }
    status = check_needs(store, name, shape, set);
    if (H5Oclose(set) < 0 && status == GD_OK) {
        status = gd_store_fail(store, "close", name);
    }
    return status;
}

/* Some rows of a data set, and as many in memory. */
typedef struct slab {
    gd_shape shape;
    hid_t set, file, memory;
} slab;

static void slab_close(slab *rows) {
    gd_store_drop(rows->memory);
    gd_store_drop(rows->file);
    gd_store_drop(rows->set);
}

static gd_status slab_open(const gd_store *store, const char *name, int64_t first, int64_t count,
                           slab *rows) {
    *rows = (slab){.set = H5I_INVALID_HID, .file = H5I_INVALID_HID, .memory = H5I_INVALID_HID};
    gd_status status = open_set(store, name, &rows->shape, &rows->set);
    if (status != GD_OK) {
        return status;
    }
    int rank = rows->shape.rank;
    int64_t there = rank == 0 ? 1 : rows->shape.dims[0];
    if (first < 0 || count < 0 || count > there || first > there - count) {
        return gd_status_new(
            GD_FAILED, "%s: %s has %lld row%s; %lld from row %lld on are not there", store->path,
            name, (long long)there, gd_text_plural(there), (long long)count, (long long)first);
    }
    hsize_t start[GD_RANK_MAX] = {(hsize_t)first}, counts[GD_RANK_MAX] = {(hsize_t)count};
    for (int i = 1; i < rank; i++) {
        counts[i] = (hsize_t)rows->shape.dims[i];
    }
    rows->file = H5Dget_space(rows->set);
    rows->memory = rows->file < 0 ? H5I_INVALID_HID : H5Screate_simple(rank, counts, NULL);
    if (rows->memory < 0) {
        return gd_store_fail(store, "select rows of", name);
    }
    if (count > 0 && rank > 0 &&
        H5Sselect_hyperslab(rows->file, H5S_SELECT_SET, start, NULL, counts, NULL) < 0) {
        return gd_store_fail(store, "select rows of", name);
    }
    return GD_OK;
}

gd_status gd_store_read(const gd_store *store, const char *name, int64_t first, int64_t rows,
                        gd_type type, void *out) {
    slab part;
    gd_status status = slab_open(store, name, first, rows, &part);
    if (status == GD_OK && rows > 0 &&
        H5Dread(part.set, gd_store_memory_type(type), part.memory, part.file, H5P_DEFAULT, out) <
            0) {
        status = gd_store_fail(store, "read", name);
    }
    slab_close(&part);
    return status;
}

gd_status gd_store_write(gd_store *store, const char *name, int64_t first, int64_t rows,
                         gd_type type, const void *data) {
    slab part;
    gd_status status = slab_open(store, name, first, rows, &part);
    if (status == GD_OK && rows > 0 &&
        H5Dwrite(part.set, gd_store_memory_type(type), part.memory, part.file, H5P_DEFAULT, data) <
            0) {
        status = gd_store_fail(store, "write", name);
    }
    if (part.set >= 0 && status == GD_OK && H5Dflush(part.set) < 0) {
        status = gd_store_fail(store, "write", name);
    }
    if (status != GD_OK) {
        /* Left open: the library crashes at its end after the failed close of a data set. */
        part.set = H5I_INVALID_HID;
    }
    slab_close(&part);
    return status;
}

/* As many of the last dimensions as fit are whole, so that a chunk is a run of elements as they lie
 * in memory. */
static void chunk_dims(const gd_shape *shape, hsize_t chunk[GD_RANK_MAX]) {
    int64_t room = chunk_bytes / (int64_t)gd_type_size(shape->type);
    for (int i = shape->rank - 1; i >= 0; i--) {
        int64_t part = shape->dims[i] < room ? shape->dims[i] : room;
        chunk[i] = (hsize_t)part;
        room = room / part > 0 ? room / part : 1;
    }
}

int64_t gd_store_chunk_rows(const gd_shape *shape) {
    hsize_t chunk[GD_RANK_MAX];
    gd_shape endless = *shape;
    endless.dims[0] = INT64_MAX;
    chunk_dims(&endless, chunk);
    return (int64_t)chunk[0];
}

static bool set_layout(hid_t properties, const gd_shape *shape, gd_layout layout) {
    bool empty = false;
    for (int i = 0; i < shape->rank; i++) {
        empty = empty || shape->dims[i] == 0;
    }
    if (layout == GD_CONTIGUOUS || empty) {
        return H5Pset_layout(properties, H5D_CONTIGUOUS) >= 0;
    }
    if (shape->rank == 0) {
        /* One number has no chunks, but inside the object header it shares the header's checksum.
         */
        return H5Pset_layout(properties, H5D_COMPACT) >= 0;
    }
    hsize_t chunk[GD_RANK_MAX];
    chunk_dims(shape, chunk);
    if (H5Pset_chunk(properties, shape->rank, chunk) < 0) {
        return false;
    }
    return layout == GD_CHECKED
               ? H5Pset_fletcher32(properties) >= 0
               : H5Pset_shuffle(properties) >= 0 && H5Pset_deflate(properties, DEFLATE_LEVEL) >= 0;
}

gd_status gd_store_add(gd_store *store, const char *name, const gd_shape *shape, gd_layout layout) {
    hid_t space = H5I_INVALID_HID, properties = H5I_INVALID_HID, set = H5I_INVALID_HID;
    gd_status status = gd_store_groups_above(store, name);
    if (status != GD_OK) {
        return status;
    }
    hsize_t dims[GD_RANK_MAX] = {0};
    for (int i = 0; i < shape->rank; i++) {
        dims[i] = (hsize_t)shape->dims[i];
    }
    space = H5Screate_simple(shape->rank, dims, NULL);
    properties = space < 0 ? H5I_INVALID_HID : H5Pcreate(H5P_DATASET_CREATE);
    if (properties < 0 || !gd_store_set_creation(properties) ||
        !set_layout(properties, shape, layout)) {
        status = gd_store_fail(store, "describe data set", name);
        goto done;
    }
    set = H5Dcreate2(store->file, name, gd_store_file_type(shape->type), space, H5P_DEFAULT,
                     properties, H5P_DEFAULT);
    if (set < 0 || H5Dclose(set) < 0) {
        status = gd_store_fail(store, "make data set", name);
    }
done:
    gd_store_drop(properties);
    gd_store_drop(space);
    return status;
}
