/* How long checkpoints take: some are saved as a run saves them. */
#include <math.h>

#include "gdmpi/files.h"
#include "gdmpi/memory.h"
#include "gdmpi/stop.h"
#include "gdmpi/terminal.h"
#include "train_private.h"

typedef struct trial {
    int64_t steps; /* between two */
    bool full;     /* no core is free */
    int64_t cores; /* of a host */
} trial;

/* The trainer's run is `run` until `end`, and a folder beside it takes its place. Rank 0. */
static gd_status begin(gd_trainer *trainer, gd_rundir *run, bool *made) {
    gd_rundir scratch = {.lock = -1};
    gd_status status = gd_rundir_beside(&trainer->rundir, ".gdmpi-check-", &scratch);
    *made = status == GD_OK;
    if (!*made) {
        gd_rundir_free(&scratch);
        return status;
    }
    *run = trainer->rundir;
    trainer->rundir = scratch;
    return gd_trainer_prepare_files(trainer, NULL);
}

static void end(gd_trainer *trainer, gd_rundir *run) {
    gd_status closed = gd_metrics_close(&trainer->metrics);
    gd_status events = gd_events_close(&trainer->events);
    gd_status removed = gd_rundir_remove(&trainer->rundir);
    if (removed != GD_OK) {
        gd_terminal_warn("%s", gd_status_message(removed));
    }
    gd_status_free(&closed);
    gd_status_free(&events);
    gd_status_free(&removed);
    gd_rundir_free(&trainer->rundir);
    trainer->rundir = *run;
}

/* That a checkpoint cannot be written does not keep a run from being planned. */
static gd_status pass_on(const gd_trainer *trainer, gd_status status, bool *written) {
    if (status == GD_OK || gd_status_code(status) == GD_DIVERGED) {
        return status;
    }
    if (trainer->writer != NULL) {
        gd_terminal_warn("a checkpoint could not be written here now; the forecast takes it to be "
                         "written at 100 MB/s: %s",
                         gd_status_message(status));
    }
    gd_status_free(&status);
    *written = false;
    return status;
}

/* To a step that has a checkpoint. */
static void advance(gd_progress *progress, bool best) {
    progress->step++;
    if (best) {
        progress->best_step = progress->step;
        progress->best_epoch = progress->epoch + 1;
    }
}

/* Saves so many times, with steps before each, and waits until all are written; sets the seconds of
 * one. Every other is the best so far. Collective. */
static gd_status save(gd_trainer *trainer, int count, int64_t steps, double *seconds,
                      bool *written) {
    gd_status status = GD_OK;
    double turning = 0;
    const double start = gd_clock_seconds();
    for (int i = 0; i < count && status == GD_OK && *written; i++) {
        status = gd_comm_agree(trainer->problem->comm, gd_stop_check());
        if (status == GD_OK) {
            status = gd_trainer_play(trainer, steps, &turning);
        }
        advance(&trainer->progress, i % 2 == 0);
        if (status == GD_OK) {
            status = pass_on(trainer, gd_trainer_save(trainer, true), written);
        }
    }
    gd_status last = pass_on(trainer, gd_trainer_wait(trainer), written);
    *seconds = (gd_clock_seconds() - start) / count;
    gd_comm_broadcast(trainer->problem->comm, seconds, sizeof *seconds);
    return gd_status_first(status, last);
}

/* As many steps as in a run, or as take a moment: they and the thread slow each other down. None
 * where it is not known how long one takes. */
static int64_t steps_between(const gd_trainer *trainer, double step, const gd_saving *saving) {
    static const double moment = 0.02;
    const double epoch = (double)gd_shards_steps(&trainer->problem->shards);
    const double most = saving->steps > 0 ? saving->steps : epoch;
    return step > 0 ? (int64_t)fmin(most, moment / step) : 0;
}

/* As when a run is over. Collective. */
static gd_status save_model(gd_trainer *trainer, double *seconds, bool *written) {
    uint64_t digest;
    const double start = gd_clock_seconds();
    gd_status status = gd_trainer_digest(trainer, &digest);
    if (status == GD_OK) {
        status = pass_on(trainer, gd_trainer_save_model(trainer, digest), written);
    }
    *seconds = gd_clock_seconds() - start;
    return status;
}

static gd_writer_account account_of(const gd_trainer *trainer) {
    return trainer->writer == NULL ? (gd_writer_account){0} : gd_writer_count(trainer->writer);
}

/* Rank 0 saves so many times, without steps, while the others rest. Collective. */
static gd_status save_alone(gd_trainer *trainer, int count, bool *written) {
    gd_comm *comm = trainer->problem->comm;
    gd_status status = GD_OK;
    if (trainer->writer != NULL) {
        for (int i = 0; i < count && status == GD_OK; i++) {
            advance(&trainer->progress, i % 2 == 0);
            status = gd_stop_check();
            if (status == GD_OK) {
                status = gd_trainer_save_again(trainer);
            }
        }
        status = gd_status_first(status, gd_writer_wait(trainer->writer));
    }
    gd_comm_rest(comm);
    gd_status stopped = gd_comm_agree(comm, gd_stop_check());
    if (stopped != GD_OK) {
        gd_status_free(&status);
        return stopped;
    }
    return pass_on(trainer, gd_comm_agree(comm, status), written);
}

/* The seconds of the thread for one of so many, where cores are free and where none is. Where these
 * ranks leave one free, N busy cores are taken to share their time with the thread: what a
 * processor does takes it (N + 1) / N as long. Collective. */
static gd_status time_thread(gd_trainer *trainer, const trial *how, int count, double *each,
                             bool *written, gd_saving *saving) {
    const gd_writer_account before = account_of(trainer);
    gd_status status = save(trainer, count, how->steps, each, written);
    const gd_writer_account after = account_of(trainer);
    const double write = (after.seconds - before.seconds) / count;
    saving->processor = (after.processor - before.processor) / count;
    saving->write_free = write;
    saving->write_full = how->full ? write : write + saving->processor / (double)how->cores;
    if (status == GD_OK && *written && gd_comm_size(trainer->problem->comm) > 1) {
        status = save_alone(trainer, count, written);
        if (how->full) {
            saving->write_free = (account_of(trainer).seconds - after.seconds) / count;
        }
    }
    return status;
}

/* Of a run, the first ones make files, and touch pages and code, that later ones use again; at its
 * end, the last one is waited for, and the model is written. */
static gd_status time_writing(gd_trainer *trainer, const trial *how, bool *written,
                              gd_saving *saving) {
    static const double wanted = 0.3; /* seconds, of what is measured */
    enum { FIRST = 3 };
    gd_saving measured = *saving;
    double first, each, model;
    gd_status status = save(trainer, FIRST, how->steps, &first, written);
    if (status == GD_OK && *written) {
        const int count = (int)fmin(100, fmax(5, wanted / first));
        status = time_thread(trainer, how, count, &each, written, &measured);
    }
    if (status == GD_OK && *written) {
        status = save_model(trainer, &model, written);
    }
    if (status == GD_OK && *written) {
        *saving = measured;
        saving->once = FIRST * fmax(0, first - each) + model +
                       (how->full ? saving->write_full : saving->write_free);
    }
    return status;
}

static gd_status try_to_write(gd_trainer *trainer, const trial *how, gd_saving *saving) {
    static const double most = 64 << 20; /* bytes */
    const double bytes = gd_trainer_save_bytes(trainer);
    const gd_progress progress = trainer->progress;
    gd_rundir run;
    const double start = gd_clock_seconds();
    bool made = false, written = true;
    gd_status status = GD_OK;
    saving->write_free = saving->write_full = bytes / GD_TRAINER_SAVE_RATE;
    saving->once = saving->write_full;
    saving->processor = bytes / GD_TRAINER_PROCESSOR_RATE;
    if (bytes > most) {
        return GD_OK;
    }
    if (trainer->writer != NULL) {
        status = begin(trainer, &run, &made);
    }
    const double begun = gd_clock_seconds() - start;
    status = pass_on(trainer, gd_comm_agree(trainer->problem->comm, status), &written);
    if (written) {
        status = time_writing(trainer, how, &written, saving);
    }
    saving->once += begun;
    if (made) {
        end(trainer, &run);
    }
    trainer->progress = progress;
    return status;
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

gd_status gd_trainer_time_save(gd_trainer *trainer, double step, bool full, int64_t cores,
                               gd_saving *saving) {
    const trial how = {.steps = steps_between(trainer, step, saving), .full = full, .cores = cores};
    gd_status status = time_copy(trainer, &saving->copy);
    if (status == GD_OK) {
        status = try_to_write(trainer, &how, saving);
    }
    gd_comm_broadcast(trainer->problem->comm, saving, sizeof *saving);
    return status;
}
