#include <stdio.h>
#include <string.h>

#include "gdmpi/memory.h"
#include "gdmpi/train.h"

/* Whether the data are those that they were, wherever their files are now. */
static gd_status same_data(const gd_problem *problem, const gd_checkpoint_header *header) {
    const struct {
        const char *what;
        int64_t old, now;
    } rows[] = {
        {"features", header->inputs, problem->model->inputs},
        {"training rows", header->train_rows, problem->shards.rows},
        {"validation rows", header->val_rows, problem->val_count},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].old != rows[i].now) {
            return gd_status_new(GD_BAD_INPUT, "%s has %lld %s, but the checkpoint's run had %lld",
                                 problem->train_source.file, (long long)rows[i].now, rows[i].what,
                                 (long long)rows[i].old);
        }
    }
    const gd_source *source = problem->train_digest != header->train_digest ? &problem->train_source
                              : problem->val_digest != header->val_digest   ? &problem->val_source
                                                                            : NULL;
    if (source != NULL) {
        return gd_status_new(GD_BAD_INPUT, "%s:%s has other rows than the checkpoint's run had",
                             source->file, source->group);
    }
    return GD_OK;
}

/* Whether the result of train.reduce depends on the number of ranks. */
static bool depends_on_ranks(const gd_config *config) {
    const char *name = gd_config_text(config, "train", "reduce");
    for (size_t i = 0; gd_reducer_kinds[i] != NULL; i++) {
        if (strcmp(gd_reducer_kinds[i]->name, name) == 0) {
            return !gd_reducer_kinds[i]->same_bits;
        }
    }
    return false;
}

static gd_status same_config(const gd_config *config, const gd_config *old) {
    gd_status status = gd_config_compare(config, old);
    if (status == GD_OK && depends_on_ranks(config) != depends_on_ranks(old)) {
        status = gd_config_fail(config, "train", "reduce",
                                "'%s' does not come to the bits of '%s', which the checkpoint's "
                                "run had",
                                gd_config_text(config, "train", "reduce"),
                                gd_config_text(old, "train", "reduce"));
    }
    return status;
}

/* Whether a checkpoint is of the run that the config describes. */
static gd_status same_run(const gd_problem *problem, const char *path,
                          const gd_checkpoint_header *header) {
    const gd_settings *tables[GD_TABLES];
    gd_config *old = NULL;
    gd_train_tables(tables);
    gd_status status = gd_config_parse(path, header->config, 0, NULL, tables, &old);
    if (status == GD_OK) {
        status = same_config(problem->config, old);
    }
    gd_config_free(&old);
    if (status == GD_OK) {
        status = same_data(problem, header);
    }
    if (status == GD_OK && header->shards != problem->shards.count) {
        status = gd_config_fail(problem->config, "data", "shards",
                                "this run has %lld shards, but %s was written with %lld; set "
                                "data.shards to %lld",
                                (long long)problem->shards.count, path, (long long)header->shards,
                                (long long)header->shards);
    }
    if (gd_status_code(status) != GD_BAD_INPUT) {
        return status;
    }
    gd_status told =
        gd_status_new(GD_BAD_INPUT, "%s; %s is of another run", gd_status_message(status), path);
    gd_status_free(&status);
    return told;
}

/* The error of a run that cannot go on from another's checkpoint; takes it over. */
static gd_status refuse(gd_status foreign) {
    gd_status told = gd_status_new(GD_BAD_INPUT,
                                   "%s: choose another run.dir, or start over with "
                                   "run.resume=never",
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

/* Reads every vector, into `whole`, to see that it is intact and has the digest it says. */
static gd_status verify(const gd_problem *problem, const char *path,
                        const gd_checkpoint_header *header, real *whole) {
    const gd_tensors *tensors = &problem->model->tensors;
    if (header->type != GD_REAL_TYPE) {
        return gd_status_new(GD_BAD_INPUT, "%s: is not in the precision that its config says",
                             path);
    }
    gd_status status = gd_checkpoint_read(path, "/params", tensors, GD_REAL_TYPE, whole);
    if (status == GD_OK &&
        gd_checkpoint_digest(whole, GD_REAL_TYPE, tensors->size) != header->digest) {
        status =
            gd_status_new(GD_BAD_INPUT, "%s: its parameters do not have the digest it says", path);
    }
    const char *name = gd_config_text(problem->config, "optimizer", "name");
    const gd_optimizer_kind *kind = gd_optimizer_find(name);
    for (int i = 0; i < gd_optimizer_slots(problem->config) && status == GD_OK; i++) {
        char group[64];
        gd_trainer_slot_group(kind, i, group);
        status = gd_checkpoint_read(path, group, tensors, GD_REAL_TYPE, whole);
    }
    return status;
}

typedef struct candidate {
    const gd_problem *problem;
    const char *path;
    real *whole;
} candidate;

/* Reads all of a checkpoint of this run; of another run's, the header. */
static gd_status read_all(void *context) {
    const candidate *of = context;
    gd_checkpoint_header header;
    gd_status status = gd_checkpoint_read_header(of->path, &header);
    if (status != GD_OK) {
        return status;
    }
    gd_status foreign = same_run(of->problem, of->path, &header);
    if (foreign == GD_OK) {
        status = verify(of->problem, of->path, &header, of->whole);
    }
    gd_status_free(&foreign);
    gd_checkpoint_header_free(&header);
    return status;
}

/* Whether a checkpoint is whole and of this run; *foreign: it is another run's. */
static gd_status check_checkpoint(const gd_problem *problem, const char *path, real *whole,
                                  gd_checkpoint_header *header, bool *foreign) {
    candidate of = {problem, path, whole};
    *foreign = false;
    gd_status status = gd_store_guard(path, read_all, &of);
    if (status == GD_OK) {
        status = gd_checkpoint_read_header(path, header);
    }
    if (status == GD_OK) {
        status = same_run(problem, path, header);
        *foreign = gd_status_code(status) == GD_BAD_INPUT;
    }
    return status;
}

/* What the search for a checkpoint came upon: another run's are told only if there is one of this
 * run too, for else they are the error that ends it. */
typedef struct search {
    gd_status foreign; /* the first */
    gd_text told;
} search;

static void pass_over(search *search, gd_status why, bool foreign) {
    const char *message = gd_status_message(why);
    gd_text_add(&search->told, "gdmpi: warning: %s; trying the checkpoint before it\n", message);
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
    gd_status why = check_checkpoint(problem, path, whole, header, &foreign);
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
        fputs(gd_text_bytes(&search.told), stderr);
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
    gd_status status = check_checkpoint(problem, named, whole, header, &foreign);
    if (status != GD_OK) {
        return foreign ? refuse(status) : status;
    }
    if (gd_rundir_holds(rundir, named)) {
        status = check_name(named, header);
    } else {
        status = check_free(problem, rundir);
        header->progress.log_bytes = 0;
    }
    return status == GD_OK ? gd_text_copy(named, path) : status;
}

static gd_status find_on_root(const gd_problem *problem, const gd_rundir *rundir, char **path,
                              gd_checkpoint_header *header) {
    const char *resume = gd_config_text(problem->config, "run", "resume");
    real *whole = NULL;
    gd_status status = gd_rundir_check(rundir);
    if (status != GD_OK || strcmp(resume, "never") == 0) {
        return status;
    }
    status = gd_memory_new(&whole, (size_t)problem->model->tensors.size, sizeof *whole,
                           "the parameters of a checkpoint");
    if (status == GD_OK && strcmp(resume, "auto") == 0) {
        status = find_latest(problem, rundir, whole, path, header);
    } else if (status == GD_OK) {
        status = take_named(problem, rundir, resume, whole, path, header);
    }
    gd_memory_free(&whole);
    return status;
}

gd_status gd_resume_find(gd_problem *problem, const gd_rundir *rundir, char **path,
                         gd_checkpoint_header *header) {
    gd_status status = GD_OK;
    bool root = gd_comm_rank(problem->comm) == 0;
    *path = NULL;
    *header = (gd_checkpoint_header){0};
    if (root) {
        status = find_on_root(problem, rundir, path, header);
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

/* Reads a vector on rank 0; a failure is everyone's. */
static gd_status read_vector(gd_trainer *trainer, const char *path, const char *group,
                             real *vector) {
    gd_status status = GD_OK;
    if (gd_comm_rank(trainer->problem->comm) == 0) {
        status = gd_checkpoint_read(path, group, &trainer->problem->model->tensors, GD_REAL_TYPE,
                                    vector);
    }
    return gd_comm_agree(trainer->problem->comm, status);
}

static gd_status read_parameters(gd_trainer *trainer, const char *path) {
    gd_status status = read_vector(trainer, path, "/params", trainer->reducer->parameters);
    if (status == GD_OK) {
        gd_reducer_spread(trainer->reducer);
    }
    return status;
}

gd_status gd_trainer_resume(gd_trainer *trainer, const char *path,
                            const gd_checkpoint_header *header) {
    const gd_optimizer *optimizer = trainer->optimizer;
    trainer->progress = header->progress;
    gd_status status = read_parameters(trainer, path);
    for (int i = 0; i < optimizer->slots && status == GD_OK; i++) {
        char group[64];
        gd_trainer_slot_group(optimizer->kind, i, group);
        status = read_vector(trainer, path, group, trainer->whole);
        if (status == GD_OK) {
            gd_reducer_scatter(trainer->reducer, trainer->whole, optimizer->slot[i]);
        }
    }
    return status;
}

static gd_status check_whole(const char *path) {
    gd_checkpoint_header header;
    gd_status status = gd_checkpoint_read_header(path, &header);
    gd_checkpoint_header_free(&header);
    return status;
}

static gd_status initial_parameters(gd_trainer *trainer) {
    const gd_problem *problem = trainer->problem;
    const char *from = gd_config_text(problem->config, "model", "init_from");
    bool root = gd_comm_rank(problem->comm) == 0;
    if (from[0] != '\0') {
        gd_status status = gd_comm_agree(problem->comm, root ? check_whole(from) : GD_OK);
        return status == GD_OK ? read_parameters(trainer, from) : status;
    }
    if (root) {
        gd_model_initialise(problem->model, problem->config, problem->seed,
                            trainer->reducer->parameters);
    }
    gd_reducer_spread(trainer->reducer);
    return GD_OK;
}

gd_status gd_trainer_start(gd_trainer *trainer) {
    gd_status status = initial_parameters(trainer);
    if (status == GD_OK && trainer->optimizer->average != NULL) {
        gd_reducer_own(trainer->reducer, trainer->optimizer->average);
    }
    return status;
}
