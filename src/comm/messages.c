#include "comm_private.h"
#include "gdmpi/memory.h"

/* Messages go in pieces that MPI sends off (eagerly, as it says) without asking the receiver first.
 * Answers to such questions would wait for the next push on either side, and over TCP behind all
 * data that is under way. Open MPI's limit for TCP is 64 KiB, its own header included. */
enum { EAGER = 60 << 10 };

struct gd_messages {
    gd_comm *comm;
    MPI_Datatype line; /* counts are in int, and messages in whole cache lines */
    int count;
    int *first;           /* [count + 1]: of the requests of each message */
    int *left;            /* [count]: requests that have not ended */
    int *owner;           /* the message of each request */
    MPI_Request *request; /* persistent */
    int *ended;           /* room for their numbers */
};

gd_status gd_messages_new(gd_comm *comm, int count, size_t bytes, gd_messages **messages) {
    static const char what[] = "messages between ranks";
    size_t all = (size_t)count, most = all + bytes / EAGER;
    gd_messages *new = NULL;
    gd_status status = gd_memory_new(&new, 1, sizeof *new, what);
    *messages = new;
    if (status != GD_OK) {
        return status;
    }
    new->comm = comm;
    MPI_Type_contiguous(GD_CACHE_LINE, MPI_BYTE, &new->line);
    MPI_Type_commit(&new->line);
    status = gd_memory_new(&new->first, all + 1, sizeof *new->first, what);
    if (status == GD_OK) {
        status = gd_memory_new(&new->left, all, sizeof *new->left, what);
    }
    if (status == GD_OK) {
        status = gd_memory_new(&new->owner, most, sizeof *new->owner, what);
    }
    if (status == GD_OK) {
        status = gd_memory_new(&new->request, most, sizeof *new->request, what);
    }
    if (status == GD_OK) {
        status = gd_memory_new(&new->ended, most, sizeof *new->ended, what);
    }
    if (status != GD_OK) {
        gd_messages_free(messages);
    }
    return status;
}

void gd_messages_free(gd_messages **messages) {
    gd_messages *old = *messages;
    if (old == NULL) {
        return;
    }
    for (int i = 0; old->first != NULL && i < old->first[old->count]; i++) {
        MPI_Request_free(&old->request[i]);
    }
    MPI_Type_free(&old->line);
    gd_memory_free(&old->first);
    gd_memory_free(&old->left);
    gd_memory_free(&old->owner);
    gd_memory_free(&old->request);
    gd_memory_free(&old->ended);
    gd_memory_free(messages);
}

/* MPI_Send_init and MPI_Recv_init differ in whether the data may be changed. */
typedef enum way { OUT, IN } way;

static void add(gd_messages *messages, way way, int rank, int tag, char *data, size_t bytes) {
    int number = messages->count++, next = messages->first[number];
    for (size_t at = 0; at < bytes; at += EAGER, next++) {
        size_t piece = bytes - at < EAGER ? bytes - at : EAGER;
        int lines = (int)(piece / GD_CACHE_LINE);
        MPI_Request *request = &messages->request[next];
        if (way == OUT) {
            MPI_Send_init(data + at, lines, messages->line, rank, tag, messages->comm->world,
                          request);
        } else {
            MPI_Recv_init(data + at, lines, messages->line, rank, tag, messages->comm->world,
                          request);
        }
        messages->owner[next] = number;
    }
    messages->first[number + 1] = next;
}

void gd_messages_send(gd_messages *messages, int rank, int tag, const void *data, size_t bytes) {
    add(messages, OUT, rank, tag, (char *)data, bytes);
}

void gd_messages_receive(gd_messages *messages, int rank, int tag, void *data, size_t bytes) {
    add(messages, IN, rank, tag, data, bytes);
}

void gd_messages_start(gd_messages *messages, int first, int count) {
    const int *request = messages->first;
    for (int i = first; i < first + count; i++) {
        messages->left[i] = request[i + 1] - request[i];
    }
    if (count > 0) {
        MPI_Startall(request[first + count] - request[first], messages->request + request[first]);
    }
}

int gd_messages_push(gd_messages *messages, int *done) {
    int ended, count = 0;
    MPI_Testsome(messages->first[messages->count], messages->request, &ended, messages->ended,
                 MPI_STATUSES_IGNORE);
    for (int i = 0; ended != MPI_UNDEFINED && i < ended; i++) {
        int number = messages->owner[messages->ended[i]];
        if (--messages->left[number] == 0) {
            done[count++] = number;
        }
    }
    return count;
}
