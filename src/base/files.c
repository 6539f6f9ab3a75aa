/* For O_TMPFILE; the order of headers does not matter. */
#define _GNU_SOURCE

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "gdmpi/files.h"
#include "gdmpi/memory.h"
#include "gdmpi/text.h"

static gd_status failed(const char *what, const char *path) {
    return gd_status_new(GD_FAILED, "%s: cannot %s: %s", path, what, strerror(errno));
}

/* Makes the block twice as large; it holds `count` bytes. */
static gd_status grow(const char *path, size_t count, size_t *size, char **bytes) {
    char *larger;
    gd_status status = gd_memory_new(&larger, *size, 2, path);
    if (status == GD_OK) {
        memcpy(larger, *bytes, count);
        gd_memory_free(bytes);
        *bytes = larger;
        *size *= 2;
    }
    return status;
}

/* Up to the end, which only reading tells of a pipe; `size` is a guess. */
static gd_status read_all(const char *path, int file, size_t size, char **bytes, size_t *count) {
    gd_status status = gd_memory_new(bytes, size, 1, path);
    for (ssize_t got = 1; status == GD_OK && got != 0;) {
        got = read(file, *bytes + *count, size - 1 - *count);
        if (got < 0 && errno != EINTR) {
            status = failed("read", path);
        }
        *count += got > 0 ? (size_t)got : 0;
        if (status == GD_OK && *count == size - 1) {
            status = grow(path, *count, &size, bytes);
        }
    }
    return status;
}

gd_status gd_file_read(const char *path, char **bytes, size_t *count) {
    *bytes = NULL;
    *count = 0;
    struct stat about;
    gd_status status = GD_OK;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &about) != 0) {
        status = gd_status_new(GD_BAD_INPUT, "%s: cannot be read: %s", path, strerror(errno));
    } else if (S_ISDIR(about.st_mode)) {
        status = gd_status_new(GD_BAD_INPUT, "%s: is not a file", path);
    } else {
        /* Room for the end, and for one byte more, so that a file of this size never grows. */
        status = read_all(path, file, (size_t)about.st_size + 2, bytes, count);
    }
    if (status != GD_OK) {
        gd_memory_free(bytes);
    }
    if (file >= 0) {
        close(file);
    }
    return status;
}

static gd_status flush(const char *path, int flags) {
    int file = open(path, flags | O_CLOEXEC);
    if (file < 0) {
        return failed("open", path);
    }
    gd_status status = fsync(file) == 0 ? GD_OK : failed("flush", path);
    close(file);
    return status;
}

static gd_status flush_folder_of(const char *path) {
    char *copy;
    gd_status status = gd_text_copy(path, &copy);
    if (status == GD_OK) {
        status = flush(dirname(copy), O_RDONLY | O_DIRECTORY);
        gd_memory_free(&copy);
    }
    return status;
}

gd_status gd_file_commit(const char *temporary, const char *path) {
    gd_status status = flush(temporary, O_RDONLY);
    if (status != GD_OK) {
        return status;
    }
    if (rename(temporary, path) != 0) {
        return failed("rename a new file to this", path);
    }
    return flush_folder_of(path);
}

static gd_status put(const char *path, int file, const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t done = write(file, bytes, count);
        if (done < 0 && errno != EINTR) {
            return failed("write", path);
        }
        bytes += done > 0 ? done : 0;
        count -= done > 0 ? (size_t)done : 0;
    }
    return GD_OK;
}

static gd_status write_all(const char *path, const char *bytes, size_t count) {
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0) {
        return failed("write", path);
    }
    gd_status status = put(path, file, bytes, count);
    if (close(file) != 0 && status == GD_OK) {
        status = failed("write", path);
    }
    return status;
}

/* After what was written to `temporary` with this outcome. */
static gd_status finish(gd_status status, char **temporary, const char *path) {
    if (status == GD_OK) {
        status = gd_file_commit(*temporary, path);
    }
    if (status != GD_OK && *temporary != NULL) {
        unlink(*temporary);
    }
    gd_memory_free(temporary);
    return status;
}

gd_status gd_file_write(const char *path, const char *bytes, size_t count) {
    char *temporary;
    gd_status status = gd_text_new(&temporary, "%s.tmp", path);
    if (status == GD_OK) {
        status = write_all(temporary, bytes, count);
    }
    return finish(status, &temporary, path);
}

static void remember(bool worked, gd_draft *draft) {
    if (!worked && draft->error == 0) {
        draft->error = errno == 0 ? EIO : errno;
    }
}

void gd_draft_add(gd_draft *draft, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    remember(vfprintf(draft->file, format, arguments) >= 0, draft);
    va_end(arguments);
}

void gd_draft_add_bytes(gd_draft *draft, const void *bytes, size_t count) {
    remember(fwrite(bytes, 1, count, draft->file) == count, draft);
}

static gd_status produce_all(const char *path, gd_status (*produce)(void *context, gd_draft *out),
                             void *context) {
    gd_draft out = {fopen(path, "w"), 0};
    if (out.file == NULL) {
        return failed("write", path);
    }
    gd_status status = produce(context, &out);
    remember(fclose(out.file) == 0, &out);
    if (status == GD_OK && out.error != 0) {
        errno = out.error;
        status = failed("write", path);
    }
    return status;
}

gd_status gd_file_produce(const char *path, gd_status (*produce)(void *context, gd_draft *out),
                          void *context) {
    char *temporary;
    gd_status status = gd_text_new(&temporary, "%s.tmp", path);
    if (status == GD_OK) {
        status = produce_all(temporary, produce, context);
    }
    return finish(status, &temporary, path);
}

gd_status gd_file_link(const char *target, const char *path) {
    char *temporary;
    gd_status status = gd_text_new(&temporary, "%s.tmp", path);
    if (status != GD_OK) {
        return status;
    }
    unlink(temporary);
    if (symlink(target, temporary) != 0 || rename(temporary, path) != 0) {
        status = failed("make this link", path);
        unlink(temporary);
    } else {
        status = flush_folder_of(path);
    }
    gd_memory_free(&temporary);
    return status;
}

gd_status gd_file_truncate(const char *path, int64_t bytes) {
    struct stat about;
    if (stat(path, &about) != 0) {
        return errno == ENOENT ? GD_OK : failed("look at", path);
    }
    if (about.st_size > bytes && truncate(path, bytes) != 0) {
        return failed("shorten", path);
    }
    return GD_OK;
}

static gd_status check_folder(const char *path, const char *folder, const char *made) {
    struct stat about;
    bool there = stat(folder, &about) == 0;
    if (!there && errno != ENOENT && errno != ENOTDIR) {
        return failed("look at", folder);
    }
    if (!there || !S_ISDIR(about.st_mode)) {
        return strcmp(folder, made) == 0
                   ? GD_OK
                   : gd_status_new(GD_BAD_INPUT, "%s: cannot be written: there is no folder %s",
                                   path, folder);
    }
    return access(folder, W_OK | X_OK) == 0
               ? GD_OK
               : gd_status_new(GD_BAD_INPUT, "%s: cannot be written: no access to %s: %s", path,
                               folder, strerror(errno));
}

gd_status gd_file_check(const char *path, const char *made) {
    struct stat about;
    char *copy;
    if (stat(path, &about) == 0 && !S_ISREG(about.st_mode)) {
        return gd_status_new(GD_BAD_INPUT, "%s: is a %s; the name of a file is needed", path,
                             S_ISDIR(about.st_mode) ? "folder" : "device or pipe");
    }
    gd_status status = gd_text_copy(path, &copy);
    if (status == GD_OK) {
        status = check_folder(path, dirname(copy), made);
    }
    gd_memory_free(&copy);
    return status;
}

gd_status gd_file_check_new(const char *path) {
    bool there = false;
    gd_status status = gd_file_check(path, "");
    if (status == GD_OK) {
        status = gd_file_look(path, &there);
    }
    return there ? gd_status_new(GD_BAD_INPUT,
                                 "%s: is there already; remove it, or name another output", path)
                 : status;
}

bool gd_file_exists(const char *path) {
    struct stat about;
    return stat(path, &about) == 0;
}

bool gd_file_same(const char *one, const char *other) {
    struct stat of_one, of_other;
    return stat(one, &of_one) == 0 && stat(other, &of_other) == 0 &&
           of_one.st_dev == of_other.st_dev && of_one.st_ino == of_other.st_ino;
}

gd_status gd_file_look(const char *path, bool *there) {
    struct stat about;
    *there = stat(path, &about) == 0;
    return *there || errno == ENOENT || errno == ENOTDIR ? GD_OK : failed("look at", path);
}

gd_status gd_folder_make(const char *path) {
    char *part;
    gd_status status = gd_text_copy(path, &part);
    if (status != GD_OK) {
        return status;
    }
    for (char *slash = part + 1; status == GD_OK; slash++) {
        bool last = *slash == '\0';
        if (*slash != '/' && !last) {
            continue;
        }
        *slash = '\0';
        struct stat about;
        if (mkdir(part, 0777) != 0 && errno != EEXIST) {
            status = gd_status_new(GD_BAD_INPUT, "%s: cannot make this folder: %s", path,
                                   strerror(errno));
        } else if (stat(part, &about) != 0) {
            status = failed("look at", part);
        } else if (!S_ISDIR(about.st_mode)) {
            status = gd_status_new(GD_BAD_INPUT, "%s: cannot make this folder: %s is not a folder",
                                   path, part);
        }
        if (last) {
            break;
        }
        *slash = '/';
    }
    gd_memory_free(&part);
    return status;
}

gd_status gd_folder_make_unique(const char *folder, const char *prefix, char **path) {
    gd_status status = gd_text_new(path, "%s/%sXXXXXX", folder, prefix);
    if (status == GD_OK && mkdtemp(*path) == NULL) {
        status = failed("make a folder in", folder);
        gd_memory_free(path);
    }
    return status;
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool matches(const char *name, const char *prefix, const char *suffix) {
    size_t length = strlen(name), head = strlen(prefix), tail = strlen(suffix);
    return length >= head + tail && strncmp(name, prefix, head) == 0 &&
           strcmp(name + length - tail, suffix) == 0;
}

static gd_status folder_add(gd_folder *folder, const char *name) {
    char **names = realloc(folder->name, (folder->count + 1) * sizeof *names);
    if (names == NULL) {
        return gd_status_no_memory("a list of files", (double)folder->count);
    }
    folder->name = names;
    gd_status status = gd_text_copy(name, &folder->name[folder->count]);
    folder->count += status == GD_OK ? 1 : 0;
    return status;
}

gd_status gd_folder_list(const char *path, const char *prefix, const char *suffix,
                         gd_folder *folder) {
    *folder = (gd_folder){0};
    DIR *stream = opendir(path);
    if (stream == NULL) {
        return errno == ENOENT ? GD_OK : failed("list", path);
    }
    gd_status status = GD_OK;
    struct dirent *entry;
    do {
        errno = 0;
        entry = readdir(stream);
        if (entry == NULL && errno != 0) {
            status = failed("list", path);
        } else if (entry != NULL && matches(entry->d_name, prefix, suffix)) {
            status = folder_add(folder, entry->d_name);
        }
    } while (status == GD_OK && entry != NULL);
    closedir(stream);
    if (status != GD_OK) {
        gd_folder_free(folder);
    } else if (folder->count > 0) {
        qsort(folder->name, folder->count, sizeof *folder->name, by_name);
    }
    return status;
}

void gd_folder_free(gd_folder *folder) {
    for (size_t i = 0; i < folder->count; i++) {
        gd_memory_free(&folder->name[i]);
    }
    free(folder->name);
    *folder = (gd_folder){0};
}

double gd_clock_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}
