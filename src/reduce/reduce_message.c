#include "gdmpi/memory.h"
#include "reduce_private.h"

typedef struct message_state {
    gd_summation summation;
    int rounds;               /* the most partials that a rank has */
    gd_range *send, *receive; /* [ranks] each, of one round */
    real *received;           /* [vectors of other ranks][segment.count] */
} message_state;

static gd_status make_room(gd_reducer *reducer, message_state *state) {
    static const char what[] = "the gradients of other ranks";
    int ranks = gd_comm_size(reducer->comm);
    const int *start = state->summation.start;
    gd_status status = gd_memory_new(&state->send, (size_t)ranks, sizeof *state->send, what);
    if (status == GD_OK) {
        status = gd_memory_new(&state->receive, (size_t)ranks, sizeof *state->receive, what);
    }
    if (status == GD_OK) {
        int others = start[ranks] - reducer->cover_count;
        status = gd_memory_new(&state->received, (size_t)others * (size_t)reducer->segment.count,
                               sizeof(real), what);
    }
    return status;
}

/* Received vectors lie in the order of the plan, this rank's own left out. */
static int64_t place_of(const gd_reducer *reducer, const message_state *state, int vector) {
    int own = state->summation.start[gd_comm_rank(reducer->comm)];
    int skipped = vector < own ? 0 : reducer->cover_count;
    return (vector - skipped) * reducer->segment.count;
}

static void place_vectors(gd_reducer *reducer, message_state *state) {
    gd_summation *summation = &state->summation;
    int own = summation->start[gd_comm_rank(reducer->comm)];
    for (int i = 0; i < summation->plan.count; i++) {
        bool mine = i >= own && i < own + reducer->cover_count;
        summation->vector[i] = mine ? reducer->partial[i - own] + reducer->segment.first
                                    : state->received + place_of(reducer, state, i);
    }
    for (int rank = 0; rank < gd_comm_size(reducer->comm); rank++) {
        int held = summation->start[rank + 1] - summation->start[rank];
        state->rounds = held > state->rounds ? held : state->rounds;
    }
}

static gd_status start(gd_reducer *reducer) {
    message_state *state;
    gd_status status = gd_memory_new(&state, 1, sizeof *state, "the sum over ranks");
    reducer->state = state;
    if (status == GD_OK) {
        status = gd_reducer_private(reducer);
    }
    if (status == GD_OK) {
        status = gd_summation_new(reducer->shards, gd_comm_size(reducer->comm), &state->summation);
    }
    if (status == GD_OK) {
        status = make_room(reducer, state);
    }
    if (status == GD_OK) {
        place_vectors(reducer, state);
    }
    return status;
}

static void stop(gd_reducer *reducer) {
    message_state *state = reducer->state;
    if (state != NULL) {
        gd_summation_free(&state->summation);
        gd_memory_free(&state->send);
        gd_memory_free(&state->receive);
        gd_memory_free(&state->received);
        gd_memory_free(&reducer->state);
    }
    gd_reducer_private_free(reducer);
}

/* Partial number `round` of every rank that has as many: of mine, each owner gets its segment. */
static void exchange(gd_reducer *reducer, message_state *state, int round) {
    const int *start = state->summation.start;
    int own = gd_comm_rank(reducer->comm);
    bool held = round < reducer->cover_count;
    for (int rank = 0; rank < gd_comm_size(reducer->comm); rank++) {
        state->send[rank] = held && rank != own ? reducer->segments[rank] : (gd_range){0};
        state->receive[rank] = (gd_range){0};
        if (rank != own && round < start[rank + 1] - start[rank]) {
            state->receive[rank] =
                (gd_range){.first = place_of(reducer, state, start[rank] + round),
                           .count = reducer->segment.count};
        }
    }
    gd_comm_exchange(reducer->comm, sizeof(real), state->send,
                     held ? reducer->partial[round] : NULL, state->receive, state->received);
}

static void sum(gd_reducer *reducer, double divisor, double *squares) {
    message_state *state = reducer->state;
    for (int round = 0; round < state->rounds; round++) {
        exchange(reducer, state, round);
    }
    gd_summation_run(&state->summation, reducer, divisor, squares);
}

static void publish(gd_reducer *reducer) {
    gd_comm_allgather(reducer->comm, sizeof(real), reducer->segments, reducer->parameters);
}

const gd_reducer_kind gd_reducer_message = {
    .name = "message",
    .help = "ranks send each other the sums of their shards, and add them in the tree's order",
    .same_bits = true,
    .start = start,
    .stop = stop,
    .sum = sum,
    .publish = publish,
};
