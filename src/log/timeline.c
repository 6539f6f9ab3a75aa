#include <math.h>
#include <stdio.h>

#include "gdmpi/files.h"
#include "gdmpi/json.h"
#include "gdmpi/memory.h"
#include "gdmpi/timeline.h"

/* It begins where the one before it ends. */
typedef struct event {
    int64_t end; /* nanoseconds from zero */
    int64_t phase;
} event;

struct gd_timeline {
    double zero; /* on the clock */
    int64_t room, count, dropped;
    event *events;
};

gd_status gd_timeline_new(gd_comm *comm, int64_t room, gd_timeline **timeline) {
    gd_timeline *new = NULL;
    gd_status status = gd_memory_new(&new, 1, sizeof *new, "the timeline");
    if (status == GD_OK) {
        new->room = room / gd_comm_size(comm);
        status = gd_memory_new(&new->events, (size_t) new->room, sizeof *new->events,
                               "the events of the timeline");
    }
    status = gd_comm_agree(comm, status);
    if (status != GD_OK) {
        gd_timeline_free(&new);
    } else {
        gd_comm_barrier(comm);
        new->zero = gd_clock_seconds();
    }
    *timeline = new;
    return status;
}

void gd_timeline_free(gd_timeline **timeline) {
    if (*timeline != NULL) {
        gd_memory_free(&(*timeline)->events);
        gd_memory_free(timeline);
    }
}

void gd_timeline_add(gd_timeline *timeline, gd_phase phase, double end) {
    if (timeline->count == timeline->room) {
        timeline->dropped++;
        return;
    }
    timeline->events[timeline->count++] =
        (event){.end = llround(1e9 * (end - timeline->zero)), .phase = phase};
}

/* What all know of a rank. */
typedef struct track {
    int64_t count, dropped;
} track;

static void add_name(gd_text *out, const char *what, int host, int rank, const char *name) {
    gd_text_add(out,
                "{\"name\":\"%s\",\"ph\":\"M\",\"pid\":%d,\"tid\":%d,\"args\":{\"name\":", what,
                host, rank);
    gd_json_string(out, name);
    gd_text_add(out, "}}");
}

/* Whole nanoseconds, so that one event ends exactly where the next begins. */
static void add_events(gd_text *out, int host, int rank, const event *events, int64_t count) {
    int64_t begin = 0;
    for (int64_t i = 0; i < count; i++) {
        int64_t length = events[i].end - begin;
        gd_text_add(out,
                    ",\n{\"name\":\"%s\",\"ph\":\"X\",\"pid\":%d,\"tid\":%d,"
                    "\"ts\":%lld.%03d,\"dur\":%lld.%03d}",
                    gd_phase_name((gd_phase)events[i].phase), host, rank, (long long)(begin / 1000),
                    (int)(begin % 1000), (long long)(length / 1000), (int)(length % 1000));
        begin = events[i].end;
    }
}

static void add_track(gd_text *out, int host, int rank, const track *track, const event *events) {
    char name[80];
    int length = snprintf(name, sizeof name, "rank %d", rank);
    if (track->dropped > 0) {
        snprintf(name + length, sizeof name - (size_t)length, ", without the last %lld phases",
                 (long long)track->dropped);
    }
    add_name(out, "thread_name", host, rank, name);
    add_events(out, host, rank, events, track->count);
}

static gd_status write_all(const gd_comm *comm, const char *path, const track *tracks,
                           const event *events) {
    gd_text out = {0};
    for (int host = 0; host < gd_comm_hosts(comm); host++) {
        gd_range ranks = gd_comm_ranks_on(comm, host);
        int first = (int)ranks.first;
        gd_text_add(&out, host == 0 ? "[\n" : ",\n");
        add_name(&out, "process_name", host, first, gd_comm_host_of(comm, first));
        for (int rank = first; rank < first + ranks.count; rank++) {
            gd_text_add(&out, ",\n");
            add_track(&out, host, rank, &tracks[rank], events);
            events += tracks[rank].count;
        }
    }
    gd_text_add(&out, "\n]\n");
    gd_status status = gd_text_status(&out);
    if (status == GD_OK) {
        status = gd_file_write(path, out.bytes, out.length);
    }
    gd_text_free(&out);
    return status;
}

/* Where each rank's events go; returns how many there are. */
static int64_t place(int ranks, const track *tracks, gd_range *parts, int64_t *dropped) {
    int64_t total = *dropped = 0;
    for (int rank = 0; rank < ranks; rank++) {
        parts[rank] = (gd_range){.first = total, .count = tracks[rank].count};
        total += tracks[rank].count;
        *dropped += tracks[rank].dropped;
    }
    return total;
}

gd_status gd_timeline_write(gd_comm *comm, const gd_timeline *timeline, const char *path,
                            int64_t *kept, int64_t *dropped) {
    static const char what[] = "the timeline of all ranks";
    int ranks = gd_comm_size(comm);
    bool root = gd_comm_rank(comm) == 0;
    const track own = {.count = timeline->count, .dropped = timeline->dropped};
    track *tracks;
    gd_range *parts = NULL;
    event *events = NULL;
    gd_status status = gd_comm_collect(comm, &own, sizeof own, &tracks, what);
    if (status != GD_OK) {
        return status;
    }
    status = gd_memory_new(&parts, (size_t)ranks, sizeof *parts, what);
    if (status == GD_OK) {
        *kept = place(ranks, tracks, parts, dropped);
        status = gd_memory_new(&events, root ? (size_t)*kept : 0, sizeof *events, what);
    }
    status = gd_comm_agree(comm, status);
    if (status == GD_OK) {
        gd_comm_gather(comm, sizeof *events, parts, timeline->events, events);
        status = gd_comm_agree(comm, root ? write_all(comm, path, tracks, events) : GD_OK);
    }
    gd_memory_free(&events);
    gd_memory_free(&parts);
    gd_memory_free(&tracks);
    return status;
}
