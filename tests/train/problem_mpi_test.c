#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "train_support.h"

enum { SMALL = 12 };

/* A file whose only group has a few rows; `bad` is the row of a label out of range, or -1. */
static void write_file(gd_comm *comm, const char *path, const char *group, int64_t bad) {
    float x[SMALL * FEATURES] = {0};
    int64_t y[SMALL] = {0};
    const data_group only = {group, SMALL, FEATURES, 0, GD_FLOAT32, GD_INT64, x, y, NULL};
    if (bad >= 0) {
        y[bad] = CLASSES;
    }
    if (gd_comm_rank(comm) == 0) {
        expect_ok(data_file_write(path, 1, &only));
    }
    gd_comm_barrier(comm);
}

/* Opens and loads, as training does. */
static gd_status try_problem(gd_comm *comm, const char *const *overrides, run *run) {
    *run = (struct run){0};
    run_config(run, overrides);
    gd_status status = gd_problem_open(comm, run->config, &run->problem);
    return status == GD_OK ? gd_problem_load(run->problem) : status;
}

static void is_refused(gd_comm *comm, const char *const *overrides, const char *words) {
    run run;
    expect_agreed(comm, try_problem(comm, overrides, &run), GD_BAD_INPUT, words);
    run_close(&run);
}

static void data_that_is_not_there_is_told(void **state) {
    gd_comm *comm = *state;
    write_file(comm, "small.h5", "/train", -1);
    is_refused(comm, (const char *[]){"data.file=", NULL}, "the path of an HDF5 file is missing");
    is_refused(comm, (const char *[]){"data.file=none.h5", NULL}, "none.h5: no such file");
    is_refused(comm, (const char *[]){"data.train=/training", NULL}, "/training");
    is_refused(comm, (const char *[]){"data.train=none.h5:/x", NULL}, "none.h5: no such file");
    is_refused(comm, (const char *[]){"data.file=small.h5", "data.val=/absent", NULL}, "/absent");
}

static void rows_that_do_not_fit_the_model_are_told(void **state) {
    gd_comm *comm = *state;
    is_refused(comm, (const char *[]){"model.layers=dense 2", NULL}, "data.h5");
    is_refused(comm, (const char *[]){"model.layers=dense 1", NULL}, "at least 2 outputs");
    write_file(comm, "bad.h5", "/train", SMALL - 1);
    is_refused(comm, (const char *[]){"data.file=bad.h5", NULL}, "bad.h5: row 11 of /train/y");
    write_file(comm, "bad.h5", "/train", 0);
    is_refused(comm, (const char *[]){"data.file=bad.h5", NULL}, "bad.h5: row 0 of /train/y");
    write_file(comm, "bad.h5", "/val", 7);
    is_refused(comm, (const char *[]){"data.val=bad.h5:/val", NULL}, "bad.h5: row 7 of /val/y");
}

static void shards_and_steps_that_are_impossible_are_told(void **state) {
    gd_comm *comm = *state;
    is_refused(comm, (const char *[]){"data.shards=1101", "train.batch_size=0", NULL},
               "1100 training rows cannot be cut into 1101 shards; at most 1100 are possible");
    is_refused(comm, (const char *[]){"train.batch_size=4", NULL},
               "a step of 4 rows is less than one row from each of 5 shards");
    if (gd_comm_size(comm) > 1) {
        is_refused(comm, (const char *[]){"data.shards=1", NULL}, "1 shard cannot be worked by");
    }
}

static void held_out_rows_must_leave_some_of_both(void **state) {
    gd_comm *comm = *state;
    is_refused(comm, (const char *[]){"data.val_fraction=0.1", NULL},
               "has no effect, because data.h5:/val is there");
    is_refused(comm, (const char *[]){"data.val=", "data.val_fraction=0.0001", NULL},
               "0.0001 of 1100 rows leaves no row for validation");
    write_file(comm, "small.h5", "/train", -1);
    is_refused(
        comm,
        (const char *[]){"data.file=small.h5", "data.val_fraction=0.7", "data.shards=5", NULL},
        "4 training rows cannot be cut into 5 shards");
}

static void without_a_group_for_it_there_is_no_validation(void **state) {
    gd_comm *comm = *state;
    run run;
    write_file(comm, "small.h5", "/train", -1);
    expect_ok(try_problem(comm, (const char *[]){"data.file=small.h5", NULL}, &run));
    assert_false(run.problem->validates);
    assert_int_equal(run.problem->val_count, 0);
    run_close(&run);
    expect_ok(try_problem(comm, (const char *[]){"data.val=", NULL}, &run));
    assert_false(run.problem->validates);
    run_close(&run);
    expect_ok(try_problem(comm, (const char *[]){NULL}, &run));
    assert_true(run.problem->validates);
    assert_int_equal(run.problem->val_count, VAL_ROWS);
    run_close(&run);
}

/* The sum of all numbers of some rows. */
static double sum_of(const gd_rows *rows) {
    double sum = 0;
    for (int64_t i = 0; i < rows->range.count * rows->x_width; i++) {
        sum += gd_type_get(rows->x.type, rows->x_data, i);
    }
    return sum;
}

static void check_split(gd_comm *comm, const char *fraction, int64_t held) {
    run run, whole;
    expect_ok(try_problem(comm, (const char *[]){"data.val=", fraction, NULL}, &run));
    expect_ok(try_problem(comm, (const char *[]){"data.val=", NULL}, &whole));
    const gd_problem *problem = run.problem;
    assert_int_equal(problem->val_count, held);
    assert_int_equal(problem->shards.rows, ROWS - held);
    double counts[4] = {(double)problem->train.range.count, (double)problem->val.range.count,
                        sum_of(&problem->train) + sum_of(&problem->val),
                        sum_of(&whole.problem->train)};
    gd_comm_sum(comm, counts, 4);
    assert_true(counts[0] == (double)(ROWS - held));
    assert_true(counts[1] == (double)held);
    near(counts[2], counts[3], 1e-6);
    run_close(&run);
    run_close(&whole);
}

static void every_row_is_trained_on_or_held_out_on_one_rank(void **state) {
    check_split(*state, "data.val_fraction=0.25", 275);
    check_split(*state, "data.val_fraction=0.9", 990);
    check_split(*state, "data.val_fraction=0.001", 1);
}

static void a_rank_has_the_rows_of_its_shards(void **state) {
    gd_comm *comm = *state;
    static const char *const shards[] = {"data.shards=0", "data.shards=4", "data.shards=7"};
    for (size_t i = 0; i < sizeof shards / sizeof *shards; i++) {
        run run;
        expect_ok(try_problem(comm, (const char *[]){shards[i], NULL}, &run));
        const gd_problem *problem = run.problem;
        gd_range span = gd_shards_span(&problem->shards, problem->mine);
        assert_int_equal(problem->shards.count, i == 0 ? gd_comm_size(comm) : i == 1 ? 4 : 7);
        assert_int_equal(problem->train.range.first, span.first);
        assert_int_equal(problem->train.range.count, span.count);
        double shards_of_all = (double)problem->mine.count;
        gd_comm_sum(comm, &shards_of_all, 1);
        assert_true(shards_of_all == (double)problem->shards.count);
        run_close(&run);
    }
}

/* At most 77 rows of a shard in a step, and 275 without batches. */
static void accumulation_makes_what_is_worked_at_once_smaller(void **state) {
    static const struct {
        const char *accumulate, *batch;
        int64_t tile; /* 0: as without */
    } cases[] = {
        {"train.accumulate=1", "train.batch_size=384", 0},
        {"train.accumulate=2", "train.batch_size=384", 39},
        {"train.accumulate=76", "train.batch_size=384", 2},
        {"train.accumulate=1000", "train.batch_size=384", 1},
        {"train.accumulate=2", "train.batch_size=0", 138},
    };
    int64_t most = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        run run;
        expect_ok(try_problem(*state,
                              (const char *[]){cases[i].accumulate, cases[i].batch,
                                               i == 4 ? "data.shards=4" : "data.shards=5", NULL},
                              &run));
        int64_t tile = run.problem->model->tile_rows;
        most = i == 0 ? tile : most;
        assert_true(most > 138);
        assert_int_equal(tile, cases[i].tile == 0 ? most : cases[i].tile);
        assert_int_equal(run.problem->val_tiles, (VAL_ROWS + tile - 1) / tile);
        run_close(&run);
    }
}

static void digests_do_not_depend_on_the_ranks(void **state) {
    gd_comm *comm = *state;
    run run;
    expect_ok(
        try_problem(comm, (const char *[]){"data.val=", "data.val_fraction=0.3", NULL}, &run));
    const gd_problem *problem = run.problem;
    gd_rows train = all_rows(&problem->train_source, &problem->train_split, GD_TRAINING);
    gd_rows val = all_rows(&problem->val_source, &problem->val_split, GD_VALIDATION);
    assert_true(problem->train_digest == gd_rows_digest(&train));
    assert_true(problem->val_digest == gd_rows_digest(&val));
    gd_rows_free(&train);
    gd_rows_free(&val);
    run_close(&run);
}

/* In two passes. */
static void check_feature(const gd_rows *train, int64_t feature, const gd_normalizer *normalizer) {
    const double count = (double)train->range.count;
    double mean = 0, squares = 0;
    for (int64_t i = 0; i < train->range.count; i++) {
        mean += gd_type_get(train->x.type, train->x_data, i * FEATURES + feature) / count;
    }
    for (int64_t i = 0; i < train->range.count; i++) {
        double apart = gd_type_get(train->x.type, train->x_data, i * FEATURES + feature) - mean;
        squares += apart * apart;
    }
    near(normalizer->shift[feature], mean, 1e-12);
    near(normalizer->factor[feature], 1 / sqrt(squares / count), 1e-12);
}

static void rows_are_normalized_by_the_training_rows_alone(void **state) {
    run run;
    expect_ok(try_problem(*state,
                          (const char *[]){"data.normalize=standardize", "data.scale=1",
                                           "data.val=", "data.val_fraction=0.4", NULL},
                          &run));
    const gd_problem *problem = run.problem;
    gd_rows train = all_rows(&problem->train_source, &problem->train_split, GD_TRAINING);
    assert_true(train.range.count < ROWS);
    for (int64_t feature = 0; feature < FEATURES; feature++) {
        check_feature(&train, feature, &problem->normalizer);
    }
    assert_ptr_equal(problem->train.normalizer, &problem->normalizer);
    assert_ptr_equal(problem->val.normalizer, &problem->normalizer);
    gd_rows_free(&train);
    run_close(&run);
}

static void ranks_that_differ_are_told(void **state) {
    gd_comm *comm = *state;
    bool odd = gd_comm_rank(comm) == 1;
    run run;
    const char *const overrides[] = {odd ? "train.batch_size=40" : "train.batch_size=50", NULL};
    if (gd_comm_size(comm) == 1) {
        skip();
    }
    expect_agreed(comm, try_problem(comm, overrides, &run), GD_BAD_INPUT,
                  "[train] has 'batch_size = 40' here, and 'batch_size = 50' on rank 0 (rank 1 of");
    run_close(&run);
}

int main(int argc, char **argv) {
    gd_comm *comm = mpi_support_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(data_that_is_not_there_is_told, comm),
        cmocka_unit_test_prestate(rows_that_do_not_fit_the_model_are_told, comm),
        cmocka_unit_test_prestate(shards_and_steps_that_are_impossible_are_told, comm),
        cmocka_unit_test_prestate(held_out_rows_must_leave_some_of_both, comm),
        cmocka_unit_test_prestate(without_a_group_for_it_there_is_no_validation, comm),
        cmocka_unit_test_prestate(every_row_is_trained_on_or_held_out_on_one_rank, comm),
        cmocka_unit_test_prestate(a_rank_has_the_rows_of_its_shards, comm),
        cmocka_unit_test_prestate(accumulation_makes_what_is_worked_at_once_smaller, comm),
        cmocka_unit_test_prestate(digests_do_not_depend_on_the_ranks, comm),
        cmocka_unit_test_prestate(rows_are_normalized_by_the_training_rows_alone, comm),
        cmocka_unit_test_prestate(ranks_that_differ_are_told, comm),
    };
    return tests_run(comm, tests, sizeof tests / sizeof *tests);
}
