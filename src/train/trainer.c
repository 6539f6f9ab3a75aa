#include <math.h>
#include <string.h>

#include "gdmpi/blas.h"
#include "gdmpi/memory.h"
#include "train_private.h"

/* What data.shuffle needs. */
static gd_status allocate_order(gd_trainer *self) {
    const gd_problem *problem = self->problem;
    const char *shuffle = gd_config_text(problem->config, "data", "shuffle");
    if (strcmp(shuffle, "shard") == 0) {
        return gd_memory_new(&self->order, (size_t)problem->train.range.count, sizeof *self->order,
                             "the order of the rows");
    }
    if (strcmp(shuffle, "global") == 0) {
        return gd_dealer_new(problem->comm, &self->phases, &problem->shards, &problem->train,
                             &self->dealer);
    }
    return GD_OK;
}

gd_status gd_trainer_allocate_step(gd_trainer *self) {
    const gd_problem *problem = self->problem;
    gd_target target = gd_model_target(problem->model);
    self->shared_count = gd_trainer_shared(&problem->shards, self->reducer->block_count);
    gd_status status = gd_optimizer_new(problem->config, &problem->model->tensors,
                                        self->reducer->owned, &self->optimizer);
    if (status == GD_OK) {
        status = gd_workspace_new(problem->model, problem->model->tile_rows, &self->workspace);
    }
    if (status == GD_OK) {
        status =
            gd_batch_new(problem->model->tile_rows, problem->model->inputs, &target, &self->batch);
    }
    if (status == GD_OK) {
        status = gd_memory_new(&self->shared, self->shared_count, sizeof *self->shared,
                               "a step's small reduction");
    }
    if (status == GD_OK && self->optimizer->ratio != NULL) {
        int64_t count = gd_optimizer_trust_sums(self->optimizer, self->reducer->block_size);
        status = gd_memory_new(&self->trust, (size_t)count, sizeof *self->trust, "trust ratios");
    }
    return status;
}

void gd_trainer_free_step(gd_trainer *self) {
    gd_optimizer_free(&self->optimizer);
    gd_workspace_free(&self->workspace);
    gd_batch_free(&self->batch);
    gd_memory_free(&self->shared);
    gd_memory_free(&self->trust);
}

static gd_status allocate(gd_trainer *self) {
    const gd_problem *problem = self->problem;
    bool root = gd_comm_rank(problem->comm) == 0;
    gd_status status = gd_trainer_allocate_step(self);
    if (status == GD_OK) {
        status = gd_trainer_allocate_state(self);
    }
    if (status == GD_OK) {
        status = allocate_order(self);
    }
    if (status == GD_OK) {
        status = gd_memory_new(&self->tile_sums, 2 * (size_t)problem->val_tiles,
                               sizeof *self->tile_sums, "the sums of validation");
    }
    if (status == GD_OK) {
        status = gd_scoreboard_new(problem, &self->scoreboard);
    }
    if (status == GD_OK && root) {
        status = gd_trainer_open_writer(self);
    }
    return status;
}

gd_status gd_trainer_new(gd_problem *problem, gd_trainer **trainer) {
    gd_trainer *self = NULL;
    gd_status status = gd_memory_new(&self, 1, sizeof *self, "the trainer");
    if (status == GD_OK) {
        status = gd_blas_start((int)gd_config_integer(problem->config, "train", "threads"));
    }
    status = gd_comm_agree(problem->comm, status);
    *trainer = self;
    if (status != GD_OK) {
        return status;
    }
    self->problem = problem;
    self->progress.train_loss = self->progress.val_loss = NAN;
    self->progress.val_metric = NAN;
    self->progress.stop_value = self->progress.best_value = NAN;
    self->progress.loss_change = self->progress.param_change = NAN;
    self->progress.plateau = GD_PLATEAU_START;
    const gd_reducer_plan plan = {
        .name = gd_config_text(problem->config, "train", "reduce"),
        .overlap = strcmp(gd_config_text(problem->config, "train", "overlap"), "yes") == 0,
        .adds = gd_shards_step_most(&problem->shards) <= problem->model->tile_rows,
        .size = problem->model->tensors.size,
        .apart = problem->model->tensors.size - problem->model->tensors.trained,
        .shards = problem->shards.count};
    status = gd_reducer_new(problem->comm, &self->phases, &plan, &self->reducer);
    if (status == GD_OK) {
        status = gd_comm_agree(problem->comm, allocate(self));
    }
    return status;
}

void gd_trainer_free(gd_trainer **trainer) {
    gd_trainer *self = *trainer;
    if (self == NULL) {
        return;
    }
    gd_writer_free(&self->writer);
    gd_status closed = gd_metrics_close(&self->metrics);
    gd_status_free(&closed);
    closed = gd_events_close(&self->events);
    gd_status_free(&closed);
    gd_status_free(&self->failure);
    gd_reducer_free(&self->reducer);
    gd_trainer_free_step(self);
    gd_memory_free(&self->best);
    gd_memory_free(&self->before);
    gd_memory_free(&self->order);
    gd_dealer_free(&self->dealer);
    gd_memory_free(&self->tile_sums);
    gd_scoreboard_free(&self->scoreboard);
    gd_checkpoint_header_free(&self->header);
    gd_rundir_free(&self->rundir);
    gd_timeline_free(&self->timeline);
    gd_memory_free(trainer);
}

double gd_trainer_norm(const gd_trainer *trainer) {
    const gd_reducer *reducer = trainer->reducer;
    double total = 0;
    const int64_t trained = trainer->problem->model->tensors.trained;
    for (int64_t first = 0; first < trained; first += reducer->block_size) {
        int64_t end = first + reducer->block_size;
        double sum = 0;
        for (int64_t i = first; i < end && i < trained; i++) {
            sum += (double)reducer->parameters[i] * (double)reducer->parameters[i];
        }
        total += sum;
    }
    return sqrt(total);
}
