/* What the files of the storage room share. */
#ifndef GDMPI_STORE_PRIVATE_H
#define GDMPI_STORE_PRIVATE_H

#include <hdf5.h>

#include "gdmpi/store.h"

struct gd_store {
    hid_t file;
    char *path;
};

/* Closes anything that was opened in the library, where a failure to do so changes nothing. */
static inline void gd_store_drop(hid_t id) {
    if (id >= 0) {
        (void)H5Idec_ref(id);
    }
}

/* "PATH: cannot VERB NAME: CAUSE" with the innermost reason that the library gives; so it is to be
 * called right after the call that failed. `name` may be "" for the file itself. */
gd_status gd_store_fail(const gd_store *store, const char *verb, const char *name);

/* Opens an object of any kind. Where it is missing, the GD_BAD_INPUT calls it `what` and says what
 * is there instead. */
gd_status gd_store_object(const gd_store *store, const char *what, const char *name, hid_t *object);

/* The size of a regular file; 0 for anything else. */
int64_t gd_store_file_bytes(const char *path);

/* GD_BAD_INPUT if reading a data set takes more memory than what is stored of it can justify.
 * `sources`: the bytes of the files that a virtual one is made of. */
gd_status gd_store_check_size(const gd_store *store, const char *name, const gd_shape *shape,
                              hid_t set, hid_t properties, int64_t sources);

/* Makes the groups above `name` that are missing. */
gd_status gd_store_groups_above(gd_store *store, const char *name);

/* The same data make the same bytes, and every attribute has a checksum: no times are kept, and
 * attributes stay in the object header. For a creation property list. */
bool gd_store_set_creation(hid_t properties);

hid_t gd_store_memory_type(gd_type type);
hid_t gd_store_file_type(gd_type type);

/* The native type nearest to `type`. 0: it is no number, or one that no native type holds;
 * negative: the library failed. */
htri_t gd_store_nearest_type(hid_t type, gd_type *nearest);

/* "strings", "compounds" and so on, of a type that is no number. */
const char *gd_store_class_name(hid_t type);

#endif
