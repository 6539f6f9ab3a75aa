#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../mpi_support.h"
#include "gdmpi/dealer.h"
#include "gdmpi/memory.h"
#include "gdmpi/permutation.h"
#include "gdmpi/phases.h"

enum { SEED = 11 };

static void *room(int64_t count, size_t size) {
    void *memory;
    assert_null(gd_memory_new(&memory, (size_t)count, size, "a test"));
    return memory;
}

/* Rows that say which they are, in their first and last number, in y, and in their weight where
 * they have one. */
static gd_rows rows_of(gd_range range, int64_t width) {
    gd_rows rows = {.range = range,
                    .x = {GD_INT32, 2, {range.count, width}},
                    .y = {GD_INT16, 1, {range.count}},
                    .x_width = width,
                    .y_width = 1};
    int32_t *x = room(range.count * width, sizeof *x);
    int16_t *y = room(range.count, sizeof *y);
    for (int64_t i = 0; i < range.count; i++) {
        x[i * width] = x[i * width + width - 1] = (int32_t)(range.first + i);
        y[i] = (int16_t)(range.first + i + 1);
    }
    if (width > 1) {
        rows.weights = room(range.count, sizeof *rows.weights);
        for (int64_t i = 0; i < range.count; i++) {
            rows.weights[i] = (double)(range.first + i) / 2;
        }
    }
    rows.x_data = x;
    rows.y_data = y;
    return rows;
}

/* Rows of one step are where the dealer says, and are those that the permutation deals there. */
static void check_step(const gd_dealer *dealer, const gd_shards *shards, gd_range mine,
                       const int64_t *wanted, int64_t step) {
    const gd_rows *rows = gd_dealer_rows(dealer);
    const int32_t *x = rows->x_data;
    const int16_t *y = rows->y_data;
    int64_t width = rows->x_width;
    assert_true((rows->weights != NULL) == (width > 1));
    for (int64_t shard = mine.first; shard < mine.first + mine.count; shard++) {
        int64_t first = gd_shards_rows(shards, shard).first;
        gd_range places = gd_shards_step(shards, shard, step);
        const uint32_t *order = gd_dealer_order(dealer, shard, places.first);
        for (int64_t i = 0; i < places.count; i++) {
            int64_t row = wanted[first + places.first + i];
            assert_int_equal(x[order[i] * width], row);
            assert_int_equal(x[order[i] * width + width - 1], row);
            assert_int_equal(y[order[i]], row + 1);
            assert_true(rows->weights == NULL || rows->weights[order[i]] == (double)row / 2);
        }
    }
}

static void check_epoch(gd_dealer *dealer, const gd_shards *shards, gd_range mine, int64_t epoch,
                        int64_t step) {
    const gd_rng rng = gd_rng_stream(SEED, GD_RNG_DEAL, epoch, 0, 0);
    const gd_permutation permutation = gd_permutation_new(&rng, shards->rows);
    int64_t *wanted = room(shards->rows, sizeof *wanted);
    for (int64_t i = 0; i < shards->rows; i++) {
        wanted[gd_permutation_of(&permutation, i)] = i;
    }
    gd_dealer_epoch(dealer, SEED, epoch);
    for (; step < gd_shards_steps(shards); step++) {
        gd_dealer_step(dealer, step);
        check_step(dealer, shards, mine, wanted, step);
    }
    gd_memory_free(&wanted);
}

static void check_dealer(gd_comm *comm, gd_shards shards, int64_t width) {
    gd_range mine = gd_range_part(shards.count, gd_comm_size(comm), gd_comm_rank(comm));
    gd_rows own = rows_of(gd_shards_span(&shards, mine), width);
    gd_phases phases;
    gd_dealer *dealer;
    gd_phases_start(&phases, GD_OTHER);
    assert_null(gd_dealer_new(comm, &phases, &shards, &own, &dealer));
    check_epoch(dealer, &shards, mine, 0, 0);
    check_epoch(dealer, &shards, mine, 5, gd_shards_steps(&shards) / 2);
    check_epoch(dealer, &shards, mine, 6, gd_shards_steps(&shards) - 1);
    check_epoch(dealer, &shards, mine, 7, 0);
    assert_int_equal(phases.now, GD_OTHER);
    gd_dealer_free(&dealer);
    assert_null(dealer);
    gd_rows_free(&own);
}

static void each_step_has_its_rows(void **state) {
    check_dealer(*state, (gd_shards){203, 4, 20}, 5);
    check_dealer(*state, (gd_shards){203, 7, 23}, 1);
    check_dealer(*state, (gd_shards){20, 5, 5}, 3);
}

static void all_rows_in_one_step_come_at_once(void **state) {
    check_dealer(*state, (gd_shards){75, 5, 0}, 2);
}

static void few_rows_leave_some_ranks_nothing_to_send(void **state) {
    check_dealer(*state, (gd_shards){4, 4, 4}, 2);
    check_dealer(*state, (gd_shards){6, 4, 5}, 2);
}

static void rows_longer_than_a_message_come_in_pieces(void **state) {
    check_dealer(*state, (gd_shards){60, 4, 0}, 20000);
    check_dealer(*state, (gd_shards){20, 4, 8}, 100000);
}

static double allocated(void) {
    struct mallinfo2 info = mallinfo2();
    return (double)info.uordblks + (double)info.hblkhd;
}

/* (A sanitizer's allocator does not count, and says 0.) */
static void its_bytes_are_what_it_allocates(void **state) {
    gd_comm *comm = *state;
    const gd_shards shards = {4000, 5, 50};
    gd_range mine = gd_range_part(shards.count, gd_comm_size(comm), gd_comm_rank(comm));
    gd_rows own = rows_of(gd_shards_span(&shards, mine), 700);
    gd_phases phases;
    gd_dealer *dealer;
    double before = allocated();
    assert_null(gd_dealer_new(comm, &phases, &shards, &own, &dealer));
    double taken = allocated() - before, claimed = gd_dealer_bytes(dealer);
    assert_true(before == 0 || (taken >= claimed && taken < claimed + 9 * 4096));
    gd_dealer_free(&dealer);
    gd_rows_free(&own);
}

static void too_many_rows_are_an_error(void **state) {
    gd_comm *comm = *state;
    gd_shards shards = {(int64_t)1 << 40, gd_comm_size(comm), 0};
    gd_rows own = {.x = {GD_FLOAT32, 2, {0, 1}}, .y = {GD_INT8, 1, {0}}};
    gd_phases phases;
    gd_dealer *dealer;
    own.x_width = own.y_width = 1;
    gd_status status = gd_dealer_new(comm, &phases, &shards, &own, &dealer);
    assert_int_equal(gd_status_code(status), GD_BAD_INPUT);
    assert_null(dealer);
    gd_status_free(&status);
}

int main(int argc, char **argv) {
    gd_comm *comm = mpi_support_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(each_step_has_its_rows, comm),
        cmocka_unit_test_prestate(all_rows_in_one_step_come_at_once, comm),
        cmocka_unit_test_prestate(few_rows_leave_some_ranks_nothing_to_send, comm),
        cmocka_unit_test_prestate(rows_longer_than_a_message_come_in_pieces, comm),
        cmocka_unit_test_prestate(its_bytes_are_what_it_allocates, comm),
        cmocka_unit_test_prestate(too_many_rows_are_an_error, comm),
    };
    return mpi_support_stop(comm, cmocka_run_group_tests(tests, NULL, NULL));
}
