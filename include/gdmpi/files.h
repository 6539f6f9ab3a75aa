/* Files and folders of the operating system: whole reads, and writes that survive a kill. */
#ifndef GDMPI_FILES_H
#define GDMPI_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "gdmpi/status.h"

/* The whole file or pipe with a NUL behind it, to be freed with gd_memory_free. GD_BAD_INPUT,
 * naming the path, if it cannot be opened or is a folder. Not collective. */
gd_status gd_file_read(const char *path, char **bytes, size_t *count);

/* Replaces `path` by these bytes: written beside it, flushed to disk, renamed. Not collective. */
gd_status gd_file_write(const char *path, const char *bytes, size_t count);

/* A file that is written piece by piece, and is not yet there; a failure is remembered. */
typedef struct gd_draft {
    FILE *file;
    int error; /* errno of the first failure; 0: none */
} gd_draft;

/* Appends in the style of printf, and bytes as they are. Not collective. */
void gd_draft_add(gd_draft *draft, const char *format, ...) __attribute__((format(printf, 2, 3)));
void gd_draft_add_bytes(gd_draft *draft, const void *bytes, size_t count);

/* Replaces `path` by what `produce` appends to a draft, as gd_file_write does. Not collective. */
gd_status gd_file_produce(const char *path, gd_status (*produce)(void *context, gd_draft *out),
                          void *context);

/* Flushes the file `temporary` to disk, renames it to `path`, and flushes their folder. Not
 * collective. */
gd_status gd_file_commit(const char *temporary, const char *path);

/* Makes the symbolic link `path` point at `target` (a name in the same folder), at once. Not
 * collective. */
gd_status gd_file_link(const char *target, const char *path);

/* Cuts the file to `bytes`, if it is longer. Not collective. */
gd_status gd_file_truncate(const char *path, int64_t bytes);

/* GD_BAD_INPUT, naming the path, if a file could not be written there: its folder must be there, or
 * be `made`, which will be made. Nothing is changed. Not collective. */
gd_status gd_file_check(const char *path, const char *made);

/* As gd_file_check, for a file that is not to replace another. Not collective. */
gd_status gd_file_check_new(const char *path);

bool gd_file_exists(const char *path);

/* Whether two names are of one file that is there. Not collective. */
bool gd_file_same(const char *one, const char *other);

/* As gd_file_exists; GD_FAILED, naming the path, if that cannot be told. Not collective. */
gd_status gd_file_look(const char *path, bool *there);

/* Makes the folder and those above it. GD_BAD_INPUT, naming the path, if it cannot. Not collective.
 */
gd_status gd_folder_make(const char *path);

/* Makes a folder in another, for this user only, with a name that starts so and that nothing had;
 * *path is freed with gd_memory_free, NULL if it fails. Not collective. */
gd_status gd_folder_make_unique(const char *folder, const char *prefix, char **path);

/* The names in a folder that start and end so, in ascending order;
 * freed with gd_folder_free. No such folder: none. Not collective. */
typedef struct gd_folder {
    char **name;
    size_t count;
} gd_folder;

gd_status gd_folder_list(const char *path, const char *prefix, const char *suffix,
                         gd_folder *folder);
void gd_folder_free(gd_folder *folder);

/* Seconds since some fixed moment, never going back. Not collective. */
double gd_clock_seconds(void);

#endif
