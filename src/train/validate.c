#include <string.h>

#include "train_private.h"

void gd_trainer_swap(gd_trainer *trainer) {
    if (trainer->optimizer->average != NULL) {
        gd_reducer_swap(trainer->reducer, trainer->optimizer->average);
    }
}

/* Sums per tile, added in the order of the tiles, whichever rank worked them. */
void gd_trainer_validate(gd_trainer *trainer, gd_outcome *outcome) {
    const gd_problem *problem = trainer->problem;
    const gd_rows *rows = &problem->val;
    const int64_t tile = problem->model->tile_rows;
    size_t tiles = (size_t)problem->val_tiles;
    gd_phase before = gd_phases_enter(&trainer->phases, GD_VALIDATE);
    *outcome = (gd_outcome){.rows = problem->val_count};
    gd_trainer_swap(trainer);
    memset(trainer->tile_sums, 0, 2 * tiles * sizeof *trainer->tile_sums);
    for (int64_t done = 0; done < rows->range.count; done += trainer->batch.rows) {
        int64_t left = rows->range.count - done;
        double *sums = trainer->tile_sums + 2 * ((rows->range.first + done) / tile);
        gd_batch_gather(rows, done, NULL, left < tile ? left : tile, problem->scale,
                        &trainer->batch);
        sums[0] = gd_model_evaluate(problem->model, trainer->workspace, &trainer->batch,
                                    trainer->reducer->parameters, &sums[1]);
        gd_scoreboard_count(trainer->scoreboard, rows->range.first + done, &trainer->batch,
                            gd_workspace_output(trainer->workspace));
    }
    gd_trainer_swap(trainer);
    gd_comm_sum(problem->comm, trainer->tile_sums, 2 * tiles);
    for (size_t i = 0; i < tiles; i++) {
        outcome->loss += trainer->tile_sums[2 * i];
        outcome->metric += trainer->tile_sums[2 * i + 1];
    }
    gd_trainer_fail(trainer, gd_scoreboard_end(trainer->scoreboard));
    gd_phases_enter(&trainer->phases, before);
}
