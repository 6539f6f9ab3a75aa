#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gdmpi/events.h"
#include "gdmpi/memory.h"
#include "gdmpi/rundir.h"
#include "gdmpi/text.h"

gd_status gd_rundir_new(const char *path, gd_rundir *rundir) {
    *rundir = (gd_rundir){.lock = -1};
    gd_status status = gd_text_copy(path, &rundir->path);
    return status == GD_OK ? gd_text_new(&rundir->checkpoints, "%s/%s", path, "checkpoints")
                           : status;
}

void gd_rundir_free(gd_rundir *rundir) {
    if (rundir->path != NULL && rundir->lock >= 0) {
        close(rundir->lock);
    }
    gd_memory_free(&rundir->path);
    gd_memory_free(&rundir->checkpoints);
}

gd_status gd_rundir_file(const gd_rundir *rundir, const char *name, char **path) {
    return gd_text_new(path, "%s/%s", rundir->path, name);
}

static void checkpoint_name(int64_t step, char name[40]) {
    snprintf(name, 40, "step-%08lld.h5", (long long)step);
}

gd_status gd_rundir_checkpoint(const gd_rundir *rundir, int64_t step, char **path) {
    char name[40];
    checkpoint_name(step, name);
    return gd_text_new(path, "%s/%s", rundir->checkpoints, name);
}

int64_t gd_rundir_step(const char *name) {
    char expected[40], *end;
    if (strncmp(name, "step-", 5) != 0) {
        return -1;
    }
    errno = 0;
    long long step = strtoll(name + 5, &end, 10);
    checkpoint_name(step, expected);
    return errno == 0 && step >= 0 && strcmp(name, expected) == 0 ? step : -1;
}

/* Removes a file that may not be there. */
static gd_status remove_in(const char *folder, const char *name) {
    char *path;
    gd_status status = gd_text_new(&path, "%s/%s", folder, name);
    if (status == GD_OK && unlink(path) != 0 && errno != ENOENT) {
        status = gd_status_new(GD_FAILED, "%s: cannot be removed: %s", path, strerror(errno));
    }
    gd_memory_free(&path);
    return status;
}

static const char *const run_files[] = {"config.ini", "metrics.jsonl", "model.h5", NULL};
static const char *const links[] = {"latest", "best", NULL};

static gd_status remove_all(const char *folder, const char *const *names, const char *suffix) {
    gd_status status = GD_OK;
    for (; *names != NULL && status == GD_OK; names++) {
        char name[40];
        snprintf(name, sizeof name, "%s%s", *names, suffix);
        status = remove_in(folder, name);
    }
    return status;
}

static gd_status remove_half_written(const gd_rundir *rundir) {
    gd_folder names;
    gd_status status = gd_folder_list(rundir->checkpoints, "step-", ".h5.tmp", &names);
    for (size_t i = 0; i < names.count && status == GD_OK; i++) {
        status = remove_in(rundir->checkpoints, names.name[i]);
    }
    gd_folder_free(&names);
    if (status == GD_OK) {
        status = remove_all(rundir->checkpoints, links, ".tmp");
    }
    return status == GD_OK ? remove_all(rundir->path, run_files, ".tmp") : status;
}

/* Shortens a path, which is changed, to the nearest above it that is there; fails as stat does. */
static int find_there(char **path, struct stat *about) {
    int failed = stat(*path, about);
    while (failed && (errno == ENOENT || errno == ENOTDIR) && strcmp(*path, ".") != 0) {
        *path = dirname(*path);
        failed = stat(*path, about);
    }
    return failed;
}

gd_status gd_rundir_beside(const gd_rundir *rundir, const char *prefix, gd_rundir *other) {
    char *copy, *path = NULL;
    *other = (gd_rundir){.lock = -1};
    gd_status status = gd_text_copy(rundir->checkpoints, &copy);
    if (status == GD_OK) {
        struct stat about;
        char *there = copy;
        (void)find_there(&there, &about);
        status = gd_folder_make_unique(there, prefix, &path);
    }
    if (status == GD_OK) {
        status = gd_rundir_new(path, other);
    }
    if (status != GD_OK && path != NULL) {
        (void)rmdir(path);
    }
    gd_memory_free(&copy);
    gd_memory_free(&path);
    return status;
}

/* The folder, or the nearest one above it that is there. */
static gd_status check_folder(const char *path) {
    char *copy;
    gd_status status = gd_text_copy(path, &copy);
    if (status != GD_OK) {
        return status;
    }
    struct stat about;
    char *there = copy;
    int failed = find_there(&there, &about);
    if (!failed && S_ISDIR(about.st_mode)) {
        failed = access(there, W_OK | X_OK);
    } else if (!failed) {
        failed = 1;
        errno = ENOTDIR;
    }
    if (failed) {
        status = gd_status_new(GD_BAD_INPUT, "%s: this run directory cannot be written: %s: %s",
                               path, there, strerror(errno));
    }
    gd_memory_free(&copy);
    return status;
}

gd_status gd_rundir_check(const gd_rundir *rundir) {
    gd_status status = check_folder(rundir->path);
    return status == GD_OK ? check_folder(rundir->checkpoints) : status;
}

/* The lock goes with the process. */
static gd_status lock(gd_rundir *rundir, int kind) {
    if (rundir->lock < 0) {
        rundir->lock = open(rundir->checkpoints, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    if (rundir->lock >= 0 && flock(rundir->lock, kind | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        return gd_status_new(GD_BAD_INPUT,
                             "%s: another run is working in this directory; wait for its end, or "
                             "choose another run.dir",
                             rundir->path);
    }
    return GD_OK;
}

gd_status gd_rundir_look(gd_rundir *rundir) {
    return lock(rundir, LOCK_SH);
}

gd_status gd_rundir_make(gd_rundir *rundir) {
    gd_status status = gd_folder_make(rundir->checkpoints);
    if (status == GD_OK) {
        status = lock(rundir, LOCK_EX);
    }
    if (status == GD_OK) {
        status = remove_half_written(rundir);
    }
    if (status == GD_OK &&
        (access(rundir->path, W_OK | X_OK) != 0 || access(rundir->checkpoints, W_OK | X_OK) != 0)) {
        status = gd_status_new(GD_BAD_INPUT, "%s: this run directory cannot be written: %s",
                               rundir->path, strerror(errno));
    }
    return status;
}

bool gd_rundir_holds(const gd_rundir *rundir, const char *path) {
    char *copy, *folder = NULL, *checkpoints = realpath(rundir->checkpoints, NULL);
    gd_status status = gd_text_copy(path, &copy);
    if (status == GD_OK) {
        folder = realpath(dirname(copy), NULL);
    }
    bool holds = folder != NULL && checkpoints != NULL && strcmp(folder, checkpoints) == 0;
    gd_status_free(&status);
    gd_memory_free(&copy);
    free(folder);
    free(checkpoints);
    return holds;
}

static int by_step(const void *a, const void *b) {
    int64_t first = gd_rundir_step(*(char *const *)a), second = gd_rundir_step(*(char *const *)b);
    return first < second ? -1 : first > second;
}

gd_status gd_rundir_list(const gd_rundir *rundir, gd_folder *names) {
    gd_status status = gd_folder_list(rundir->checkpoints, "step-", ".h5", names);
    size_t kept = 0;
    for (size_t i = 0; i < names->count; i++) {
        if (gd_rundir_step(names->name[i]) >= 0) {
            char *name = names->name[i];
            names->name[i] = names->name[kept];
            names->name[kept++] = name;
        }
    }
    while (names->count > kept) {
        gd_memory_free(&names->name[--names->count]);
    }
    if (names->count > 0) {
        qsort(names->name, names->count, sizeof *names->name, by_step);
    }
    return status;
}

/* Removes the checkpoints beyond a step. */
static gd_status remove_beyond(const gd_rundir *rundir, int64_t step) {
    gd_folder names;
    gd_status status = gd_rundir_list(rundir, &names);
    for (size_t i = 0; i < names.count && status == GD_OK; i++) {
        if (gd_rundir_step(names.name[i]) > step) {
            status = remove_in(rundir->checkpoints, names.name[i]);
        }
    }
    gd_folder_free(&names);
    return status;
}

gd_status gd_rundir_clear(const gd_rundir *rundir) {
    gd_status status = remove_all(rundir->checkpoints, links, "");
    if (status == GD_OK) {
        status = remove_beyond(rundir, -1);
    }
    if (status == GD_OK) {
        status = gd_events_clear(rundir->path);
    }
    return status == GD_OK ? remove_all(rundir->path, run_files, "") : status;
}

gd_status gd_rundir_remove(const gd_rundir *rundir) {
    gd_status status = gd_rundir_clear(rundir);
    if (status == GD_OK &&
        ((rmdir(rundir->checkpoints) != 0 && errno != ENOENT) || rmdir(rundir->path) != 0)) {
        status =
            gd_status_new(GD_FAILED, "%s: cannot be removed: %s", rundir->path, strerror(errno));
    }
    return status;
}

gd_status gd_rundir_link(const gd_rundir *rundir, const char *link, int64_t step) {
    char name[40], *path;
    checkpoint_name(step, name);
    gd_status status = gd_text_new(&path, "%s/%s", rundir->checkpoints, link);
    if (status == GD_OK) {
        status = gd_file_link(name, path);
    }
    gd_memory_free(&path);
    return status;
}

static gd_status relink(const gd_rundir *rundir, const char *link, int64_t step) {
    char *path;
    bool there;
    gd_status status = gd_rundir_checkpoint(rundir, step, &path);
    if (status == GD_OK) {
        status = gd_file_look(path, &there);
    }
    if (status == GD_OK) {
        status = there ? gd_rundir_link(rundir, link, step) : remove_in(rundir->checkpoints, link);
    }
    gd_memory_free(&path);
    return status;
}

gd_status gd_rundir_rewind(const gd_rundir *rundir, int64_t step, int64_t best) {
    gd_status status = remove_beyond(rundir, step);
    if (status == GD_OK) {
        status = relink(rundir, "latest", step);
    }
    if (status == GD_OK) {
        status = relink(rundir, "best", best);
    }
    return status == GD_OK ? remove_in(rundir->path, "model.h5") : status;
}

gd_status gd_rundir_prune(const gd_rundir *rundir, int64_t keep, int64_t best) {
    gd_folder names;
    gd_status status = gd_rundir_list(rundir, &names);
    for (size_t i = 0; i + (size_t)keep < names.count && status == GD_OK; i++) {
        if (gd_rundir_step(names.name[i]) != best) {
            status = remove_in(rundir->checkpoints, names.name[i]);
        }
    }
    gd_folder_free(&names);
    return status;
}
