#include "exchange_private.h"
#include "gdmpi/memory.h"

static gd_status open_windows(gd_reducer *reducer, gd_teams *teams) {
    gd_comm *comm = reducer->comm;
    size_t bytes = (size_t)reducer->size * sizeof(real);
    bool first = teams->ranks[teams->mine].first == reducer->rank;
    gd_status status = gd_window_new(comm, first ? bytes : 0, &teams->parameters);
    if (status == GD_OK) {
        status = gd_window_new(comm, (size_t)reducer->cover_count * bytes, &teams->gradients);
    }
    if (status == GD_OK) {
        status = gd_window_new(comm, sizeof(gd_board), &teams->boards);
    }
    return status;
}

static gd_status list_hosts(gd_comm *comm, gd_teams *teams) {
    static const char what[] = "the teams of ranks";
    teams->count = gd_comm_hosts(comm);
    teams->mine = gd_comm_host_number(comm);
    gd_status status =
        gd_memory_new(&teams->ranks, (size_t)teams->count, sizeof *teams->ranks, what);
    for (int i = 0; i < teams->count && status == GD_OK; i++) {
        teams->ranks[i] = gd_comm_ranks_on(comm, i);
    }
    if (status == GD_OK) {
        status = gd_memory_new(&teams->partials, (size_t)gd_comm_ranks_here(comm),
                               sizeof *teams->partials, what);
    }
    return gd_comm_agree(comm, status);
}

/* The ranks of a host are a team. */
static gd_status gather(gd_reducer *reducer, gd_teams *teams) {
    gd_status status = list_hosts(reducer->comm, teams);
    if (status == GD_OK) {
        status = open_windows(reducer, teams);
    }
    if (status == GD_OK) {
        gd_range here = teams->ranks[teams->mine];
        int rank = (int)(reducer->rank - here.first);
        real *mine = gd_window_of(teams->gradients, rank);
        reducer->parameters = gd_window_of(teams->parameters, 0);
        for (int i = 0; i < reducer->cover_count; i++) {
            reducer->partial[i] = mine + i * reducer->size;
        }
        for (int i = 0; i < here.count; i++) {
            teams->partials[i] = gd_window_of(teams->gradients, i);
        }
    }
    return status;
}

static gd_status start(gd_reducer *reducer) {
    return gd_exchange_start(reducer, gather);
}

const gd_reducer_kind gd_reducer_window = {
    .name = "window",
    .help = "sums straight out of shared memory, and by messages between hosts",
    .same_bits = true,
    .shared = true,
    .start = start,
    .stop = gd_exchange_stop,
    .begin = gd_exchange_begin,
    .ready = gd_exchange_ready,
    .finish = gd_exchange_finish,
    .share = gd_exchange_share,
    .publish = gd_exchange_publish,
};
