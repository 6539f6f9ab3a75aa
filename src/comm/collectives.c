#include <string.h>
#include <time.h>

#include "comm_private.h"
#include "gdmpi/memory.h"

enum { TAG = 0 };

static int piece(size_t bytes, size_t at) {
    return (int)(bytes - at < GD_COMM_PIECE ? bytes - at : GD_COMM_PIECE);
}

static void broadcast(MPI_Comm among, void *data, size_t bytes) {
    for (size_t at = 0; at < bytes; at += GD_COMM_PIECE) {
        MPI_Bcast((char *)data + at, piece(bytes, at), MPI_BYTE, 0, among);
    }
}

void gd_comm_broadcast(gd_comm *comm, void *data, size_t bytes) {
    broadcast(comm->world, data, bytes);
}

void gd_comm_broadcast_hosts(gd_comm *comm, void *data, size_t bytes) {
    if (comm->firsts != MPI_COMM_NULL) {
        broadcast(comm->firsts, data, bytes);
    }
}

gd_status gd_comm_broadcast_block(gd_comm *comm, char **data, size_t *bytes) {
    gd_status status = GD_OK;
    gd_comm_broadcast(comm, bytes, sizeof *bytes);
    if (comm->rank > 0) {
        status = gd_memory_new(data, *bytes + 1, 1, "a block of bytes from rank 0");
    }
    status = gd_comm_agree(comm, status);
    if (status == GD_OK) {
        gd_comm_broadcast(comm, *data, *bytes);
    } else if (comm->rank > 0) {
        gd_memory_free(data);
        *bytes = 0;
    }
    return status;
}

static void reduce(gd_comm *comm, MPI_Datatype type, size_t size, MPI_Op operation, void *values,
                   size_t count) {
    size_t most = GD_COMM_PIECE / size;
    for (size_t at = 0; at < count; at += most) {
        int now = (int)(count - at < most ? count - at : most);
        MPI_Allreduce(MPI_IN_PLACE, (char *)values + at * size, now, type, operation, comm->world);
    }
}

void gd_comm_sum(gd_comm *comm, double *values, size_t count) {
    reduce(comm, MPI_DOUBLE, sizeof *values, MPI_SUM, values, count);
}

void gd_comm_maximum(gd_comm *comm, double *values, size_t count) {
    reduce(comm, MPI_DOUBLE, sizeof *values, MPI_MAX, values, count);
}

void gd_comm_rest(gd_comm *comm) {
    static const struct timespec nap = {.tv_nsec = 1000000};
    MPI_Request request;
    int all = 0;
    MPI_Ibarrier(comm->world, &request);
    MPI_Test(&request, &all, MPI_STATUS_IGNORE);
    while (!all) {
        nanosleep(&nap, NULL);
        MPI_Test(&request, &all, MPI_STATUS_IGNORE);
    }
}

void gd_comm_allreduce(gd_comm *comm, gd_type type, void *values, int64_t count) {
    MPI_Datatype number = type == GD_FLOAT32 ? MPI_FLOAT : MPI_DOUBLE;
    reduce(comm, number, gd_type_size(type), MPI_SUM, values, (size_t)count);
}

gd_status gd_comm_collect(gd_comm *comm, const void *mine, size_t bytes, void *all,
                          const char *what) {
    void *block;
    gd_status status = gd_memory_new(&block, (size_t)comm->size, bytes, what);
    status = gd_comm_agree(comm, status);
    if (status == GD_OK) {
        MPI_Allgather(mine, (int)bytes, MPI_BYTE, block, (int)bytes, MPI_BYTE, comm->world);
    } else {
        gd_memory_free(&block);
    }
    memcpy(all, &block, sizeof block);
    return status;
}

/* Bytes on their way to or from a rank. */
typedef struct parcel {
    int rank;
    char *bytes;
    size_t count;
} parcel;

static parcel pack(int rank, size_t size, gd_range part, const void *vector) {
    if (part.count == 0) {
        return (parcel){.rank = rank};
    }
    return (parcel){.rank = rank,
                    .bytes = (char *)vector + (size_t)part.first * size,
                    .count = (size_t)part.count * size};
}

static parcel nothing(void) {
    return (parcel){.rank = MPI_PROC_NULL};
}

/* The piece of a parcel from `at` on; once there is none left, neither side has a message. */
static parcel rest(parcel all, size_t at) {
    if (at >= all.count) {
        return nothing();
    }
    return (parcel){
        .rank = all.rank, .bytes = all.bytes + at, .count = (size_t)piece(all.count, at)};
}

static void transfer(gd_comm *comm, parcel out, parcel in) {
    for (size_t at = 0; at < out.count || at < in.count; at += GD_COMM_PIECE) {
        parcel sent = rest(out, at), got = rest(in, at);
        MPI_Sendrecv(sent.bytes, (int)sent.count, MPI_BYTE, sent.rank, TAG, got.bytes,
                     (int)got.count, MPI_BYTE, got.rank, TAG, comm->world, MPI_STATUS_IGNORE);
    }
}

static void copy(parcel from, parcel to) {
    if (from.count > 0 && from.bytes != to.bytes) {
        memmove(to.bytes, from.bytes, from.count);
    }
}

void gd_comm_gather(gd_comm *comm, size_t size, const gd_range *parts, const void *mine,
                    void *all) {
    gd_range here = {.first = 0, .count = parts[comm->rank].count};
    parcel own = pack(0, size, here, mine);
    if (comm->rank > 0) {
        transfer(comm, own, nothing());
        return;
    }
    copy(own, pack(0, size, parts[0], all));
    for (int rank = 1; rank < comm->size; rank++) {
        transfer(comm, nothing(), pack(rank, size, parts[rank], all));
    }
}

void gd_comm_scatter(gd_comm *comm, size_t size, const gd_range *parts, const void *all,
                     void *mine) {
    gd_range here = {.first = 0, .count = parts[comm->rank].count};
    parcel own = pack(0, size, here, mine);
    if (comm->rank > 0) {
        transfer(comm, nothing(), own);
        return;
    }
    copy(pack(0, size, parts[0], all), own);
    for (int rank = 1; rank < comm->size; rank++) {
        transfer(comm, pack(rank, size, parts[rank], all), nothing());
    }
}

void gd_comm_exchange(gd_comm *comm, int to, const void *sent, size_t out, int from, void *received,
                      size_t in) {
    transfer(comm, pack(to, 1, (gd_range){0, (int64_t)out}, sent),
             pack(from, 1, (gd_range){0, (int64_t)in}, received));
}
