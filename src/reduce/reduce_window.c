#include "gdmpi/memory.h"
#include "reduce_private.h"

typedef struct window_state {
    gd_summation summation;
    gd_window *parameters; /* brought by rank 0 */
    gd_window *partials;   /* each rank's, one behind the other */
} window_state;

static gd_status open_windows(gd_reducer *reducer, window_state *state) {
    size_t bytes = (size_t)reducer->size * sizeof(real);
    bool first = gd_comm_rank(reducer->comm) == 0;
    gd_status status = gd_window_new(reducer->comm, first ? bytes : 0, &state->parameters);
    if (status == GD_OK) {
        status =
            gd_window_new(reducer->comm, (size_t)reducer->cover_count * bytes, &state->partials);
    }
    return status;
}

static void place_vectors(gd_reducer *reducer, window_state *state) {
    gd_summation *summation = &state->summation;
    reducer->parameters = gd_window_of(state->parameters, 0);
    real *own = gd_window_of(state->partials, gd_comm_rank(reducer->comm));
    for (int i = 0; i < reducer->cover_count; i++) {
        reducer->partial[i] = own + i * reducer->size;
    }
    for (int rank = 0; rank < gd_comm_size(reducer->comm); rank++) {
        real *theirs = gd_window_of(state->partials, rank);
        for (int i = summation->start[rank]; i < summation->start[rank + 1]; i++) {
            summation->vector[i] =
                theirs + (i - summation->start[rank]) * reducer->size + reducer->segment.first;
        }
    }
}

static gd_status start(gd_reducer *reducer) {
    window_state *state;
    gd_status status = gd_memory_new(&state, 1, sizeof *state, "the sum over ranks");
    reducer->state = state;
    if (status == GD_OK) {
        status = gd_summation_new(reducer->shards, gd_comm_size(reducer->comm), &state->summation);
    }
    status = gd_comm_agree(reducer->comm, status);
    if (status == GD_OK) {
        status = open_windows(reducer, state);
    }
    if (status == GD_OK) {
        place_vectors(reducer, state);
    }
    return status;
}

static void stop(gd_reducer *reducer) {
    window_state *state = reducer->state;
    if (state != NULL) {
        gd_window_free(&state->partials);
        gd_window_free(&state->parameters);
        gd_summation_free(&state->summation);
        gd_memory_free(&reducer->state);
    }
}

/* A rank that has its sum may write new parameters at once: the others are done with the old ones,
 * or they would not have come to the sync. Neighbours may still be reading this rank's partials
 * until they come to publish. */
static void sum(gd_reducer *reducer, double divisor, double *squares) {
    window_state *state = reducer->state;
    gd_window_sync(state->partials);
    gd_summation_run(&state->summation, reducer, divisor, squares);
}

static void publish(gd_reducer *reducer) {
    window_state *state = reducer->state;
    gd_window_sync(state->parameters);
}

const gd_reducer_kind gd_reducer_window = {
    .name = "window",
    .help = "each rank adds its segment straight out of its neighbours' shared memory",
    .same_bits = true,
    .one_host = true,
    .start = start,
    .stop = stop,
    .sum = sum,
    .publish = publish,
};
