#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "data_files.h"

static char data_file[] = "data.h5", train_group[] = "/train";
static const gd_source train = {data_file, train_group};
static const gd_target ten_classes = {GD_TARGET_CLASS, 10, 0, 0};
static const gd_target any_value = {GD_TARGET_VALUE, 1, -INFINITY, INFINITY};

static gd_rows with_widths(int64_t x_width, int64_t y_width) {
    return (gd_rows){.x = {GD_FLOAT32, 2, {9, x_width}},
                     .y = {GD_FLOAT32, 2, {9, y_width}},
                     .x_width = x_width,
                     .y_width = y_width};
}

static void shapes_that_fit_the_model_pass(void **state) {
    (void)state;
    gd_rows labels = with_widths(784, 1), values = with_widths(784, 3);
    gd_target three = {GD_TARGET_VALUE, 3, -INFINITY, INFINITY};
    expect_ok(gd_rows_check_shape(&train, &labels, 784, &ten_classes));
    expect_ok(gd_rows_check_shape(&train, &labels, 784, &any_value));
    expect_ok(gd_rows_check_shape(&train, &values, 784, &three));
}

static void shapes_that_do_not_fit_the_model_are_told(void **state) {
    (void)state;
    gd_rows narrow = with_widths(10, 1), wide = with_widths(784, 10);
    expect_error(gd_rows_check_shape(&train, &narrow, 784, &any_value), GD_BAD_INPUT,
                 "data.h5: /train/x is [9, 10]; its rows hold 10 numbers, but the model takes 784 "
                 "inputs");
    expect_error(gd_rows_check_shape(&train, &wide, 784, &ten_classes), GD_BAD_INPUT,
                 "/train/y is [9, 10]; this loss takes one class label a row, [rows]");
    expect_error(gd_rows_check_shape(&train, &wide, 784, &any_value), GD_BAD_INPUT,
                 "/train/y is [9, 10]; the model has 1 output a row, and y needs as many");
}

/* `count` rows of one x and one y each, from row `first` of their role on. */
static gd_rows column(int64_t first, int64_t count, gd_type x_type, void *x, gd_type y_type,
                      void *y) {
    return (gd_rows){.range = {first, count},
                     .x = {x_type, 2, {1000000, 1}},
                     .y = {y_type, 1, {1000000}},
                     .x_width = 1,
                     .y_width = 1,
                     .x_data = x,
                     .y_data = y};
}

enum { COUNT = 3000 }; /* more than is checked at once */

static void every_bad_x_is_found_where_it_is(void **state) {
    (void)state;
    const double bad[] = {NAN, INFINITY, -INFINITY};
    static double x[COUNT];
    static float x32[COUNT];
    static uint8_t y[COUNT];
    gd_split split = {COUNT + 50, 0, 0};
    gd_rows rows = column(50, COUNT, GD_FLOAT64, x, GD_UINT8, y);
    gd_rows rows32 = column(50, COUNT, GD_FLOAT32, x32, GD_UINT8, y);
    expect_ok(gd_rows_check_values(&train, &split, GD_TRAINING, &rows, 1, DBL_MAX, &ten_classes));
    for (int64_t place = 0; place < COUNT; place += 99) {
        char words[64];
        double wrong = bad[place % 3];
        snprintf(words, sizeof words, "data.h5: row %d of /train/x holds %s", (int)place + 50,
                 isnan(wrong) ? "NaN" : "an infinite number");
        x[place] = x32[place] = (float)wrong;
        x[COUNT - 1] = x32[COUNT - 1] = NAN;
        expect_error(
            gd_rows_check_values(&train, &split, GD_TRAINING, &rows, 1, DBL_MAX, &ten_classes),
            GD_BAD_INPUT, words);
        expect_error(
            gd_rows_check_values(&train, &split, GD_TRAINING, &rows32, 0, FLT_MAX, &ten_classes),
            GD_BAD_INPUT, words);
        x[place] = x32[place] = x[COUNT - 1] = x32[COUNT - 1] = 0;
    }
}

static void the_row_is_told_as_it_stands_in_the_file(void **state) {
    (void)state;
    gd_split split = {1000, 400, 3};
    float x[5 * 4] = {0};
    uint8_t y[5] = {0};
    for (int role = GD_TRAINING; role <= GD_VALIDATION; role++) {
        char words[64];
        gd_rows rows = column(300, 5, GD_FLOAT32, x, GD_UINT8, y);
        rows.x_width = 4;
        snprintf(words, sizeof words, "row %d of /train/x holds NaN",
                 (int)gd_split_row(&split, (gd_role)role, 302));
        x[2 * 4 + 3] = NAN;
        expect_error(
            gd_rows_check_values(&train, &split, (gd_role)role, &rows, 1, FLT_MAX, &ten_classes),
            GD_BAD_INPUT, words);
    }
}

/* In all columns but 1. */
static void a_category_is_whole_and_in_range(void **state) {
    (void)state;
    static const double bad[] = {3, -1, 0.5, 2.0000001, 1e300};
    static const char *const told[] = {"3", "-1", "0.5", "2.0000001", "1e+300"};
    static const gd_categories categories[] = {{{0, 1}, 3}, {{2, 2}, 3}, {{0, 0}, 0}};
    gd_split split = {1000, 400, 3};
    double x[5 * 4] = {0, -7.5, 2, 1, 2, 1e9, -0.0, 0};
    uint8_t y[5] = {0};
    gd_rows rows = column(300, 5, GD_FLOAT64, x, GD_UINT8, y);
    rows.x_width = 4;
    rows.categories = categories;
    expect_ok(gd_rows_check_values(&train, &split, GD_VALIDATION, &rows, 1, DBL_MAX, &ten_classes));
    for (int i = 0; i < 5; i++) {
        char words[128];
        const int place = 4 * i + (i % 2 == 0 ? 0 : 3);
        snprintf(words, sizeof words,
                 "data.h5: row %d of /train/x holds %s in column %d; an embedding of size 3 takes "
                 "whole numbers from 0 to 2",
                 (int)gd_split_row(&split, GD_VALIDATION, 300 + i), told[i], place % 4);
        const double good = x[place];
        x[place] = bad[i];
        expect_error(
            gd_rows_check_values(&train, &split, GD_VALIDATION, &rows, 1, DBL_MAX, &ten_classes),
            GD_BAD_INPUT, words);
        x[place] = good;
    }
}

static gd_status check_x(gd_type type, void *x, double scale, double largest) {
    uint8_t y = 0;
    gd_split split = {1, 0, 0};
    gd_rows rows = column(0, 1, type, x, GD_UINT8, &y);
    return gd_rows_check_values(&train, &split, GD_TRAINING, &rows, scale, largest, &ten_classes);
}

static void an_x_beyond_the_precision_is_refused(void **state) {
    (void)state;
    double large = 1e300, most = DBL_MAX, fits = FLT_MAX;
    float almost = 2e38f;
    uint64_t whole = UINT64_MAX;
    int8_t negative = -100;
    expect_ok(check_x(GD_FLOAT64, &most, 1, DBL_MAX));
    expect_ok(check_x(GD_FLOAT64, &fits, -1, FLT_MAX));
    expect_ok(check_x(GD_FLOAT32, &almost, 1, FLT_MAX));
    expect_ok(check_x(GD_UINT64, &whole, 1e-3, FLT_MAX));
    expect_error(check_x(GD_FLOAT64, &large, 1, FLT_MAX), GD_BAD_INPUT,
                 "row 0 of /train/x holds 1e+300; with scale 1 that is beyond 3.40282e+38, the "
                 "largest number of this precision");
    expect_error(check_x(GD_FLOAT64, &large, 1e-290, FLT_MAX), GD_BAD_INPUT, "beyond 3.40282e+38");
    expect_error(check_x(GD_FLOAT64, &most, -2, DBL_MAX), GD_BAD_INPUT, "scale -2");
    expect_error(check_x(GD_FLOAT32, &almost, 2, FLT_MAX), GD_BAD_INPUT, "with scale 2");
    expect_error(check_x(GD_UINT64, &whole, 1e30, FLT_MAX), GD_BAD_INPUT, "holds 1.84467e+19");
    expect_error(check_x(GD_INT8, &negative, 1e37, FLT_MAX), GD_BAD_INPUT, "holds -100");
}

static gd_status check_y(gd_type type, void *y, int64_t count, const gd_target *target) {
    float x[COUNT] = {0};
    gd_split split = {COUNT, 0, 0};
    gd_rows rows = column(0, count, GD_FLOAT32, x, type, y);
    return gd_rows_check_values(&train, &split, GD_TRAINING, &rows, 1, FLT_MAX, target);
}

static void labels_are_whole_numbers_below_the_outputs(void **state) {
    (void)state;
    uint8_t bytes[18] = {0, 9, 5, [17] = 12};
    double doubles[] = {0, 9, -0.0, 2.5}, nan = NAN;
    int64_t whole[] = {9, 0, -1, INT64_MAX};
    expect_ok(check_y(GD_UINT8, bytes, 17, &ten_classes));
    expect_ok(check_y(GD_FLOAT64, doubles, 3, &ten_classes));
    expect_ok(check_y(GD_INT64, whole, 2, &ten_classes));
    expect_error(check_y(GD_UINT8, bytes, 18, &ten_classes), GD_BAD_INPUT,
                 "data.h5: row 17 of /train/y is 12: with 10 outputs, labels are 0 to 9");
    expect_error(check_y(GD_FLOAT64, doubles, 4, &ten_classes), GD_BAD_INPUT,
                 "row 3 of /train/y is 2.5: with 10 outputs, labels are whole numbers from 0 to 9");
    expect_error(check_y(GD_INT64, whole, 4, &ten_classes), GD_BAD_INPUT,
                 "row 2 of /train/y is -1: with 10 outputs");
    expect_error(check_y(GD_FLOAT64, &nan, 1, &ten_classes), GD_BAD_INPUT,
                 "row 0 of /train/y holds NaN; every number must be finite");
}

static void weights_are_finite_and_not_negative(void **state) {
    (void)state;
    uint8_t y[5] = {0};
    double good[] = {0, -0.0, 1e300, 5e-324, 2}, bad[] = {1, -0.5, NAN, 0, 0};
    gd_split split = {1000, 0, 0};
    gd_rows rows = column(7, 5, GD_UINT8, y, GD_UINT8, y);
    rows.weights = good;
    expect_ok(gd_rows_check_values(&train, &split, GD_TRAINING, &rows, 1, DBL_MAX, &ten_classes));
    rows.weights = bad;
    expect_error(gd_rows_check_values(&train, &split, GD_TRAINING, &rows, 1, DBL_MAX, &ten_classes),
                 GD_BAD_INPUT, "data.h5: row 8 of /train/w is -0.5; a weight is at least 0");
    bad[1] = 1;
    expect_error(gd_rows_check_values(&train, &split, GD_TRAINING, &rows, 1, DBL_MAX, &ten_classes),
                 GD_BAD_INPUT, "row 9 of /train/w holds NaN; every number must be finite");
}

static void labels_of_one_output_are_0_and_1(void **state) {
    (void)state;
    const gd_target one_output = {GD_TARGET_CLASS, 1, 0, 0};
    uint8_t bytes[] = {0, 1, 1, 2};
    expect_ok(check_y(GD_UINT8, bytes, 3, &one_output));
    expect_error(check_y(GD_UINT8, bytes, 4, &one_output), GD_BAD_INPUT,
                 "row 3 of /train/y is 2: with 1 output, labels are 0 to 1");
}

static void labels_of_every_type_are_checked(void **state) {
    (void)state;
    int8_t i8[] = {9, 10};
    uint8_t u8[] = {9, 10};
    int16_t i16[] = {9, 10};
    uint16_t u16[] = {9, 10};
    int32_t i32[] = {9, 10};
    uint32_t u32[] = {9, 10};
    int64_t i64[] = {9, 10};
    uint64_t u64[] = {9, 10};
    float f32[] = {9, 10};
    double f64[] = {9, 10};
    void *const labels[] = {
        [GD_INT8] = i8,     [GD_UINT8] = u8,   [GD_INT16] = i16, [GD_UINT16] = u16,
        [GD_INT32] = i32,   [GD_UINT32] = u32, [GD_INT64] = i64, [GD_UINT64] = u64,
        [GD_FLOAT32] = f32, [GD_FLOAT64] = f64};
    for (int type = GD_INT8; type <= GD_FLOAT64; type++) {
        expect_ok(check_y((gd_type)type, labels[type], 1, &ten_classes));
        expect_error(check_y((gd_type)type, labels[type], 2, &ten_classes), GD_BAD_INPUT,
                     "row 1 of /train/y is 10");
    }
}

static void values_are_finite_and_within_what_the_loss_takes(void **state) {
    (void)state;
    const gd_target binary = {GD_TARGET_VALUE, 1, 0, 1};
    float numbers[] = {0, 1, 0.5f, 1.5f, NAN};
    double large = 1e39, infinite = INFINITY;
    uint8_t bytes[] = {0, 1, 2};
    expect_ok(check_y(GD_FLOAT32, numbers, 3, &binary));
    expect_ok(check_y(GD_FLOAT32, numbers, 4, &any_value));
    expect_ok(check_y(GD_UINT8, bytes, 3, &any_value));
    expect_error(check_y(GD_FLOAT32, numbers, 4, &binary), GD_BAD_INPUT,
                 "data.h5: row 3 of /train/y holds 1.5; this loss takes numbers from 0 to 1");
    expect_error(check_y(GD_UINT8, bytes, 3, &binary), GD_BAD_INPUT, "row 2 of /train/y holds 2");
    expect_error(check_y(GD_FLOAT32, numbers, 5, &any_value), GD_BAD_INPUT,
                 "row 4 of /train/y holds NaN");
    expect_error(check_y(GD_FLOAT64, &infinite, 1, &any_value), GD_BAD_INPUT,
                 "row 0 of /train/y holds an infinite number");
    expect_error(check_y(GD_FLOAT64, &large, 1, &any_value), GD_BAD_INPUT,
                 "holds 1e+39; this loss takes numbers from -3.40282e+38 to 3.40282e+38");
}

static void no_rows_have_no_bad_values(void **state) {
    (void)state;
    expect_ok(check_y(GD_FLOAT32, NULL, 0, &ten_classes));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_that_fit_the_model_pass),
        cmocka_unit_test(shapes_that_do_not_fit_the_model_are_told),
        cmocka_unit_test(every_bad_x_is_found_where_it_is),
        cmocka_unit_test(the_row_is_told_as_it_stands_in_the_file),
        cmocka_unit_test(a_category_is_whole_and_in_range),
        cmocka_unit_test(an_x_beyond_the_precision_is_refused),
        cmocka_unit_test(labels_are_whole_numbers_below_the_outputs),
        cmocka_unit_test(weights_are_finite_and_not_negative),
        cmocka_unit_test(labels_of_one_output_are_0_and_1),
        cmocka_unit_test(labels_of_every_type_are_checked),
        cmocka_unit_test(values_are_finite_and_within_what_the_loss_takes),
        cmocka_unit_test(no_rows_have_no_bad_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
