#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gdmpi/deal.h"
#include "gdmpi/memory.h"
#include "gdmpi/permutation.h"

/* Uneven shards, a remainder in the batch, one step, one row a step, more than all rows a step. */
static const gd_shards cases[] = {
    {203, 4, 20}, {203, 7, 23},  {60, 5, 0},    {97, 8, 8},
    {31, 3, 5},   {40, 4, 1000}, {1000, 1, 13}, {9, 9, 9},
};

enum { CASES = sizeof cases / sizeof *cases };

static int64_t *room(int64_t count) {
    int64_t *memory;
    assert_null(gd_memory_new(&memory, (size_t)count, sizeof *memory, "a test"));
    return memory;
}

/* Which row stands at each place of each shard, as one permutation of all rows. */
static int64_t *plain_deal(const gd_shards *shards, int64_t epoch) {
    const gd_rng rng = gd_rng_stream(5, GD_RNG_DEAL, epoch, 0, 0);
    const gd_permutation permutation = gd_permutation_new(&rng, shards->rows);
    int64_t *row = room(shards->rows);
    for (int64_t i = 0; i < shards->rows; i++) {
        row[gd_permutation_of(&permutation, i)] = i;
    }
    return row;
}

/* The deals of all ranks, in one process. */
static gd_deal *all_ranks(const gd_shards *shards, int64_t ranks, int64_t epoch) {
    gd_deal *deals;
    assert_null(gd_memory_new(&deals, (size_t)ranks, sizeof *deals, "a test"));
    for (int64_t rank = 0; rank < ranks; rank++) {
        assert_null(gd_deal_new(shards, ranks, rank, &deals[rank]));
        gd_deal_epoch(&deals[rank], 5, epoch);
    }
    return deals;
}

static void free_all(gd_deal *deals, int64_t ranks) {
    for (int64_t rank = 0; rank < ranks; rank++) {
        gd_deal_free(&deals[rank]);
    }
    gd_memory_free(&deals);
}

/* What comes to rank `to` for a block: by place, the row; -1 where there is none. */
static int64_t come(const gd_deal *deals, int64_t block, int64_t to, int64_t *by_place) {
    const gd_deal *own = &deals[to];
    int64_t places = own->mine.count * own->stride, count = 0;
    for (int64_t i = 0; i < places; i++) {
        by_place[i] = -1;
    }
    for (int64_t from = 0; from < own->ranks; from++) {
        const gd_deal *deal = &deals[from];
        gd_range moves = gd_deal_moves(deal, block, to);
        for (int64_t i = moves.first; i < moves.first + moves.count; i++) {
            assert_true(deal->place[i] < places && by_place[deal->place[i]] == -1);
            by_place[deal->place[i]] = deal->rows.first + deal->row[i];
        }
        count += moves.count;
    }
    return count;
}

/* Each step finds the rows at its places, on whichever rank; returns how many. */
static int64_t check_step(const gd_deal *deal, int64_t step, const int64_t *by_place,
                          const int64_t *wanted) {
    int64_t count = 0;
    for (int64_t i = 0; i < deal->mine.count; i++) {
        int64_t shard = deal->mine.first + i, first = gd_shards_rows(&deal->shards, shard).first;
        gd_range places = gd_shards_step(&deal->shards, shard, step);
        for (int64_t j = 0; j < places.count; j++) {
            int64_t at = gd_deal_place(deal, shard, places.first) + j;
            assert_int_equal(by_place[at], wanted[first + places.first + j]);
        }
        count += places.count;
    }
    return count;
}

static void check_rank(const gd_deal *deals, int64_t rank, const int64_t *wanted) {
    const gd_deal *deal = &deals[rank];
    int64_t *by_place = room(deal->mine.count * deal->stride), steps = 0;
    for (int64_t block = 0; block < deal->blocks; block++) {
        int64_t came = come(deals, block, rank, by_place), found = 0;
        assert_true(came <= deal->most);
        for (int64_t i = 0; i < deal->block_steps; i++) {
            found += check_step(deal, block * deal->block_steps + i, by_place, wanted);
        }
        assert_int_equal(found, came);
        steps += deal->block_steps;
    }
    assert_true(steps >= gd_shards_steps(&deal->shards));
    gd_memory_free(&by_place);
}

static void every_step_finds_its_rows_on_any_number_of_ranks(void **state) {
    (void)state;
    for (int i = 0; i < CASES; i++) {
        for (int64_t epoch = 0; epoch < 2; epoch++) {
            int64_t *wanted = plain_deal(&cases[i], epoch);
            for (int64_t ranks = 1; ranks <= cases[i].count; ranks++) {
                gd_deal *deals = all_ranks(&cases[i], ranks, epoch);
                for (int64_t rank = 0; rank < ranks; rank++) {
                    check_rank(deals, rank, wanted);
                }
                free_all(deals, ranks);
            }
            gd_memory_free(&wanted);
        }
    }
}

static void every_row_moves_once_an_epoch(void **state) {
    (void)state;
    for (int i = 0; i < CASES; i++) {
        const gd_shards *shards = &cases[i];
        int64_t ranks = shards->count > 3 ? 3 : 1, *seen = room(shards->rows);
        gd_deal *deals = all_ranks(shards, ranks, 7);
        for (int64_t rank = 0; rank < ranks; rank++) {
            const gd_deal *deal = &deals[rank];
            int64_t next = 0;
            for (int64_t j = 0; j < deal->blocks * ranks; j++) {
                gd_range moves = gd_deal_moves(deal, j / ranks, j % ranks);
                assert_int_equal(moves.first, next);
                next += moves.count;
            }
            assert_int_equal(next, deal->rows.count);
            for (int64_t j = 0; j < next; j++) {
                seen[deal->rows.first + deal->row[j]]++;
            }
        }
        for (int64_t j = 0; j < shards->rows; j++) {
            assert_int_equal(seen[j], 1);
        }
        free_all(deals, ranks);
        gd_memory_free(&seen);
    }
}

static void what_comes_for_a_block_is_a_small_part(void **state) {
    (void)state;
    const gd_shards shards = {6000, 4, 32};
    gd_deal deal;
    assert_null(gd_deal_new(&shards, 2, 1, &deal));
    assert_int_equal(deal.blocks, 8);
    assert_in_range(deal.most, 3000 / 8, 3000 / 8 + 32);
    assert_true(deal.mine.count * deal.stride == deal.most);
    gd_deal_free(&deal);
}

static void too_many_rows_for_a_rank_are_an_error(void **state) {
    (void)state;
    const gd_shards shards = {(int64_t)1 << 33, 8, 1 << 20};
    gd_deal deal;
    gd_status status = gd_deal_new(&shards, 1, 0, &deal);
    assert_int_equal(gd_status_code(status), GD_BAD_INPUT);
    gd_status_free(&status);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_step_finds_its_rows_on_any_number_of_ranks),
        cmocka_unit_test(every_row_moves_once_an_epoch),
        cmocka_unit_test(what_comes_for_a_block_is_a_small_part),
        cmocka_unit_test(too_many_rows_for_a_rank_are_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
