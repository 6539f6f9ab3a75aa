#include <string.h>

#include "gdmpi/files.h"
#include "gdmpi/memory.h"
#include "gdmpi/terminal.h"
#include "train_private.h"

/* The error of a run that cannot go on from another's checkpoint; takes it over. */
static gd_status refuse(gd_status foreign) {
    gd_status told = gd_status_new(GD_BAD_INPUT,
                                   "%s: to continue that run, use its settings and data; for a "
                                   "new one, choose another run.dir, or set run.resume=never",
                                   gd_status_message(foreign));
    gd_status_free(&foreign);
    return told;
}

/* Files of one run that have changed places. */
static gd_status check_name(const char *path, const gd_checkpoint_header *header) {
    const char *slash = strrchr(path, '/');
    int64_t step = gd_rundir_step(slash == NULL ? path : slash + 1);
    if (step < 0 || step == header->progress.step) {
        return GD_OK;
    }
    return gd_status_new(GD_BAD_INPUT, "%s: is not of the step in its name, but of step %lld", path,
                         (long long)header->progress.step);
}

/* What the search for a checkpoint came upon: another run's are told only if there is one of this
 * run too, for else they are the error that ends it. */
typedef struct search {
    gd_status foreign; /* the first */
    gd_text told;      /* a line for each */
} search;

static void tell(search *search) {
    char *rest = NULL;
    for (char *line = search->told.bytes == NULL ? NULL : strtok_r(search->told.bytes, "\n", &rest);
         line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        gd_terminal_warn("%s", line);
    }
}

static void pass_over(search *search, gd_status why, bool foreign) {
    const char *message = gd_status_message(why);
    gd_text_add(&search->told, "%s; trying the checkpoint before it\n", message);
    if (foreign && search->foreign == GD_OK) {
        search->foreign = why;
        return;
    }
    gd_status_free(&why);
}

/* One candidate: GD_OK with *usable false if it is passed over. */
static gd_status try_checkpoint(const gd_problem *problem, const char *path, real *whole,
                                gd_checkpoint_header *header, search *search, bool *usable) {
    bool foreign;
    gd_status why = gd_resume_check(problem, path, whole, header, &foreign);
    if (why == GD_OK) {
        why = check_name(path, header);
    }
    *usable = why == GD_OK;
    if (*usable) {
        return GD_OK;
    }
    gd_checkpoint_header_free(header);
    if (gd_status_code(why) != GD_BAD_INPUT) {
        return why; /* no fault of the checkpoint */
    }
    pass_over(search, why, foreign);
    return gd_text_status(&search->told);
}

/* A run would begin here, and its model take the place of one that may be all that is left of
 * another. */
static gd_status check_empty(const gd_rundir *rundir) {
    char *model;
    bool there = false;
    gd_status status = gd_rundir_file(rundir, "model.h5", &model);
    if (status == GD_OK) {
        status = gd_file_look(model, &there);
    }
    if (there) {
        status = gd_status_new(GD_BAD_INPUT,
                               "%s would be replaced, for there is no checkpoint of its run; "
                               "choose another run.dir, or start over with run.resume=never",
                               model);
    }
    gd_memory_free(&model);
    return status;
}

static gd_status none_usable(const gd_rundir *rundir, search *search) {
    if (search->foreign != GD_OK) {
        gd_status foreign = search->foreign;
        search->foreign = GD_OK;
        return refuse(foreign);
    }
    return gd_status_new(GD_BAD_INPUT,
                         "%s: no checkpoint in it is whole; start over with run.resume=never, or "
                         "choose another run.dir",
                         rundir->checkpoints);
}

static gd_status find_latest(const gd_problem *problem, const gd_rundir *rundir, real *whole,
                             char **path, gd_checkpoint_header *header) {
    gd_folder names;
    search search = {0};
    bool usable = false;
    gd_status status = gd_rundir_list(rundir, &names);
    for (size_t i = names.count; i > 0 && !usable && status == GD_OK; i--) {
        gd_memory_free(path);
        status = gd_rundir_checkpoint(rundir, gd_rundir_step(names.name[i - 1]), path);
        if (status == GD_OK) {
            status = try_checkpoint(problem, *path, whole, header, &search, &usable);
        }
    }
    if (usable || search.foreign == GD_OK) {
        tell(&search);
    }
    if (status == GD_OK && !usable) {
        status = names.count == 0 ? check_empty(rundir) : none_usable(rundir, &search);
    }
    gd_status_free(&search.foreign);
    gd_text_free(&search.told);
    gd_folder_free(&names);
    return status;
}

/* A checkpoint from elsewhere must not mix with another run in the directory, or replace its
 * model. */
static gd_status check_free(const gd_problem *problem, const gd_rundir *rundir) {
    gd_folder names;
    gd_status status = gd_rundir_list(rundir, &names);
    if (status == GD_OK && names.count > 0) {
        status = gd_config_fail(problem->config, "run", "resume",
                                "%s already holds checkpoints of a run; choose another run.dir",
                                rundir->path);
    }
    gd_folder_free(&names);
    return status == GD_OK ? check_empty(rundir) : status;
}

/* A checkpoint named by the user: it must be whole. */
static gd_status take_named(const gd_problem *problem, const gd_rundir *rundir, const char *named,
                            real *whole, char **path, gd_checkpoint_header *header) {
    bool foreign;
    if (!gd_file_exists(named)) {
        return gd_config_fail(problem->config, "run", "resume",
                              "there is no checkpoint '%s'; it must be auto, never, or the path of "
                              "one",
                              named);
    }
    gd_status status = gd_resume_check(problem, named, whole, header, &foreign);
    if (status != GD_OK) {
        return foreign ? refuse(status) : status;
    }
    if (gd_rundir_holds(rundir, named)) {
        status = check_name(named, header);
    } else {
        status = check_free(problem, rundir);
        header->progress.log_bytes = header->progress.log_extra = 0;
    }
    return status == GD_OK ? gd_text_copy(named, path) : status;
}

static gd_status find_on_root(const gd_trainer *trainer, char **path,
                              gd_checkpoint_header *header) {
    const gd_problem *problem = trainer->problem;
    const gd_rundir *rundir = &trainer->rundir;
    const char *resume = gd_config_text(problem->config, "run", "resume");
    gd_status status = gd_rundir_check(rundir);
    if (status != GD_OK || strcmp(resume, "never") == 0) {
        return status;
    }
    return strcmp(resume, "auto") == 0
               ? find_latest(problem, rundir, trainer->whole, path, header)
               : take_named(problem, rundir, resume, trainer->whole, path, header);
}

gd_status gd_resume_find(gd_trainer *trainer, char **path, gd_checkpoint_header *header) {
    const gd_problem *problem = trainer->problem;
    gd_status status = GD_OK;
    bool root = gd_comm_rank(problem->comm) == 0;
    *path = NULL;
    *header = (gd_checkpoint_header){0};
    if (root) {
        status = find_on_root(trainer, path, header);
    }
    status = gd_comm_agree(problem->comm, status);
    if (status != GD_OK) {
        gd_memory_free(path);
        gd_checkpoint_header_free(header);
        return status;
    }
    size_t bytes = *path == NULL ? 0 : strlen(*path) + 1;
    gd_comm_broadcast(problem->comm, &bytes, sizeof bytes);
    if (bytes == 0) {
        return GD_OK;
    }
    gd_comm_broadcast(problem->comm, &header->progress, sizeof header->progress);
    status = gd_comm_broadcast_block(problem->comm, path, &bytes);
    return status;
}
