#define _XOPEN_SOURCE 700
#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "data_files.h"
#include "gdmpi/files.h"
#include "gdmpi/store.h"
#include "gdmpi/text.h"

int folder_enter(void **state) {
    char name[] = "test-XXXXXX";
    if (mkdtemp(name) == NULL || chdir(name) != 0) {
        return -1;
    }
    *state = NULL;
    gd_store_start();
    return 0;
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *place) {
    (void)about;
    (void)kind;
    (void)place;
    return remove(path);
}

/* Also called where the folder could not be made: what is around it must stay. */
int folder_leave(void **state) {
    char path[PATH_MAX];
    (void)state;
    if (getcwd(path, sizeof path) == NULL || strncmp(strrchr(path, '/'), "/test-", 6) != 0 ||
        chdir("..") != 0) {
        return -1;
    }
    return nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static gd_status add(gd_store *store, const data_group *group, const char *member, gd_shape shape,
                     const void *data) {
    char name[128];
    snprintf(name, sizeof name, "%s/%s", strcmp(group->name, "/") == 0 ? "" : group->name, member);
    gd_status status = gd_store_add(store, name, &shape, GD_CONTIGUOUS);
    if (status == GD_OK) {
        status = gd_store_write(store, name, 0, shape.dims[0], shape.type, data);
    }
    return status;
}

gd_status data_file_write(const char *path, int count, const data_group *groups) {
    gd_store *store;
    gd_status status = gd_store_create(path, &store);
    for (int i = 0; i < count && status == GD_OK; i++) {
        const data_group *group = &groups[i];
        gd_shape x = {group->x_type, 2, {group->rows, group->features}};
        gd_shape y = {group->y_type, group->outputs > 0 ? 2 : 1, {group->rows, group->outputs}};
        status = add(store, group, "x", x, group->x);
        if (status == GD_OK) {
            status = add(store, group, "y", y, group->y);
        }
        if (status == GD_OK && group->w != NULL) {
            status = add(store, group, "w", (gd_shape){GD_FLOAT64, 1, {group->rows}}, group->w);
        }
    }
    gd_status closed = gd_store_close(&store);
    if (status == GD_OK) {
        return closed;
    }
    gd_status_free(&closed);
    return status;
}

void expect_ok(gd_status status) {
    if (status != GD_OK) {
        print_error("%s\n", gd_status_message(status));
        gd_status_free(&status);
        fail();
    }
}

void expect_error(gd_status status, gd_code code, const char *words) {
    gd_code got = gd_status_code(status);
    bool said = strstr(gd_status_message(status), words) != NULL;
    if (got != code || !said) {
        print_error("expected code %d and '%s', got code %d and '%s'\n", (int)code, words, (int)got,
                    gd_status_message(status));
    }
    gd_status_free(&status);
    assert_int_equal(got, code);
    assert_true(said);
}

void expect_names(const char *folder, const char *wanted) {
    gd_folder names;
    gd_text text = {0};
    expect_ok(gd_folder_list(folder, "", "", &names));
    for (size_t i = 0; i < names.count; i++) {
        if (names.name[i][0] != '.') {
            gd_text_add(&text, "%s ", names.name[i]);
        }
    }
    assert_string_equal(gd_text_bytes(&text), wanted);
    gd_text_free(&text);
    gd_folder_free(&names);
}
