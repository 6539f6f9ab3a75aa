#include "gdmpi/memory.h"
#include "reduce_private.h"

/* Every rank is a team of its own. */
static gd_status gather(gd_reducer *reducer, gd_teams *teams) {
    static const char what[] = "the teams of ranks";
    int ranks = reducer->ranks;
    teams->count = ranks;
    teams->mine = reducer->rank;
    gd_status status = gd_memory_new(&teams->ranks, (size_t)ranks, sizeof *teams->ranks, what);
    if (status == GD_OK) {
        status = gd_memory_new(&teams->partials, 1, sizeof *teams->partials, what);
    }
    if (status == GD_OK) {
        status = gd_reducer_allocate_private(reducer);
    }
    if (status == GD_OK) {
        teams->partials[0] = reducer->partial[0];
        for (int i = 0; i < ranks; i++) {
            teams->ranks[i] = (gd_range){.first = i, .count = 1};
        }
    }
    return status;
}

static gd_status start(gd_reducer *reducer) {
    return gd_exchange_start(reducer, gather);
}

static void stop(gd_reducer *reducer) {
    gd_exchange_stop(reducer);
    gd_reducer_free_private(reducer);
}

const gd_reducer_kind gd_reducer_message = {
    .name = "message",
    .help = "sums by messages between all ranks, added in the tree's order",
    .same_bits = true,
    .start = start,
    .stop = stop,
    .begin = gd_exchange_begin,
    .ready = gd_exchange_ready,
    .finish = gd_exchange_finish,
    .share = gd_exchange_share,
    .publish = gd_reducer_publish_by_sum,
};
