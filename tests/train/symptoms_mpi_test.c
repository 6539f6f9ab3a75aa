#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gdmpi/text.h"
#include "train_support.h"

/* The elements of a tensor of the parameters. */
static real *values_of(const run *run, const char *name) {
    const gd_tensors *tensors = &run->problem->model->tensors;
    for (int t = 0; t < tensors->count; t++) {
        if (strcmp(tensors->list[t].name, name) == 0) {
            return run->trainer->reducer->parameters + tensors->list[t].offset;
        }
    }
    fail_msg("there is no %s", name);
    return NULL;
}

/* What rank 0 has written is everyone's, and has these words said of it; nothing if NULL.
 * Collective. */
static void says(const run *run, const char *words) {
    gd_text sentence = {0};
    gd_reducer_spread(run->trainer->reducer);
    expect_ok(gd_trainer_diagnose(run->trainer, &sentence));
    const char *text = gd_text_bytes(&sentence);
    if (words == NULL || gd_comm_rank(run->problem->comm) > 0) {
        assert_string_equal(text, "");
    } else if (strstr(text, words) == NULL) {
        fail_msg("no '%s' in '%s'", words, text);
    }
    gd_text_free(&sentence);
}

static bool is_root(const run *run) {
    return gd_comm_rank(run->problem->comm) == 0;
}

/* Of the first feature, over all rows. */
static double largest_feature(const run *run) {
    const gd_problem *problem = run->problem;
    gd_rows rows = all_rows(&problem->train_source, &problem->train_split, GD_TRAINING);
    double largest = -INFINITY;
    for (int64_t i = 0; i < ROWS; i++) {
        largest = fmax(largest, gd_type_get(rows.x.type, rows.x_data, i * FEATURES));
    }
    gd_rows_free(&rows);
    return problem->scale * largest;
}

/* Three units take no row at all; the fourth takes those whose first feature is above a limit. */
static void set_units(const run *run, double limit) {
    if (is_root(run)) {
        real *weight = values_of(run, "0.weight"), *bias = values_of(run, "0.bias");
        memset(weight, 0, 4 * FEATURES * sizeof *weight);
        weight[3 * FEATURES] = 1;
        bias[0] = bias[1] = bias[2] = -1;
        bias[3] = (real)-limit;
    }
}

static void a_unit_is_alive_that_takes_one_row_of_any_rank(void **state) {
    char reduce[64];
    for (size_t kind = 0; reduce_override(kind, reduce) != NULL; kind++) {
        run run;
        run_open(*state, (const char *[]){"model.layers=dense 4, relu, dense 3", reduce, NULL},
                 &run);
        const double largest = largest_feature(&run);
        set_units(&run, largest - 1e-9);
        says(&run, "3 of the 4 units of relu number 1 in model.layers put out 0 for each of 1100 "
                   "training rows");
        set_units(&run, largest);
        says(&run, "4 of the 4 units of relu number 1");
        run_close(&run);
    }
}

static void units_within_residual_blocks_are_looked_at_too(void **state) {
    run run;
    run_open(*state,
             (const char *[]){"model.layers=dense 5, relu, residual(dense 8, relu, dense 9, relu, "
                              "dense 5), relu, dense 3",
                              NULL},
             &run);
    says(&run, NULL);
    for (int i = 0; i < 7 && is_root(&run); i++) {
        values_of(&run, "2.2.bias")[i] = -1e6;
    }
    says(&run, "7 of the 9 units of relu number 3 in model.layers");
    for (int i = 0; i < 8 && is_root(&run); i++) {
        values_of(&run, "2.0.bias")[i] = -1e6;
    }
    says(&run, "8 of the 8 units of relu number 2 in model.layers");
    run_close(&run);
}

/* Weights that are small pass little on. */
static void a_gradient_is_measured_in_each_layer(void **state) {
    run run;
    run_open(*state, (const char *[]){"model.layers=batch_norm, dense 7, tanh, dense 3", NULL},
             &run);
    says(&run, NULL);
    for (int i = 0; i < 3 * 7 && is_root(&run); i++) {
        values_of(&run, "3.weight")[i] *= (real)1e-6;
    }
    says(&run, " (3.weight), ");
    says(&run, " (1.weight), so that the first layers hardly learn");
    run_close(&run);
}

static void nothing_is_changed_by_it(void **state) {
    gd_outcome outcome[2];
    for (int looks = 0; looks < 2; looks++) {
        run run;
        run_open(*state, (const char *[]){"model.layers=dense 9, relu, batch_norm, dense 3", NULL},
                 &run);
        for (int step = 0; step < 2; step++) {
            if (looks > 0) {
                says(&run, NULL);
            }
            expect_ok(run_step(&run, &outcome[looks]));
        }
        run_close(&run);
    }
    assert_true(outcome[0].loss == outcome[1].loss);
    assert_true(outcome[0].grad_norm == outcome[1].grad_norm);
}

int main(int argc, char **argv) {
    gd_comm *comm = mpi_support_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(a_unit_is_alive_that_takes_one_row_of_any_rank, comm),
        cmocka_unit_test_prestate(units_within_residual_blocks_are_looked_at_too, comm),
        cmocka_unit_test_prestate(a_gradient_is_measured_in_each_layer, comm),
        cmocka_unit_test_prestate(nothing_is_changed_by_it, comm),
    };
    return tests_run(comm, tests, sizeof tests / sizeof *tests);
}
