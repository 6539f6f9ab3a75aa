#include <math.h>
#include <stdio.h>
#include <string.h>

#include "gdmpi/files.h"
#include "gdmpi/memory.h"
#include "train_private.h"

static gd_status describe(const gd_problem *problem, gd_checkpoint_header *header) {
    gd_text config = {0};
    gd_config_write(problem->config, &config);
    *header = (gd_checkpoint_header){.type = GD_REAL_TYPE,
                                     .inputs = problem->model->inputs,
                                     .shards = problem->shards.count,
                                     .train_rows = problem->shards.rows,
                                     .val_rows = problem->val_count,
                                     .train_digest = problem->train_digest,
                                     .val_digest = problem->val_digest,
                                     .normalizer = problem->train.normalizer,
                                     .classes = problem->classes,
                                     .config = config.bytes};
    return gd_text_status(&config);
}

/* Parameters, then the state. */
gd_status gd_trainer_open_writer(gd_trainer *trainer) {
    const gd_problem *problem = trainer->problem;
    gd_writer_plan plan = {.rundir = &trainer->rundir,
                           .tensors = &problem->model->tensors,
                           .type = GD_REAL_TYPE,
                           .keep = gd_config_integer(problem->config, "run", "keep"),
                           .thread = gd_comm_threads(problem->comm),
                           .group = {"/params"}};
    plan.vectors = 1 + gd_trainer_groups(problem->config, plan.group + 1);
    gd_status status = describe(problem, &trainer->header);
    if (status == GD_OK) {
        status = gd_writer_new(&plan, &trainer->writer);
    }
    if (status == GD_OK) {
        trainer->whole = gd_writer_take(trainer->writer)->vector[0];
    }
    return status;
}

/* The line of a checkpoint that an unbroken run would not have is not for the log of one that goes
 * on. */
static gd_status log_checkpoint(gd_trainer *trainer, uint64_t digest, bool scheduled) {
    gd_metrics *metrics = trainer->metrics;
    char hexadecimal[17], *path;
    gd_status status = gd_rundir_checkpoint(&trainer->rundir, trainer->progress.step, &path);
    if (status != GD_OK) {
        return status;
    }
    int64_t before = gd_metrics_bytes(metrics);
    gd_metrics_begin(metrics, "checkpoint");
    gd_metrics_integer(metrics, "epoch", trainer->progress.epoch);
    gd_metrics_integer(metrics, "step", trainer->progress.step);
    gd_metrics_text(metrics, "file", strrchr(path, '/') + 1);
    gd_metrics_text(metrics, "digest", gd_checkpoint_digest_text(digest, hexadecimal));
    status = gd_metrics_end(metrics);
    gd_memory_free(&path);
    trainer->progress.log_bytes = gd_metrics_bytes(metrics);
    trainer->progress.log_extra = scheduled ? 0 : gd_metrics_bytes(metrics) - before;
    return status;
}

static gd_status check_finite(const gd_trainer *trainer) {
    if (isfinite(gd_trainer_norm(trainer))) {
        return GD_OK;
    }
    return gd_status_new(GD_DIVERGED,
                         "training diverged: after step %lld a parameter is not finite; "
                         "checkpoints before it are whole; try a smaller optimizer.lr",
                         (long long)trainer->progress.step);
}

void gd_trainer_fill(gd_trainer *trainer, gd_snapshot *snapshot) {
    gd_reducer *reducer = trainer->reducer;
    if (snapshot != NULL) {
        memcpy(snapshot->vector[0], reducer->parameters, (size_t)reducer->size * sizeof(real));
    }
    for (int i = 0; i < trainer->states; i++) {
        gd_reducer_gather(reducer, trainer->state[i],
                          snapshot == NULL ? NULL : snapshot->vector[1 + i]);
    }
}

/* Rank 0. */
static gd_status hand_over(gd_trainer *trainer, gd_snapshot *snapshot, double began,
                           uint64_t digest, bool scheduled) {
    gd_status status = log_checkpoint(trainer, digest, scheduled);
    if (status == GD_OK) {
        snapshot->header = trainer->header;
        snapshot->header.digest = digest;
        snapshot->header.progress = trainer->progress;
        snapshot->log = trainer->metrics;
        snapshot->began = began;
        gd_writer_give(trainer->writer);
    }
    return status;
}

gd_status gd_trainer_save(gd_trainer *trainer, bool scheduled) {
    gd_comm *comm = trainer->problem->comm;
    gd_snapshot *snapshot = NULL;
    gd_phase before = gd_phases_enter(&trainer->phases, GD_CHECKPOINT);
    uint64_t digest;
    trainer->saved = gd_clock_seconds();
    gd_status status = gd_comm_agree(comm, check_finite(trainer));
    if (status == GD_OK) {
        status = gd_trainer_digest(trainer, &digest);
    }
    if (status != GD_OK) {
        return status;
    }
    if (trainer->writer != NULL) {
        snapshot = gd_writer_take(trainer->writer);
    }
    gd_trainer_fill(trainer, snapshot);
    if (snapshot != NULL) {
        gd_trainer_fail(trainer, hand_over(trainer, snapshot, trainer->saved, digest, scheduled));
        gd_trainer_check_writer(trainer);
    }
    status = gd_trainer_agree(trainer);
    gd_phases_enter(&trainer->phases, before);
    return status;
}

gd_status gd_trainer_save_again(gd_trainer *trainer) {
    gd_snapshot *snapshot = gd_writer_take(trainer->writer);
    return hand_over(trainer, snapshot, gd_clock_seconds(), snapshot->header.digest, true);
}

void gd_trainer_check_writer(gd_trainer *trainer) {
    if (trainer->writer != NULL) {
        gd_trainer_fail(trainer, gd_writer_failure(trainer->writer));
        trainer->save_seconds = gd_writer_count(trainer->writer).longest;
    }
}

gd_status gd_trainer_wait(gd_trainer *trainer) {
    gd_phase before = gd_phases_enter(&trainer->phases, GD_CHECKPOINT);
    if (trainer->writer != NULL) {
        gd_trainer_fail(trainer, gd_writer_wait(trainer->writer));
    }
    gd_status status = gd_trainer_agree(trainer);
    gd_phases_enter(&trainer->phases, before);
    return status;
}

/* Rank 0. */
static gd_status write_model(const gd_trainer *trainer, uint64_t digest) {
    gd_checkpoint_header header = trainer->header;
    header.digest = digest;
    header.progress = trainer->progress;
    gd_checkpoint *model = NULL;
    char *path;
    gd_status status = gd_rundir_file(&trainer->rundir, "model.h5", &path);
    if (status == GD_OK) {
        status = gd_checkpoint_create(path, &header, &model);
    }
    if (status == GD_OK) {
        status = gd_checkpoint_add(model, "/params", &trainer->problem->model->tensors,
                                   GD_REAL_TYPE, trainer->reducer->parameters);
    }
    if (status == GD_OK) {
        status = gd_metrics_flush(trainer->metrics);
    }
    if (status == GD_OK) {
        status = gd_checkpoint_commit(&model);
    }
    gd_checkpoint_abandon(&model);
    gd_memory_free(&path);
    return status;
}

gd_status gd_trainer_save_model(gd_trainer *trainer, uint64_t digest) {
    gd_comm *comm = trainer->problem->comm;
    gd_phase before = gd_phases_enter(&trainer->phases, GD_CHECKPOINT);
    gd_status status = gd_comm_rank(comm) == 0 ? write_model(trainer, digest) : GD_OK;
    status = gd_comm_agree(comm, status);
    gd_phases_enter(&trainer->phases, before);
    return status;
}

double gd_trainer_save_bytes(const gd_trainer *trainer) {
    const double size = (double)trainer->problem->model->tensors.size;
    return (1 + trainer->states) * size * (double)sizeof(real);
}
