/* Vectors of what each rank updates, and the whole one. */
#include <string.h>

#include "reduce_private.h"

void gd_reducer_own(const gd_reducer *reducer, real *owned) {
    for (int i = 0; i < reducer->buckets; i++) {
        gd_range piece = gd_reducer_piece(reducer, i, reducer->rank);
        memcpy(owned, reducer->parameters + piece.first, (size_t)piece.count * sizeof *owned);
        owned += piece.count;
    }
}

/* By blocks, as all norms, so that it does not depend on the ranks. */
double gd_reducer_change(gd_reducer *reducer, const real *owned) {
    const int rank = reducer->rank;
    const bool counts = !reducer->kind->whole || rank == 0;
    memset(reducer->squares, 0, (size_t)reducer->block_count * sizeof *reducer->squares);
    for (int i = 0; i < reducer->buckets && counts; i++) {
        const gd_range piece = gd_reducer_piece(reducer, i, rank);
        for (int64_t j = 0; j < piece.count && piece.first + j < reducer->trained; j++) {
            const int64_t at = piece.first + j;
            const double change = (double)reducer->parameters[at] - (double)owned[j];
            reducer->squares[at / reducer->block_size] += change * change;
        }
        owned += piece.count;
    }
    gd_comm_sum(reducer->comm, reducer->squares, (size_t)reducer->block_count);
    return gd_reducer_norm(reducer, reducer->squares);
}

static void swap(int64_t count, real *one, real *other) {
    for (int64_t i = 0; i < count; i++) {
        real value = one[i];
        one[i] = other[i];
        other[i] = value;
    }
}

/* Before anything changes, all ranks have done with the old parameters. */
void gd_reducer_swap(gd_reducer *reducer, real *owned) {
    double nothing = 0;
    gd_reducer_publish(reducer, &nothing, 1);
    for (int i = 0; i < reducer->buckets; i++) {
        gd_range piece = gd_reducer_piece(reducer, i, reducer->rank);
        swap(piece.count, owned, reducer->parameters + piece.first);
        owned += piece.count;
    }
    reducer->kind->share(reducer);
    gd_reducer_publish(reducer, &nothing, 1);
}

void gd_reducer_spread(gd_reducer *reducer) {
    size_t bytes = (size_t)reducer->size * sizeof *reducer->parameters;
    double nothing = 0;
    if (reducer->kind->shared) {
        gd_comm_broadcast_hosts(reducer->comm, reducer->parameters, bytes);
    } else {
        gd_comm_broadcast(reducer->comm, reducer->parameters, bytes);
    }
    gd_reducer_publish(reducer, &nothing, 1);
}

void gd_reducer_gather(gd_reducer *reducer, const real *owned, real *whole) {
    int rank = reducer->rank, ranks = reducer->ranks;
    if (reducer->kind->whole) {
        if (rank == 0) {
            memcpy(whole, owned, (size_t)reducer->size * sizeof *whole);
        }
        return;
    }
    for (int i = 0; i < reducer->buckets; i++) {
        const gd_range *piece = reducer->piece + i * ranks;
        gd_comm_gather(reducer->comm, sizeof *whole, piece, owned, whole);
        owned += piece[rank].count;
    }
}

void gd_reducer_scatter(gd_reducer *reducer, const real *whole, real *owned) {
    int rank = reducer->rank, ranks = reducer->ranks;
    for (int i = 0; i < reducer->buckets; i++) {
        const gd_range *piece = reducer->piece + i * ranks;
        gd_comm_scatter(reducer->comm, sizeof *whole, piece, whole, owned);
        owned += piece[rank].count;
    }
}
