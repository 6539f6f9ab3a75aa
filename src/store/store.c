#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gdmpi/memory.h"
#include "gdmpi/text.h"
#include "store_private.h"

/* Since 1.10.7 and 1.12.1 a program can ask for it; before, only the environment can. */
#define HAVE_FILE_LOCKING                                                                          \
    (H5_VERSION_GE(1, 12, 1) || (H5_VERSION_GE(1, 10, 7) && !H5_VERSION_GE(1, 12, 0)))

void gd_store_start(void) {
#if !HAVE_FILE_LOCKING
    (void)setenv("HDF5_USE_FILE_LOCKING", "FALSE", 0);
#endif
    (void)H5dont_atexit(); /* all is closed by then; what a damaged file left could crash it */
    (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL); /* failing, it only leaves the library talkative */
    /* A data file does not say which other files are read; virtual data sets are looked at. */
    (void)H5Lunregister(H5L_TYPE_EXTERNAL);
}

const char *gd_store_version(void) {
    static char version[32];
    unsigned major, minor, release;
    if (H5get_libversion(&major, &minor, &release) < 0) {
        return "unknown";
    }
    snprintf(version, sizeof version, "%u.%u.%u", major, minor, release);
    return version;
}

enum { CAUSE_SIZE = 256 };

static herr_t copy_cause(unsigned depth, const H5E_error2_t *error, void *out) {
    if (depth == 0 && error->desc != NULL) {
        snprintf(out, CAUSE_SIZE, "%s", error->desc);
    }
    return 0;
}

/* The innermost reason of the call that just failed. Of a failed system call, only the system's
 * message. */
static const char *cause(char out[CAUSE_SIZE]) {
    static const char mark[] = "error message = '";
    snprintf(out, CAUSE_SIZE, "the HDF5 library does not say why");
    (void)H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, copy_cause, out);
    char *message = strstr(out, mark);
    if (message == NULL) {
        return out;
    }
    message += strlen(mark);
    message[strcspn(message, "'")] = '\0';
    return message;
}

gd_status gd_store_fail(const gd_store *store, const char *verb, const char *name) {
    char why[CAUSE_SIZE];
    const char *text = cause(why);
    return gd_status_new(GD_FAILED, "%s: cannot %s%s%s: %s", store->path, verb,
                         name[0] == '\0' ? "" : " ", name, text);
}

static bool set_access(hid_t properties) {
    bool done = H5Pset_fapl_sec2(properties) >= 0;
#if HAVE_FILE_LOCKING
    done = done && H5Pset_file_locking(properties, false, true) >= 0;
#endif
    /* Since 1.10 every piece of metadata has a checksum, the index of chunks too, and any library
     * since 2016 reads it. Later formats would add nothing but that older libraries refuse them. */
    return done && H5Pset_libver_bounds(properties, H5F_LIBVER_V110, H5F_LIBVER_V110) >= 0;
}

bool gd_store_set_creation(hid_t properties) {
    return H5Pset_obj_track_times(properties, false) >= 0 &&
           H5Pset_attr_phase_change(properties, UINT16_MAX, 0) >= 0;
}

/* GD_OK unless the operating system already knows why this cannot be opened as a file. */
static gd_status check_readable(const char *path) {
    struct stat about;
    if (stat(path, &about) != 0) {
        return errno == ENOENT
                   ? gd_status_new(GD_BAD_INPUT, "%s: no such file", path)
                   : gd_status_new(GD_BAD_INPUT, "%s: cannot be read: %s", path, strerror(errno));
    }
    if (S_ISDIR(about.st_mode)) {
        return gd_status_new(GD_BAD_INPUT, "%s: is a folder; an HDF5 file is needed", path);
    }
    if (!S_ISREG(about.st_mode)) {
        return gd_status_new(GD_BAD_INPUT, "%s: is not a file; an HDF5 file is needed", path);
    }
    if (access(path, R_OK) != 0) {
        return gd_status_new(GD_BAD_INPUT, "%s: cannot be read: %s", path, strerror(errno));
    }
    return GD_OK;
}

static bool has_signature(const char *path, hid_t access) {
#if H5_VERSION_GE(1, 12, 0)
    return H5Fis_accessible(path, access) > 0;
#else
    (void)access;
    return H5Fis_hdf5(path) > 0;
#endif
}

/* Of a file that the library did not open. */
static gd_status unreadable(const char *path, hid_t access) {
    char why[CAUSE_SIZE];
    const char *text = cause(why);
    if (!has_signature(path, access)) {
        return gd_status_new(GD_BAD_INPUT, "%s: is not an HDF5 file", path);
    }
    return gd_status_new(GD_BAD_INPUT,
                         "%s: is HDF5 but cannot be opened, it may be truncated or damaged: %s",
                         path, text);
}

gd_status gd_store_open(const char *path, gd_store **store) {
    hid_t access = H5I_INVALID_HID;
    gd_store *opened = NULL;
    *store = NULL;
    gd_status status = check_readable(path);
    if (status == GD_OK) {
        status = gd_memory_new(&opened, 1, sizeof *opened, "an HDF5 file");
    }
    if (status != GD_OK) {
        goto done;
    }
    opened->file = H5I_INVALID_HID;
    status = gd_text_copy(path, &opened->path);
    if (status != GD_OK) {
        goto done;
    }
    access = H5Pcreate(H5P_FILE_ACCESS);
    if (access < 0 || !set_access(access)) {
        status = gd_store_fail(opened, "prepare to open", "");
        goto done;
    }
    opened->file = H5Fopen(path, H5F_ACC_RDONLY, access);
    if (opened->file < 0) {
        status = unreadable(path, access);
        goto done;
    }
    *store = opened;
    opened = NULL;
done:
    gd_store_drop(access);
    gd_status ignored = gd_store_close(&opened);
    gd_status_free(&ignored);
    return status;
}

/* The library's own message of a file that cannot be made is less clear than the system's. */
static gd_status check_writable(const char *path) {
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0) {
        return gd_status_new(GD_FAILED, "%s: cannot make this file: %s", path, strerror(errno));
    }
    close(file);
    return GD_OK;
}

static gd_status create(gd_store *store, int64_t behind) {
    gd_status status = GD_OK;
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    hid_t creation = access < 0 ? H5I_INVALID_HID : H5Pcreate(H5P_FILE_CREATE);
    if (creation < 0 || !set_access(access) || !gd_store_set_creation(creation) ||
        H5Pset_userblock(creation, (hsize_t)behind) < 0) {
        status = gd_store_fail(store, "prepare to make this file", "");
        goto done;
    }
    store->file = H5Fcreate(store->path, H5F_ACC_TRUNC, creation, access);
    if (store->file < 0) {
        status = gd_store_fail(store, "make this file", "");
    }
done:
    gd_store_drop(access);
    gd_store_drop(creation);
    return status;
}

gd_status gd_store_create(const char *path, gd_store **store) {
    return gd_store_create_behind(path, 0, store);
}

gd_status gd_store_create_behind(const char *path, int64_t bytes, gd_store **store) {
    gd_store *made = NULL;
    *store = NULL;
    gd_status status = check_writable(path);
    if (status == GD_OK) {
        status = gd_memory_new(&made, 1, sizeof *made, "an HDF5 file");
    }
    if (status != GD_OK) {
        return status;
    }
    made->file = H5I_INVALID_HID;
    status = gd_text_copy(path, &made->path);
    if (status == GD_OK) {
        status = create(made, bytes);
    }
    if (status == GD_OK) {
        *store = made;
    } else {
        gd_memory_free(&made->path);
        gd_memory_free(&made);
    }
    return status;
}

gd_status gd_store_close(gd_store **store) {
    if (*store == NULL) {
        return GD_OK;
    }
    gd_status status = GD_OK;
    hid_t file = (*store)->file;
    if (file >= 0 && H5Fflush(file, H5F_SCOPE_LOCAL) < 0) {
        status = gd_store_fail(*store, "write", "");
    }
    if (file >= 0 && H5Fclose(file) < 0 && status == GD_OK) {
        status = gd_store_fail(*store, "close", "");
    }
    gd_memory_free(&(*store)->path);
    gd_memory_free(store);
    return status;
}
