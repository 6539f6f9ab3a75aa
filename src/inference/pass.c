#include "gdmpi/bar.h"
#include "gdmpi/inference.h"
#include "gdmpi/memory.h"
#include "gdmpi/stop.h"

int64_t gd_inference_rounds(const gd_inference *inference) {
    const gd_problem *problem = &inference->problem;
    const int64_t ranks = gd_comm_size(problem->comm);
    const int64_t rows = (problem->val_tiles + ranks - 1) / ranks * problem->model->tile_rows;
    return (rows + inference->block_rows - 1) / inference->block_rows;
}

gd_range gd_inference_block(const gd_inference *inference, int rank, int64_t round) {
    const gd_range all = gd_problem_val_range(&inference->problem, rank);
    const int64_t most = inference->block_rows;
    const int64_t done = round * most < all.count ? round * most : all.count;
    const int64_t left = all.count - done;
    return (gd_range){all.first + done, left < most ? left : most};
}

/* The weights of all of this rank's rows are in memory already. */
static gd_status load(gd_inference *self, gd_range range) {
    const gd_problem *problem = &self->problem;
    const gd_target target = gd_model_target(problem->model);
    gd_rows *block = &self->block;
    *block = problem->val;
    block->w = (gd_shape){0};
    block->weights = NULL;
    gd_status status =
        gd_rows_load(&problem->val_source, &problem->val_split, GD_VALIDATION, range, block);
    if (status == GD_OK) {
        status = gd_rows_check_values(&problem->val_source, &problem->val_split, GD_VALIDATION,
                                      block, problem->scale, GD_REAL_MAX, &target);
    }
    if (problem->val.weights != NULL) {
        block->weights = problem->val.weights + (range.first - problem->val.range.first);
    }
    return status;
}

static void unload(gd_inference *self) {
    self->block.weights = NULL; /* not its own */
    gd_rows_free(&self->block);
}

static gd_status work(gd_inference *self, const gd_visit *visit, gd_range range) {
    const gd_problem *problem = &self->problem;
    const int64_t tile = problem->model->tile_rows;
    gd_status status = load(self, range);
    for (int64_t done = 0; done < range.count && status == GD_OK; done += tile) {
        const int64_t left = range.count - done;
        gd_batch_gather(&self->block, done, NULL, left < tile ? left : tile, problem->scale,
                        &self->batch);
        status = visit->tile(visit->context, range.first + done);
    }
    unload(self);
    return status;
}

gd_status gd_inference_run(gd_inference *inference, const gd_visit *visit) {
    gd_comm *comm = inference->problem.comm;
    const int64_t rounds = gd_inference_rounds(inference);
    gd_bar bar = gd_comm_rank(comm) == 0 ? gd_bar_start(stderr, false) : (gd_bar){0};
    gd_status status = GD_OK;
    for (int64_t round = 0; round < rounds && status == GD_OK; round++) {
        const gd_range range = gd_inference_block(inference, gd_comm_rank(comm), round);
        status = work(inference, visit, range);
        if (status == GD_OK) {
            status = gd_stop_check();
        }
        status = gd_comm_agree(comm, status);
        if (status == GD_OK && visit->round != NULL) {
            status = visit->round(visit->context, round);
        }
        gd_bar_show(&bar, "rows", (double)(round + 1) / (double)rounds,
                    (double)inference->problem.val_count, "rows/s");
    }
    gd_bar_clear(&bar);
    return status;
}
