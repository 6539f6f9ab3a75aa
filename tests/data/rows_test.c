#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "data_files.h"
#include "gdmpi/memory.h"
#include "gdmpi/store.h"

static char data_file[] = "data.h5", train_group[] = "/train", root_group[] = "/";
static const gd_source train = {data_file, train_group};

enum { ROWS = 50, WIDTH = 3 };

/* Row i has x = {3i, 3i + 1, 3i + 2} and y = i. */
static void write_counted(const char *group) {
    int16_t x[ROWS * WIDTH];
    double y[ROWS];
    for (int i = 0; i < ROWS * WIDTH; i++) {
        x[i] = (int16_t)i;
    }
    for (int i = 0; i < ROWS; i++) {
        y[i] = i;
    }
    data_group one = {group, ROWS, WIDTH, 0, GD_INT16, GD_FLOAT64, x, y, y};
    expect_ok(data_file_write(data_file, 1, &one));
}

/* Loads a range of a role, and checks that its rows are those of the file. */
static void expect_loaded(const gd_source *source, const gd_split *split, gd_role role,
                          gd_range range) {
    gd_rows rows;
    expect_ok(gd_rows_describe(source, &rows));
    expect_ok(gd_rows_load(source, split, role, range, &rows));
    assert_true(rows.range.first == range.first && rows.range.count == range.count);
    assert_true(rows.x_data != NULL && rows.y_data != NULL);
    for (int64_t i = 0; i < range.count; i++) {
        int64_t row = gd_split_row(split, role, range.first + i);
        assert_true(gd_type_get(rows.y.type, rows.y_data, i) == (double)row);
        assert_true(rows.weights[i] == (double)row);
        for (int64_t j = 0; j < WIDTH; j++) {
            assert_true(gd_type_get(rows.x.type, rows.x_data, WIDTH * i + j) ==
                        (double)(WIDTH * row + j));
        }
    }
    gd_rows_free(&rows);
    assert_null(rows.x_data);
}

static void every_range_of_a_group_is_loaded(void **state) {
    (void)state;
    gd_split split = {ROWS, 0, 0};
    write_counted("/train");
    for (int64_t first = 0; first <= ROWS; first += 7) {
        for (int64_t count = 0; first + count <= ROWS; count += 5) {
            expect_loaded(&train, &split, GD_TRAINING, (gd_range){first, count});
            expect_loaded(&train, &split, GD_VALIDATION, (gd_range){first, count});
        }
    }
}

static void every_range_of_a_split_is_loaded(void **state) {
    (void)state;
    write_counted("/train");
    const int64_t held[] = {1, 2, 10, 25, 45, 49};
    for (size_t i = 0; i < sizeof held / sizeof *held; i++) {
        gd_split split = {ROWS, held[i], i};
        for (int role = GD_TRAINING; role <= GD_VALIDATION; role++) {
            int64_t count = gd_split_count(&split, (gd_role)role);
            for (int64_t first = 0; first <= count; first += 3) {
                expect_loaded(&train, &split, (gd_role)role, (gd_range){first, 0});
                expect_loaded(&train, &split, (gd_role)role, (gd_range){first, count - first});
                expect_loaded(&train, &split, (gd_role)role,
                              (gd_range){first, (count - first) / 2});
            }
        }
    }
}

static void the_root_group_may_hold_the_data(void **state) {
    (void)state;
    gd_split split = {ROWS, 5, 3};
    gd_source root = {data_file, root_group};
    write_counted("/");
    expect_loaded(&root, &split, GD_TRAINING, (gd_range){0, 45});
}

static void held_out_rows_are_picked_from_large_files_piece_by_piece(void **state) {
    (void)state;
    enum { LARGE_ROWS = 12, LARGE_WIDTH = 5 << 20 };
    gd_store *store;
    uint8_t *row;
    gd_rows rows;
    gd_shape x = {GD_UINT8, 2, {LARGE_ROWS, LARGE_WIDTH}}, y = {GD_UINT8, 1, {LARGE_ROWS}};
    expect_ok(gd_memory_new(&row, LARGE_WIDTH, 1, "a row"));
    expect_ok(gd_store_create(data_file, &store));
    expect_ok(gd_store_add(store, "/train/x", &x, GD_CONTIGUOUS));
    expect_ok(gd_store_add(store, "/train/y", &y, GD_CONTIGUOUS));
    for (uint8_t i = 0; i < LARGE_ROWS; i++) {
        memset(row, i, LARGE_WIDTH);
        expect_ok(gd_store_write(store, "/train/x", i, 1, GD_UINT8, row));
        expect_ok(gd_store_write(store, "/train/y", i, 1, GD_UINT8, row));
    }
    expect_ok(gd_store_close(&store));
    gd_memory_free(&row);
    for (int64_t held = 3; held <= 9; held += 3) { /* some of them several to a piece of 3 rows */
        gd_split split = {LARGE_ROWS, held, 1};
        expect_ok(gd_rows_describe(&train, &rows));
        expect_ok(gd_rows_load(&train, &split, GD_VALIDATION, (gd_range){0, held}, &rows));
        for (int64_t i = 0; i < held; i++) {
            const uint8_t *loaded = (const uint8_t *)rows.x_data + i * LARGE_WIDTH;
            int64_t wanted = gd_split_row(&split, GD_VALIDATION, i);
            assert_int_equal(((const uint8_t *)rows.y_data)[i], wanted);
            assert_int_equal(loaded[0], wanted);
            assert_memory_equal(loaded, loaded + 1, LARGE_WIDTH - 1);
        }
        gd_rows_free(&rows);
    }
}

static gd_status add_zeros(gd_store *store, const char *name, const gd_shape *shape) {
    static const double zeros[64];
    gd_status status = gd_store_add(store, name, shape, GD_CONTIGUOUS);
    return status == GD_OK ? gd_store_write(store, name, 0, shape->rank == 0 ? 1 : shape->dims[0],
                                            shape->type, zeros)
                           : status;
}

static void a_description_tells_shapes_and_loads_nothing(void **state) {
    (void)state;
    gd_rows rows;
    gd_store *store;
    gd_shape x = {GD_UINT8, 4, {6, 2, 3, 4}}, y = {GD_FLOAT32, 2, {6, 2}};
    expect_ok(gd_store_create(data_file, &store));
    expect_ok(add_zeros(store, "/train/x", &x));
    expect_ok(add_zeros(store, "/train/y", &y));
    expect_ok(gd_store_close(&store));
    expect_ok(gd_rows_describe(&train, &rows));
    assert_true(rows.x_width == 24 && rows.y_width == 2);
    assert_true(rows.x.type == GD_UINT8 && rows.y.type == GD_FLOAT32);
    assert_null(rows.x_data);
    gd_rows_free(&rows);
}

/* The message about a group /train with data sets of these shapes. */
static void expect_described(const gd_shape *x, const gd_shape *y, const char *words) {
    gd_rows rows;
    gd_store *store;
    expect_ok(gd_store_create(data_file, &store));
    expect_ok(gd_store_group(store, "/train"));
    if (x != NULL) {
        expect_ok(add_zeros(store, "/train/x", x));
    }
    if (y != NULL) {
        expect_ok(add_zeros(store, "/train/y", y));
    }
    expect_ok(gd_store_close(&store));
    expect_error(gd_rows_describe(&train, &rows), GD_BAD_INPUT, words);
}

static void a_group_that_does_not_fit_is_described(void **state) {
    (void)state;
    const gd_shape scalar = {GD_UINT8, 0, {0}}, list = {GD_UINT8, 1, {9}};
    const gd_shape table = {GD_UINT8, 2, {9, 4}}, longer = {GD_UINT8, 1, {10}};
    const gd_shape no_rows = {GD_UINT8, 2, {0, 4}}, nothing = {GD_UINT8, 1, {0}};
    const gd_shape narrow = {GD_UINT8, 2, {9, 0}};
    expect_described(
        NULL, NULL,
        "data.h5: no data set /train/x; /train is empty; a group of data holds x and y");
    expect_described(
        &table, NULL,
        "data.h5: no data set /train/y; /train holds x; a group of data holds x and y");
    expect_described(&scalar, &list,
                     "data.h5: /train/x is a single number; x needs [rows, features]");
    expect_described(&list, &list, "data.h5: /train/x is [9]; x needs [rows, features]");
    expect_described(&table, &scalar, "/train/y is a single number; y needs [rows]");
    expect_described(
        &table, &longer,
        "data.h5: /train/x has 9 rows, but /train/y has 10; x and y need the same rows");
    expect_described(&no_rows, &nothing, "/train/x is [0, 4]; at least one row");
    expect_described(&narrow, &list, "/train/x is [9, 0]; at least one row and one feature");
    expect_described(&table, &narrow, "/train/y is [9, 0]; at least one number a row");
}

static void a_missing_file_or_group_is_named(void **state) {
    (void)state;
    gd_rows rows;
    char missing[] = "missing.h5", test_group[] = "/test";
    gd_source no_file = {missing, train_group}, no_group = {data_file, test_group};
    write_counted("/train");
    expect_error(gd_rows_describe(&no_file, &rows), GD_BAD_INPUT, "missing.h5: no such file");
    expect_error(gd_rows_describe(&no_group, &rows), GD_BAD_INPUT,
                 "data.h5: no data set /test/x; / holds train; a group of data holds x and y");
}

static void a_data_set_in_place_of_a_group_is_told(void **state) {
    (void)state;
    static char set[] = "/train/x", below[] = "/train/x/deep/down";
    const gd_source sources[] = {{data_file, set}, {data_file, below}};
    gd_rows rows;
    write_counted("/train");
    expect_error(gd_rows_describe(&sources[0], &rows), GD_BAD_INPUT,
                 "data.h5: /train/x is a data set; a group that holds x and y is needed");
    expect_error(gd_rows_describe(&sources[1], &rows), GD_BAD_INPUT,
                 "data.h5: /train/x is a data set; a group is needed");
}

static void a_file_that_changes_in_between_is_not_loaded(void **state) {
    (void)state;
    float numbers[8] = {0};
    gd_rows rows;
    gd_split split = {ROWS, 0, 0};
    data_group other = {"/train", 2, 4, 0, GD_FLOAT32, GD_FLOAT32, numbers, numbers, NULL};
    write_counted("/train");
    expect_ok(gd_rows_describe(&train, &rows));
    expect_ok(data_file_write(data_file, 1, &other));
    expect_error(gd_rows_load(&train, &split, GD_TRAINING, (gd_range){0, 2}, &rows), GD_BAD_INPUT,
                 "data.h5: /train/x is [2, 4]; it has changed since it was looked at");
    assert_null(rows.x_data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_range_of_a_group_is_loaded),
        cmocka_unit_test(every_range_of_a_split_is_loaded),
        cmocka_unit_test(the_root_group_may_hold_the_data),
        cmocka_unit_test(held_out_rows_are_picked_from_large_files_piece_by_piece),
        cmocka_unit_test(a_description_tells_shapes_and_loads_nothing),
        cmocka_unit_test(a_group_that_does_not_fit_is_described),
        cmocka_unit_test(a_missing_file_or_group_is_named),
        cmocka_unit_test(a_data_set_in_place_of_a_group_is_told),
        cmocka_unit_test(a_file_that_changes_in_between_is_not_loaded),
    };
    return cmocka_run_group_tests(tests, folder_enter, folder_leave);
}
