#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "gdmpi/memory.h"
#include "gdmpi/store.h"
#include "train_support.h"

enum { OVERRIDES = 24 };

static const char base[] = "[data]\n"
                           "file = data.h5\n"
                           "shards = 5\n"
                           "scale = 0.5\n"
                           "[model]\n"
                           "layers = dense 7, tanh, dropout 0.25, dense 3\n"
                           "loss = cross_entropy\n"
                           "[optimizer]\n"
                           "name = adam\n"
                           "lr = 0.01\n"
                           "[train]\n"
                           "batch_size = 384\n"
                           "reduce = message\n"
                           "[run]\n"
                           "dir = run\n";

void run_config(run *run, const char *const *overrides) {
    char *list[OVERRIDES];
    int count = 0;
    for (; overrides[count] != NULL; count++) {
        assert_true(count < OVERRIDES);
        expect_ok(gd_text_copy(overrides[count], &list[count]));
    }
    gd_train_tables(run->tables);
    expect_ok(gd_config_parse("test.ini", base, count, list, run->tables, &run->config));
    for (int i = 0; i < count; i++) {
        gd_memory_free(&list[i]);
    }
}

void run_open(gd_comm *comm, const char *const *overrides, run *run) {
    run_config(run, overrides);
    expect_ok(gd_problem_open(comm, run->config, &run->problem));
    expect_ok(gd_problem_load(run->problem));
    expect_ok(gd_trainer_new(run->problem, &run->trainer));
    expect_ok(gd_trainer_initialise(run->trainer));
    gd_trainer_order(run->trainer);
}

void run_close(run *run) {
    gd_trainer_free(&run->trainer);
    gd_problem_close(&run->problem);
    gd_config_free(&run->config);
}

gd_status run_step(run *run, gd_outcome *outcome) {
    gd_progress *progress = &run->trainer->progress;
    gd_status status = gd_trainer_step(run->trainer, outcome);
    if (status == GD_OK && progress->epoch_step == gd_shards_steps(&run->problem->shards)) {
        gd_schedule_observe(&run->problem->schedule, progress->step,
                            progress->epoch_loss / (double)progress->epoch_rows,
                            &progress->plateau);
        gd_progress_next_epoch(progress);
        gd_trainer_order(run->trainer);
    }
    return status;
}

void run_steps(run *run, int count) {
    gd_outcome outcome;
    for (int i = 0; i < count; i++) {
        expect_ok(run_step(run, &outcome));
    }
}

const char *reduce_override(size_t index, char out[64]) {
    if (gd_reducer_kinds[index] == NULL) {
        return NULL;
    }
    snprintf(out, 64, "train.reduce=%s", gd_reducer_kinds[index]->name);
    return out;
}

void *room(int64_t count, size_t size) {
    void *memory;
    expect_ok(gd_memory_new(&memory, (size_t)count, size, "a test"));
    return memory;
}

gd_rows all_rows(const gd_source *source, const gd_split *split, gd_role role) {
    gd_rows rows = {0};
    gd_range range = {0, gd_split_count(split, role)};
    expect_ok(gd_rows_describe(source, &rows));
    expect_ok(gd_rows_load(source, split, role, range, &rows));
    return rows;
}

real *parameters_of(const run *run) {
    const gd_reducer *reducer = run->trainer->reducer;
    real *copy = room(reducer->size, sizeof *copy);
    memcpy(copy, reducer->parameters, (size_t)reducer->size * sizeof *copy);
    gd_comm_barrier(reducer->comm); /* they may be shared, and change with the next step */
    return copy;
}

void same_bits(const run *run, const real *wanted) {
    real *parameters = parameters_of(run);
    assert_memory_equal(parameters, wanted,
                        (size_t)run->trainer->reducer->size * sizeof *parameters);
    gd_memory_free(&parameters);
}

void near(double value, double wanted, double tolerance) {
    if (!(fabs(value - wanted) <= tolerance)) {
        fail_msg("%.17g is not near %.17g", value, wanted);
    }
}

void expect_agreed(gd_comm *comm, gd_status status, gd_code code, const char *words) {
    char message[1024];
    snprintf(message, sizeof message, "%s", gd_status_message(status));
    gd_comm_broadcast(comm, message, sizeof message);
    assert_string_equal(gd_status_message(status), message);
    expect_error(status, code, words);
}

static float feature(int64_t row, int64_t i) {
    return (float)sin(0.7 * (double)(row * FEATURES + i)) + (float)(row % CLASSES);
}

static void write_data(void) {
    static float x[ROWS * FEATURES];
    static int64_t y[ROWS];
    for (int64_t row = 0; row < ROWS; row++) {
        y[row] = (row * row + row / 7) % CLASSES;
        for (int64_t i = 0; i < FEATURES; i++) {
            x[row * FEATURES + i] = feature(row, i);
        }
    }
    const data_group groups[] = {{"/train", ROWS, FEATURES, 0, GD_FLOAT32, GD_INT64, x, y, NULL},
                                 {"/val", VAL_ROWS, FEATURES, 0, GD_FLOAT32, GD_INT64, x, y, NULL}};
    expect_ok(data_file_write("data.h5", 2, groups));
}

/* All ranks work in a new folder of rank 0's, or fail if there is none. */
static int enter(gd_comm *comm) {
    char path[PATH_MAX] = "";
    void *ignored;
    if (gd_comm_rank(comm) == 0 &&
        (folder_enter(&ignored) != 0 || getcwd(path, sizeof path) == NULL)) {
        path[0] = '\0';
    }
    gd_comm_broadcast(comm, path, sizeof path);
    if (path[0] == '\0') {
        return -1;
    }
    gd_store_start();
    if (gd_comm_rank(comm) == 0) {
        write_data();
    }
    gd_comm_barrier(comm);
    return chdir(path);
}

static int leave(gd_comm *comm) {
    void *ignored = NULL;
    gd_comm_barrier(comm);
    return gd_comm_rank(comm) == 0 ? folder_leave(&ignored) : 0;
}

int tests_run(gd_comm *comm, const struct CMUnitTest *tests, size_t count) {
    int failed = enter(comm) != 0;
    if (failed == 0) {
        failed = _cmocka_run_group_tests("training", tests, count, NULL, NULL);
    }
    failed += leave(comm) != 0;
    return mpi_support_stop(comm, failed);
}
