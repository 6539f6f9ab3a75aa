#include <string.h>
#include <unistd.h>

#include "gdmpi/data.h"
#include "gdmpi/memory.h"
#include "gdmpi/store.h"
#include "gdmpi/text.h"

/* Copies `count` bytes. */
static gd_status copy_part(const char *from, size_t count, char **copy) {
    gd_status status = gd_memory_new(copy, count + 1, 1, "the name of a data file");
    if (status == GD_OK) {
        memcpy(*copy, from, count);
    }
    return status;
}

/* FILE.h5:GROUP, of a file that is there. */
static bool forgets_slash(const char *text) {
    const char *colon = strrchr(text, ':');
    char *file = NULL;
    if (colon == NULL || access(text, F_OK) == 0) {
        return false;
    }
    gd_status status = copy_part(text, (size_t)(colon - text), &file);
    const bool there = status == GD_OK && access(file, F_OK) == 0;
    gd_status_free(&status);
    gd_memory_free(&file);
    return there;
}

gd_status gd_source_parse(const char *text, const char *file, gd_source *source) {
    *source = (gd_source){0};
    const char *colon = NULL;
    for (const char *at = strstr(text, ":/"); at != NULL; at = strstr(at + 1, ":/")) {
        colon = at;
    }
    if (text[0] == '\0' || colon == text) {
        return gd_status_new(GD_BAD_INPUT,
                             "'%s' names no data; write /GROUP, FILE.h5 or FILE.h5:/GROUP", text);
    }
    bool group_only = colon == NULL && text[0] == '/' && file != NULL;
    if (colon == NULL && !group_only && forgets_slash(text)) {
        const char *group = strrchr(text, ':');
        return gd_status_new(GD_BAD_INPUT, "%s: no such file; a group is written %.*s:/%s", text,
                             (int)(group - text), text, group + 1);
    }
    if (group_only && file[0] == '\0') {
        return gd_status_new(GD_BAD_INPUT, "there is no file for group %s; write FILE.h5:%s", text,
                             text);
    }
    const char *path = group_only ? file : text;
    const char *group = group_only ? text : colon != NULL ? colon + 1 : "/";
    size_t length = strlen(group);
    while (length > 1 && group[length - 1] == '/') {
        length--;
    }
    gd_status status =
        copy_part(path, colon != NULL ? (size_t)(colon - text) : strlen(path), &source->file);
    if (status == GD_OK) {
        status = copy_part(group, length, &source->group);
    }
    if (status != GD_OK) {
        gd_source_free(source);
    }
    return status;
}

void gd_source_free(gd_source *source) {
    gd_memory_free(&source->file);
    gd_memory_free(&source->group);
}

gd_status gd_source_look(const gd_source *source, bool *there) {
    gd_store *store = NULL;
    gd_status status = gd_store_open(source->file, &store);
    if (status == GD_OK) {
        status = gd_store_has(store, source->group, there);
        status = gd_status_first(status, gd_store_close(&store));
    }
    return status;
}
