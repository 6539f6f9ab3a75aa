#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "data_files.h"
#include "gdmpi/normalize.h"
#include "reference/deviation.h"

enum { ROWS = 701, WIDTH = 6 };

/* As in tests/reference/normalize.py. */
static void fill(double *x) {
    for (int64_t i = 0; i < ROWS; i++) {
        double *row = x + i * WIDTH;
        for (int64_t j = 0; j < WIDTH; j++) {
            row[j] = (double)((i * 7919 + j * 104729) % 1009) / 1009.0;
        }
        row[1] = 1e6 + row[1];
        row[2] = 1e6 + 1e-3 * row[2];
        row[3] = 0.1;
        row[4] = -1e-9 * row[4];
        row[5] = 1e9 * row[5] - 1e8;
    }
}

/* Of all rows, in `parts` of them. */
static gd_status normalize(const char *kind, double *x, int64_t parts, gd_normalizer *normalizer) {
    const gd_rows rows = {
        .range = {100, ROWS}, .x = {GD_FLOAT64, 2, {1000, WIDTH}}, .x_width = WIDTH, .x_data = x};
    const gd_source source = {.file = (char[]){"data.h5"}, .group = (char[]){"/train"}};
    gd_moments all, moments;
    expect_ok(gd_moments_new(WIDTH, &all));
    expect_ok(gd_normalizer_new(kind, WIDTH, normalizer));
    for (int64_t i = 0; i < parts; i++) {
        gd_range part = gd_range_part(ROWS, parts, i);
        part.first += rows.range.first;
        expect_ok(gd_moments_new(WIDTH, &moments));
        expect_ok(gd_moments_add(&rows, part, x, &moments));
        assert_int_equal(moments.rows, part.count);
        gd_moments_merge(&moments, &all);
        gd_moments_free(&moments);
    }
    assert_int_equal(all.rows, ROWS);
    gd_status status = gd_normalizer_set(&source, &all, x, normalizer);
    gd_moments_free(&all);
    return status;
}

/* A line of tests/reference/normalize.txt. */
static void check_line(const char *line) {
    double x[ROWS * WIDTH], shift, factor, worst = 0;
    char kind[16], name[32];
    int feature;
    fill(x);
    assert_int_equal(sscanf(line, "%15s %d %lf %lf", kind, &feature, &shift, &factor), 4);
    for (int64_t parts = 1; parts <= 5; parts += 2) {
        gd_normalizer normalizer;
        expect_ok(normalize(kind, x, parts, &normalizer));
        worst = fmax(worst, relative_deviation(normalizer.shift[feature], shift));
        worst = fmax(worst, relative_deviation(normalizer.factor[feature], factor));
        gd_normalizer_free(&normalizer);
    }
    snprintf(name, sizeof name, "%s, feature %d", kind, feature);
    expect_deviation("normalization", name, "scikit-learn's scalers", worst, 1e-12);
}

static void features_are_normalized_as_by_scikit_learn(void **state) {
    (void)state;
    char path[4096], line[256];
    int lines = 0;
    snprintf(path, sizeof path, "%s/tests/reference/normalize.txt", getenv("srcdir"));
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    for (; fgets(line, sizeof line, file) != NULL; lines++) {
        check_line(line);
    }
    fclose(file);
    assert_int_equal(lines, 2 * WIDTH);
}

static void a_feature_that_is_the_same_in_all_rows_keeps_its_size(void **state) {
    (void)state;
    double x[ROWS * WIDTH];
    gd_normalizer standard, ends;
    fill(x);
    expect_ok(normalize("standardize", x, 3, &standard));
    expect_ok(normalize("minmax", x, 3, &ends));
    assert_true(standard.factor[3] == 1 && ends.factor[3] == 1);
    assert_true(standard.shift[3] == 0.1 && ends.shift[3] == 0.1);
    assert_true(gd_normalizer_same(&standard, &standard));
    assert_false(gd_normalizer_same(&standard, &ends));
    gd_normalizer_free(&standard);
    gd_normalizer_free(&ends);
}

static void a_spread_that_numbers_cannot_hold_is_refused(void **state) {
    (void)state;
    static const double far[] = {1.7e308, 5e-324};
    double x[ROWS * WIDTH];
    gd_normalizer normalizer;
    for (int i = 0; i < 2; i++) {
        memset(x, 0, sizeof x);
        x[2 * WIDTH + 4] = far[i];
        x[3 * WIDTH + 4] = -far[i];
        expect_error(normalize("minmax", x, 2, &normalizer), GD_BAD_INPUT,
                     "data.h5: feature 4 of /train/x cannot be normalized");
        gd_normalizer_free(&normalizer);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(features_are_normalized_as_by_scikit_learn),
        cmocka_unit_test(a_feature_that_is_the_same_in_all_rows_keeps_its_size),
        cmocka_unit_test(a_spread_that_numbers_cannot_hold_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
