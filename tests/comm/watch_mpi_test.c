#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "../mpi_support.h"
#include "gdmpi/watch.h"

static gd_watch *start(gd_comm *comm, int64_t timeout) {
    gd_watch *watch;
    gd_status status = gd_watch_start(comm, timeout, &watch);
    assert_true(status == GD_OK);
    return watch;
}

static void there_is_no_watch_where_there_is_nothing_to_watch(void **state) {
    gd_comm *comm = *state;
    gd_watch *none = start(comm, 0), *watch = start(comm, 60);
    assert_null(none);
    assert_true((watch == NULL) == (gd_comm_size(comm) == 1));
    gd_watch_phase(none, "test");
    gd_watch_step(none, 1, 1);
    gd_watch_stop(&none);
    gd_watch_stop(&watch);
    assert_null(watch);
}

static void sleep_for(double seconds) {
    const struct timespec time = {(time_t)seconds,
                                  (long)(1e9 * (seconds - (double)(time_t)seconds))};
    assert_int_equal(nanosleep(&time, NULL), 0);
}

/* Threads that gave each other up would end the job. */
static void what_takes_longer_than_the_timeout_is_left_alone(void **state) {
    if (gd_comm_size(*state) == 1) {
        skip();
    }
    gd_watch *watch = start(*state, 1);
    gd_watch_phase(watch, "test");
    sleep_for(2.5);
    gd_watch_stop(&watch);
}

/* As one host after the other, with each rank for itself: of two watches at once, rank 0 leaves the
 * one, and rank 1 the other. */
static void a_rank_that_left_is_not_missed(void **state) {
    gd_comm *comm = *state;
    if (gd_comm_size(comm) == 1) {
        skip();
    }
    assert_true(gd_comm_group(comm, gd_comm_rank(comm)) == GD_OK);
    gd_watch *watch[] = {start(comm, 1), start(comm, 1)};
    sleep_for(0.6);
    if (gd_comm_rank(comm) < 2) {
        gd_watch_stop(&watch[gd_comm_rank(comm)]);
    }
    sleep_for(2);
    gd_watch_stop(&watch[0]);
    gd_watch_stop(&watch[1]);
    gd_comm_barrier(comm);
    assert_true(gd_comm_group(comm, 0) == GD_OK);
}

int main(int argc, char **argv) {
    gd_comm *comm = mpi_support_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(there_is_no_watch_where_there_is_nothing_to_watch, comm),
        cmocka_unit_test_prestate(what_takes_longer_than_the_timeout_is_left_alone, comm),
        cmocka_unit_test_prestate(a_rank_that_left_is_not_missed, comm),
    };
    return mpi_support_stop(comm, cmocka_run_group_tests(tests, NULL, NULL));
}
