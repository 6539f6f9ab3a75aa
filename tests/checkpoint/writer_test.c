#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "data/data_files.h"
#include "gdmpi/memory.h"
#include "gdmpi/writer.h"

enum { SIZE = 32, KEEP = 2 };

static const gd_tensors tensors = {
    .list = (gd_tensor[]){{.name = "0.weight", .rank = 2, .dims = {4, 8}, .count = SIZE}},
    .count = 1,
    .size = SIZE,
    .elements = SIZE};

typedef struct work {
    gd_rundir rundir;
    gd_metrics *log;
    gd_writer *writer;
} work;

static void begin(const char *directory, bool thread, work *work) {
    char *path;
    expect_ok(gd_rundir_new(directory, &work->rundir));
    expect_ok(gd_rundir_make(&work->rundir));
    expect_ok(gd_rundir_file(&work->rundir, "metrics.jsonl", &path));
    expect_ok(gd_metrics_open(path, 0, &work->log));
    gd_memory_free(&path);
    const gd_writer_plan plan = {.rundir = &work->rundir,
                                 .tensors = &tensors,
                                 .type = GD_FLOAT64,
                                 .keep = KEEP,
                                 .thread = thread,
                                 .vectors = 2,
                                 .group = {"/params", "/optimizer/momentum_buffer"}};
    expect_ok(gd_writer_new(&plan, &work->writer));
    assert_true(gd_writer_bytes(work->writer) ==
                (double)GD_WRITER_SNAPSHOTS * 2 * SIZE * sizeof(double));
}

static void end(work *work) {
    gd_writer_free(&work->writer);
    expect_ok(gd_metrics_close(&work->log));
    gd_rundir_free(&work->rundir);
}

static void fill(double *vector, int64_t step, int number) {
    for (int i = 0; i < SIZE; i++) {
        vector[i] = (double)(step * 100 + i) + number * 0.5;
    }
}

/* A checkpoint of this step; the best one so far is that of step 2. */
static void save(work *work, int64_t step) {
    gd_snapshot *snapshot = gd_writer_take(work->writer);
    fill(snapshot->vector[0], step, 0);
    fill(snapshot->vector[1], step, 1);
    snapshot->header = (gd_checkpoint_header){
        .type = GD_FLOAT64,
        .digest = gd_checkpoint_digest(snapshot->vector[0], GD_FLOAT64, SIZE),
        .config = "",
        .progress = {.step = step, .best_epoch = step >= 2, .best_step = 2}};
    snapshot->log = work->log;
    gd_writer_give(work->writer);
}

/* It is whole, and holds what it was given. */
static void expect_step(const gd_rundir *rundir, int64_t step) {
    static const char *const groups[] = {"/params", "/optimizer/momentum_buffer"};
    gd_checkpoint_header header;
    double vector[SIZE], wanted[SIZE];
    char *path;
    expect_ok(gd_rundir_checkpoint(rundir, step, &path));
    expect_ok(gd_checkpoint_read_header(path, &header));
    assert_int_equal(header.progress.step, step);
    for (int i = 0; i < 2; i++) {
        expect_ok(gd_checkpoint_read(path, groups[i], &tensors, GD_FLOAT64, vector));
        fill(wanted, step, i);
        assert_memory_equal(vector, wanted, sizeof wanted);
    }
    gd_checkpoint_header_free(&header);
    gd_memory_free(&path);
}

static void expect_link(const gd_rundir *rundir, const char *name, const char *wanted) {
    char path[256], target[64];
    snprintf(path, sizeof path, "%s/%s", rundir->checkpoints, name);
    ssize_t length = readlink(path, target, sizeof target - 1);
    assert_true(length > 0);
    target[length] = '\0';
    assert_string_equal(target, wanted);
}

static void check_order(const char *directory, bool thread) {
    work work;
    begin(directory, thread, &work);
    for (int64_t step = 1; step <= 5; step++) {
        save(&work, step);
    }
    expect_ok(gd_writer_wait(work.writer));
    expect_names(work.rundir.checkpoints,
                 "best latest step-00000002.h5 step-00000004.h5 step-00000005.h5 ");
    expect_link(&work.rundir, "latest", "step-00000005.h5");
    expect_link(&work.rundir, "best", "step-00000002.h5");
    expect_step(&work.rundir, 2);
    expect_step(&work.rundir, 4);
    expect_step(&work.rundir, 5);
    gd_writer_account account = gd_writer_count(work.writer);
    assert_int_equal(account.count, 5);
    assert_true(account.thread == thread);
    assert_true(account.longest > 0 && account.seconds > 0 && account.processor > 0);
    end(&work);
}

static void snapshots_become_files_in_the_order_in_which_they_are_given(void **state) {
    (void)state;
    check_order("thread", true);
    check_order("caller", false);
}

static void the_third_snapshot_waits_for_the_first(void **state) {
    (void)state;
    work work;
    begin("third", true, &work);
    gd_snapshot *first = gd_writer_take(work.writer);
    save(&work, 1);
    assert_ptr_not_equal(gd_writer_take(work.writer), first);
    save(&work, 2);
    assert_ptr_equal(gd_writer_take(work.writer), first);
    assert_true(gd_writer_count(work.writer).count >= 1);
    expect_ok(gd_writer_wait(work.writer));
    expect_step(&work.rundir, 1);
    end(&work);
}

static void what_was_given_is_written_before_the_end(void **state) {
    (void)state;
    work work;
    begin("end", true, &work);
    save(&work, 1);
    save(&work, 2);
    gd_writer_free(&work.writer);
    expect_step(&work.rundir, 1);
    expect_step(&work.rundir, 2);
    end(&work);
}

/* A folder that goes away. */
static void check_failure(const char *directory, bool thread) {
    work work;
    char away[64];
    snprintf(away, sizeof away, "%s-away", directory);
    begin(directory, thread, &work);
    save(&work, 1);
    expect_ok(gd_writer_wait(work.writer));
    assert_int_equal(rename(work.rundir.checkpoints, away), 0);
    save(&work, 2);
    save(&work, 3);
    expect_error(gd_writer_wait(work.writer), GD_FAILED, "checkpoints/step-00000002.h5");
    expect_ok(gd_writer_failure(work.writer));
    assert_int_equal(rename(away, work.rundir.checkpoints), 0);
    save(&work, 4);
    expect_ok(gd_writer_wait(work.writer));
    assert_int_equal(gd_writer_count(work.writer).count, 1);
    expect_names(work.rundir.checkpoints, "latest step-00000001.h5 ");
    expect_step(&work.rundir, 1);
    end(&work);
}

static void a_failure_is_told_once_and_nothing_is_written_after_it(void **state) {
    (void)state;
    check_failure("failing-thread", true);
    check_failure("failing-caller", false);
}

static void a_failure_that_nobody_asks_for_is_let_go(void **state) {
    (void)state;
    work work;
    begin("unasked", true, &work);
    assert_int_equal(rmdir(work.rundir.checkpoints), 0);
    save(&work, 1);
    end(&work);
}

/* A signal to the process goes to any thread that does not block it, or else waits. */
static void signals_are_left_to_the_main_thread(void **state) {
    (void)state;
    work work;
    sigset_t set, waiting;
    int number = 0;
    begin("signals", true, &work);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    assert_int_equal(sigprocmask(SIG_BLOCK, &set, NULL), 0);
    assert_int_equal(kill(getpid(), SIGUSR1), 0);
    save(&work, 1);
    expect_ok(gd_writer_wait(work.writer));
    assert_int_equal(sigpending(&waiting), 0);
    assert_int_equal(sigismember(&waiting, SIGUSR1), 1);
    assert_int_equal(sigwait(&set, &number), 0);
    assert_int_equal(number, SIGUSR1);
    assert_int_equal(sigprocmask(SIG_UNBLOCK, &set, NULL), 0);
    end(&work);
}

int main(void) {
    gd_store_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(snapshots_become_files_in_the_order_in_which_they_are_given),
        cmocka_unit_test(the_third_snapshot_waits_for_the_first),
        cmocka_unit_test(what_was_given_is_written_before_the_end),
        cmocka_unit_test(a_failure_is_told_once_and_nothing_is_written_after_it),
        cmocka_unit_test(a_failure_that_nobody_asks_for_is_let_go),
        cmocka_unit_test(signals_are_left_to_the_main_thread),
    };
    return cmocka_run_group_tests(tests, folder_enter, folder_leave);
}
