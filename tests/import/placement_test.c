#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../src/import/import_private.h"
#include "data/data_files.h"
#include "gdmpi/files.h"
#include "gdmpi/memory.h"

enum { STRATA = 4 };

static const int64_t rows_of[STRATA] = {50, 0, 1, 349};
static const double shares[GD_IMPORT_GROUPS] = {0.7, 0.1, 0.2};

/* The number of a place among all places of all groups. */
static int64_t flat(const gd_placement *placement, const gd_place *place) {
    int64_t before = 0;
    for (int group = 0; group < place->group; group++) {
        before += placement->rows[group];
    }
    return before + place->row;
}

static void every_row_has_a_place_of_its_own(void **state) {
    (void)state;
    for (int64_t seed = -1; seed < 3; seed++) {
        gd_placement placement;
        bool taken[400] = {false};
        expect_ok(gd_placement_new(&placement, STRATA, rows_of, shares, seed));
        for (int64_t stratum = 0; stratum < STRATA; stratum++) {
            gd_place place;
            for (int64_t i = 0; i < rows_of[stratum]; i++) {
                assert_true(gd_placement_next(&placement, stratum, &place));
                assert_true(place.row >= 0 && place.row < placement.rows[place.group]);
                assert_false(taken[flat(&placement, &place)]);
                taken[flat(&placement, &place)] = true;
            }
            assert_false(gd_placement_next(&placement, stratum, &place));
        }
        gd_placement_free(&placement);
    }
}

static void each_group_has_its_share_of_each_class(void **state) {
    (void)state;
    gd_placement placement;
    expect_ok(gd_placement_new(&placement, STRATA, rows_of, shares, 5));
    for (int64_t stratum = 0; stratum < STRATA; stratum++) {
        int64_t counts[GD_IMPORT_GROUPS] = {0};
        for (int64_t i = 0; i < rows_of[stratum]; i++) {
            gd_place place;
            assert_true(gd_placement_next(&placement, stratum, &place));
            counts[place.group]++;
        }
        for (int group = 0; group < GD_IMPORT_GROUPS; group++) {
            assert_true(fabs((double)counts[group] - shares[group] * (double)rows_of[stratum]) < 2);
        }
    }
    for (int group = 0; group < GD_IMPORT_GROUPS; group++) {
        assert_true(fabs((double)placement.rows[group] - shares[group] * 400) < 1);
    }
    gd_placement_free(&placement);
}

static void classes_of_few_rows_are_not_all_for_training(void **state) {
    (void)state;
    enum { MANY = 1000 };
    gd_placement placement;
    int64_t *twos;
    expect_ok(gd_memory_new(&twos, MANY, sizeof *twos, "rows"));
    for (int i = 0; i < MANY; i++) {
        twos[i] = 2;
    }
    expect_ok(gd_placement_new(&placement, MANY, twos, shares, 5));
    assert_int_equal(placement.rows[0], 1400);
    assert_int_equal(placement.rows[1], 200);
    assert_int_equal(placement.rows[2], 400);
    gd_placement_free(&placement);
    gd_memory_free(&twos);
}

static void without_a_seed_rows_keep_their_order(void **state) {
    (void)state;
    gd_placement placement;
    const int64_t rows = 10;
    expect_ok(gd_placement_new(&placement, 1, &rows, shares, -1));
    for (int64_t i = 0; i < rows; i++) {
        gd_place place;
        assert_true(gd_placement_next(&placement, 0, &place));
        assert_int_equal(flat(&placement, &place), i);
    }
    gd_placement_free(&placement);
}

static void seeds_make_different_orders_and_a_rewind_the_same(void **state) {
    (void)state;
    gd_placement one, two;
    const int64_t rows = 1000;
    int64_t first[1000], same = 0;
    expect_ok(gd_placement_new(&one, 1, &rows, shares, 1));
    expect_ok(gd_placement_new(&two, 1, &rows, shares, 2));
    for (int64_t i = 0; i < rows; i++) {
        gd_place a, b;
        assert_true(gd_placement_next(&one, 0, &a) && gd_placement_next(&two, 0, &b));
        first[i] = flat(&one, &a);
        same += first[i] == flat(&two, &b) ? 1 : 0;
    }
    assert_true(same < 20);
    gd_placement_rewind(&one);
    for (int64_t i = 0; i < rows; i++) {
        gd_place a;
        assert_true(gd_placement_next(&one, 0, &a));
        assert_int_equal(flat(&one, &a), first[i]);
    }
    gd_placement_free(&one);
    gd_placement_free(&two);
}

static void shares_are_read_or_told(void **state) {
    (void)state;
    double read[GD_IMPORT_GROUPS];
    expect_ok(gd_split_parse("0.7,0.1,0.2", read));
    assert_true(read[0] == 0.7 && read[1] == 0.1 && read[2] == 0.2);
    expect_ok(gd_split_parse("1", read));
    assert_true(read[0] == 1 && read[1] == 0 && read[2] == 0);
    expect_ok(gd_split_parse("0.9,0,0.1", read));
    static const char *const wrong[] = {"",        "0.5",   "0.8,0.3", "0,1",   "0.5,0.5,",
                                        "0.8;0.2", "80,20", "-1,2",    "nan,1", "0.7,0.1,0.1,0.1"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        expect_error(gd_split_parse(wrong[i], read), GD_BAD_INPUT, "that add up to 1");
    }
}

/* Rows whose numbers come from their place are brought there, whatever memory there is. */
static void check_spool(int64_t memory, int64_t multiple) {
    enum { WIDTH = 3 };
    const int64_t rows[GD_IMPORT_GROUPS] = {700, 0, 301};
    const double parts[GD_IMPORT_GROUPS] = {700.0 / 1001, 0, 301.0 / 1001};
    const int64_t all = 1001;
    gd_placement placement;
    gd_spool *spool;
    gd_run run;
    expect_ok(gd_placement_new(&placement, 1, &all, parts, 3));
    assert_memory_equal(placement.rows, rows, sizeof rows);
    expect_ok(gd_spool_new(&spool, rows, WIDTH * sizeof(int64_t), 1, memory, multiple, "out"));
    for (int64_t i = 0; i < all; i++) {
        gd_place place;
        assert_true(gd_placement_next(&placement, 0, &place));
        int64_t x[WIDTH] = {place.group, place.row, -place.row};
        uint8_t y = (uint8_t)place.row;
        expect_ok(gd_spool_put(spool, &place, x, &y));
    }
    assert_false(gd_file_exists("out.rows.tmp"));
    int64_t next[GD_IMPORT_GROUPS] = {0};
    for (expect_ok(gd_spool_take(spool, &run)); run.count > 0;
         expect_ok(gd_spool_take(spool, &run))) {
        assert_true(run.first == next[run.group] && run.first % multiple == 0);
        for (int64_t i = 0; i < run.count; i++) {
            const int64_t row = run.first + i;
            const int64_t x[WIDTH] = {run.group, row, -row};
            assert_memory_equal(run.x + (size_t)i * sizeof x, x, sizeof x);
            assert_int_equal((uint8_t)run.y[i], (uint8_t)row);
        }
        next[run.group] += run.count;
    }
    assert_memory_equal(next, rows, sizeof rows);
    gd_spool_free(&spool);
    gd_placement_free(&placement);
}

static void rows_come_to_their_places_whatever_memory_there_is(void **state) {
    (void)state;
    static const int64_t memories[] = {1, 33, 100, 1000, 5000, 20000, 1 << 20};
    for (size_t i = 0; i < sizeof memories / sizeof *memories; i++) {
        check_spool(memories[i], 1);
        check_spool(memories[i], 7);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_has_a_place_of_its_own),
        cmocka_unit_test(each_group_has_its_share_of_each_class),
        cmocka_unit_test(classes_of_few_rows_are_not_all_for_training),
        cmocka_unit_test(without_a_seed_rows_keep_their_order),
        cmocka_unit_test(seeds_make_different_orders_and_a_rewind_the_same),
        cmocka_unit_test(shares_are_read_or_told),
        cmocka_unit_test(rows_come_to_their_places_whatever_memory_there_is),
    };
    return cmocka_run_group_tests(tests, folder_enter, folder_leave);
}
