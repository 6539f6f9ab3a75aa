#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gdmpi/memory.h"
#include "gdmpi/permutation.h"
#include "gdmpi/rng.h"
#include "train_support.h"

/* What one process makes of the same problem, shard after shard. */
typedef struct serial {
    const run *run;
    gd_rows rows;
    gd_workspace *workspace;
    gd_batch batch;
    gd_optimizer *optimizer;
    real *parameters, *mean;
    real *gradients; /* of each shard */
    double *losses;
    int64_t step, epoch, epoch_step;
} serial;

static void serial_open(const run *run, serial *serial) {
    const gd_problem *problem = run->problem;
    const gd_model *model = problem->model;
    gd_target target = gd_model_target(model);
    int64_t size = model->tensors.size, shards = problem->shards.count;
    serial->run = run;
    serial->rows = all_rows(&problem->train_source, &problem->train_split, GD_TRAINING);
    expect_ok(gd_workspace_new(model, model->tile_rows, &serial->workspace));
    expect_ok(gd_batch_new(model->tile_rows, model->inputs, &target, &serial->batch));
    expect_ok(gd_optimizer_new(run->config, size, &serial->optimizer));
    serial->parameters = room(size, sizeof(real));
    serial->mean = room(size, sizeof(real));
    serial->gradients = room(shards * size, sizeof(real));
    serial->losses = room(shards, sizeof(double));
    expect_ok(gd_model_initialise(model, problem->seed, serial->parameters));
    if (serial->optimizer->average != NULL) {
        memcpy(serial->optimizer->average, serial->parameters,
               (size_t)size * sizeof *serial->parameters);
    }
}

static void serial_close(serial *serial) {
    gd_rows_free(&serial->rows);
    gd_workspace_free(&serial->workspace);
    gd_batch_free(&serial->batch);
    gd_optimizer_free(&serial->optimizer);
    gd_memory_free(&serial->parameters);
    gd_memory_free(&serial->mean);
    gd_memory_free(&serial->gradients);
    gd_memory_free(&serial->losses);
}

/* All rows, in the order in which the shards work them in this epoch. */
static uint32_t *order_of(const serial *serial) {
    const gd_problem *problem = serial->run->problem;
    const gd_shards *shards = &problem->shards;
    const char *shuffle = gd_config_text(serial->run->config, "data", "shuffle");
    bool global = strcmp(shuffle, "global") == 0;
    gd_rng deal = gd_rng_stream(problem->seed, GD_RNG_DEAL, serial->epoch, 0, 0);
    gd_permutation permutation = gd_permutation_new(&deal, shards->rows);
    uint32_t *order = room(shards->rows, sizeof *order);
    for (int64_t i = 0; i < shards->rows; i++) {
        order[global ? gd_permutation_of(&permutation, i) : i] = (uint32_t)i;
    }
    for (int64_t shard = 0; shard < shards->count && strcmp(shuffle, "shard") == 0; shard++) {
        gd_range rows = gd_shards_rows(shards, shard);
        gd_rng rng = gd_rng_stream(problem->seed, GD_RNG_SHUFFLE, serial->epoch, shard, 0);
        gd_rng_permute(&rng, (uint32_t)rows.count, order + rows.first);
        for (int64_t i = 0; i < rows.count; i++) {
            order[rows.first + i] += (uint32_t)rows.first;
        }
    }
    return order;
}

static void serial_shard(serial *serial, const uint32_t *order, int64_t shard, real *gradient) {
    const gd_problem *problem = serial->run->problem;
    gd_range rows = gd_shards_rows(&problem->shards, shard);
    gd_range places = gd_shards_step(&problem->shards, shard, serial->epoch_step);
    const int64_t tile = problem->model->tile_rows;
    serial->losses[shard] = 0;
    memset(gradient, 0, (size_t)problem->model->tensors.size * sizeof *gradient);
    for (int64_t done = 0; done < places.count; done += tile) {
        int64_t left = places.count - done;
        gd_batch_gather(&serial->rows, 0, order + rows.first + places.first + done,
                        left < tile ? left : tile, problem->scale, &serial->batch);
        gd_pass pass = {.training = true,
                        .accumulate = done > 0,
                        .rows = serial->batch.rows,
                        .seed = problem->seed,
                        .step = serial->step,
                        .shard = shard,
                        .first_row = done};
        serial->losses[shard] +=
            gd_model_gradient(problem->model, serial->workspace, &pass, &serial->batch,
                              serial->parameters, gradient, NULL);
    }
}

/* The sum of vectors first ... end - 1, in the order of the tree, in the place of the first. */
static void add_tree(real *vectors, int64_t size, int64_t first, int64_t end) {
    int64_t middle = first + (end - first) / 2;
    if (end - first == 1) {
        return;
    }
    add_tree(vectors, size, first, middle);
    add_tree(vectors, size, middle, end);
    for (int64_t i = 0; i < size; i++) {
        vectors[first * size + i] += vectors[middle * size + i];
    }
}

/* Clipping takes the norm to the bit that the trainer found, which adds its squares in another
 * order.
 */
static void serial_step(serial *serial, double norm, gd_outcome *outcome) {
    const gd_problem *problem = serial->run->problem;
    const gd_shards *shards = &problem->shards;
    int64_t size = problem->model->tensors.size;
    double squares = 0;
    uint32_t *order = order_of(serial);
    for (int64_t shard = 0; shard < shards->count; shard++) {
        serial_shard(serial, order, shard, serial->gradients + shard * size);
    }
    gd_memory_free(&order);
    add_tree(serial->gradients, size, 0, shards->count);
    *outcome = (gd_outcome){.rows = gd_shards_step_rows(shards, serial->epoch_step),
                            .loss = gd_tree_sum(shards->count, serial->losses)};
    for (int64_t i = 0; i < size; i++) {
        serial->mean[i] = serial->gradients[i] * (real)(1 / (double)outcome->rows);
        squares += (double)serial->mean[i] * (double)serial->mean[i];
    }
    outcome->grad_norm = sqrt(squares);
    serial->step++;
    serial->epoch_step++;
    const gd_update update = {serial->step,
                              gd_config_number(serial->run->config, "optimizer", "lr"),
                              0,
                              size,
                              serial->mean,
                              serial->parameters};
    gd_optimizer_measured(serial->optimizer, norm);
    gd_optimizer_update(serial->optimizer, &update);
    if (serial->epoch_step == gd_shards_steps(shards)) {
        serial->epoch++;
        serial->epoch_step = 0;
    }
}

/* Eight steps, over several epochs; reducers whose bits may differ come near. */
static void check_steps(gd_comm *comm, const char *const *overrides) {
    run run;
    serial serial = {0};
    run_open(comm, overrides, &run);
    serial_open(&run, &serial);
    bool exact = run.trainer->reducer->kind->same_bits;
    int64_t size = run.trainer->reducer->size;
    same_bits(&run, serial.parameters);
    for (int i = 0; i < 8; i++) {
        gd_outcome outcome, wanted;
        expect_ok(run_step(&run, &outcome));
        serial_step(&serial, outcome.grad_norm, &wanted);
        assert_int_equal(outcome.rows, wanted.rows);
        assert_int_equal(run.trainer->progress.step, serial.step);
        near(outcome.loss, wanted.loss, exact ? 0 : 1e-5 * wanted.loss);
        near(outcome.grad_norm, wanted.grad_norm, (exact ? 1e-12 : 1e-4) * wanted.grad_norm);
        if (exact) {
            same_bits(&run, serial.parameters);
        }
    }
    real *parameters = parameters_of(&run);
    for (int64_t i = 0; i < size; i++) {
        near((double)parameters[i], (double)serial.parameters[i], exact ? 0 : 1e-3);
    }
    if (exact && serial.optimizer->average != NULL) {
        gd_trainer_swap(run.trainer);
        same_bits(&run, serial.optimizer->average);
        gd_trainer_swap(run.trainer);
        same_bits(&run, serial.parameters);
    }
    gd_memory_free(&parameters);
    serial_close(&serial);
    run_close(&run);
}

static void every_reducer_makes_the_parameters_of_one_process(void **state) {
    static const char *const variants[][7] = {
        {"train.batch_size=0", "data.shards=4"},
        {"train.batch_size=0", "data.shards=4", "train.accumulate=3", "optimizer.clip_norm=0.1",
         "optimizer.ema=0.9"},
        {"data.shards=5", "optimizer.name=momentum"},
        {"data.shards=6", "train.accumulate=8", "optimizer.clip_value=0.02", "optimizer.ema=0.5"},
        {"train.batch_size=23", "data.shuffle=none", "data.shards=9", "optimizer.name=sgd"},
        {"train.batch_size=384", "data.shuffle=global", "data.shards=7", "optimizer.name=adam"},
        {"train.batch_size=0", "data.shuffle=global", "data.shards=5", "optimizer.name=sgd"},
        {"train.batch_size=23", "data.shards=9", "optimizer.name=sgd", "optimizer.clip_norm=0.3",
         "optimizer.clip_value=0.05", "train.accumulate=2"},
    };
    char reduce[64];
    for (size_t kind = 0; reduce_override(kind, reduce) != NULL; kind++) {
        for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
            const char *overrides[sizeof *variants / sizeof **variants + 1] = {reduce};
            memcpy(overrides + 1, variants[i], sizeof *variants);
            check_steps(*state, overrides);
        }
    }
}

static void check_validation(gd_comm *comm, const char *const *overrides) {
    run run;
    serial serial = {0};
    gd_outcome outcome;
    double loss = 0, metric = 0;
    run_open(comm, overrides, &run);
    serial_open(&run, &serial);
    for (int i = 0; i < 2; i++) {
        gd_outcome ignored;
        expect_ok(run_step(&run, &outcome));
        serial_step(&serial, outcome.grad_norm, &ignored);
    }
    const real *average = serial.optimizer->average;
    const gd_problem *problem = run.problem;
    const int64_t tile = problem->model->tile_rows;
    gd_rows rows = all_rows(&problem->val_source, &problem->val_split, GD_VALIDATION);
    assert_int_equal(rows.range.count, problem->val_count);
    for (int64_t done = 0; done < problem->val_count; done += tile) {
        int64_t left = problem->val_count - done;
        double tile_metric = 0;
        gd_batch_gather(&rows, done, NULL, left < tile ? left : tile, problem->scale,
                        &serial.batch);
        loss += gd_model_evaluate(problem->model, serial.workspace, &serial.batch,
                                  average == NULL ? serial.parameters : average, &tile_metric);
        metric += tile_metric;
    }
    gd_trainer_validate(run.trainer, &outcome);
    assert_int_equal(outcome.rows, problem->val_count);
    assert_true(outcome.loss == loss && loss > 0);
    assert_true(outcome.metric == metric);
    assert_true(metric == floor(metric) && metric >= 0 && metric <= (double)outcome.rows);
    same_bits(&run, serial.parameters);
    gd_rows_free(&rows);
    serial_close(&serial);
    run_close(&run);
}

static void validation_has_the_bits_of_one_process(void **state) {
    check_validation(*state, (const char *[]){NULL});
    check_validation(*state, (const char *[]){"train.reduce=window", NULL});
    check_validation(*state, (const char *[]){"optimizer.ema=0.75", "train.accumulate=9", NULL});
    check_validation(*state, (const char *[]){"train.reduce=window", "optimizer.ema=0.9", NULL});
    check_validation(*state, (const char *[]){"data.val=", "data.val_fraction=0.8", NULL});
    check_validation(*state, (const char *[]){"data.val=", "data.val_fraction=0.01", NULL});
}

/* One step at lr 1 of plain descent, with dropout, whose masks are those of the rows. */
static real *moved(gd_comm *comm, const char *reduce, const char *accumulate, double *loss,
                   int64_t *size) {
    run run;
    gd_outcome outcome;
    run_open(comm,
             (const char *[]){reduce, accumulate, "optimizer.name=sgd", "optimizer.lr=1", NULL},
             &run);
    expect_ok(run_step(&run, &outcome));
    *loss = outcome.loss;
    *size = run.trainer->reducer->size;
    real *parameters = parameters_of(&run);
    run_close(&run);
    return parameters;
}

/* 77 rows of a shard at most. */
static void accumulation_changes_a_step_by_rounding_only(void **state) {
    static const char *const accumulate[] = {"train.accumulate=2", "train.accumulate=5",
                                             "train.accumulate=76", "train.accumulate=1000"};
    int64_t size;
    double epsilon = sizeof(real) == sizeof(float) ? 1e-6 : 1e-15, loss, wanted_loss;
    char reduce[64];
    for (size_t kind = 0; reduce_override(kind, reduce) != NULL; kind++) {
        real *wanted = moved(*state, reduce, "train.accumulate=1", &wanted_loss, &size);
        for (size_t i = 0; i < sizeof accumulate / sizeof *accumulate; i++) {
            real *parameters = moved(*state, reduce, accumulate[i], &loss, &size);
            near(loss, wanted_loss, 8 * epsilon * wanted_loss);
            for (int64_t j = 0; j < size; j++) {
                near((double)parameters[j], (double)wanted[j], 8 * epsilon);
            }
            gd_memory_free(&parameters);
        }
        gd_memory_free(&wanted);
    }
}

static void check_divergence(gd_comm *comm, const char *reduce) {
    run run;
    gd_outcome outcome;
    run_open(comm, (const char *[]){reduce, NULL}, &run);
    run_steps(&run, 1);
    const gd_tensors *tensors = &run.problem->model->tensors;
    gd_comm_barrier(comm);
    if (gd_comm_rank(comm) == 0) {
        run.trainer->reducer->parameters[tensors->list[tensors->count - 1].offset] = NAN;
    }
    gd_reducer_spread(run.trainer->reducer);
    expect_agreed(comm, gd_trainer_step(run.trainer, &outcome), GD_DIVERGED,
                  "in step 2 (epoch 1) the loss is not finite");
    assert_int_equal(run.trainer->progress.step, 1);
    expect_agreed(comm, gd_trainer_save(run.trainer, true), GD_DIVERGED,
                  "after step 1 a parameter is not finite");
    run_close(&run);
}

static void what_is_not_finite_stops_all_ranks_and_is_not_saved(void **state) {
    char reduce[64];
    for (size_t kind = 0; reduce_override(kind, reduce) != NULL; kind++) {
        check_divergence(*state, reduce);
    }
}

static void a_failure_of_one_rank_is_everyones_at_the_next_step(void **state) {
    gd_comm *comm = *state;
    int ranks = gd_comm_size(comm);
    run run;
    gd_outcome outcome;
    run_open(comm, (const char *[]){NULL}, &run);
    for (int rank = 0; rank < ranks; rank++) {
        char where[64] = "";
        if (gd_comm_rank(comm) == rank) {
            gd_trainer_fail(run.trainer, gd_status_new(GD_BAD_INPUT, "the first"));
            gd_trainer_fail(run.trainer, gd_status_new(GD_FAILED, "the second"));
        }
        if (ranks > 1) {
            snprintf(where, sizeof where, " (rank %d of %d on ", rank, ranks);
        }
        gd_status status = run_step(&run, &outcome);
        assert_non_null(strstr(gd_status_message(status), where));
        expect_agreed(comm, status, GD_BAD_INPUT, "the first");
        assert_int_equal(run.trainer->progress.step, rank);
        expect_ok(run_step(&run, &outcome));
    }
    if (gd_comm_rank(comm) == ranks - 1) {
        gd_trainer_fail(run.trainer, gd_status_new(GD_FAILED, "the log is full"));
    }
    expect_agreed(comm, gd_trainer_agree(run.trainer), GD_FAILED, "the log is full");
    expect_ok(gd_trainer_agree(run.trainer));
    run_close(&run);
}

int main(int argc, char **argv) {
    gd_comm *comm = mpi_support_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(every_reducer_makes_the_parameters_of_one_process, comm),
        cmocka_unit_test_prestate(accumulation_changes_a_step_by_rounding_only, comm),
        cmocka_unit_test_prestate(validation_has_the_bits_of_one_process, comm),
        cmocka_unit_test_prestate(what_is_not_finite_stops_all_ranks_and_is_not_saved, comm),
        cmocka_unit_test_prestate(a_failure_of_one_rank_is_everyones_at_the_next_step, comm),
    };
    return tests_run(comm, tests, sizeof tests / sizeof *tests);
}
