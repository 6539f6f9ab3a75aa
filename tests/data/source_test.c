#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "data_files.h"

static void expect_source(const char *text, const char *file, const char *path, const char *group) {
    gd_source source;
    expect_ok(gd_source_parse(text, file, &source));
    assert_string_equal(source.file, path);
    assert_string_equal(source.group, group);
    gd_source_free(&source);
    assert_null(source.file);
}

static void a_group_is_in_the_given_file(void **state) {
    (void)state;
    expect_source("/train", "data.h5", "data.h5", "/train");
    expect_source("/a/b/c", "dir/data.h5", "dir/data.h5", "/a/b/c");
    expect_source("/", "data.h5", "data.h5", "/");
}

static void another_file_may_be_named(void **state) {
    (void)state;
    expect_source("other.h5:/val", "data.h5", "other.h5", "/val");
    expect_source("/scratch/other.h5:/val", "data.h5", "/scratch/other.h5", "/val");
    expect_source("run-12:30.h5:/val", "data.h5", "run-12:30.h5", "/val");
    expect_source("other.h5:/", "data.h5", "other.h5", "/");
    expect_source("other.h5:/val", "", "other.h5", "/val");
}

static void a_file_alone_is_its_root_group(void **state) {
    (void)state;
    expect_source("other.h5", "data.h5", "other.h5", "/");
    expect_source("../other.h5", NULL, "../other.h5", "/");
    expect_source("/scratch/other.h5", NULL, "/scratch/other.h5", "/");
}

static void slashes_at_the_end_are_dropped(void **state) {
    (void)state;
    expect_source("/train/", "data.h5", "data.h5", "/train");
    expect_source("other.h5:/a/b//", "data.h5", "other.h5", "/a/b");
    expect_source("//", "data.h5", "data.h5", "/");
}

static void what_names_no_data_is_refused(void **state) {
    (void)state;
    gd_source source;
    expect_error(gd_source_parse("", "data.h5", &source), GD_BAD_INPUT, "'' names no data; write");
    expect_error(gd_source_parse(":/val", "data.h5", &source), GD_BAD_INPUT, "':/val' names no");
    expect_error(gd_source_parse("/val", "", &source), GD_BAD_INPUT,
                 "there is no file for group /val; write FILE.h5:/val");
    assert_null(source.file);
    assert_null(source.group);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_group_is_in_the_given_file),
        cmocka_unit_test(another_file_may_be_named),
        cmocka_unit_test(a_file_alone_is_its_root_group),
        cmocka_unit_test(slashes_at_the_end_are_dropped),
        cmocka_unit_test(what_names_no_data_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
