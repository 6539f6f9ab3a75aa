#include "gdmpi/memory.h"
#include "reduce_private.h"

static gd_status start(gd_reducer *reducer) {
    /* One gradient a rank: its shards are added as if they were a tree of their own. */
    reducer->cover[0] =
        (gd_node){.first = reducer->mine.first, .end = reducer->mine.first + reducer->mine.count};
    reducer->cover_count = 1;
    gd_summation *mean;
    gd_status status = gd_memory_new(&mean, 1, sizeof *mean, "the mean gradient");
    reducer->state = mean;
    if (status == GD_OK) {
        status = gd_reducer_private(reducer);
    }
    if (status == GD_OK) {
        status = gd_summation_new(1, 1, mean);
    }
    if (status == GD_OK) {
        mean->vector[0] = reducer->partial[0];
    }
    return status;
}

static void stop(gd_reducer *reducer) {
    if (reducer->state != NULL) {
        gd_summation_free(reducer->state);
        gd_memory_free(&reducer->state);
    }
    gd_reducer_private_free(reducer);
}

static void sum(gd_reducer *reducer, double divisor, double *squares) {
    gd_comm_allreduce(reducer->comm, GD_REAL_TYPE, reducer->partial[0], reducer->size);
    gd_summation_run(reducer->state, reducer, divisor, squares);
}

/* Every rank has made the same parameters already. */
static void publish(gd_reducer *reducer) {
    (void)reducer;
}

const gd_reducer_kind gd_reducer_allreduce = {
    .name = "allreduce",
    .help = "every rank has the whole sum, in the order of MPI's allreduce, and updates everything",
    .whole = true,
    .start = start,
    .stop = stop,
    .sum = sum,
    .publish = publish,
};
