/* How long checkpoints take: some are saved as a run saves them. */
#include <math.h>

#include "gdmpi/files.h"
#include "gdmpi/memory.h"
#include "train_private.h"

/* Where they go, besides the run that is there. Rank 0. */
typedef struct scratch {
    gd_rundir run; /* while the trainer has this one */
    bool there;
} scratch;

static gd_status make_folder(gd_trainer *trainer, const char *beside) {
    char *path = NULL, *log = NULL;
    gd_status status = gd_text_new(&path, "%s/.gdmpi-check", beside);
    if (status == GD_OK) {
        status = gd_rundir_new(path, &trainer->rundir);
    }
    if (status == GD_OK) {
        status = gd_rundir_make(&trainer->rundir);
    }
    if (status == GD_OK) {
        status = gd_rundir_file(&trainer->rundir, "metrics.jsonl", &log);
    }
    if (status == GD_OK) {
        status = gd_metrics_open(log, 0, &trainer->metrics);
    }
    gd_memory_free(&path);
    gd_memory_free(&log);
    return status;
}

static gd_status begin(gd_trainer *trainer, scratch *scratch) {
    char *folder;
    gd_status status = gd_rundir_there(&trainer->rundir, &folder);
    if (status == GD_OK) {
        scratch->run = trainer->rundir;
        scratch->there = true;
        trainer->rundir = (gd_rundir){.lock = -1};
        status = make_folder(trainer, folder);
    }
    gd_memory_free(&folder);
    return status;
}

static void end(gd_trainer *trainer, scratch *scratch) {
    if (!scratch->there) {
        return;
    }
    gd_status status = gd_metrics_close(&trainer->metrics);
    if (trainer->rundir.lock >= 0) {
        gd_status_free(&status);
        status = gd_rundir_remove(&trainer->rundir);
    }
    gd_status_free(&status);
    gd_rundir_free(&trainer->rundir);
    trainer->rundir = scratch->run;
}

/* Saves so many times, with steps before each, and waits until all are written; sets the seconds of
 * one. Each is the best so far, as when training gets on. Collective. */
static gd_status save(gd_trainer *trainer, int count, int64_t steps, double *seconds) {
    gd_progress *progress = &trainer->progress;
    gd_status status = GD_OK;
    double turning = 0;
    const double start = gd_clock_seconds();
    for (int i = 0; i < count && status == GD_OK; i++) {
        status = gd_trainer_play(trainer, steps, &turning);
        progress->best_step = ++progress->step;
        if (status == GD_OK) {
            status = gd_trainer_save(trainer, true);
        }
    }
    gd_status last = gd_trainer_wait(trainer);
    *seconds = (gd_clock_seconds() - start) / count;
    gd_comm_broadcast(trainer->problem->comm, seconds, sizeof *seconds);
    return gd_status_first(status, last);
}

/* As many steps as in a run, or as take a moment: they and the thread slow each other down. */
static int64_t steps_between(const gd_trainer *trainer, double step, const gd_saving *saving) {
    static const double moment = 0.02;
    const double epoch = (double)gd_shards_steps(&trainer->problem->shards);
    const double most = saving->steps > 0 ? saving->steps : epoch;
    return (int64_t)fmin(most, moment / step);
}

/* The first ones make files, and touch pages and code, that later ones use again. */
static gd_status time_writing(gd_trainer *trainer, int64_t steps, gd_saving *saving) {
    static const double wanted = 0.3; /* seconds, of what is measured */
    enum { FIRST = 3 };
    gd_writer_account before = {0}, after = {0};
    double first, each;
    gd_status status = save(trainer, FIRST, steps, &first);
    const int count = (int)fmin(50, fmax(5, wanted / first));
    if (status == GD_OK && trainer->writer != NULL) {
        before = gd_writer_count(trainer->writer);
    }
    if (status == GD_OK) {
        status = save(trainer, count, steps, &each);
    }
    if (status == GD_OK && trainer->writer != NULL) {
        after = gd_writer_count(trainer->writer);
        saving->write = (after.seconds - before.seconds) / count;
        saving->processor = (after.processor - before.processor) / count;
        saving->once = FIRST * fmax(0, first - each) + saving->write;
    }
    return status;
}

/* What fails here does not keep a run from its work. Collective. */
static void try_to_write(gd_trainer *trainer, double step, gd_saving *saving) {
    static const double most = 64 << 20; /* bytes */
    const double bytes = gd_trainer_save_bytes(trainer);
    const gd_progress progress = trainer->progress;
    scratch scratch = {.there = false};
    gd_status status = GD_OK;
    saving->write = saving->processor = saving->once = bytes / GD_TRAINER_SAVE_RATE;
    if (bytes > most) {
        return;
    }
    if (trainer->writer != NULL) {
        status = begin(trainer, &scratch);
    }
    status = gd_comm_agree(trainer->problem->comm, status);
    if (status == GD_OK) {
        status = time_writing(trainer, steps_between(trainer, step, saving), saving);
    }
    end(trainer, &scratch);
    gd_status_free(&status);
    trainer->progress = progress;
}

/* The seconds for which training stands still. Collective. */
static gd_status time_copy(gd_trainer *trainer, double *seconds) {
    gd_snapshot *snapshot = trainer->writer == NULL ? NULL : gd_writer_take(trainer->writer);
    uint64_t digest;
    gd_comm_barrier(trainer->problem->comm);
    const double start = gd_clock_seconds();
    gd_status status = gd_trainer_digest(trainer, &digest);
    if (status == GD_OK) {
        gd_trainer_fill(trainer, snapshot);
    }
    *seconds = gd_clock_seconds() - start;
    return status;
}

gd_status gd_trainer_time_save(gd_trainer *trainer, double step, gd_saving *saving) {
    gd_status status = time_copy(trainer, &saving->copy);
    if (status == GD_OK) {
        try_to_write(trainer, step, saving);
        gd_comm_broadcast(trainer->problem->comm, saving, sizeof *saving);
    }
    return status;
}
