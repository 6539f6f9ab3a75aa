#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../mpi_support.h"
#include "gdmpi/memory.h"

static gd_window *open_window(gd_comm *comm, size_t bytes) {
    gd_window *window = NULL;
    gd_status status = gd_window_new(comm, bytes, &window);
    assert_string_equal(gd_status_message(status), "");
    return window;
}

/* A few more bytes on every rank. */
static size_t bytes_of(int rank) {
    return 1000 + 77 * (size_t)rank;
}

static void a_new_window_is_zero_and_aligned(void **state) {
    gd_comm *comm = *state;
    gd_window *window = open_window(comm, bytes_of(gd_comm_rank(comm)));
    for (int rank = 0; rank < gd_comm_size(comm); rank++) {
        const unsigned char *part = gd_window_of(window, rank);
        assert_int_equal((uintptr_t)part % GD_CACHE_LINE, 0);
        for (size_t i = 0; i < bytes_of(rank); i++) {
            assert_int_equal(part[i], 0);
        }
    }
    gd_window_free(&window);
    assert_null(window);
}

static void what_a_rank_wrote_all_see_after_a_sync(void **state) {
    gd_comm *comm = *state;
    int mine = gd_comm_rank(comm);
    gd_window *window = open_window(comm, bytes_of(mine));
    for (int round = 1; round <= 100; round++) {
        memset(gd_window_of(window, mine), round + mine, bytes_of(mine));
        gd_window_sync(window);
        for (int rank = 0; rank < gd_comm_size(comm); rank++) {
            const unsigned char *part = gd_window_of(window, rank);
            assert_int_equal(part[0], round + rank);
            assert_int_equal(part[bytes_of(rank) - 1], round + rank);
        }
        gd_window_sync(window);
    }
    gd_window_free(&window);
}

static void a_neighbour_may_write_too(void **state) {
    gd_comm *comm = *state;
    int ranks = gd_comm_size(comm), mine = gd_comm_rank(comm);
    gd_window *window = open_window(comm, mine == 0 ? (size_t)ranks * sizeof(int) : 0);
    int *shared = gd_window_of(window, 0);
    shared[mine] = mine + 1;
    gd_window_sync(window);
    for (int rank = 0; rank < ranks; rank++) {
        assert_int_equal(shared[rank], rank + 1);
    }
    gd_window_free(&window);
}

static void too_large_a_window_fails_on_all_ranks(void **state) {
    gd_comm *comm = *state;
    gd_window *window = NULL;
    size_t bytes = gd_comm_rank(comm) == 0 ? (size_t)1 << 52 : 8;
    gd_status status = gd_window_new(comm, bytes, &window);
    assert_int_equal(gd_status_code(status), GD_FAILED);
    assert_null(window);
    gd_status_free(&status);
    window = open_window(comm, 8);
    gd_window_free(&window);
}

int main(int argc, char **argv) {
    gd_comm *comm = mpi_support_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(a_new_window_is_zero_and_aligned, comm),
        cmocka_unit_test_prestate(what_a_rank_wrote_all_see_after_a_sync, comm),
        cmocka_unit_test_prestate(a_neighbour_may_write_too, comm),
        cmocka_unit_test_prestate(too_large_a_window_fails_on_all_ranks, comm),
    };
    return mpi_support_stop(comm, cmocka_run_group_tests(tests, NULL, NULL));
}
