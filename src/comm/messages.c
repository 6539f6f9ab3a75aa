#include "comm_private.h"
#include "gdmpi/memory.h"

struct gd_messages {
    gd_comm *comm;
    MPI_Datatype line; /* counts are in int, and messages in whole cache lines */
    int count;
    MPI_Request *request; /* [count], persistent */
};

gd_status gd_messages_new(gd_comm *comm, int count, gd_messages **messages) {
    static const char what[] = "messages between ranks";
    gd_messages *new = NULL;
    gd_status status = gd_memory_new(&new, 1, sizeof *new, what);
    if (status == GD_OK) {
        status = gd_memory_new(&new->request, (size_t)count, sizeof *new->request, what);
    }
    if (status == GD_OK) {
        new->comm = comm;
        MPI_Type_contiguous(GD_CACHE_LINE, MPI_BYTE, &new->line);
        MPI_Type_commit(&new->line);
    } else {
        gd_memory_free(&new);
    }
    *messages = new;
    return status;
}

void gd_messages_free(gd_messages **messages) {
    gd_messages *old = *messages;
    if (old == NULL) {
        return;
    }
    for (int i = 0; i < old->count; i++) {
        MPI_Request_free(&old->request[i]);
    }
    MPI_Type_free(&old->line);
    gd_memory_free(&old->request);
    gd_memory_free(messages);
}

void gd_messages_send(gd_messages *messages, int rank, int tag, const void *data, size_t bytes) {
    MPI_Send_init(data, (int)(bytes / GD_CACHE_LINE), messages->line, rank, tag,
                  messages->comm->world, &messages->request[messages->count++]);
}

void gd_messages_receive(gd_messages *messages, int rank, int tag, void *data, size_t bytes) {
    MPI_Recv_init(data, (int)(bytes / GD_CACHE_LINE), messages->line, rank, tag,
                  messages->comm->world, &messages->request[messages->count++]);
}

void gd_messages_start(gd_messages *messages, int first, int count) {
    if (count > 0) {
        MPI_Startall(count, messages->request + first);
    }
}

int gd_messages_push(gd_messages *messages, int *done) {
    int count;
    MPI_Testsome(messages->count, messages->request, &count, done, MPI_STATUSES_IGNORE);
    return count == MPI_UNDEFINED ? 0 : count;
}
