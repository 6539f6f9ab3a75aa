#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "train_support.h"

/* Flips the last bit of one number, as failing memory might. */
static void change(const run *run) {
    unsigned char *bytes = (unsigned char *)(run->trainer->reducer->parameters + 3);
    bytes[0] ^= 1;
}

static void the_same_parameters_have_one_digest(void **state) {
    char reduce[64];
    for (size_t kind = 0; reduce_override(kind, reduce) != NULL; kind++) {
        uint64_t before, after;
        run run;
        run_open(*state, (const char *[]){reduce, NULL}, &run);
        expect_ok(gd_trainer_digest(run.trainer, &before));
        run_steps(&run, 1);
        expect_ok(gd_trainer_digest(run.trainer, &after));
        const gd_reducer *reducer = run.trainer->reducer;
        assert_true(after ==
                    gd_checkpoint_digest(reducer->parameters, GD_REAL_TYPE, reducer->size));
        assert_true(after != before);
        run_close(&run);
    }
}

/* Of two ranks nobody knows which is wrong, so the first is taken for right. */
static void expect_named(gd_comm *comm, gd_status status, int rank) {
    int ranks = gd_comm_size(comm), right = ranks > 2 && rank == 0 ? 1 : 0;
    int named = ranks == 2 ? 1 : rank;
    char words[256];
    snprintf(words, sizeof words,
             "after step 2, 1 of %d ranks holds other parameters than rank %d on %s: rank %d on %s",
             ranks, right, gd_comm_host_of(comm, right), named, gd_comm_host_of(comm, named));
    expect_agreed(comm, status, GD_FAILED, words);
}

static void a_rank_with_other_parameters_is_named(void **state) {
    gd_comm *comm = *state;
    uint64_t digest;
    run run;
    if (gd_comm_size(comm) == 1) {
        return;
    }
    run_open(comm, (const char *[]){NULL}, &run);
    run_steps(&run, 2);
    for (int rank = 0; rank < gd_comm_size(comm); rank++) {
        for (int times = 0; times < 2; times++) {
            if (gd_comm_rank(comm) == rank) {
                change(&run);
            }
            gd_status status = gd_trainer_digest(run.trainer, &digest);
            if (times == 0) {
                expect_named(comm, status, rank);
            } else {
                expect_ok(status);
            }
        }
    }
    run_close(&run);
}

static void parameters_that_differ_are_not_saved(void **state) {
    gd_comm *comm = *state;
    run run;
    if (gd_comm_size(comm) == 1) {
        return;
    }
    run_open(comm, (const char *[]){NULL}, &run);
    run_steps(&run, 2);
    if (gd_comm_rank(comm) == 1) {
        change(&run);
    }
    expect_named(comm, gd_trainer_save(run.trainer, true), 1);
    run_close(&run);
}

/* The ranks of a host have one copy, so all of them differ from the other host's. */
static void the_ranks_of_a_host_differ_together(void **state) {
    gd_comm *comm = *state;
    uint64_t digest;
    run run;
    int ranks = gd_comm_size(comm);
    if (ranks != 4) {
        return;
    }
    expect_ok(gd_comm_group(comm, gd_comm_rank(comm) / 2));
    run_open(comm, (const char *[]){"train.reduce=window", NULL}, &run);
    run_steps(&run, 1);
    if (gd_comm_rank(comm) == 3) {
        change(&run);
    }
    gd_comm_barrier(comm);
    expect_agreed(comm, gd_trainer_digest(run.trainer, &digest), GD_FAILED,
                  "2 of 4 ranks hold other parameters than rank 0 on ");
    run_close(&run);
    expect_ok(gd_comm_group(comm, 0));
}

int main(int argc, char **argv) {
    gd_comm *comm = mpi_support_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(the_same_parameters_have_one_digest, comm),
        cmocka_unit_test_prestate(a_rank_with_other_parameters_is_named, comm),
        cmocka_unit_test_prestate(parameters_that_differ_are_not_saved, comm),
        cmocka_unit_test_prestate(the_ranks_of_a_host_differ_together, comm),
    };
    return tests_run(comm, tests, sizeof tests / sizeof *tests);
}
