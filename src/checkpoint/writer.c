#include <math.h>
#include <pthread.h>
#include <time.h>

#include "gdmpi/files.h"
#include "gdmpi/memory.h"
#include "gdmpi/process.h"
#include "gdmpi/writer.h"

/* Snapshots are filled and written in turn: the n-th is in place n % GD_WRITER_SNAPSHOTS. */
struct gd_writer {
    gd_writer_plan plan;
    gd_snapshot snapshot[GD_WRITER_SNAPSHOTS];
    bool threaded;
    pthread_t thread;
    pthread_mutex_t mutex;  /* of all that follows */
    pthread_cond_t changed; /* of all that follows */
    int64_t given, done;    /* snapshots handed over, and those that are written or have failed */
    bool closing, failed;
    gd_status failure; /* of the first that failed, until it is told */
    gd_writer_account account;
};

static gd_status add_vectors(const gd_writer_plan *plan, const gd_snapshot *snapshot,
                             gd_checkpoint *file) {
    gd_status status = GD_OK;
    for (int i = 0; i < plan->vectors && status == GD_OK; i++) {
        status =
            gd_checkpoint_add(file, plan->group[i], plan->tensors, plan->type, snapshot->vector[i]);
    }
    return status;
}

static gd_status write_file(const gd_writer_plan *plan, const gd_snapshot *snapshot) {
    gd_checkpoint *file = NULL;
    char *path;
    gd_status status = gd_rundir_checkpoint(plan->rundir, snapshot->header.progress.step, &path);
    if (status == GD_OK) {
        status = gd_checkpoint_create(path, &snapshot->header, &file);
    }
    if (status == GD_OK) {
        status = add_vectors(plan, snapshot, file);
    }
    if (status == GD_OK) {
        status = gd_metrics_flush(snapshot->log);
    }
    if (status == GD_OK) {
        status = gd_checkpoint_commit(&file);
    }
    gd_checkpoint_abandon(&file);
    gd_memory_free(&path);
    return status;
}

static gd_status write_snapshot(const gd_writer_plan *plan, const gd_snapshot *snapshot) {
    const gd_progress *progress = &snapshot->header.progress;
    gd_status status = write_file(plan, snapshot);
    if (status == GD_OK) {
        status = gd_rundir_link(plan->rundir, "latest", progress->step);
    }
    if (status == GD_OK && gd_progress_best(progress) == progress->step) {
        status = gd_rundir_link(plan->rundir, "best", progress->step);
    }
    if (status == GD_OK) {
        status = gd_rundir_prune(plan->rundir, plan->keep, gd_progress_best(progress));
    }
    return status;
}

/* How long this thread has kept a core busy. */
static double processor_seconds(void) {
    struct timespec used;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return (double)used.tv_sec + 1e-9 * (double)used.tv_nsec;
}

/* The oldest snapshot that was handed over. With the mutex, which is free while it writes. */
static void write_next(gd_writer *writer) {
    const gd_snapshot *snapshot = &writer->snapshot[writer->done % GD_WRITER_SNAPSHOTS];
    gd_writer_account *account = &writer->account;
    if (!writer->failed) {
        pthread_mutex_unlock(&writer->mutex);
        double start = gd_clock_seconds(), used = processor_seconds();
        gd_status status = write_snapshot(&writer->plan, snapshot);
        double end = gd_clock_seconds();
        used = processor_seconds() - used;
        pthread_mutex_lock(&writer->mutex);
        writer->failed = status != GD_OK;
        writer->failure = status;
        account->count += status == GD_OK;
        account->longest = fmax(account->longest, end - snapshot->began);
        account->seconds += end - start;
        account->processor += used;
    }
    writer->done++;
    pthread_cond_broadcast(&writer->changed);
}

static void *work(void *context) {
    gd_writer *writer = context;
    pthread_mutex_lock(&writer->mutex);
    while (!writer->closing || writer->done < writer->given) {
        if (writer->done < writer->given) {
            write_next(writer);
        } else {
            pthread_cond_wait(&writer->changed, &writer->mutex);
        }
    }
    pthread_mutex_unlock(&writer->mutex);
    return NULL;
}

static gd_status allocate(gd_writer *writer) {
    gd_status status = GD_OK;
    for (int i = 0; i < GD_WRITER_SNAPSHOTS; i++) {
        for (int j = 0; j < writer->plan.vectors && status == GD_OK; j++) {
            status =
                gd_memory_new(&writer->snapshot[i].vector[j], (size_t)writer->plan.tensors->size,
                              gd_type_size(writer->plan.type), "a snapshot for checkpoints");
        }
    }
    return status;
}

gd_status gd_writer_new(const gd_writer_plan *plan, gd_writer **writer) {
    gd_writer *self;
    gd_status status = gd_memory_new(&self, 1, sizeof *self, "the writer of checkpoints");
    *writer = self;
    if (status == GD_OK) {
        *self = (gd_writer){
            .plan = *plan, .mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
        status = allocate(self);
    }
    if (status != GD_OK) {
        gd_writer_free(writer);
    }
    return status;
}

void gd_writer_free(gd_writer **writer) {
    gd_writer *old = *writer;
    if (old == NULL) {
        return;
    }
    if (old->threaded) {
        pthread_mutex_lock(&old->mutex);
        old->closing = true;
        pthread_cond_broadcast(&old->changed);
        pthread_mutex_unlock(&old->mutex);
        pthread_join(old->thread, NULL);
    }
    for (int i = 0; i < GD_WRITER_SNAPSHOTS; i++) {
        for (int j = 0; j < old->plan.vectors; j++) {
            gd_memory_free(&old->snapshot[i].vector[j]);
        }
    }
    pthread_cond_destroy(&old->changed);
    pthread_mutex_destroy(&old->mutex);
    gd_status_free(&old->failure);
    gd_memory_free(writer);
}

/* Waits until at most `count` snapshots are still to be written. With the mutex. */
static void wait_until(gd_writer *writer, int64_t count) {
    while (writer->given - writer->done > count) {
        pthread_cond_wait(&writer->changed, &writer->mutex);
    }
}

gd_snapshot *gd_writer_take(gd_writer *writer) {
    pthread_mutex_lock(&writer->mutex);
    wait_until(writer, GD_WRITER_SNAPSHOTS - 1);
    gd_snapshot *snapshot = &writer->snapshot[writer->given % GD_WRITER_SNAPSHOTS];
    pthread_mutex_unlock(&writer->mutex);
    return snapshot;
}

/* With the first snapshot, and not before: while a run begins, processes are forked
 * (store_guard.c), which a thread that holds a lock of a library's can bring to a standstill. */
static void start_thread(gd_writer *writer) {
    writer->threaded = writer->plan.thread && gd_process_thread(&writer->thread, work, writer) == 0;
    writer->account.thread = writer->threaded;
}

void gd_writer_give(gd_writer *writer) {
    pthread_mutex_lock(&writer->mutex);
    if (writer->given == 0) {
        start_thread(writer);
    }
    writer->given++;
    if (writer->threaded) {
        pthread_cond_broadcast(&writer->changed);
    } else {
        write_next(writer);
    }
    pthread_mutex_unlock(&writer->mutex);
}

gd_status gd_writer_failure(gd_writer *writer) {
    pthread_mutex_lock(&writer->mutex);
    gd_status failure = writer->failure;
    writer->failure = GD_OK;
    pthread_mutex_unlock(&writer->mutex);
    return failure;
}

gd_status gd_writer_wait(gd_writer *writer) {
    pthread_mutex_lock(&writer->mutex);
    wait_until(writer, 0);
    pthread_mutex_unlock(&writer->mutex);
    return gd_writer_failure(writer);
}

gd_writer_account gd_writer_count(gd_writer *writer) {
    pthread_mutex_lock(&writer->mutex);
    gd_writer_account account = writer->account;
    pthread_mutex_unlock(&writer->mutex);
    return account;
}

double gd_writer_bytes(const gd_writer *writer) {
    return (double)GD_WRITER_SNAPSHOTS * writer->plan.vectors * (double)writer->plan.tensors->size *
           (double)gd_type_size(writer->plan.type);
}
