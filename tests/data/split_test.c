#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gdmpi/data.h"

enum { MOST = 60 };

static void both_roles_together_are_all_rows(void **state) {
    (void)state;
    for (int64_t rows = 1; rows <= MOST; rows++) {
        for (int64_t held = 1; held < rows; held++) {
            gd_split split = {rows, held, (uint64_t)(rows * MOST + held)};
            int seen[MOST] = {0};
            for (int role = GD_TRAINING; role <= GD_VALIDATION; role++) {
                int64_t before = -1, count = gd_split_count(&split, (gd_role)role);
                for (int64_t i = 0; i < count; i++) {
                    int64_t row = gd_split_row(&split, (gd_role)role, i);
                    assert_true(row > before && row < rows);
                    seen[row]++;
                    before = row;
                }
            }
            assert_true(gd_split_count(&split, GD_VALIDATION) == held);
            for (int64_t i = 0; i < rows; i++) {
                assert_int_equal(seen[i], 1);
            }
        }
    }
}

static void one_row_of_each_run_is_held_out(void **state) {
    (void)state;
    gd_split split = {1003, 100, 7};
    for (int64_t i = 0; i < split.held; i++) {
        int64_t row = gd_split_row(&split, GD_VALIDATION, i);
        assert_true(row >= i * 1003 / 100 && row < (i + 1) * 1003 / 100);
    }
}

static void every_place_in_a_run_is_as_likely(void **state) {
    (void)state;
    enum { RUN = 10, RUNS = 20000 };
    gd_split split = {(int64_t)RUN * RUNS, RUNS, 1};
    int counts[RUN] = {0};
    double chi_squared = 0;
    for (int64_t i = 0; i < RUNS; i++) {
        counts[gd_split_row(&split, GD_VALIDATION, i) - i * RUN]++;
    }
    for (int i = 0; i < RUN; i++) {
        double off = counts[i] - (double)RUNS / RUN;
        chi_squared += off * off / ((double)RUNS / RUN);
    }
    assert_true(chi_squared < 27.9); /* one in a thousand with 9 degrees of freedom */
}

static void the_seed_decides(void **state) {
    (void)state;
    gd_split a = {1000, 100, 1}, b = {1000, 100, 2};
    int same = 0;
    for (int64_t i = 0; i < 100; i++) {
        int64_t row = gd_split_row(&a, GD_VALIDATION, i);
        assert_true(row == gd_split_row(&a, GD_VALIDATION, i));
        same += row == gd_split_row(&b, GD_VALIDATION, i) ? 1 : 0;
    }
    assert_true(same < 30);
}

static void without_held_out_rows_a_role_is_the_whole_group(void **state) {
    (void)state;
    gd_split split = {12, 0, 5};
    for (int role = GD_TRAINING; role <= GD_VALIDATION; role++) {
        assert_true(gd_split_count(&split, (gd_role)role) == 12);
        for (int64_t i = 0; i < 12; i++) {
            assert_true(gd_split_row(&split, (gd_role)role, i) == i);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_roles_together_are_all_rows),
        cmocka_unit_test(one_row_of_each_run_is_held_out),
        cmocka_unit_test(every_place_in_a_run_is_as_likely),
        cmocka_unit_test(the_seed_decides),
        cmocka_unit_test(without_held_out_rows_a_role_is_the_whole_group),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
