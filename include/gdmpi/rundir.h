/* The files of a run directory. For rank 0 to do; nothing here is collective. */
#ifndef GDMPI_RUNDIR_H
#define GDMPI_RUNDIR_H

#include <stdbool.h>
#include <stdint.h>

#include "gdmpi/files.h"

typedef struct gd_rundir {
    char *path;        /* as given by run.dir */
    char *checkpoints; /* PATH/checkpoints */
    int lock;          /* the folder, open and locked; -1: not yet */
} gd_rundir;

gd_status gd_rundir_new(const char *path, gd_rundir *rundir);
void gd_rundir_free(gd_rundir *rundir);

/* PATH/name and PATH/checkpoints/step-00001234.h5, to be freed with gd_memory_free. */
gd_status gd_rundir_file(const gd_rundir *rundir, const char *name, char **path);
gd_status gd_rundir_checkpoint(const gd_rundir *rundir, int64_t step, char **path);

/* Makes a folder whose name begins so, and that nothing else has, in that of the checkpoints, or in
 * the nearest above it that is there; *other is of it. For this to work in, as gd_rundir_make, and
 * gd_rundir_remove. */
gd_status gd_rundir_beside(const gd_rundir *rundir, const char *prefix, gd_rundir *other);

/* GD_BAD_INPUT if the folders cannot be written, or could not be made; nothing is changed. */
gd_status gd_rundir_check(const gd_rundir *rundir);

/* GD_BAD_INPUT if another run works in the folder of checkpoints; else none will begin to, until
 * gd_rundir_make or gd_rundir_free. Several runs may look at once. */
gd_status gd_rundir_look(gd_rundir *rundir);

/* Makes the folders, where they are missing, locks them for this run until gd_rundir_free, and
 * removes what a killed run left half written. GD_BAD_INPUT if another run has them locked; file
 * systems without locks do without. */
gd_status gd_rundir_make(gd_rundir *rundir);

/* Removes the checkpoints, links, log, event file and model of an earlier run. */
gd_status gd_rundir_clear(const gd_rundir *rundir);

/* The same, and removes the folders, which must then be empty. */
gd_status gd_rundir_remove(const gd_rundir *rundir);

/* Goes back to a step: removes the checkpoints beyond it, and the model that came of them; `latest`
 * and `best` point at the checkpoints of `step` and `best`, where these are still there. */
gd_status gd_rundir_rewind(const gd_rundir *rundir, int64_t step, int64_t best);

/* Whether a path, however it is written, names a file in the folder of checkpoints. */
bool gd_rundir_holds(const gd_rundir *rundir, const char *path);

/* The names of the checkpoints, oldest first. */
gd_status gd_rundir_list(const gd_rundir *rundir, gd_folder *names);

/* Points `latest` or `best` at the checkpoint of a step. */
gd_status gd_rundir_link(const gd_rundir *rundir, const char *link, int64_t step);

/* Removes all checkpoints but the last `keep` and the one of step `best`. */
gd_status gd_rundir_prune(const gd_rundir *rundir, int64_t keep, int64_t best);

/* The step in the name of a checkpoint; -1: none. */
int64_t gd_rundir_step(const char *name);

#endif
