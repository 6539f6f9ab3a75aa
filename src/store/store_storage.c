#include <stdio.h>
#include <string.h>

#include "store_private.h"

/* As people call them; else by the name that the file gives, or by number. */
static const char *filter_name(H5Z_filter_t filter) {
    switch (filter) {
    case H5Z_FILTER_DEFLATE:
        return "gzip";
    case H5Z_FILTER_SHUFFLE:
        return "shuffle";
    case H5Z_FILTER_FLETCHER32:
        return "checksum";
    case H5Z_FILTER_SZIP:
        return "szip";
    case H5Z_FILTER_NBIT:
        return "nbit";
    case H5Z_FILTER_SCALEOFFSET:
        return "scale-offset";
    default:
        return NULL;
    }
}

static gd_status read_filters(const gd_store *store, const char *name, hid_t properties,
                              gd_storage *storage) {
    int count = H5Pget_nfilters(properties);
    for (int i = 0; i < count; i++) {
        char title[32] = "", number[32];
        unsigned flags, config;
        size_t values = 0, length = strlen(storage->filters);
        H5Z_filter_t filter = H5Pget_filter2(properties, (unsigned)i, &flags, &values, NULL,
                                             sizeof title, title, &config);
        if (filter < 0) {
            return gd_store_fail(store, "read the filters of", name);
        }
        snprintf(number, sizeof number, "filter %d", (int)filter);
        snprintf(storage->filters + length, sizeof storage->filters - length, "%s%s",
                 i == 0 ? "" : ", ",
                 filter_name(filter) != NULL ? filter_name(filter)
                 : title[0] != '\0'          ? title
                                             : number);
    }
    return count < 0 ? gd_store_fail(store, "read the filters of", name) : GD_OK;
}

static gd_status read_layout(const gd_store *store, const char *name, hid_t properties,
                             gd_storage *storage) {
    static const char *const names[H5D_NLAYOUTS] = {[H5D_COMPACT] = "compact",
                                                    [H5D_CONTIGUOUS] = "contiguous",
                                                    [H5D_CHUNKED] = "chunks",
                                                    [H5D_VIRTUAL] = "virtual"};
    H5D_layout_t layout = H5Pget_layout(properties);
    if (layout == H5D_LAYOUT_ERROR) {
        return gd_store_fail(store, "read the layout of", name);
    }
    storage->layout = names[layout];
    hsize_t chunk[GD_RANK_MAX];
    int rank = layout == H5D_CHUNKED ? H5Pget_chunk(properties, GD_RANK_MAX, chunk) : 0;
    if (rank < 0) {
        return gd_store_fail(store, "read the chunks of", name);
    }
    for (int i = 0; i < rank && i < GD_RANK_MAX; i++) {
        storage->chunk[i] = (int64_t)chunk[i];
    }
    return read_filters(store, name, properties, storage);
}

gd_status gd_store_storage(const gd_store *store, const char *name, gd_storage *storage) {
    hid_t set, properties = H5I_INVALID_HID;
    *storage = (gd_storage){0};
    gd_status status = gd_store_object(store, "data set", name, &set);
    if (status != GD_OK) {
        return status;
    }
    properties = H5Dget_create_plist(set);
    status = properties < 0 ? gd_store_fail(store, "read the layout of", name)
                            : read_layout(store, name, properties, storage);
    if (status == GD_OK) {
        storage->bytes = (int64_t)H5Dget_storage_size(set);
    }
    if (status == GD_OK && storage->bytes == 0 && H5Eget_num(H5E_DEFAULT) > 0) {
        status = gd_store_fail(store, "read the size of", name);
    }
    gd_store_drop(properties);
    gd_store_drop(set);
    return status;
}
