#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "data/data_files.h"
#include "gdmpi/catalogue.h"

static void add_numbers(gd_store *store, const char *name, const gd_shape *shape) {
    static const double zeros[64];
    expect_ok(gd_store_add(store, name, shape, GD_CONTIGUOUS));
    expect_ok(gd_store_write(store, name, 0, shape->dims[0], GD_FLOAT64, zeros));
}

/* The names of the entries, each followed by a space. */
static void expect_entries(const gd_catalogue *catalogue, const char *names) {
    char all[512] = "";
    for (size_t i = 0; i < catalogue->count; i++) {
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s ", catalogue->entry[i].name);
    }
    assert_string_equal(all, names);
}

static void sets_stand_in_the_order_of_their_use(void **state) {
    (void)state;
    static const char *const names[] = {"/x",       "/a/x",     "/a-b/z",   "/test/y", "/test/x",
                                        "/val/w",   "/val/y",   "/train/z", "/val/x",  "/train/a",
                                        "/train/y", "/train/x", "/a/b/x"};
    const gd_shape x = {GD_FLOAT32, 2, {3, 2}}, y = {GD_INT8, 1, {3}};
    gd_store *store;
    gd_catalogue catalogue;
    expect_ok(gd_store_create("order.h5", &store));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const bool is_x = names[i][strlen(names[i]) - 1] == 'x';
        add_numbers(store, names[i], is_x ? &x : &y);
    }
    expect_ok(gd_store_close(&store));
    expect_ok(gd_catalogue_try("order.h5"));
    expect_ok(gd_catalogue_read("order.h5", &catalogue));
    expect_entries(&catalogue, "/train/x /train/y /train/a /train/z /val/x /val/y /val/w /test/x "
                               "/test/y /x /a/x /a-b/z /a/b/x ");
    assert_int_equal(catalogue.sets, 13);
    assert_int_equal(gd_catalogue_group(&catalogue, 0), 4);
    assert_int_equal(gd_catalogue_group(&catalogue, 4), 3);
    assert_int_equal(gd_catalogue_group(&catalogue, 9), 1);
    assert_string_equal(catalogue.entry[9].group, "/");
    assert_string_equal(catalogue.entry[9].member, "x");
    assert_int_equal(catalogue.entry[0].shape.dims[1], 2);
    assert_string_equal(catalogue.entry[0].storage.layout, "contiguous");
    expect_ok(catalogue.trouble);
    gd_catalogue_free(&catalogue);
}

static void of_many_sets_the_first_are_read(void **state) {
    (void)state;
    const gd_shape y = {GD_INT8, 1, {3}};
    gd_store *store;
    gd_catalogue catalogue;
    expect_ok(gd_store_create("many.h5", &store));
    for (int i = 0; i < GD_CATALOGUE_SETS + 3; i++) {
        char name[32];
        snprintf(name, sizeof name, "/a/%c", 'A' + i);
        add_numbers(store, name, &y);
    }
    expect_ok(gd_store_close(&store));
    expect_ok(gd_catalogue_read("many.h5", &catalogue));
    assert_int_equal(catalogue.sets, GD_CATALOGUE_SETS + 3);
    assert_int_equal(catalogue.count, GD_CATALOGUE_SETS);
    gd_catalogue_free(&catalogue);
}

static void attributes_are_printable(void **state) {
    (void)state;
    const gd_shape x = {GD_FLOAT32, 2, {3, 2}};
    gd_store *store;
    gd_catalogue catalogue;
    expect_ok(gd_store_create("names.h5", &store));
    add_numbers(store, "/x", &x);
    expect_ok(gd_store_set_text(store, "/x", "columns", "a\n\033[31mred"));
    expect_ok(gd_store_set_integer(store, "/x", "classes", 5));
    expect_ok(gd_store_set_text(store, "/", "format", "mine"));
    expect_ok(gd_store_close(&store));
    expect_ok(gd_catalogue_read("names.h5", &catalogue));
    assert_string_equal(catalogue.entry[0].columns, "a\n?[31mred");
    assert_null(catalogue.entry[0].classes);
    assert_string_equal(catalogue.format, "mine");
    gd_catalogue_free(&catalogue);
}

/* Reads the file, of which a group must be good for nothing, for a reason with these words. */
static void expect_trouble(const char *words) {
    gd_catalogue catalogue;
    expect_ok(gd_catalogue_read("trouble.h5", &catalogue));
    expect_error(catalogue.trouble, GD_BAD_INPUT, words);
    catalogue.trouble = GD_OK;
    gd_catalogue_free(&catalogue);
}

static void what_training_would_refuse_is_trouble(void **state) {
    (void)state;
    const gd_shape x = {GD_FLOAT32, 2, {3, 2}}, y = {GD_INT8, 1, {2}};
    gd_store *store;
    gd_catalogue catalogue;
    expect_ok(gd_store_create("trouble.h5", &store));
    add_numbers(store, "/val/x", &x);
    expect_ok(gd_store_close(&store));
    expect_ok(gd_catalogue_read("trouble.h5", &catalogue)); /* predict takes it */
    expect_ok(catalogue.trouble);
    gd_catalogue_free(&catalogue);

    expect_ok(gd_store_create("trouble.h5", &store));
    add_numbers(store, "/val/x", &x);
    add_numbers(store, "/val/y", &y);
    expect_ok(gd_store_close(&store));
    expect_trouble("/val/x has 3 rows, but /val/y has 2");

    expect_ok(gd_store_create("trouble.h5", &store));
    add_numbers(store, "/y", &y);
    expect_ok(gd_store_close(&store));
    expect_trouble("no data set /x");
}

static void what_is_no_file_of_hdf5_is_an_error(void **state) {
    (void)state;
    gd_catalogue catalogue;
    expect_error(gd_catalogue_read("absent.h5", &catalogue), GD_BAD_INPUT, "no such file");
    gd_catalogue_free(&catalogue);
    expect_error(gd_catalogue_try("."), GD_BAD_INPUT, "is a folder");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_stand_in_the_order_of_their_use),
        cmocka_unit_test(of_many_sets_the_first_are_read),
        cmocka_unit_test(attributes_are_printable),
        cmocka_unit_test(what_training_would_refuse_is_trouble),
        cmocka_unit_test(what_is_no_file_of_hdf5_is_an_error),
    };
    return cmocka_run_group_tests(tests, folder_enter, folder_leave);
}
