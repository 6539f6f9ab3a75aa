#include <math.h>

#include "../../src/train/train_private.h"
#include "gdmpi/memory.h"
#include "train_support.h"

/* Models and optimizers that do something of their own in a step. Averages of batch_norm, and rows
 * that are too long for max_norm, move whatever the learning rate is. */
static const struct {
    const char *overrides[6];
    bool moves;
} cases[] = {
    {{"model.layers=dense 7, tanh, dropout 0.3, dense 3", NULL}, false},
    {{"model.layers=dense 8, batch_norm, relu, dense 3", "data.shuffle=global", NULL}, true},
    {{"optimizer.name=lamb", "optimizer.clip_norm=0.1", "train.accumulate=3", NULL}, false},
    {{"optimizer.ema=0.9", "data.shuffle=none", "train.batch_size=0", NULL}, false},
    {{"optimizer.max_norm=0.5", "data.shards=40", "train.batch_size=80", NULL}, true},
    {{"train.reduce=allreduce", "run.metrics=f1, roc_auc", NULL}, false},
};

enum { CASES = sizeof cases / sizeof *cases };

static gd_spread spread_of(const run *run, int64_t ranks, int64_t per_host) {
    const gd_problem *problem = run->problem;
    const gd_forecast_job job = {.rows = problem->shards.rows,
                                 .batch = problem->shards.batch,
                                 .shards = problem->shards.count,
                                 .shard_rows_min = 1,
                                 .size = run->trainer->reducer->size,
                                 .block = run->trainer->reducer->block_size,
                                 .per_host = per_host};
    return gd_forecast_spread(&job, ranks);
}

static void is_plausible(const gd_timing *timing) {
    assert_true(timing->step > 0 && timing->step < 100);
    assert_true(timing->compute > 0 && timing->compute < 100);
    assert_true(timing->tile > 0 && timing->tile < 100);
}

static void any_number_of_ranks_can_be_played(void **state) {
    gd_comm *comm = *state;
    for (int i = 0; i < CASES; i++) {
        run run;
        run_open(comm, cases[i].overrides, &run);
        gd_trainer_order(run.trainer);
        real *before = parameters_of(&run);
        for (int64_t ranks = 1; ranks <= 7 && gd_comm_rank(comm) == 0; ranks += 3) {
            const gd_spread spread = spread_of(&run, ranks, 2);
            gd_timing timing;
            expect_ok(gd_trainer_rehearse(run.trainer, &spread, 1e-3, &timing));
            is_plausible(&timing);
        }
        gd_comm_rest(comm);
        if (!cases[i].moves) {
            same_bits(&run, before);
        }
        gd_memory_free(&before);
        expect_ok(run_step(&run, &(gd_outcome){0}));
        run_close(&run);
    }
}

static void more_ranks_than_rows_are_unknown(void **state) {
    gd_comm *comm = *state;
    run run;
    run_open(comm, (const char *[]){"train.batch_size=0", NULL}, &run);
    const gd_spread spread = spread_of(&run, ROWS, 1);
    gd_timing timing;
    if (gd_comm_rank(comm) == 0 && gd_comm_size(comm) > 1) {
        expect_ok(gd_trainer_rehearse(run.trainer, &spread, 1e-3, &timing));
        assert_true(isnan(timing.step) && isnan(timing.tile));
    }
    gd_comm_rest(comm);
    run_close(&run);
}

static void the_ranks_that_there_are_are_timed(void **state) {
    gd_comm *comm = *state;
    for (int i = 0; i < CASES; i++) {
        run run;
        double seconds;
        gd_timing timing = {.tile = 1};
        run_open(comm, cases[i].overrides, &run);
        real *before = parameters_of(&run);
        expect_ok(gd_trainer_time(run.trainer, 1e-2, &timing));
        is_plausible(&timing);
        assert_true(timing.order >= 0 && timing.order < 100);
        expect_ok(gd_trainer_time_validation(run.trainer, &seconds));
        assert_true(seconds > 0 && seconds < 100);
        if (!cases[i].moves) {
            same_bits(&run, before);
        }
        gd_memory_free(&before);
        run_close(&run);
    }
}

static void a_first_loss_that_is_not_finite_is_told(void **state) {
    gd_comm *comm = *state;
    run run;
    gd_timing timing;
    const char *scale = sizeof(real) == sizeof(float) ? "data.scale=1e30" : "data.scale=1e300";
    run_open(comm, (const char *[]){"model.loss=mse", "model.layers=dense 1", scale, NULL}, &run);
    gd_status status = gd_trainer_time(run.trainer, 1e-2, &timing);
    expect_agreed(comm, status, GD_DIVERGED, "not finite");
    run_close(&run);
}

int main(int argc, char **argv) {
    gd_comm *comm = mpi_support_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(any_number_of_ranks_can_be_played, comm),
        cmocka_unit_test_prestate(more_ranks_than_rows_are_unknown, comm),
        cmocka_unit_test_prestate(the_ranks_that_there_are_are_timed, comm),
        cmocka_unit_test_prestate(a_first_loss_that_is_not_finite_is_told, comm),
    };
    return tests_run(comm, tests, sizeof tests / sizeof *tests);
}
