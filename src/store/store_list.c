#include <stdlib.h>
#include <string.h>

#include "gdmpi/text.h"
#include "store_private.h"

/* A list that grows as the library comes upon data sets. */
typedef struct list {
    const gd_store *store;
    gd_folder *names;
    gd_status status;
} list;

static gd_status append(gd_folder *names, const char *name) {
    char **longer = realloc(names->name, (names->count + 1) * sizeof *longer);
    if (longer == NULL) {
        return gd_status_no_memory("a list of data sets", (double)names->count);
    }
    names->name = longer;
    gd_status status = gd_text_new(&names->name[names->count], "/%s", name);
    names->count += status == GD_OK ? 1 : 0;
    return status;
}

/* What is found by another way than a hard link is in another place of this file, or in another. */
static herr_t hear(hid_t group, const char *name, const H5L_info_t *link, void *context) {
    list *list = context;
    (void)group;
    if (link->type == H5L_TYPE_HARD && gd_store_has_set(list->store, name)) {
        list->status = append(list->names, name);
    }
    return list->status == GD_OK ? 0 : 1;
}

/* Where two names begin to differ, the number with fewer digits is the smaller one. */
static int by_number(const void *first, const void *second) {
    static const char digits[] = "0123456789";
    const char *a = *(char *const *)first, *b = *(char *const *)second;
    while (*a == *b && *a != '\0') {
        a++;
        b++;
    }
    size_t a_digits = strspn(a, digits), b_digits = strspn(b, digits);
    return a_digits != b_digits ? (a_digits < b_digits ? -1 : 1) : strcmp(a, b);
}

gd_status gd_store_sets(const gd_store *store, gd_folder *names) {
    list list = {.store = store, .names = names};
    *names = (gd_folder){0};
    if (H5Lvisit(store->file, H5_INDEX_NAME, H5_ITER_INC, hear, &list) < 0) {
        list.status = gd_status_first(list.status, gd_store_fail(store, "list", "the data sets"));
    }
    if (list.status != GD_OK) {
        gd_folder_free(names);
    } else if (names->count > 0) {
        qsort(names->name, names->count, sizeof *names->name, by_number);
    }
    return list.status;
}
