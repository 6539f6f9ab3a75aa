#include <errno.h>
#include <setjmp.h>
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
#include "gdmpi/rundir.h"
#include "gdmpi/text.h"

/* Each test has a run directory of its own, "NAME/deep", made with the folder above it. */
static gd_rundir make(const char *name) {
    gd_rundir rundir;
    char path[64];
    snprintf(path, sizeof path, "%s/deep", name);
    expect_ok(gd_rundir_new(path, &rundir));
    expect_ok(gd_rundir_make(&rundir));
    return rundir;
}

static void put(const char *folder, const char *name) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    expect_ok(gd_file_write(path, "x", 1));
}

static void put_checkpoint(const gd_rundir *rundir, int64_t step) {
    char *path;
    expect_ok(gd_rundir_checkpoint(rundir, step, &path));
    expect_ok(gd_file_write(path, "x", 1));
    gd_memory_free(&path);
}

/* The steps of the checkpoints that are listed, in their order: "1 2 30 ". */
static void expect_steps(const gd_rundir *rundir, const char *steps) {
    gd_folder names;
    gd_text text = {0};
    expect_ok(gd_rundir_list(rundir, &names));
    for (size_t i = 0; i < names.count; i++) {
        gd_text_add(&text, "%lld ", (long long)gd_rundir_step(names.name[i]));
    }
    assert_string_equal(gd_text_bytes(&text), steps);
    gd_text_free(&text);
    gd_folder_free(&names);
}

/* Where a link points; "" if there is none. */
static void expect_link(const gd_rundir *rundir, const char *link, const char *target) {
    char path[256], points[256] = "";
    snprintf(path, sizeof path, "%s/%s", rundir->checkpoints, link);
    ssize_t length = readlink(path, points, sizeof points - 1);
    assert_true(length >= 0 || errno == ENOENT);
    assert_string_equal(points, target);
}

static void the_name_of_a_checkpoint_tells_its_step(void **state) {
    (void)state;
    static const int64_t steps[] = {0,        1,         1234,         12345678,
                                    99999999, 100000000, 123456789012, INT64_MAX};
    gd_rundir rundir = make("names");
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        char *path;
        expect_ok(gd_rundir_checkpoint(&rundir, steps[i], &path));
        assert_true(gd_rundir_step(strrchr(path, '/') + 1) == steps[i]);
        gd_memory_free(&path);
    }
    char *path;
    expect_ok(gd_rundir_checkpoint(&rundir, 1234, &path));
    assert_string_equal(path, "names/deep/checkpoints/step-00001234.h5");
    gd_memory_free(&path);
    expect_ok(gd_rundir_file(&rundir, "model.h5", &path));
    assert_string_equal(path, "names/deep/model.h5");
    gd_memory_free(&path);
    gd_rundir_free(&rundir);
}

static void other_names_are_no_checkpoints(void **state) {
    (void)state;
    static const char *const names[] = {"",
                                        "step-",
                                        "step-.h5",
                                        "step-1.h5",
                                        "step-0000001.h5",
                                        "step-000000001.h5",
                                        "step-00000001.h5.tmp",
                                        "step-00000001.h",
                                        "step-00000001",
                                        "step-0000000x.h5",
                                        "step-00000001 .h5",
                                        "step- 0000001.h5",
                                        "step-+0000001.h5",
                                        "step--0000001.h5",
                                        "step-99999999999999999999.h5",
                                        "step-9223372036854775808.h5",
                                        "Step-00000001.h5",
                                        " step-00000001.h5",
                                        "step-00000001.h5 ",
                                        "step-0x000001.h5",
                                        "step-1e000001.h5",
                                        "latest",
                                        "model.h5"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_equal(gd_rundir_step(names[i]), -1);
    }
}

static void checkpoints_are_listed_by_step(void **state) {
    (void)state;
    static const int64_t steps[] = {100000000, 99999999, 2, 1000000000000, 10, 999999999, 0};
    gd_rundir rundir = make("list");
    expect_steps(&rundir, "");
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        put_checkpoint(&rundir, steps[i]);
    }
    put(rundir.checkpoints, "step-5.h5");
    put(rundir.checkpoints, "step-best of all.h5");
    expect_steps(&rundir, "0 2 10 99999999 100000000 999999999 1000000000000 ");
    gd_rundir_free(&rundir);
    expect_ok(gd_rundir_new("not there", &rundir));
    expect_steps(&rundir, "");
    gd_rundir_free(&rundir);
}

static void pruning_keeps_the_last_and_the_best(void **state) {
    (void)state;
    gd_rundir rundir = make("prune");
    for (int64_t step = 99999996; step < 100000004; step++) {
        put_checkpoint(&rundir, step);
    }
    expect_ok(gd_rundir_prune(&rundir, 100, -1));
    expect_ok(gd_rundir_prune(&rundir, 8, -1));
    expect_steps(&rundir, "99999996 99999997 99999998 99999999 100000000 100000001 100000002 "
                          "100000003 ");
    expect_ok(gd_rundir_prune(&rundir, 6, 99999997));
    expect_steps(&rundir, "99999997 99999998 99999999 100000000 100000001 100000002 100000003 ");
    expect_ok(gd_rundir_prune(&rundir, 3, 100000002));
    expect_steps(&rundir, "100000001 100000002 100000003 ");
    expect_ok(gd_rundir_prune(&rundir, 1, 100000001));
    expect_steps(&rundir, "100000001 100000003 ");
    expect_ok(gd_rundir_prune(&rundir, 1, -1));
    expect_steps(&rundir, "100000003 ");
    gd_rundir_free(&rundir);
}

static void links_are_relative_and_point_at_once(void **state) {
    (void)state;
    gd_rundir rundir = make("links");
    put_checkpoint(&rundir, 7);
    put_checkpoint(&rundir, 8);
    expect_ok(gd_rundir_link(&rundir, "latest", 7));
    expect_ok(gd_rundir_link(&rundir, "best", 7));
    expect_ok(gd_rundir_link(&rundir, "latest", 8));
    expect_link(&rundir, "latest", "step-00000008.h5");
    expect_link(&rundir, "best", "step-00000007.h5");
    expect_names(rundir.checkpoints, "best latest step-00000007.h5 step-00000008.h5 ");

    /* They lead to the same files when the whole directory has moved. */
    assert_int_equal(rename("links/deep", "links/moved"), 0);
    assert_true(gd_file_exists("links/moved/checkpoints/latest"));
    assert_true(gd_file_exists("links/moved/checkpoints/best"));
    expect_error(gd_rundir_link(&rundir, "latest", 9), GD_FAILED,
                 "links/deep/checkpoints/latest: cannot make this link");
    gd_rundir_free(&rundir);
}

static void a_run_goes_back_to_a_step(void **state) {
    (void)state;
    gd_rundir rundir = make("rewind");
    static const int64_t steps[] = {3, 6, 9, 99999999, 100000000};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        put_checkpoint(&rundir, steps[i]);
    }
    put(rundir.path, "model.h5");
    put(rundir.path, "metrics.jsonl");
    expect_ok(gd_rundir_link(&rundir, "latest", 100000000));
    expect_ok(gd_rundir_link(&rundir, "best", 9));

    expect_ok(gd_rundir_rewind(&rundir, 99999999, 3));
    expect_steps(&rundir, "3 6 9 99999999 ");
    expect_link(&rundir, "latest", "step-99999999.h5");
    expect_link(&rundir, "best", "step-00000003.h5");
    expect_names(rundir.path, "checkpoints metrics.jsonl ");

    expect_ok(gd_rundir_rewind(&rundir, 6, 5));
    expect_steps(&rundir, "3 6 ");
    expect_link(&rundir, "latest", "step-00000006.h5");
    expect_link(&rundir, "best", "");

    expect_ok(gd_rundir_rewind(&rundir, 4, 3));
    expect_steps(&rundir, "3 ");
    expect_link(&rundir, "latest", "");
    expect_link(&rundir, "best", "step-00000003.h5");
    gd_rundir_free(&rundir);
}

static void clearing_takes_what_a_run_made_and_nothing_else(void **state) {
    (void)state;
    gd_rundir rundir = make("clear");
    put_checkpoint(&rundir, 1);
    put_checkpoint(&rundir, 100000000);
    expect_ok(gd_rundir_link(&rundir, "latest", 100000000));
    expect_ok(gd_rundir_link(&rundir, "best", 2)); /* dangling */
    put(rundir.checkpoints, "step-by-step.h5");
    put(rundir.checkpoints, "notes");
    put(rundir.path, "config.ini");
    put(rundir.path, "metrics.jsonl");
    put(rundir.path, "model.h5");
    put(rundir.path, "events.out.tfevents.1700000000.gdmpi");
    put(rundir.path, "slurm.out");
    expect_ok(gd_rundir_clear(&rundir));
    expect_names(rundir.path, "checkpoints slurm.out ");
    expect_names(rundir.checkpoints, "notes step-by-step.h5 ");
    expect_ok(gd_rundir_clear(&rundir));
    gd_rundir_free(&rundir);
}

static void a_run_is_removed_whole_but_nothing_else(void **state) {
    (void)state;
    gd_rundir rundir = make("remove");
    put_checkpoint(&rundir, 3);
    put(rundir.path, "metrics.jsonl");
    put(rundir.path, "slurm.out");
    expect_error(gd_rundir_remove(&rundir), GD_FAILED, "remove/deep: cannot be removed");
    expect_names(rundir.path, "slurm.out ");
    assert_int_equal(unlink("remove/deep/slurm.out"), 0);
    gd_rundir_free(&rundir);
    expect_ok(gd_rundir_new("remove/deep", &rundir));
    expect_ok(gd_rundir_make(&rundir));
    expect_ok(gd_rundir_remove(&rundir));
    expect_names("remove", "");
    gd_rundir_free(&rundir);
}

static void a_run_beside_another_is_by_itself(void **state) {
    (void)state;
    gd_rundir rundir, first, second;
    expect_ok(gd_rundir_new("beside/deep", &rundir));
    assert_int_equal(mkdir("beside", 0777), 0);
    expect_ok(gd_rundir_beside(&rundir, ".try-", &first));
    expect_ok(gd_rundir_make(&first));
    assert_ptr_equal(strstr(first.path, "beside/.try-"), first.path);
    expect_ok(gd_rundir_make(&rundir));
    expect_ok(gd_rundir_beside(&rundir, ".try-", &second));
    assert_ptr_equal(strstr(second.path, "beside/deep/checkpoints/.try-"), second.path);
    expect_ok(gd_rundir_remove(&first));
    expect_ok(gd_rundir_remove(&second));
    expect_names("beside", "deep ");
    expect_names(rundir.checkpoints, "");
    gd_rundir_free(&first);
    gd_rundir_free(&second);
    gd_rundir_free(&rundir);
}

static void what_a_killed_run_left_half_written_goes(void **state) {
    (void)state;
    gd_rundir rundir = make("killed");
    put_checkpoint(&rundir, 5);
    put(rundir.path, "config.ini");
    put(rundir.path, "config.ini.tmp");
    put(rundir.path, "model.h5.tmp");
    put(rundir.checkpoints, "step-00000010.h5.tmp");
    put(rundir.checkpoints, "step-100000000.h5.tmp");
    assert_int_equal(symlink("step-00000010.h5", "killed/deep/checkpoints/latest.tmp"), 0);
    assert_int_equal(symlink("step-00000005.h5", "killed/deep/checkpoints/best.tmp"), 0);
    expect_ok(gd_rundir_make(&rundir));
    expect_names(rundir.path, "checkpoints config.ini ");
    expect_names(rundir.checkpoints, "step-00000005.h5 ");
    gd_rundir_free(&rundir);
}

static void what_is_no_folder_cannot_be_a_run_directory(void **state) {
    (void)state;
    gd_rundir rundir;
    put(".", "file");
    expect_ok(gd_rundir_new("file", &rundir));
    expect_error(gd_rundir_make(&rundir), GD_BAD_INPUT, "file is not a folder");
    gd_rundir_free(&rundir);
    expect_ok(gd_rundir_new("file/below", &rundir));
    expect_error(gd_rundir_make(&rundir), GD_BAD_INPUT, "file/below");
    gd_rundir_free(&rundir);
}

static void a_path_into_the_directory_is_known_however_it_is_written(void **state) {
    (void)state;
    gd_rundir rundir;
    char *here = realpath(".", NULL), *absolute;
    assert_non_null(here);
    expect_ok(gd_rundir_new("known/../known", &rundir));
    assert_false(gd_rundir_holds(&rundir, "known/checkpoints/step-00000001.h5"));
    expect_ok(gd_rundir_make(&rundir));
    expect_ok(gd_text_new(&absolute, "%s/known/checkpoints/latest", here));
    assert_true(gd_rundir_holds(&rundir, "known/checkpoints/step-00000001.h5"));
    assert_true(gd_rundir_holds(&rundir, "./known//checkpoints/../checkpoints/a.h5"));
    assert_true(gd_rundir_holds(&rundir, absolute));
    assert_false(gd_rundir_holds(&rundir, "known/model.h5"));
    assert_false(gd_rundir_holds(&rundir, "step-00000001.h5"));
    assert_false(gd_rundir_holds(&rundir, "nowhere/checkpoints/step-00000001.h5"));
    gd_memory_free(&absolute);
    free(here);
    gd_rundir_free(&rundir);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_name_of_a_checkpoint_tells_its_step),
        cmocka_unit_test(other_names_are_no_checkpoints),
        cmocka_unit_test(checkpoints_are_listed_by_step),
        cmocka_unit_test(pruning_keeps_the_last_and_the_best),
        cmocka_unit_test(links_are_relative_and_point_at_once),
        cmocka_unit_test(a_run_goes_back_to_a_step),
        cmocka_unit_test(clearing_takes_what_a_run_made_and_nothing_else),
        cmocka_unit_test(a_run_is_removed_whole_but_nothing_else),
        cmocka_unit_test(a_run_beside_another_is_by_itself),
        cmocka_unit_test(what_a_killed_run_left_half_written_goes),
        cmocka_unit_test(what_is_no_folder_cannot_be_a_run_directory),
        cmocka_unit_test(a_path_into_the_directory_is_known_however_it_is_written),
    };
    return cmocka_run_group_tests(tests, folder_enter, folder_leave);
}
