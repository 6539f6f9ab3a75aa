#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gdmpi/shards.h"

enum { MOST = 40 };

/* Calls `check` for all rows <= MOST, all shards of them, and all batches up to a few more than
 * there are rows. */
static void for_all(void (*check)(const gd_shards *shards)) {
    for (int64_t rows = 1; rows <= MOST; rows++) {
        for (int64_t count = 1; count <= rows; count++) {
            check(&(gd_shards){rows, count, 0});
            for (int64_t batch = count; batch <= rows + 3; batch++) {
                check(&(gd_shards){rows, count, batch});
            }
        }
    }
}

static void check_tiling(const gd_shards *shards) {
    int64_t next = 0;
    for (int64_t shard = 0; shard < shards->count; shard++) {
        gd_range range = gd_shards_rows(shards, shard);
        assert_true(range.first == next);
        next += range.count;
        assert_true(gd_shards_find(shards, range.first) == shard);
        assert_true(gd_shards_find(shards, next - 1) == shard);
    }
    assert_true(next == shards->rows);
}

static void shards_tile_the_rows(void **state) {
    (void)state;
    for_all(check_tiling);
}

static void check_sizes(const gd_shards *shards) {
    int64_t largest = gd_shards_rows(shards, 0).count, before = largest;
    for (int64_t shard = 0; shard < shards->count; shard++) {
        int64_t count = gd_shards_rows(shards, shard).count;
        assert_true(count >= 1 && count >= largest - 1 && count <= before);
        before = count;
    }
}

static void a_shard_larger_by_one_comes_first(void **state) {
    (void)state;
    for_all(check_sizes);
}

static void check_epoch(const gd_shards *shards) {
    int64_t steps = gd_shards_steps(shards);
    for (int64_t shard = 0; shard < shards->count; shard++) {
        int seen[MOST] = {0};
        for (int64_t step = 0; step < steps; step++) {
            gd_range range = gd_shards_step(shards, shard, step);
            for (int64_t i = 0; i < range.count; i++) {
                seen[range.first + i]++;
            }
        }
        int64_t rows = gd_shards_rows(shards, shard).count;
        for (int64_t i = 0; i < MOST; i++) {
            assert_int_equal(seen[i], i < rows ? 1 : 0);
        }
        assert_true(gd_shards_step(shards, shard, steps).count == 0);
        assert_true(gd_shards_step(shards, shard, steps + 5).count == 0);
    }
}

static void an_epoch_takes_every_row_exactly_once(void **state) {
    (void)state;
    for_all(check_epoch);
}

static void check_steps(const gd_shards *shards) {
    int64_t steps = gd_shards_steps(shards), all = 0, most = 0;
    for (int64_t step = 0; step < steps; step++) {
        int64_t rows = 0;
        for (int64_t shard = 0; shard < shards->count; shard++) {
            int64_t count = gd_shards_step(shards, shard, step).count;
            rows += count;
            most = count > most ? count : most;
        }
        assert_true(rows == gd_shards_step_rows(shards, step));
        assert_true(rows >= 1);
        assert_true(shards->batch == 0 ? rows == shards->rows : rows <= shards->batch);
        all += rows;
    }
    assert_true(all == shards->rows);
    assert_true(most == gd_shards_step_most(shards));
    assert_true(gd_shards_step_rows(shards, steps) == 0);
}

static void the_rows_of_steps_add_up(void **state) {
    (void)state;
    for_all(check_steps);
}

static void check_first_step(const gd_shards *shards) {
    for (int64_t shard = 0; shard < shards->count; shard++) {
        int64_t rows = gd_shards_rows(shards, shard).count;
        int64_t share = shards->batch / shards->count;
        share += shard < shards->batch % shards->count ? 1 : 0;
        share = shards->batch == 0 || share > rows ? rows : share;
        assert_true(gd_shards_step(shards, shard, 0).count == share);
    }
}

static void a_step_takes_its_share_of_every_shard(void **state) {
    (void)state;
    for_all(check_first_step);
}

static void the_ranges_of_ranks_tile_the_shards_and_the_rows(void **state) {
    (void)state;
    for (int64_t count = 1; count <= MOST; count++) {
        gd_shards shards = {97, count, 0};
        for (int64_t ranks = 1; ranks <= count; ranks++) {
            int64_t next_shard = 0, next_row = 0;
            for (int64_t rank = 0; rank < ranks; rank++) {
                gd_range mine = gd_range_part(count, ranks, rank);
                gd_range rows = gd_shards_span(&shards, mine);
                assert_true(mine.first == rank * count / ranks && mine.first == next_shard);
                assert_true(mine.count >= 1 && rows.first == next_row);
                next_shard += mine.count;
                next_row += rows.count;
            }
            assert_true(next_shard == count && next_row == 97);
        }
    }
}

static void parts_of_large_counts_do_not_overflow(void **state) {
    (void)state;
    const int64_t count = INT64_MAX / 3, parts = 1000000007;
    int64_t next = 0;
    for (int64_t i = 0; i < parts; i = i < 3 || i >= parts - 3 ? i + 1 : parts - 3) {
        gd_range part = gd_range_part(count, parts, i);
        assert_true(part.count == count / parts || part.count == count / parts + 1);
        assert_true(i == parts - 3 || part.first == next);
        next = part.first + part.count;
    }
    assert_true(next == count);
}

static void each_thing_is_in_the_part_that_is_found(void **state) {
    (void)state;
    for (int64_t count = 1; count <= MOST; count++) {
        for (int64_t parts = 1; parts <= count + 3; parts++) {
            for (int64_t thing = 0; thing < count; thing++) {
                gd_range part = gd_range_part(count, parts, gd_range_part_of(count, parts, thing));
                assert_true(part.first <= thing && thing < part.first + part.count);
            }
        }
    }
}

static void no_parts_of_nothing_have_anything(void **state) {
    (void)state;
    for (int64_t i = 0; i < 4; i++) {
        assert_true(gd_range_part(0, 4, i).first == 0 && gd_range_part(0, 4, i).count == 0);
    }
    gd_range empty = gd_shards_span(&(gd_shards){10, 3, 0}, (gd_range){3, 0});
    assert_true(empty.first == 10 && empty.count == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shards_tile_the_rows),
        cmocka_unit_test(a_shard_larger_by_one_comes_first),
        cmocka_unit_test(an_epoch_takes_every_row_exactly_once),
        cmocka_unit_test(the_rows_of_steps_add_up),
        cmocka_unit_test(a_step_takes_its_share_of_every_shard),
        cmocka_unit_test(the_ranges_of_ranks_tile_the_shards_and_the_rows),
        cmocka_unit_test(parts_of_large_counts_do_not_overflow),
        cmocka_unit_test(each_thing_is_in_the_part_that_is_found),
        cmocka_unit_test(no_parts_of_nothing_have_anything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
