/* Rows pass a model as they pass it in validation, in any blocks, on any number of ranks. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gdmpi/files.h"
#include "gdmpi/inference.h"
#include "gdmpi/memory.h"
#include "gdmpi/stop.h"
#include "train/train_support.h"

enum { LARGE = 16 << 20, SMALL = 1 };

static const char path[] = "model.h5", precision[] = "train.precision=" GD_REAL_NAME;

/* A model of some steps, written as the trainer does, and what validation says of it. */
static void train_model(gd_comm *comm, const char *const *overrides, gd_outcome *outcome) {
    run run;
    run_open(comm, overrides, &run);
    run_steps(&run, 4);
    gd_trainer_validate(run.trainer, outcome);
    const real *parameters = run.trainer->reducer->parameters;
    if (gd_comm_rank(comm) == 0) {
        const gd_tensors *tensors = &run.problem->model->tensors;
        gd_checkpoint *checkpoint;
        gd_checkpoint_header header = run.trainer->header;
        header.digest = gd_checkpoint_digest(parameters, GD_REAL_TYPE, tensors->size);
        expect_ok(gd_checkpoint_create(path, &header, &checkpoint));
        expect_ok(gd_checkpoint_add(checkpoint, "/params", tensors, GD_REAL_TYPE, parameters));
        expect_ok(gd_checkpoint_commit(&checkpoint));
    }
    gd_comm_barrier(comm);
    run_close(&run);
}

static void open_job(int64_t block_bytes, const gd_settings *tables[], gd_job *job) {
    *job = (gd_job){.model = path, .block_bytes = block_bytes};
    gd_train_tables(tables);
    expect_ok(gd_source_parse("/val", "data.h5", &job->data));
    expect_ok(gd_checkpoint_read_header(path, &job->header));
    expect_ok(gd_config_parse(path, job->header.config, 0, NULL, tables, &job->config));
}

static void close_job(gd_job *job) {
    gd_checkpoint_header_free(&job->header);
    gd_config_free(&job->config);
    gd_source_free(&job->data);
}

/* What a visitor sees: the loss of each tile, and how often it sees each row. */
typedef struct view {
    gd_inference *inference;
    double loss[VAL_ROWS], seen[VAL_ROWS];
    int64_t rounds;
} view;

static gd_status see_tile(void *context, int64_t first) {
    view *view = context;
    gd_inference *inference = view->inference;
    const gd_model *model = inference->problem.model;
    double ignored = 0;
    assert_true(first % model->tile_rows == 0);
    view->loss[first / model->tile_rows] = gd_model_evaluate(
        model, inference->workspace, &inference->batch, inference->parameters, &ignored);
    for (int64_t i = 0; i < inference->batch.rows; i++) {
        view->seen[first + i]++;
    }
    return GD_OK;
}

static gd_status see_round(void *context, int64_t round) {
    view *view = context;
    assert_int_equal(round, view->rounds);
    view->rounds++;
    return GD_OK;
}

static void look(gd_comm *comm, int64_t block_bytes, const gd_outcome *wanted) {
    const gd_settings *tables[GD_TABLES];
    gd_job job;
    view view = {0};
    const gd_visit visit = {&view, see_tile, see_round};
    double loss = 0;
    open_job(block_bytes, tables, &job);
    expect_ok(gd_inference_open(comm, &job, true, &view.inference));
    const gd_problem *problem = &view.inference->problem;
    expect_ok(gd_inference_run(view.inference, &visit));
    gd_comm_sum(comm, view.loss, VAL_ROWS);
    gd_comm_sum(comm, view.seen, VAL_ROWS);
    for (int i = 0; i < VAL_ROWS; i++) {
        loss += view.loss[i];
        assert_true(view.seen[i] == 1);
    }
    assert_memory_equal(&loss, &wanted->loss, sizeof loss);
    const int64_t tiles = (problem->val_tiles + gd_comm_size(comm) - 1) / gd_comm_size(comm);
    assert_int_equal(view.rounds, block_bytes == SMALL ? tiles : 1);
    gd_inference_close(&view.inference);
    close_job(&job);
}

/* The bytes of the file of predictions; NULL but on rank 0. Collective. */
static char *predict(gd_comm *comm, int64_t block_bytes, size_t *count) {
    static const char output[] = "predictions.h5";
    const gd_settings *tables[GD_TABLES];
    gd_job job;
    char *bytes = NULL;
    open_job(block_bytes, tables, &job);
    job.output = output;
    expect_ok(gd_inference_predict(comm, &job));
    if (gd_comm_rank(comm) == 0) {
        expect_ok(gd_file_read(output, &bytes, count));
        assert_int_equal(unlink(output), 0);
    }
    close_job(&job);
    return bytes;
}

static void same_predictions(gd_comm *comm) {
    size_t large_count = 0, small_count = 0;
    char *large = predict(comm, LARGE, &large_count);
    char *small = predict(comm, SMALL, &small_count);
    assert_int_equal(large_count, small_count);
    if (gd_comm_rank(comm) == 0) {
        assert_memory_equal(large, small, large_count);
    }
    gd_memory_free(&large);
    gd_memory_free(&small);
}

static void check(gd_comm *comm, const char *const *overrides) {
    gd_outcome outcome;
    train_model(comm, overrides, &outcome);
    look(comm, LARGE, &outcome);
    look(comm, SMALL, &outcome);
    same_predictions(comm);
}

static void blocks_of_rows_make_no_difference(void **state) {
    check(*state, (const char *[]){precision, NULL});
}

static void nor_do_they_where_tiles_are_small(void **state) {
    check(*state, (const char *[]){precision, "train.accumulate=8", "data.scale=1",
                                   "data.normalize=standardize", NULL});
}

static void nor_where_tiles_are_those_of_batch_norm(void **state) {
    check(*state, (const char *[]){precision, "model.layers=dense 7, batch_norm, tanh, dense 3",
                                   "train.batch_size=0", NULL});
}

/* The last, since a signal is not forgotten. */
static void a_signal_to_one_rank_stops_all(void **state) {
    gd_comm *comm = *state;
    const gd_settings *tables[GD_TABLES];
    gd_job job;
    if (gd_comm_rank(comm) == gd_comm_size(comm) - 1) {
        assert_int_equal(raise(SIGUSR1), 0);
    }
    open_job(LARGE, tables, &job);
    job.output = "stopped.h5";
    expect_agreed(comm, gd_inference_predict(comm, &job), GD_FAILED, "stopped by signal");
    assert_false(gd_file_exists(job.output));
    assert_false(gd_file_exists("stopped.h5.tmp"));
    close_job(&job);
}

int main(int argc, char **argv) {
    gd_stop_install();
    gd_comm *comm = mpi_support_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(blocks_of_rows_make_no_difference, comm),
        cmocka_unit_test_prestate(nor_do_they_where_tiles_are_small, comm),
        cmocka_unit_test_prestate(nor_where_tiles_are_those_of_batch_norm, comm),
        cmocka_unit_test_prestate(a_signal_to_one_rank_stops_all, comm),
    };
    return tests_run(comm, tests, sizeof tests / sizeof *tests);
}
