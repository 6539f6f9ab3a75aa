#include "gdmpi/memory.h"
#include "reduce_private.h"

static gd_status start(gd_reducer *reducer) {
    /* One gradient a rank: its shards are added as if they were a tree of their own. */
    reducer->cover[0] =
        (gd_node){.first = reducer->mine.first, .end = reducer->mine.first + reducer->mine.count};
    reducer->cover_count = 1;
    gd_summation *sum;
    gd_status status = gd_memory_new(&sum, 1, sizeof *sum, "the sum over ranks");
    reducer->state = sum;
    if (status == GD_OK) {
        status = gd_reducer_cut(reducer, 1);
    }
    if (status == GD_OK) {
        status = gd_reducer_allocate_private(reducer);
    }
    if (status == GD_OK) {
        status = gd_summation_new(reducer->cover[0], 1, reducer->cover, sum);
    }
    if (status == GD_OK) {
        sum->vector[0] = reducer->partial[0];
    }
    return status;
}

static void stop(gd_reducer *reducer) {
    if (reducer->state != NULL) {
        gd_summation_free(reducer->state);
        gd_memory_free(&reducer->state);
    }
    gd_reducer_free_private(reducer);
}

static void begin(gd_reducer *reducer) {
    (void)reducer;
}

static void ready(gd_reducer *reducer, int64_t first) {
    (void)reducer;
    (void)first;
}

static void finish(gd_reducer *reducer) {
    gd_phase before = gd_phases_enter(reducer->phases, GD_REDUCE);
    gd_comm_allreduce(reducer->comm, GD_REAL_TYPE, reducer->partial[0], reducer->size);
    gd_phases_enter(reducer->phases, before);
    gd_reducer_apply(reducer, reducer->state, reducer->piece[0], 0);
    if (reducer->reduction->measured != NULL) {
        gd_reducer_measure(reducer);
    }
}

static void share(gd_reducer *reducer) {
    (void)reducer;
}

const gd_reducer_kind gd_reducer_allreduce = {
    .name = "allreduce",
    .help = "MPI's own sum and its order; every rank updates everything",
    .whole = true,
    .start = start,
    .stop = stop,
    .begin = begin,
    .ready = ready,
    .finish = finish,
    .share = share,
    .publish = gd_reducer_publish_by_sum,
};
