#include <math.h>
#include <stdio.h>
#include <string.h>

#include "gdmpi/files.h"
#include "gdmpi/memory.h"
#include "gdmpi/train.h"

static gd_status write_params(gd_trainer *trainer, const char *path, uint64_t digest,
                              gd_checkpoint **checkpoint) {
    const gd_problem *problem = trainer->problem;
    gd_text config = {0};
    gd_config_write(problem->config, &config);
    gd_checkpoint_header header = {.type = GD_REAL_TYPE,
                                   .inputs = problem->model->inputs,
                                   .shards = problem->shards.count,
                                   .train_rows = problem->shards.rows,
                                   .val_rows = problem->val_count,
                                   .digest = digest,
                                   .config = config.bytes,
                                   .progress = trainer->progress};
    gd_status status = gd_text_status(&config);
    if (status == GD_OK) {
        status = gd_checkpoint_create(path, &header, checkpoint);
    }
    if (status == GD_OK) {
        status = gd_checkpoint_add(*checkpoint, "/params", &problem->model->tensors, GD_REAL_TYPE,
                                   trainer->reducer->parameters);
    }
    gd_text_free(&config);
    return status;
}

void gd_trainer_slot_group(const gd_optimizer_kind *kind, int slot, char group[64]) {
    if (kind->slot[slot] == NULL) {
        snprintf(group, 64, "/ema");
    } else {
        snprintf(group, 64, "/optimizer/%s", kind->slot[slot]);
    }
}

/* All ranks bring the optimizer's state to rank 0, which goes on even after a failure, so that no
 * rank waits. */
static gd_status write_state(gd_trainer *trainer, gd_checkpoint *checkpoint, gd_status status) {
    const gd_optimizer *optimizer = trainer->optimizer;
    for (int i = 0; i < optimizer->slots; i++) {
        char group[64];
        gd_trainer_slot_group(optimizer->kind, i, group);
        gd_reducer_gather(trainer->reducer, optimizer->slot[i], trainer->whole);
        if (checkpoint != NULL && status == GD_OK) {
            status = gd_checkpoint_add(checkpoint, group, &trainer->problem->model->tensors,
                                       GD_REAL_TYPE, trainer->whole);
        }
    }
    return status;
}

/* The file is complete: gives it its name, and points the links at it. Rank 0 only. */
static gd_status publish(gd_trainer *trainer, gd_checkpoint **checkpoint) {
    const gd_progress *progress = &trainer->progress;
    const gd_rundir *rundir = &trainer->rundir;
    gd_status status = gd_checkpoint_commit(checkpoint);
    if (status == GD_OK) {
        status = gd_rundir_link(rundir, "latest", progress->step);
    }
    if (status == GD_OK && progress->best_step == progress->step && progress->best_epoch > 0) {
        status = gd_rundir_link(rundir, "best", progress->step);
    }
    if (status == GD_OK) {
        status = gd_rundir_prune(rundir, gd_config_integer(trainer->problem->config, "run", "keep"),
                                 progress->best_epoch > 0 ? progress->best_step : -1);
    }
    return status;
}

/* The line of a checkpoint that an unbroken run would not have is not for the log of one that goes
 * on. */
static gd_status log_checkpoint(gd_trainer *trainer, const char *path, uint64_t digest,
                                bool scheduled) {
    gd_metrics *metrics = trainer->metrics;
    const char *name = strrchr(path, '/');
    char hexadecimal[17];
    int64_t before = gd_metrics_bytes(metrics);
    gd_metrics_begin(metrics, "checkpoint");
    gd_metrics_integer(metrics, "epoch", trainer->progress.epoch);
    gd_metrics_integer(metrics, "step", trainer->progress.step);
    gd_metrics_text(metrics, "file", name + 1);
    gd_metrics_text(metrics, "digest", gd_checkpoint_digest_text(digest, hexadecimal));
    gd_status status = gd_metrics_end(metrics);
    trainer->progress.log_bytes = scheduled ? gd_metrics_bytes(metrics) : before;
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

gd_status gd_trainer_save(gd_trainer *trainer, bool scheduled) {
    gd_comm *comm = trainer->problem->comm;
    bool root = gd_comm_rank(comm) == 0;
    gd_phase before = gd_phases_enter(&trainer->phases, GD_CHECKPOINT);
    double began = gd_clock_seconds();
    char *path = NULL;
    gd_checkpoint *checkpoint = NULL;
    uint64_t digest;
    gd_status status = gd_comm_agree(comm, check_finite(trainer));
    if (status == GD_OK) {
        status = gd_trainer_digest(trainer, &digest);
    }
    if (status != GD_OK) {
        return status;
    }
    if (root) {
        status = gd_rundir_checkpoint(&trainer->rundir, trainer->progress.step, &path);
        if (status == GD_OK) {
            status = log_checkpoint(trainer, path, digest, scheduled);
        }
        if (status == GD_OK) {
            status = write_params(trainer, path, digest, &checkpoint);
        }
    }
    status = write_state(trainer, checkpoint, status);
    if (root && status == GD_OK) {
        status = publish(trainer, &checkpoint);
    }
    gd_checkpoint_abandon(&checkpoint);
    gd_memory_free(&path);
    status = gd_comm_agree(comm, status);
    trainer->saved = gd_clock_seconds();
    trainer->save_seconds = fmax(trainer->save_seconds, trainer->saved - began);
    gd_phases_enter(&trainer->phases, before);
    return status;
}

gd_status gd_trainer_save_model(gd_trainer *trainer, uint64_t *digest) {
    gd_comm *comm = trainer->problem->comm;
    gd_phase before = gd_phases_enter(&trainer->phases, GD_CHECKPOINT);
    char *path = NULL;
    gd_checkpoint *checkpoint = NULL;
    gd_trainer_swap(trainer);
    gd_status status = gd_trainer_digest(trainer, digest);
    if (status == GD_OK && gd_comm_rank(comm) == 0) {
        status = gd_rundir_file(&trainer->rundir, "model.h5", &path);
        if (status == GD_OK) {
            status = write_params(trainer, path, *digest, &checkpoint);
        }
        if (status == GD_OK) {
            status = gd_checkpoint_commit(&checkpoint);
        }
        gd_checkpoint_abandon(&checkpoint);
        gd_memory_free(&path);
    }
    status = gd_comm_agree(comm, status);
    gd_trainer_swap(trainer);
    gd_phases_enter(&trainer->phases, before);
    return status;
}
