/* Weights of rows and classes, from the file and the config to what is minimised. */
#include <stdio.h>

#include "gdmpi/memory.h"
#include "train_support.h"

enum { SMALL = 12, STEPS = 7 };

static void open_problem(gd_comm *comm, const char *const *overrides, run *run) {
    *run = (struct run){0};
    run_config(run, overrides);
    expect_ok(gd_problem_open(comm, run->config, &run->problem));
    expect_ok(gd_problem_load(run->problem));
}

static double sum_of_weights(gd_comm *comm, const gd_rows *rows) {
    double sum = 0;
    for (int64_t i = 0; i < rows->range.count; i++) {
        sum += rows->weights[i];
    }
    gd_comm_sum(comm, &sum, 1);
    return sum;
}

/* How many of data.h5's rows have this label. */
static double rows_of_class(int label) {
    int count = 0;
    for (int64_t row = 0; row < ROWS; row++) {
        count += (row * row + row / 7) % CLASSES == label;
    }
    return count;
}

static void balanced_classes_count_the_same(void **state) {
    run run;
    open_problem(*state, (const char *[]){"data.class_weights=balanced", NULL}, &run);
    const gd_rows *rows = &run.problem->train;
    for (int64_t i = 0; i < rows->range.count; i++) {
        int label = (int)gd_type_get(rows->y.type, rows->y_data, i);
        near(rows->weights[i], ROWS / (CLASSES * rows_of_class(label)), 1e-14);
    }
    near(sum_of_weights(*state, rows), ROWS, 1e-9);
    assert_null(run.problem->val.weights);
    run_close(&run);
}

static void class_weights_have_a_mean_of_1_over_the_rows(void **state) {
    run run;
    open_problem(*state, (const char *[]){"data.class_weights=2 0, 6", NULL}, &run);
    const gd_rows *rows = &run.problem->train;
    const double mean = (2 * rows_of_class(0) + 6 * rows_of_class(2)) / ROWS;
    for (int64_t i = 0; i < rows->range.count; i++) {
        static const double weights[] = {2, 0, 6};
        int label = (int)gd_type_get(rows->y.type, rows->y_data, i);
        near(rows->weights[i], weights[label] / mean, 1e-14);
    }
    near(sum_of_weights(*state, rows), ROWS, 1e-9);
    run_close(&run);
}

/* The parameters after some steps. */
static real *trained(gd_comm *comm, const char *shuffle, const char *weights) {
    run run;
    run_open(comm, (const char *[]){shuffle, weights, NULL}, &run);
    run_steps(&run, STEPS);
    real *parameters = parameters_of(&run);
    run_close(&run);
    return parameters;
}

static void the_same_weight_for_all_changes_no_bit(void **state) {
    static const char *const orders[] = {"data.shuffle=shard", "data.shuffle=global"};
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        real *plain = trained(*state, orders[i], "data.class_weights=");
        run run;
        run_open(*state, (const char *[]){orders[i], "data.class_weights=4,4,4", NULL}, &run);
        run_steps(&run, STEPS);
        same_bits(&run, plain);
        run_close(&run);
        gd_memory_free(&plain);
    }
}

/* A file of some rows, of which the last have wrong labels. */
static void write_file(gd_comm *comm, const char *path, int wrong, const double *weights) {
    float x[SMALL * FEATURES];
    int64_t y[SMALL];
    for (int i = 0; i < SMALL * FEATURES; i++) {
        x[i] = (float)(i % 7) - 3;
    }
    for (int i = 0; i < SMALL; i++) {
        y[i] = i % CLASSES;
    }
    for (int i = SMALL - wrong; i < SMALL; i++) {
        y[i] = (y[i] + 1) % CLASSES;
    }
    const data_group val = {"/val", SMALL, FEATURES, 0, GD_FLOAT32, GD_INT64, x, y, weights};
    if (gd_comm_rank(comm) == 0) {
        expect_ok(data_file_write(path, 1, &val));
    }
    gd_comm_barrier(comm);
}

static gd_outcome validated(gd_comm *comm, const char *file) {
    char val[64];
    snprintf(val, sizeof val, "data.val=%s:/val", file);
    run run;
    gd_outcome outcome;
    run_open(comm, (const char *[]){val, NULL}, &run);
    gd_trainer_validate(run.trainer, &outcome);
    run_close(&run);
    return outcome;
}

static void validation_counts_rows_by_their_weight(void **state) {
    const double first_half[SMALL] = {3, 3, 3, 3, 3, 3};
    const double all[SMALL] = {5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5};
    write_file(*state, "plain.h5", 0, NULL);
    write_file(*state, "even.h5", 0, all);
    write_file(*state, "half.h5", 0, first_half);
    write_file(*state, "wrong.h5", SMALL / 2, first_half);
    gd_outcome plain = validated(*state, "plain.h5"), even = validated(*state, "even.h5");
    gd_outcome half = validated(*state, "half.h5"), wrong = validated(*state, "wrong.h5");
    assert_true(even.loss == plain.loss && even.metric == plain.metric);
    assert_true(wrong.loss == half.loss && wrong.metric == half.metric);
    assert_true(half.loss != plain.loss && half.rows == SMALL);
}

static void weights_belong_to_the_digest(void **state) {
    double weights[SMALL] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    uint64_t digest[3];
    for (int i = 0; i < 3; i++) {
        run run;
        weights[SMALL - 1] = i;
        write_file(*state, "some.h5", 0, weights);
        open_problem(*state, (const char *[]){"data.val=some.h5:/val", NULL}, &run);
        digest[i] = run.problem->val_digest;
        run_close(&run);
    }
    assert_true(digest[0] != digest[1] && digest[1] != digest[2]);
}

int main(int argc, char **argv) {
    gd_comm *comm = mpi_support_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(balanced_classes_count_the_same, comm),
        cmocka_unit_test_prestate(class_weights_have_a_mean_of_1_over_the_rows, comm),
        cmocka_unit_test_prestate(the_same_weight_for_all_changes_no_bit, comm),
        cmocka_unit_test_prestate(validation_counts_rows_by_their_weight, comm),
        cmocka_unit_test_prestate(weights_belong_to_the_digest, comm),
    };
    return tests_run(comm, tests, sizeof tests / sizeof *tests);
}
