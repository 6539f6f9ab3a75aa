#include <string.h>

#include "gdmpi/memory.h"
#include "gdmpi/text.h"
#include "store_private.h"

/* Positive: there; 0: missing; negative: cannot be told. `name` is changed and changed back. */
static htri_t exists(hid_t file, char *name) {
    for (char *slash = strchr(name + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        htri_t there = H5Lexists(file, name, H5P_DEFAULT);
        *slash = '/';
        if (there <= 0) {
            return there;
        }
    }
    if (strcmp(name, "/") == 0) {
        return 1;
    }
    htri_t there = H5Lexists(file, name, H5P_DEFAULT);
    return there > 0 ? H5Oexists_by_name(file, name, H5P_DEFAULT) : there;
}

gd_status gd_store_has(const gd_store *store, const char *name, bool *there) {
    char *copy;
    gd_status status = gd_text_copy(name, &copy);
    htri_t found = status == GD_OK ? exists(store->file, copy) : 0;
    if (found < 0) {
        status = gd_store_fail(store, "look for", name);
    }
    *there = found > 0;
    gd_memory_free(&copy);
    return status;
}

bool gd_store_has_set(const gd_store *store, const char *name) {
    hid_t object = H5Oopen(store->file, name, H5P_DEFAULT);
    bool set = object >= 0 && H5Iget_type(object) == H5I_DATASET;
    gd_store_drop(object);
    return set;
}

enum { MOST_LISTED = 8, NAME_SIZE = 64 };

/* "/train holds x, y" */
static void add_members(hid_t file, const char *group, gd_text *text) {
    H5G_info_t about;
    if (H5Gget_info_by_name(file, group, &about, H5P_DEFAULT) < 0) {
        gd_text_add(text, "%s is not a group", group);
        return;
    }
    gd_text_add(text, about.nlinks == 0 ? "%s is empty" : "%s holds ", group);
    for (hsize_t i = 0; i < about.nlinks && i < MOST_LISTED; i++) {
        char member[NAME_SIZE];
        if (H5Lget_name_by_idx(file, group, H5_INDEX_NAME, H5_ITER_INC, i, member, sizeof member,
                               H5P_DEFAULT) >= 0) {
            gd_text_add(text, i == 0 ? "%s" : ", %s", member);
        }
    }
    gd_text_add(text, about.nlinks > MOST_LISTED ? " and more" : "");
}

/* Shortens a name that is not there to the nearest one above it that is. */
static void cut_to_existing(hid_t file, char *name) {
    while (exists(file, name) <= 0) {
        char *slash = strrchr(name, '/');
        slash[slash == name ? 1 : 0] = '\0';
    }
}

static gd_status missing(const gd_store *store, const char *what, const char *name,
                         const char *above) {
    gd_text there = {0};
    add_members(store->file, above, &there);
    gd_status status = gd_text_status(&there);
    if (status == GD_OK) {
        status = gd_status_new(GD_BAD_INPUT, "%s: no %s %s; %s", store->path, what, name,
                               gd_text_bytes(&there));
    }
    gd_text_free(&there);
    return status;
}

/* Whether a link on the way to this object leads into another file. `name` is changed and changed
 * back. */
static bool leads_out(hid_t file, char *name) {
    H5L_info_t link;
    char *slash = name;
    do {
        slash = strchr(slash + 1, '/');
        if (slash != NULL) {
            *slash = '\0';
        }
        bool known = H5Lget_info(file, name, &link, H5P_DEFAULT) >= 0;
        if (slash != NULL) {
            *slash = '/';
        }
        if (known && link.type == H5L_TYPE_EXTERNAL) {
            return true;
        }
    } while (slash != NULL);
    return false;
}

/* GD_OK if this object is there, or what is wrong cannot be told. */
static gd_status why_not(const gd_store *store, const char *what, const char *name) {
    char *above;
    gd_status status = gd_text_copy(name, &above);
    if (status != GD_OK) {
        return status;
    }
    htri_t there = exists(store->file, above);
    bool out = there <= 0 && leads_out(store->file, above);
    if (there <= 0) {
        cut_to_existing(store->file, above);
    }
    if (out) {
        status = gd_status_new(GD_BAD_INPUT,
                               "%s: %s is behind a link into another file, which is not followed; "
                               "name that file and its group instead: FILE.h5:/GROUP",
                               store->path, name);
    } else if (there == 0) {
        status = missing(store, what, name, above);
    } else if (there < 0 && gd_store_has_set(store, above)) {
        status = gd_status_new(GD_BAD_INPUT, "%s: %s is a data set; a group is needed", store->path,
                               above);
    }
    gd_memory_free(&above);
    return status;
}

gd_status gd_store_object(const gd_store *store, const char *what, const char *name,
                          hid_t *object) {
    *object = H5Oopen(store->file, name, H5P_DEFAULT);
    if (*object >= 0) {
        return GD_OK;
    }
    gd_status failure = gd_store_fail(store, "open", name);
    gd_status status = why_not(store, what, name);
    if (status == GD_OK) {
        return failure;
    }
    gd_status_free(&failure);
    return status;
}

static gd_status make_group(gd_store *store, char *name) {
    gd_status status = GD_OK;
    hid_t group = H5I_INVALID_HID, properties = H5I_INVALID_HID;
    htri_t there = exists(store->file, name);
    if (there > 0) {
        group = H5Gopen2(store->file, name, H5P_DEFAULT);
    } else if (there == 0) {
        properties = H5Pcreate(H5P_GROUP_CREATE);
        if (properties >= 0 && gd_store_set_creation(properties)) {
            group = H5Gcreate2(store->file, name, H5P_DEFAULT, properties, H5P_DEFAULT);
        }
    }
    if (group < 0 || H5Gclose(group) < 0) {
        status = gd_store_fail(store, "make group", name);
    }
    gd_store_drop(properties);
    return status;
}

gd_status gd_store_groups_above(gd_store *store, const char *name) {
    char *copy;
    gd_status status = gd_text_copy(name, &copy);
    if (status != GD_OK) {
        return status;
    }
    for (char *slash = strchr(copy + 1, '/'); slash != NULL && status == GD_OK;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        status = make_group(store, copy);
        *slash = '/';
    }
    gd_memory_free(&copy);
    return status;
}

gd_status gd_store_group(gd_store *store, const char *name) {
    char *copy;
    gd_status status = gd_store_groups_above(store, name);
    if (status != GD_OK) {
        return status;
    }
    status = gd_text_copy(name, &copy);
    if (status == GD_OK) {
        status = make_group(store, copy);
        gd_memory_free(&copy);
    }
    return status;
}
