/* A file may say of a data set that it is larger than all memory, and hold nothing of it. What is
 * allocated is bounded here by what is there. */
#include <string.h>
#include <sys/stat.h>

#include "gdmpi/text.h"
#include "store_private.h"

/* How many bytes one stored byte can stand for: of deflate at most 1032 (Deutsch 1996, RFC 1951:
 * two bits for 258 bytes); codecs that write a constant chunk in a few bytes reach some 10^4. */
enum { EXPANSION_DEFLATE = 1032, EXPANSION_OTHER = 1 << 16 };

static int64_t expansion(hid_t properties, H5D_layout_t layout) {
    int64_t most = layout == H5D_VIRTUAL ? EXPANSION_OTHER : 1;
    int count = H5Pget_nfilters(properties);
    for (int i = 0; i < count; i++) {
        unsigned flags, config;
        size_t values = 0;
        H5Z_filter_t filter =
            H5Pget_filter2(properties, (unsigned)i, &flags, &values, NULL, 0, NULL, &config);
        int64_t one = filter == H5Z_FILTER_SHUFFLE || filter == H5Z_FILTER_FLETCHER32 ? 1
                      : filter == H5Z_FILTER_DEFLATE ? EXPANSION_DEFLATE
                                                     : EXPANSION_OTHER;
        most = one > most ? one : most;
    }
    return most;
}

/* The product of the dimensions and the size of an element; negative if it cannot be counted. */
static int64_t bytes_of(int rank, const hsize_t *dims, size_t element) {
    int64_t bytes = (int64_t)element;
    for (int i = 0; i < rank; i++) {
        if (dims[i] > INT64_MAX || __builtin_mul_overflow(bytes, (int64_t)dims[i], &bytes)) {
            return -1;
        }
    }
    return bytes;
}

/* What must be held in memory to read the data set: all of it, or one chunk. Negative as above. */
static int64_t bytes_needed(const gd_shape *shape, size_t element, hid_t properties,
                            H5D_layout_t layout) {
    hsize_t dims[GD_RANK_MAX], chunk[GD_RANK_MAX];
    for (int i = 0; i < shape->rank; i++) {
        dims[i] = (hsize_t)shape->dims[i];
    }
    int64_t whole = bytes_of(shape->rank, dims, element);
    if (layout != H5D_CHUNKED || whole <= 0) {
        return whole;
    }
    if (H5Pget_chunk(properties, GD_RANK_MAX, chunk) != shape->rank) {
        return -1;
    }
    int64_t one = bytes_of(shape->rank, chunk, element);
    return one < 0 || one > whole ? one : whole;
}

int64_t gd_store_file_bytes(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 && S_ISREG(about.st_mode) ? (int64_t)about.st_size : 0;
}

gd_status gd_store_size(const gd_store *store, int64_t *bytes) {
    hsize_t size;
    if (H5Fget_filesize(store->file, &size) < 0) {
        return gd_store_fail(store, "read the size of", "the file");
    }
    *bytes = (int64_t)size;
    return GD_OK;
}

static gd_status too_large(const gd_store *store, const char *name, int64_t needed, int64_t there) {
    char size[32], held[32];
    if (there == 0) {
        return gd_status_new(GD_BAD_INPUT, "%s: %s was never written: the file holds none of it",
                             store->path, name);
    }
    return gd_status_new(
        GD_BAD_INPUT,
        "%s: %s says that it holds %s, but there are only %s of it; rows may never "
        "have been written, or the file be damaged",
        store->path, name,
        needed < 0 ? "more than any memory" : gd_text_amount((double)needed, size),
        gd_text_amount((double)there, held));
}

gd_status gd_store_check_size(const gd_store *store, const char *name, const gd_shape *shape,
                              hid_t set, hid_t properties, int64_t sources) {
    hid_t type = H5Dget_type(set);
    size_t element = type < 0 ? 0 : H5Tget_size(type);
    H5D_layout_t layout = element == 0 ? H5D_LAYOUT_ERROR : H5Pget_layout(properties);
    if (layout == H5D_LAYOUT_ERROR) {
        gd_status status = gd_store_fail(store, "read the type of", name);
        gd_store_drop(type);
        return status;
    }
    gd_store_drop(type);
    int64_t most, file = 0;
    gd_status status = gd_store_size(store, &file);
    if (status != GD_OK) {
        return status;
    }
    hsize_t stored = layout == H5D_VIRTUAL ? 0 : H5Dget_storage_size(set);
    if (stored == 0 && H5Eget_num(H5E_DEFAULT) > 0) {
        return gd_store_fail(store, "read the size of", name);
    }
    int64_t there = layout == H5D_VIRTUAL    ? sources
                    : stored < (hsize_t)file ? (int64_t)stored
                                             : file;
    int64_t needed = bytes_needed(shape, element, properties, layout);
    if (needed < 0 && H5Eget_num(H5E_DEFAULT) > 0) {
        return gd_store_fail(store, "read the chunks of", name);
    }
    if (__builtin_mul_overflow(there, expansion(properties, layout), &most)) {
        most = INT64_MAX;
    }
    return needed >= 0 && needed <= most ? GD_OK : too_large(store, name, needed, there);
}
