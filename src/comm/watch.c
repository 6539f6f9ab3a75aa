#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <math.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "comm_private.h"
#include "gdmpi/files.h"
#include "gdmpi/memory.h"
#include "gdmpi/process.h"
#include "gdmpi/terminal.h"
#include "gdmpi/watch.h"

enum {
    ADDRESSES_MOST = 32, /* of rank 0's host */
    BEATS_MOST = 100,    /* a second that come to rank 0 */
    DEPUTY_SECONDS = 3,  /* in which a job ends once it is told to */
    ABORT_SECONDS = 5,   /* after which a rank that MPI does not end leaves by itself */
    PHASE_NAME = 16
};

typedef enum word {
    RUNNING,
    LEAVING, /* what comes next from this rank is nothing, and that is well */
    ENDED    /* a rank has said why the job ends: leave */
} word;

/* What ranks send each other. */
typedef struct beat {
    uint64_t run; /* a random number, so that nothing else on the network is taken for a beat */
    int32_t word, rank;
    int64_t epoch, step;
    char phase[PHASE_NAME];
} beat;

/* Where rank 0 can be heard. */
typedef struct meeting {
    uint64_t run;
    int count;
    struct sockaddr_in address[ADDRESSES_MOST];
} meeting;

/* What a rank knows of another one. */
typedef struct peer {
    bool heard;   /* and so expected to be heard again */
    double since; /* when last, on the watch's clock */
    struct sockaddr_in address;
    beat last;
} peer;

struct gd_watch {
    const gd_comm *comm;
    meeting meeting;
    int socket;
    in_port_t own_port;
    int stop[2]; /* a pair of sockets: that the second is closed tells the thread to stop */
    pthread_t thread;
    bool started;
    double timeout, period; /* of the beats */
    double clock;           /* seconds that this rank has run for */
    int64_t step;           /* that was under way when this was last looked at */
    int peers;              /* rank 0 hears all, others only rank 0 */
    peer *peer;             /* [peers], by rank */
    in_port_t *port;        /* of all ranks */
    _Atomic(const char *) doing;
    _Atomic int64_t doing_epoch, doing_step;
};

void gd_watch_phase(gd_watch *watch, const char *phase) {
    if (watch != NULL) {
        atomic_store_explicit(&watch->doing, phase, memory_order_relaxed);
    }
}

void gd_watch_step(gd_watch *watch, int64_t epoch, int64_t step) {
    if (watch != NULL) {
        atomic_store_explicit(&watch->doing_epoch, epoch, memory_order_relaxed);
        atomic_store_explicit(&watch->doing_step, step, memory_order_relaxed);
    }
}

static void send_to(const gd_watch *watch, const beat *beat, const struct sockaddr_in *address) {
    /* What does not arrive is as good as not sent. */
    (void)sendto(watch->socket, beat, sizeof *beat, MSG_DONTWAIT | MSG_NOSIGNAL,
                 (const struct sockaddr *)address, sizeof *address);
}

/* Rank 0 answers where it was heard from; the others try all ways to rank 0 until one of them is
 * answered. */
static void tell(const gd_watch *watch, word word) {
    const char *phase = atomic_load_explicit(&watch->doing, memory_order_relaxed);
    beat beat = {.run = watch->meeting.run,
                 .word = word,
                 .rank = watch->comm->rank,
                 .epoch = atomic_load_explicit(&watch->doing_epoch, memory_order_relaxed),
                 .step = atomic_load_explicit(&watch->doing_step, memory_order_relaxed)};
    snprintf(beat.phase, sizeof beat.phase, "%s", phase);
    for (int i = 0; i < watch->peers; i++) {
        if (watch->peer[i].heard) {
            send_to(watch, &beat, &watch->peer[i].address);
        }
    }
    if (watch->comm->rank > 0 && !watch->peer[0].heard) {
        for (int i = 0; i < watch->meeting.count; i++) {
            send_to(watch, &beat, &watch->meeting.address[i]);
        }
    }
}

static void hear_beat(gd_watch *watch, const beat *beat, const struct sockaddr_in *from) {
    if (beat->run != watch->meeting.run || beat->rank == watch->comm->rank) {
        return;
    }
    if (beat->word == ENDED) {
        _exit(GD_FAILED);
    }
    if (beat->rank >= 0 && beat->rank < watch->peers) {
        peer *peer = &watch->peer[beat->rank];
        peer->heard = beat->word == RUNNING;
        peer->since = watch->clock;
        peer->address = *from;
        peer->last = *beat;
        peer->last.phase[PHASE_NAME - 1] = '\0';
    }
}

static void hear(gd_watch *watch) {
    beat beat;
    struct sockaddr_in from;
    socklen_t length = sizeof from;
    ssize_t bytes;
    while ((bytes = recvfrom(watch->socket, &beat, sizeof beat, MSG_DONTWAIT | MSG_TRUNC,
                             (struct sockaddr *)&from, &length)) >= 0) {
        if (bytes == sizeof beat && from.sin_family == AF_INET) {
            hear_beat(watch, &beat, &from);
        }
        length = sizeof from;
    }
}

/* A step that has ended says of all ranks that they run, also where beats do not arrive any more.
 */
static void hear_steps(gd_watch *watch) {
    int64_t step = atomic_load_explicit(&watch->doing_step, memory_order_relaxed);
    for (int i = 0; i < watch->peers && step != watch->step; i++) {
        watch->peer[i].since = watch->clock;
    }
    watch->step = step;
}

static void leave(int number) {
    (void)number;
    _exit(GD_FAILED);
}

static void print_end(const gd_watch *watch, const peer *still, int others) {
    const beat *last = &still->last;
    char where[64], more[32] = "";
    snprintf(where, sizeof where, "of step %lld (epoch %lld)", (long long)last->step,
             (long long)last->epoch);
    if (others > 0) {
        snprintf(more, sizeof more, " (and %d more)", others);
    }
    /* Not by stdio, whose lock another thread may hold. */
    gd_terminal_clear();
    dprintf(
        STDERR_FILENO,
        "%sgdmpi:%s rank %d of %d on %s%s has stood still for %.0f s; it was last in the phase %s "
        "%s; the job ends here: run the same command again to continue from the last "
        "checkpoint\n",
        gd_terminal_style(stderr, GD_STYLE_ERROR), gd_terminal_style(stderr, GD_STYLE_PLAIN),
        last->rank, watch->comm->size, watch->comm->name_of[last->rank], more,
        watch->clock - still->since, last->phase, last->step > 0 ? where : "before the first step");
}

/* To all that this rank can reach. */
static void tell_end(const gd_watch *watch) {
    const beat ended = {
        .run = watch->meeting.run, .word = ENDED, .rank = watch->comm->rank, .phase = "end"};
    gd_range here = watch->comm->ranks_on[watch->comm->host];
    for (int64_t rank = here.first; rank < here.first + here.count; rank++) {
        const struct sockaddr_in address = {.sin_family = AF_INET,
                                            .sin_port = watch->port[rank],
                                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        send_to(watch, &ended, &address);
    }
    tell(watch, ENDED);
}

/* Does not return. MPI_Abort is called from this thread though another is MPI's, for the job must
 * end; should that fail, the alarm ends this process, and the same happens on the others. */
static void end_job(const gd_watch *watch, const peer *still, int others) {
    sigset_t alarms;
    print_end(watch, still, others);
    tell_end(watch);
    signal(SIGALRM, leave);
    sigemptyset(&alarms);
    sigaddset(&alarms, SIGALRM);
    pthread_sigmask(SIG_UNBLOCK, &alarms, NULL);
    alarm(ABORT_SECONDS);
    MPI_Abort(MPI_COMM_WORLD, GD_FAILED);
    _exit(GD_FAILED);
}

/* How long a rank leaves it to others to end the job: no time for rank 0; then come the first ranks
 * of the other hosts, since rank 0's may stand still as a whole; then all others. */
static double deference(const gd_comm *comm) {
    int place = comm->rank;
    if (comm->hosts > 1) {
        bool first = comm->rank == comm->ranks_on[comm->host].first;
        place =
            first ? comm->host : comm->hosts + comm->rank - (int)comm->ranks_on[comm->host].first;
    }
    return place > 1 ? DEPUTY_SECONDS * (place - 1.0) : 0;
}

static void judge(const gd_watch *watch) {
    const peer *still = NULL;
    int silent = 0;
    for (int i = 0; i < watch->peers; i++) {
        const peer *peer = &watch->peer[i];
        if (peer->heard && (still == NULL || peer->since < still->since)) {
            still = peer;
        }
    }
    if (still == NULL || watch->clock - still->since < watch->timeout + deference(watch->comm)) {
        return;
    }
    for (int i = 0; i < watch->peers; i++) {
        silent += watch->peer[i].heard && watch->peer[i].since <= still->since + 2 * watch->period;
    }
    end_job(watch, still, silent - 1);
}

/* The thread. Its clock runs only while it does: a job that was suspended as a whole, or a core
 * that is much too busy, is no reason to give others up. */
static void *keep_watch(void *context) {
    gd_watch *watch = context;
    struct pollfd events[] = {{.fd = watch->stop[0]}, {.fd = watch->socket, .events = POLLIN}};
    double before = gd_clock_seconds(), due = before;
    while (events[0].revents == 0) {
        double now = gd_clock_seconds();
        watch->clock += fmin(now - before, 2 * watch->period);
        before = now;
        hear(watch);
        if (now >= due) {
            hear_steps(watch);
            judge(watch);
            tell(watch, RUNNING);
            due = now + watch->period;
        }
        poll(events, 2, (int)ceil(1000 * (due - now)));
    }
    return NULL;
}

static gd_status cannot(const char *what, int error) {
    return gd_status_new(GD_FAILED, "%s: %s", what, strerror(error));
}

/* On any port of all addresses of this host. */
static gd_status open_socket(gd_watch *watch) {
    struct sockaddr_in own = {.sin_family = AF_INET};
    socklen_t length = sizeof own;
    watch->socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (watch->socket < 0 || bind(watch->socket, (struct sockaddr *)&own, sizeof own) != 0 ||
        getsockname(watch->socket, (struct sockaddr *)&own, &length) != 0) {
        return cannot("no socket can be had", errno);
    }
    watch->own_port = own.sin_port;
    return GD_OK;
}

/* Rank 0. */
static gd_status open_meeting(gd_watch *watch) {
    meeting *meeting = &watch->meeting;
    struct ifaddrs *list;
    if (getrandom(&meeting->run, sizeof meeting->run, 0) != sizeof meeting->run) {
        return cannot("no random number can be had", errno);
    }
    if (getifaddrs(&list) != 0) {
        return cannot("the addresses of this host cannot be had", errno);
    }
    for (struct ifaddrs *at = list; at != NULL && meeting->count < ADDRESSES_MOST;
         at = at->ifa_next) {
        if (at->ifa_addr != NULL && at->ifa_addr->sa_family == AF_INET &&
            (at->ifa_flags & IFF_UP) != 0) {
            struct sockaddr_in *address = &meeting->address[meeting->count++];
            memcpy(address, at->ifa_addr, sizeof *address);
            address->sin_port = watch->own_port;
        }
    }
    freeifaddrs(list);
    return GD_OK;
}

static gd_status open_watch(gd_watch *watch) {
    gd_status status = gd_memory_new(&watch->peer, (size_t)watch->peers, sizeof *watch->peer,
                                     "the watch over ranks");
    if (status == GD_OK && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, watch->stop) != 0) {
        watch->stop[0] = watch->stop[1] = -1;
        status = cannot("no socket can be had", errno);
    }
    if (status == GD_OK) {
        status = open_socket(watch);
    }
    if (status == GD_OK && watch->comm->rank == 0) {
        status = open_meeting(watch);
    }
    return status;
}

static gd_status start_thread(gd_watch *watch) {
    int error = gd_process_thread(&watch->thread, keep_watch, watch);
    watch->started = error == 0;
    return error == 0 ? GD_OK : cannot("no thread can be started", error);
}

/* All hear of each other before anything else is done, so that a rank that stands still from its
 * first moment on is known, too. Collective. */
static void meet(gd_watch *watch) {
    bool root = watch->comm->rank == 0;
    if (!root) {
        tell(watch, RUNNING);
    }
    MPI_Barrier(watch->comm->world);
    if (root) {
        hear(watch);
        tell(watch, RUNNING);
    }
    MPI_Barrier(watch->comm->world);
    hear(watch);
}

gd_status gd_watch_start(gd_comm *comm, int64_t timeout, gd_watch **watch) {
    gd_watch *new = NULL;
    *watch = NULL;
    if (timeout == 0 || comm->size == 1) {
        return GD_OK;
    }
    gd_status status = gd_memory_new(&new, 1, sizeof *new, "the watch over ranks");
    if (status == GD_OK) {
        new->comm = comm;
        new->socket = new->stop[0] = new->stop[1] = -1;
        new->timeout = (double)timeout;
        new->period = fmin(new->timeout / 4, fmax(1, (double)comm->size / BEATS_MOST));
        new->peers = comm->rank == 0 ? comm->size : 1;
        gd_watch_phase(new, "start");
        status = open_watch(new);
    }
    status = gd_comm_agree(comm, status);
    if (status == GD_OK) {
        gd_comm_broadcast(comm, &new->meeting, sizeof new->meeting);
        status = gd_comm_collect(comm, &new->own_port, sizeof new->own_port, &new->port,
                                 "the ports of the ranks");
    }
    if (status == GD_OK) {
        meet(new);
        status = gd_comm_agree(comm, start_thread(new));
    }
    if (status != GD_OK) {
        gd_watch_stop(&new);
    }
    *watch = new;
    return status;
}

static void close_all(const int *files, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (files[i] >= 0) {
            close(files[i]);
        }
    }
}

void gd_watch_stop(gd_watch **watch) {
    gd_watch *old = *watch;
    if (old == NULL) {
        return;
    }
    if (old->started) {
        close(old->stop[1]);
        old->stop[1] = -1;
        pthread_join(old->thread, NULL);
        tell(old, LEAVING);
    }
    const int files[] = {old->socket, old->stop[0], old->stop[1]};
    close_all(files, sizeof files / sizeof *files);
    gd_memory_free(&old->peer);
    gd_memory_free(&old->port);
    gd_memory_free(watch);
}
