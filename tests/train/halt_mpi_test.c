#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../mpi_support.h"
#include "gdmpi/files.h"
#include "gdmpi/halt.h"
#include "gdmpi/stop.h"

static const gd_setting train_rows[] = {
    {.key = "max_seconds", .kind = GD_SETTING_NUMBER, .initial = "0", .min = 0, .max = 1e9}, {0}};
static const gd_setting run_rows[] = {{.key = "dir", .kind = GD_SETTING_TEXT, .initial = "."},
                                      {.key = "resume", .kind = GD_SETTING_TEXT, .initial = "auto"},
                                      {0}};
static const gd_settings train_table = {.section = "train", .rows = train_rows};
static const gd_settings run_table = {.section = "run", .rows = run_rows};
static const gd_settings *const tables[] = {&train_table, &run_table, NULL};

/* Longer than any test takes, however loaded the machine is. */
enum { LONG = 100000 };

static gd_config *config_of(const char *text) {
    gd_config *config;
    gd_status status = gd_config_parse("test.ini", text, 0, NULL, tables, &config);
    assert_string_equal(gd_status_message(status), "");
    return config;
}

static gd_halt halt_of(gd_comm *comm, const gd_config *config) {
    gd_halt halt;
    gd_status status = gd_halt_new(comm, config, &halt);
    assert_string_equal(gd_status_message(status), "");
    gd_halt_begin(&halt);
    return halt;
}

/* The reason on which the ranks agree after a step. Collective. */
static const char *reason_of(gd_comm *comm, gd_halt *halt, double save_seconds) {
    double flags[GD_HALTS];
    gd_halt_raise(halt, save_seconds, flags);
    gd_comm_sum(comm, flags, GD_HALTS);
    const char *reason = gd_halt_reason(flags);
    return reason == NULL ? "none" : reason;
}

/* The job is said to end in so many seconds. */
static void job_ends_in(long long seconds) {
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)time(NULL) + seconds);
    setenv("SLURM_JOB_END_TIME", text, 1);
}

static void a_run_without_limits_goes_on(void **state) {
    gd_comm *comm = *state;
    gd_config *config = config_of("");
    gd_halt halt = halt_of(comm, config);
    assert_string_equal(reason_of(comm, &halt, LONG), "none");
    gd_halt_free(&halt);
    gd_config_free(&config);
}

static void max_seconds_leave_time_for_a_save(void **state) {
    gd_comm *comm = *state;
    gd_config *config = config_of("[train]\nmax_seconds = 200000\n");
    gd_halt halt = halt_of(comm, config);
    assert_string_equal(reason_of(comm, &halt, LONG), "none");
    assert_string_equal(reason_of(comm, &halt, 2 * LONG), "train.max_seconds");
    gd_halt_free(&halt);
    gd_config_free(&config);
}

static void max_seconds_leave_time_for_the_longest_step(void **state) {
    gd_comm *comm = *state;
    gd_config *config = config_of("[train]\nmax_seconds = 200000\n");
    gd_halt halt = halt_of(comm, config);
    halt.last -= LONG;
    assert_string_equal(reason_of(comm, &halt, 1), "none");
    assert_string_equal(reason_of(comm, &halt, LONG), "train.max_seconds");
    gd_halt_free(&halt);
    gd_config_free(&config);
}

static void the_end_of_the_job_leaves_time_for_a_save_and_a_margin(void **state) {
    gd_comm *comm = *state;
    gd_config *config = config_of("");
    job_ends_in(2 * LONG);
    gd_halt halt = halt_of(comm, config);
    assert_string_equal(reason_of(comm, &halt, LONG), "none");
    assert_string_equal(reason_of(comm, &halt, 2 * LONG - 29), "the coming end of the Slurm job");
    gd_halt_free(&halt);
    gd_config_free(&config);
    unsetenv("SLURM_JOB_END_TIME");
}

/* Or else a short one would do nothing but stop. */
static void a_short_job_has_a_short_margin(void **state) {
    gd_comm *comm = *state;
    gd_config *config = config_of("");
    double before = gd_clock_seconds();
    job_ends_in(100);
    gd_halt halt = halt_of(comm, config);
    if (gd_comm_rank(comm) == 0) {
        assert_true(halt.job_end > before + 89 && halt.job_end < gd_clock_seconds() + 91);
    }
    gd_halt_free(&halt);
    gd_config_free(&config);
    unsetenv("SLURM_JOB_END_TIME");
}

static void an_end_that_cannot_be_right_is_passed_over(void **state) {
    static const char *const wrong[] = {"",   "soon",        "1700000000", "0",
                                        "-1", "1700000000x", "1e",         "99999999999x"};
    gd_comm *comm = *state;
    gd_config *config = config_of("");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        setenv("SLURM_JOB_END_TIME", wrong[i], 1);
        gd_halt halt = halt_of(comm, config);
        assert_string_equal(reason_of(comm, &halt, LONG), "none");
        gd_halt_free(&halt);
    }
    gd_config_free(&config);
    unsetenv("SLURM_JOB_END_TIME");
}

static void touch(const char *path) {
    gd_status status = gd_file_write(path, "", 0);
    assert_string_equal(gd_status_message(status), "");
}

/* Only rank 0 looks for it, so each rank may have a folder of its own here. */
static void a_file_stops_the_run_once(void **state) {
    gd_comm *comm = *state;
    char folder[] = "halt-test.XXXXXX", text[64], file[64];
    assert_non_null(mkdtemp(folder));
    snprintf(text, sizeof text, "[run]\ndir = %s\n", folder);
    snprintf(file, sizeof file, "%s/stop", folder);
    touch(file);
    gd_config *config = config_of(text);
    gd_halt halt = halt_of(comm, config);
    assert_true(gd_file_exists(file)); /* another run's, perhaps, until the folder is locked */
    assert_int_equal(gd_status_code(gd_halt_clear(&halt)), GD_DONE);
    if (gd_comm_rank(comm) == 0) {
        assert_false(gd_file_exists(file));
    }
    assert_string_equal(reason_of(comm, &halt, 1), "none");
    touch(file);
    halt.file_due = 0;
    const char *reason = reason_of(comm, &halt, 1);
    assert_string_equal(reason, "the file stop in the run directory");

    const gd_progress progress = {.step = 12, .epoch = 1, .epoch_step = 2};
    gd_status status = gd_halt_stopped(&halt, reason, &progress, 10, config);
    assert_int_equal(gd_status_code(status), GD_STOPPED);
    assert_string_equal(gd_status_message(status),
                        "stopped by the file stop in the run directory after step 12 (2 of 10 of "
                        "epoch 2); a checkpoint is written: run the same command again to "
                        "continue");
    gd_status_free(&status);
    if (gd_comm_rank(comm) == 0) {
        assert_false(gd_file_exists(file));
    }
    halt.file_due = 0;
    assert_string_equal(reason_of(comm, &halt, 1), "none");
    unlink(file);
    assert_int_equal(rmdir(folder), 0);
    gd_halt_free(&halt);
    gd_config_free(&config);
}

/* The last of the tests: it is remembered. */
static void a_signal_to_one_rank_stops_them_all(void **state) {
    gd_comm *comm = *state;
    gd_halt halt = {0};
    gd_stop_install();
    gd_halt_begin(&halt);
    assert_string_equal(reason_of(comm, &halt, 1), "none");
    if (gd_comm_rank(comm) == gd_comm_size(comm) - 1) {
        raise(SIGUSR1);
        raise(SIGTERM); /* at the same time: no second signal */
    }
    assert_string_equal(reason_of(comm, &halt, 1), "SIGUSR1");
}

int main(int argc, char **argv) {
    unsetenv("SLURM_JOB_END_TIME");
    gd_comm *comm = mpi_support_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(a_run_without_limits_goes_on, comm),
        cmocka_unit_test_prestate(max_seconds_leave_time_for_a_save, comm),
        cmocka_unit_test_prestate(max_seconds_leave_time_for_the_longest_step, comm),
        cmocka_unit_test_prestate(the_end_of_the_job_leaves_time_for_a_save_and_a_margin, comm),
        cmocka_unit_test_prestate(a_short_job_has_a_short_margin, comm),
        cmocka_unit_test_prestate(an_end_that_cannot_be_right_is_passed_over, comm),
        cmocka_unit_test_prestate(a_file_stops_the_run_once, comm),
        cmocka_unit_test_prestate(a_signal_to_one_rank_stops_them_all, comm),
    };
    return mpi_support_stop(comm, cmocka_run_group_tests(tests, NULL, NULL));
}
