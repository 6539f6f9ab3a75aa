#include <math.h>
#include <string.h>

#include "gdmpi/files.h"
#include "train_private.h"

/* The flags at the end of a step's small reduction: how many ranks raise each. */
enum { FLAG_FAILED, FLAG_SAVE, FLAG_HALTS };
_Static_assert(FLAG_HALTS + GD_HALTS == GD_TRAINER_FLAGS, "a flag for each");

void gd_trainer_fail(gd_trainer *trainer, gd_status status) {
    trainer->failure = gd_status_first(trainer->failure, status);
}

gd_status gd_trainer_agree(gd_trainer *trainer) {
    gd_status mine = trainer->failure;
    trainer->failure = GD_OK;
    return gd_comm_agree(trainer->problem->comm, mine);
}

/* A shard that has no rows in this step. To add its zeros is not the same as to leave them out,
 * where there is a negative zero. */
static void no_gradient(const gd_trainer *trainer, bool add, real *gradient,
                        const gd_ready *ready) {
    int64_t size = trainer->problem->model->tensors.size;
    for (int64_t i = 0; i < size; i++) {
        gradient[i] = add ? gradient[i] + 0 : 0;
    }
    ready->call(ready->context, 0);
}

gd_pass gd_trainer_tile(gd_trainer *trainer, int64_t shard, gd_range places, int64_t done) {
    const gd_problem *problem = trainer->problem;
    const int64_t tile = problem->model->tile_rows, left = places.count - done;
    gd_phases_enter(&trainer->phases, GD_LOAD);
    gd_trainer_gather(trainer, shard, places.first + done, left < tile ? left : tile);
    gd_phases_enter(&trainer->phases, GD_COMPUTE);
    return (gd_pass){.training = true,
                     .rows = trainer->batch.rows,
                     .seed = problem->seed,
                     .step = trainer->progress.step,
                     .shard = shard,
                     .first_row = done};
}

void gd_trainer_shard_gradient(void *context, int64_t shard, bool add, real *gradient,
                               const gd_ready *ready) {
    gd_trainer *trainer = context;
    const gd_problem *problem = trainer->problem;
    gd_range places = gd_shards_step(&problem->shards, shard, trainer->progress.epoch_step);
    double loss = 0;
    if (places.count == 0) {
        no_gradient(trainer, add, gradient, ready);
    }
    for (int64_t done = 0; done < places.count; done += trainer->batch.rows) {
        gd_pass pass = gd_trainer_tile(trainer, shard, places, done);
        pass.accumulate = add || done > 0;
        loss += gd_model_gradient(problem->model, trainer->workspace, &pass, &trainer->batch,
                                  trainer->reducer->parameters, gradient,
                                  done + pass.rows == places.count ? ready : NULL);
    }
    trainer->shared[shard] = loss;
}

/* A part of what this rank updates, but for the statistics at its end. */
static gd_update part_of(const gd_trainer *trainer, int64_t at, int64_t count, real *mean,
                         real *parameters) {
    const int64_t first = parameters - trainer->reducer->parameters;
    const int64_t left = trainer->problem->model->tensors.trained - first;
    const int64_t trained = left < 0 ? 0 : left < count ? left : count;
    return (gd_update){.step = trainer->progress.step + 1,
                       .lr = trainer->lr,
                       .first = first,
                       .at = at,
                       .count = trained,
                       .gradient = mean,
                       .parameters = parameters};
}

/* Trust ratios, of norms over all ranks. */
static void measure_tensors(gd_trainer *trainer) {
    gd_reducer *reducer = trainer->reducer;
    gd_optimizer *optimizer = trainer->optimizer;
    const int64_t block = reducer->block_size;
    const size_t count = (size_t)gd_optimizer_trust_sums(optimizer, block);
    int64_t at = 0;
    memset(trainer->trust, 0, count * sizeof *trainer->trust);
    for (int i = 0; i < reducer->buckets; i++) {
        const gd_range piece = gd_reducer_piece(reducer, i, reducer->rank);
        const gd_update part = part_of(trainer, at, piece.count, gd_reducer_kept(reducer, piece),
                                       reducer->parameters + piece.first);
        gd_optimizer_direct(optimizer, &part, block, trainer->trust);
        at += piece.count;
    }
    if (!reducer->kind->whole) {
        gd_reducer_publish(reducer, trainer->trust, count);
    }
    gd_optimizer_trust(optimizer, block, trainer->trust);
}

static void measured(void *context, double norm) {
    gd_trainer *trainer = context;
    gd_optimizer_measured(trainer->optimizer, norm);
    if (trainer->trust != NULL) {
        measure_tensors(trainer);
    }
}

/* Statistics move by what shards want, and are the average themselves. */
void gd_trainer_update(void *context, int64_t at, int64_t count, real *mean, real *parameters) {
    gd_trainer *trainer = context;
    const gd_update update = part_of(trainer, at, count, mean, parameters);
    if (update.count > 0) {
        gd_optimizer_update(trainer->optimizer, &update);
    }
    for (int64_t i = update.count; i < count; i++) {
        parameters[i] -= mean[i];
        if (trainer->optimizer->average != NULL) {
            trainer->optimizer->average[at + i] = parameters[i];
        }
    }
}

/* How long a checkpoint takes to write; before the first one, a guess. */
static double save_seconds(const gd_trainer *trainer) {
    return trainer->save_seconds > 0 ? trainer->save_seconds
                                     : gd_trainer_save_bytes(trainer) / GD_TRAINER_SAVE_RATE;
}

static void raise_flags(gd_trainer *trainer, double *flags) {
    gd_interval every = gd_config_interval(trainer->problem->config, "run", "checkpoint_every");
    bool root = gd_comm_rank(trainer->problem->comm) == 0;
    flags[FLAG_FAILED] = trainer->failure != GD_OK;
    flags[FLAG_SAVE] =
        root && every.unit == GD_SECONDS && gd_clock_seconds() - trainer->saved >= every.count;
    gd_halt_raise(&trainer->halt, save_seconds(trainer), flags + FLAG_HALTS);
}

static gd_status check_finite(const gd_trainer *trainer, const gd_outcome *outcome) {
    if (isfinite(outcome->loss) && isfinite(outcome->grad_norm)) {
        return GD_OK;
    }
    const gd_progress *progress = &trainer->progress;
    return gd_status_new(GD_DIVERGED,
                         "training diverged: in step %lld (epoch %lld) the %s is not finite; "
                         "checkpoints up to here are whole; try a smaller optimizer.lr",
                         (long long)progress->step + 1, (long long)progress->epoch + 1,
                         isfinite(outcome->loss) ? "gradient" : "loss");
}

/* What the small reduction has brought together. */
static void read_shared(const gd_trainer *trainer, const double *squares, const double *flags,
                        gd_outcome *outcome) {
    outcome->loss = gd_tree_sum(trainer->problem->shards.count, trainer->shared);
    outcome->grad_norm = gd_reducer_norm(trainer->reducer, squares);
    outcome->save = flags[FLAG_SAVE] > 0;
    outcome->stop = gd_halt_reason(flags + FLAG_HALTS);
}

/* What optimizer.max_norm makes of rows that are too long, which may be parted among ranks. */
static void limit_rows(gd_trainer *trainer) {
    gd_reducer *reducer = trainer->reducer;
    gd_optimizer *optimizer = trainer->optimizer;
    int64_t at = 0;
    if (optimizer->limited == NULL) {
        return;
    }
    gd_phases_enter(&trainer->phases, GD_UPDATE);
    for (int i = 0; i < reducer->buckets; i++) {
        gd_range piece = gd_reducer_piece(reducer, i, reducer->rank);
        gd_optimizer_limit(optimizer, piece.first, at, piece.count, reducer->parameters);
        at += piece.count;
    }
    gd_reducer_swap(reducer, optimizer->limited);
}

gd_status gd_trainer_step(gd_trainer *trainer, gd_outcome *outcome) {
    const gd_problem *problem = trainer->problem;
    gd_reducer *reducer = trainer->reducer;
    gd_progress *progress = &trainer->progress;
    int64_t shards = problem->shards.count;
    const bool waits = trainer->optimizer->clip_norm > 0 || trainer->trust != NULL;
    double *squares = trainer->shared + shards, *flags = squares + reducer->block_count;

    *outcome = (gd_outcome){.rows = gd_shards_step_rows(&problem->shards, progress->epoch_step)};
    trainer->lr = gd_schedule_lr(&problem->schedule, &progress->plateau, progress->step);
    if (trainer->dealer != NULL) {
        gd_dealer_step(trainer->dealer, progress->epoch_step);
    }
    memset(trainer->shared, 0, trainer->shared_count * sizeof *trainer->shared);
    const gd_reduction reduction = {.divisor = (double)outcome->rows,
                                    .squares = squares,
                                    .context = trainer,
                                    .gradient = gd_trainer_shard_gradient,
                                    .measured = waits ? measured : NULL,
                                    .update = gd_trainer_update};
    gd_reducer_step(reducer, &reduction);
    raise_flags(trainer, flags);
    gd_reducer_publish(reducer, trainer->shared, trainer->shared_count);
    limit_rows(trainer);
    gd_phases_enter(&trainer->phases, GD_OTHER);

    read_shared(trainer, squares, flags, outcome);
    gd_status status = flags[FLAG_FAILED] > 0 ? gd_trainer_agree(trainer) : GD_OK;
    if (status == GD_OK) {
        status = check_finite(trainer, outcome);
    }
    if (status != GD_OK) {
        return status;
    }
    progress->step++;
    progress->epoch_step++;
    progress->epoch_rows += outcome->rows;
    progress->epoch_loss += outcome->loss;
    progress->grad_norm = outcome->grad_norm;
    return GD_OK;
}
