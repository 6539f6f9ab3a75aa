#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "data_files.h"
#include "gdmpi/memory.h"
#include "gdmpi/store.h"

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

static void a_group_without_its_slash_is_told(void **state) {
    (void)state;
    gd_source source;
    gd_store *store;
    expect_source("there.h5:train", "data.h5", "there.h5:train", "/");
    expect_ok(gd_store_create("there.h5", &store));
    expect_ok(gd_store_close(&store));
    expect_error(gd_source_parse("there.h5:train", NULL, &source), GD_BAD_INPUT,
                 "there.h5:train: no such file; a group is written there.h5:/train");
    expect_ok(gd_store_create("there.h5:train", &store));
    expect_ok(gd_store_close(&store));
    expect_source("there.h5:train", NULL, "there.h5:train", "/");
}

static void expect_classes(const char *group, const char *wanted) {
    const gd_source source = {"names.h5", (char *)group};
    char *classes;
    expect_ok(gd_source_classes(&source, &classes));
    assert_int_equal(classes == NULL, wanted == NULL);
    if (wanted != NULL) {
        assert_string_equal(classes, wanted);
    }
    gd_memory_free(&classes);
}

static void classes_have_the_names_of_the_file(void **state) {
    (void)state;
    static const char *const sets[] = {"/y", "/none/y", "/number/y"};
    const gd_shape shape = {.type = GD_INT8, .rank = 1, .dims = {1}};
    gd_store *store;
    expect_ok(gd_store_create("names.h5", &store));
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        expect_ok(gd_store_add(store, sets[i], &shape, GD_CONTIGUOUS));
    }
    expect_ok(gd_store_set_lines(store, "/y", "classes", "no\ny\xe9\x1bs"));
    expect_ok(gd_store_set_integer(store, "/number/y", "classes", 2));
    expect_ok(gd_store_close(&store));
    expect_classes("/", "no\ny??s");
    expect_classes("/none", NULL);
    expect_classes("/number", NULL);
    expect_classes("/absent", NULL);
}

/* The data may move between two parts of a run, for their digest is compared; what is made of them
 * may not change. */
static void a_run_continues_with_the_same_data_elsewhere(void **state) {
    (void)state;
    static const gd_settings *const tables[] = {&gd_data_settings, NULL};
    static const struct {
        const char *key, *value;
        gd_code code;
    } cases[] = {
        {"file", "b.h5", GD_DONE},         {"train", "/other", GD_DONE},
        {"val", "/other", GD_DONE},        {"val_fraction", "0.5", GD_BAD_INPUT},
        {"shuffle", "none", GD_BAD_INPUT}, {"scale", "2", GD_BAD_INPUT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gd_config *old, *new;
        const char *text = "[data]\nfile = a.h5\n";
        expect_ok(gd_config_parse("t.ini", text, 0, NULL, tables, &old));
        expect_ok(gd_config_parse("t.ini", text, 0, NULL, tables, &new));
        expect_ok(gd_config_replace(new, "data", cases[i].key, cases[i].value));
        gd_status status = gd_config_compare(new, old);
        assert_int_equal(gd_status_code(status), cases[i].code);
        gd_status_free(&status);
        gd_config_free(&old);
        gd_config_free(&new);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_group_is_in_the_given_file),
        cmocka_unit_test(another_file_may_be_named),
        cmocka_unit_test(a_file_alone_is_its_root_group),
        cmocka_unit_test(slashes_at_the_end_are_dropped),
        cmocka_unit_test(what_names_no_data_is_refused),
        cmocka_unit_test(a_group_without_its_slash_is_told),
        cmocka_unit_test(classes_have_the_names_of_the_file),
        cmocka_unit_test(a_run_continues_with_the_same_data_elsewhere),
    };
    gd_store_start();
    return cmocka_run_group_tests(tests, folder_enter, folder_leave);
}
