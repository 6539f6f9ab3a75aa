#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../mpi_support.h"
#include "gdmpi/times.h"

static void near(double value, double wanted) {
    assert_true(fabs(value - wanted) <= 1e-12 * (1 + fabs(wanted)));
}

/* Rank r has loaded for 1 s, computed for r s, and waited for ranks - r s. */
static void times_are_reduced_over_the_ranks(void **state) {
    gd_comm *comm = *state;
    int ranks = gd_comm_size(comm), mine = gd_comm_rank(comm);
    double mean = (ranks - 1) / 2.0;
    gd_phases phases = {.seconds = {[GD_LOAD] = 1, [GD_COMPUTE] = mine, [GD_WAIT] = ranks - mine}};
    gd_times times;
    gd_status status = gd_times_gather(comm, &phases, &times);
    assert_string_equal(gd_status_message(status), "");
    near(times.min[GD_LOAD], 1);
    near(times.mean[GD_LOAD], 1);
    near(times.max[GD_LOAD], 1);
    near(times.min[GD_COMPUTE], 0);
    near(times.mean[GD_COMPUTE], mean);
    near(times.max[GD_COMPUTE], ranks - 1);
    near(times.min[GD_WAIT], 1);
    near(times.max[GD_WAIT], ranks);
    near(times.max[GD_UPDATE], 0);
    assert_int_equal(times.slowest, ranks - 1);
    near(times.excess, ranks / (1 + mean) - 1);
    if (mine == 0) {
        assert_string_equal(times.host, gd_comm_host(comm));
    }
}

static void ranks_that_have_not_worked_have_no_slowest(void **state) {
    gd_comm *comm = *state;
    gd_phases phases = {.seconds = {[GD_OTHER] = 1}};
    gd_times times;
    gd_status status = gd_times_gather(comm, &phases, &times);
    assert_string_equal(gd_status_message(status), "");
    assert_int_equal(times.slowest, 0);
    near(times.excess, 0);
}

int main(int argc, char **argv) {
    gd_comm *comm = mpi_support_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(times_are_reduced_over_the_ranks, comm),
        cmocka_unit_test_prestate(ranks_that_have_not_worked_have_no_slowest, comm),
    };
    return mpi_support_stop(comm, cmocka_run_group_tests(tests, NULL, NULL));
}
