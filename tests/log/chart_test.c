#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "data/data_files.h"
#include "gdmpi/chart.h"

enum { POINTS = 200, COLUMNS = 80, LINES = 17, CURVE = 15 };

/* The lines of a chart. */
typedef struct drawing {
    int lines;
    char line[32][COLUMNS + 1];
} drawing;

static drawing draw(const gd_chart *chart) {
    gd_text out = {0};
    drawing drawing = {0};
    gd_chart_draw(chart, &out);
    expect_ok(gd_text_status(&out));
    for (const char *at = gd_text_bytes(&out); *at != '\0'; at += strcspn(at, "\n") + 1) {
        const size_t length = strcspn(at, "\n");
        assert_int_equal(at[length], '\n');
        assert_true(length <= COLUMNS && drawing.lines < 32);
        memcpy(drawing.line[drawing.lines++], at, length);
    }
    gd_text_free(&out);
    assert_int_equal(drawing.lines, LINES);
    return drawing;
}

/* The row that the curve has in a column, counted behind the axis; -1: none, or several. */
static int row_in(const drawing *drawing, int column) {
    int found = -1;
    for (int row = 0; row < CURVE; row++) {
        const char *axis = strchr(drawing->line[row], '|');
        assert_non_null(axis);
        if ((int)strlen(axis) > 1 + column && axis[1 + column] == '*') {
            if (found >= 0) {
                return -1;
            }
            found = row;
        }
    }
    return found;
}

static void fill(double y[POINTS], double first, double last) {
    for (int i = 0; i < POINTS; i++) {
        y[i] = first + (last - first) * i / (POINTS - 1);
    }
}

static void a_straight_line_goes_from_corner_to_corner(void **state) {
    (void)state;
    double y[POINTS];
    fill(y, 3, 1);
    const gd_chart chart = {.count = POINTS, .y = y, .first = 1e-7, .last = 10, .top = 3};
    const drawing drawing = draw(&chart);
    assert_int_equal(row_in(&drawing, 0), 0);
    assert_int_equal(row_in(&drawing, 32), 7);
    assert_int_equal(row_in(&drawing, 64), 14);
    for (int column = 1; column < 65; column++) {
        assert_true(row_in(&drawing, column) >= row_in(&drawing, column - 1));
    }
    assert_non_null(strstr(drawing.line[0], "3 |"));
    assert_non_null(strstr(drawing.line[7], "2 |"));
    assert_non_null(strstr(drawing.line[14], "1 |"));
}

static void what_is_beyond_the_top_is_at_the_upper_edge(void **state) {
    (void)state;
    double y[POINTS];
    fill(y, 0, 2e300);
    y[0] = 0;
    const gd_chart chart = {.count = POINTS, .y = y, .first = 1, .last = 2, .top = 1};
    const drawing drawing = draw(&chart);
    assert_int_equal(row_in(&drawing, 0), 14);
    for (int column = 1; column < 65; column++) {
        assert_int_equal(row_in(&drawing, column), 0);
    }
}

static void labels_and_mark_stand_at_their_places(void **state) {
    (void)state;
    double y[POINTS];
    fill(y, 2, 1);
    const gd_chart chart = {
        .count = POINTS, .y = y, .first = 1e-7, .last = 10, .top = 2, .mark = 0.001};
    const drawing drawing = draw(&chart);
    const char *axis = drawing.line[15], *labels = drawing.line[16];
    const char *marked = strchr(axis, '^'), *label = strstr(labels, "0.001");
    assert_true(marked != NULL && marked - axis == 11 + 32);
    assert_true(label != NULL && label - labels == 11 + 32 - 2);
    assert_non_null(strstr(labels, "1e-07"));
    assert_non_null(strstr(labels, "1e-05"));
    assert_non_null(strstr(labels, "0.1"));
    assert_non_null(strstr(labels, "10"));
}

/* A mark beside the curve is at its edge; without a mark there is none. */
static void a_mark_beside_the_curve_is_at_its_edge(void **state) {
    (void)state;
    double y[2] = {2, 1};
    gd_chart chart = {.count = 2, .y = y, .first = 1, .last = 10, .top = 2, .mark = 0.1};
    drawing drawing = draw(&chart);
    assert_int_equal(strchr(drawing.line[15], '^') - drawing.line[15], 11);
    chart.mark = 1000;
    drawing = draw(&chart);
    assert_int_equal(strchr(drawing.line[15], '^') - drawing.line[15], 11 + 64);
    chart.mark = 0;
    drawing = draw(&chart);
    assert_null(strchr(drawing.line[15], '^'));
}

static void curves_of_all_kinds_fit(void **state) {
    (void)state;
    const double ends[] = {-1e300, -123456.7, -1, 0, 1e-300, 1, 123456.7, 1e300};
    enum { ENDS = sizeof ends / sizeof *ends };
    for (int i = 0; i < ENDS * ENDS; i++) {
        double y[POINTS];
        const double first = ends[i % ENDS], last = ends[i / ENDS];
        fill(y, first, last);
        const gd_chart chart = {.count = i % 2 == 0 ? POINTS : 2,
                                .y = y,
                                .first = 1e-30,
                                .last = 1.2345678e30,
                                .top = fmax(y[0], y[1]),
                                .mark = 1e-3};
        const drawing drawing = draw(&chart);
        for (int column = 0; column < 65; column++) {
            assert_true(row_in(&drawing, column) >= 0);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_straight_line_goes_from_corner_to_corner),
        cmocka_unit_test(what_is_beyond_the_top_is_at_the_upper_edge),
        cmocka_unit_test(labels_and_mark_stand_at_their_places),
        cmocka_unit_test(a_mark_beside_the_curve_is_at_its_edge),
        cmocka_unit_test(curves_of_all_kinds_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
