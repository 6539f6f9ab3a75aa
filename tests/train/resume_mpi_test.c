#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gdmpi/memory.h"
#include "train_support.h"

#define EMA "optimizer.ema=0.9"
#define CLIP "optimizer.clip_norm=0.2"

/* The run directory, as rank 0 prepares it before the first step. */
static void prepare_directory(run *run) {
    gd_trainer *trainer = run->trainer;
    expect_ok(gd_rundir_new(gd_config_text(run->config, "run", "dir"), &trainer->rundir));
    if (gd_comm_rank(run->problem->comm) == 0) {
        char *log;
        expect_ok(gd_rundir_make(&trainer->rundir));
        expect_ok(gd_rundir_file(&trainer->rundir, "metrics.jsonl", &log));
        expect_ok(gd_metrics_open(log, trainer->progress.log_bytes, &trainer->metrics));
        gd_memory_free(&log);
    }
    gd_comm_barrier(run->problem->comm);
}

/* As the end of its process would, gives the directory free for another run. */
static void let_go(run *run) {
    gd_rundir_free(&run->trainer->rundir);
    expect_ok(gd_rundir_new(gd_config_text(run->config, "run", "dir"), &run->trainer->rundir));
}

/* Times of ranks differ, and only rank 0 has a log. */
static void same_progress(const run *run, gd_progress wanted) {
    if (run->trainer->metrics == NULL) {
        wanted.log_bytes = run->trainer->progress.log_bytes;
    }
    assert_memory_equal(&run->trainer->progress, &wanted, sizeof wanted);
}

/* From the latest checkpoint that is whole, which is of this step. */
static void resume(run *run, int64_t step) {
    gd_checkpoint_header header;
    char *path;
    prepare_directory(run);
    expect_ok(gd_resume_find(run->trainer, &path, &header));
    assert_non_null(path);
    expect_ok(gd_trainer_resume(run->trainer, path, &header));
    assert_int_equal(run->trainer->progress.step, step);
    gd_trainer_order(run->trainer);
    gd_checkpoint_header_free(&header);
    gd_memory_free(&path);
}

/* A copy of the average of the parameters. Collective. */
static real *average_of(const run *run) {
    gd_trainer_swap(run->trainer);
    real *average = parameters_of(run);
    gd_trainer_swap(run->trainer);
    return average;
}

static void same_average(const run *run, const real *wanted) {
    real *average = average_of(run);
    assert_memory_equal(average, wanted, (size_t)run->trainer->reducer->size * sizeof *average);
    gd_memory_free(&average);
}

/* Stops in the middle of an epoch, and goes on by another reducer. `option` may be NULL. */
static void check_resume(gd_comm *comm, const char *name, const char *reduce, const char *option) {
    run whole, rest;
    char dir[64], optimizer[64];
    snprintf(dir, sizeof dir, "run.dir=%s %s", name, reduce + strlen("train.reduce="));
    snprintf(optimizer, sizeof optimizer, "optimizer.name=%s", name);
    run_open(comm, (const char *[]){optimizer, dir, EMA, CLIP, option, NULL}, &whole);
    prepare_directory(&whole);
    run_steps(&whole, 4);
    expect_ok(gd_trainer_save(whole.trainer, true));
    expect_ok(gd_trainer_wait(whole.trainer));
    gd_progress saved = whole.trainer->progress;
    assert_true(saved.epoch == 1 && saved.epoch_step == 1 && saved.epoch_loss > 0);
    real *parameters = parameters_of(&whole);
    run_steps(&whole, 7);
    real *wanted = parameters_of(&whole), *average = average_of(&whole);
    gd_progress end = whole.trainer->progress;
    run_close(&whole);

    run_open(comm, (const char *[]){optimizer, dir, reduce, EMA, CLIP, option, NULL}, &rest);
    resume(&rest, 4);
    same_bits(&rest, parameters);
    same_progress(&rest, saved);
    run_steps(&rest, 7);
    same_bits(&rest, wanted);
    same_average(&rest, average);
    same_progress(&rest, end);
    gd_memory_free(&parameters);
    gd_memory_free(&average);
    gd_memory_free(&wanted);
    run_close(&rest);
}

static void a_resumed_run_has_the_bits_of_one_that_never_stopped(void **state) {
    static const char *const reducers[] = {"train.reduce=window", "train.reduce=message"};
    for (int i = 0; i < 2; i++) {
        check_resume(*state, "rmsprop", reducers[i], "optimizer.centered=yes");
    }
    for (size_t i = 0; gd_optimizer_kinds[i] != NULL; i++) {
        check_resume(*state, gd_optimizer_kinds[i]->name, "train.reduce=auto", NULL);
    }
}

static void damage_checkpoint(const run *run, int64_t step) {
    char *path;
    gd_comm_barrier(run->problem->comm);
    if (gd_comm_rank(run->problem->comm) == 0) {
        expect_ok(gd_rundir_checkpoint(&run->trainer->rundir, step, &path));
        expect_ok(gd_file_truncate(path, 4000));
        gd_memory_free(&path);
    }
}

static void a_damaged_checkpoint_is_passed_over(void **state) {
    static const char *const overrides[] = {"run.dir=damaged", NULL};
    gd_checkpoint_header header;
    char *path;
    run run, again;
    run_open(*state, overrides, &run);
    prepare_directory(&run);
    run_steps(&run, 2);
    expect_ok(gd_trainer_save(run.trainer, true));
    real *parameters = parameters_of(&run);
    run_steps(&run, 2);
    expect_ok(gd_trainer_save(run.trainer, true));
    expect_ok(gd_trainer_wait(run.trainer));
    damage_checkpoint(&run, 4);
    let_go(&run);
    run_open(*state, overrides, &again);
    resume(&again, 2);
    same_bits(&again, parameters);
    damage_checkpoint(&run, 2);
    expect_agreed(*state, gd_resume_find(run.trainer, &path, &header), GD_BAD_INPUT,
                  "damaged/checkpoints: no checkpoint in it is whole");
    assert_null(path);
    gd_memory_free(&parameters);
    run_close(&again);
    run_close(&run);
}

static void a_checkpoint_of_another_run_is_refused(void **state) {
    gd_checkpoint_header header;
    char *path;
    run run, other;
    run_open(*state, (const char *[]){"run.dir=mine", NULL}, &run);
    prepare_directory(&run);
    expect_ok(gd_trainer_save(run.trainer, true));
    expect_ok(gd_trainer_wait(run.trainer));
    run_open(*state, (const char *[]){"run.dir=mine", "train.seed=2", NULL}, &other);
    other.trainer->rundir = run.trainer->rundir;
    expect_agreed(*state, gd_resume_find(other.trainer, &path, &header), GD_BAD_INPUT,
                  "step-00000000.h5 is of another run");
    other.trainer->rundir = (gd_rundir){0};
    assert_null(path);
    run_close(&other);
    run_close(&run);
}

static size_t checkpoints_of(const run *run) {
    gd_folder names;
    expect_ok(gd_rundir_list(&run->trainer->rundir, &names));
    size_t count = names.count;
    gd_folder_free(&names);
    return count;
}

/* Not by training, but by a fault of one machine: the others must hear of it. */
static void parameters_that_differ_are_not_saved(void **state) {
    gd_comm *comm = *state;
    bool last = gd_comm_rank(comm) == gd_comm_size(comm) - 1;
    run run;
    uint64_t digest;
    run_open(comm, (const char *[]){"run.dir=differ", "train.reduce=allreduce", NULL}, &run);
    prepare_directory(&run);
    real *element = &run.trainer->reducer->parameters[3], before = *element;
    *element = last ? NAN : before;
    expect_agreed(comm, gd_trainer_save(run.trainer, true), GD_DIVERGED,
                  "after step 0 a parameter is not finite");
    if (gd_comm_size(comm) > 1) {
        *element = last ? before + 1 : before;
        expect_agreed(comm, gd_trainer_save(run.trainer, true), GD_FAILED,
                      "holds other parameters than rank 0");
        expect_agreed(comm, gd_trainer_digest(run.trainer, &digest), GD_FAILED,
                      "holds other parameters than rank 0");
    }
    assert_int_equal(checkpoints_of(&run), 0);
    *element = before;
    expect_ok(gd_trainer_save(run.trainer, true));
    expect_ok(gd_trainer_wait(run.trainer));
    assert_int_equal(checkpoints_of(&run), 1);
    run_close(&run);
}

int main(int argc, char **argv) {
    gd_comm *comm = mpi_support_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(a_resumed_run_has_the_bits_of_one_that_never_stopped, comm),
        cmocka_unit_test_prestate(a_damaged_checkpoint_is_passed_over, comm),
        cmocka_unit_test_prestate(a_checkpoint_of_another_run_is_refused, comm),
        cmocka_unit_test_prestate(parameters_that_differ_are_not_saved, comm),
    };
    return tests_run(comm, tests, sizeof tests / sizeof *tests);
}
