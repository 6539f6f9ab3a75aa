#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gdmpi/files.h"
#include "gdmpi/halt.h"
#include "gdmpi/memory.h"
#include "gdmpi/process.h"
#include "gdmpi/stop.h"
#include "gdmpi/terminal.h"

/* Looking for a file is not free on a parallel file system. */
static const double look_seconds = 1;

/* Clocks of hosts differ, and a run needs a while to end. Slurm itself is late rather than early.
 * Short jobs cannot spare as much. */
static const double margin_seconds = 30, margin_share = 0.1;

/* `ready` is when the run would have ended if it went on for one step more. */
static bool file_is_there(gd_halt *halt, double ready) {
    double now = halt->last;
    (void)ready;
    if (halt->file == NULL || now < halt->file_due) {
        return false;
    }
    halt->file_due = now + look_seconds;
    return gd_file_exists(halt->file);
}

static bool limit_is_near(gd_halt *halt, double ready) {
    return halt->limit > 0 && ready >= halt->limit;
}

static bool job_end_is_near(gd_halt *halt, double ready) {
    return halt->job_end > 0 && ready >= halt->job_end;
}

static const struct {
    const char *name;
    int signal;
    bool (*holds)(gd_halt *halt, double ready); /* where it is no signal */
} reasons[] = {
    {.name = "SIGTERM", .signal = SIGTERM},
    {.name = "SIGINT", .signal = SIGINT},
    {.name = "SIGUSR1", .signal = SIGUSR1},
    {.name = "the file stop in the run directory", .holds = file_is_there},
    {.name = "train.max_seconds", .holds = limit_is_near},
    {.name = "the coming end of the Slurm job", .holds = job_end_is_near},
};
_Static_assert(sizeof reasons / sizeof *reasons == GD_HALTS, "a flag for each");

static double find_job_end(void) {
    const char *text = getenv("SLURM_JOB_END_TIME");
    if (text == NULL || text[0] == '\0') {
        return 0;
    }
    char *rest;
    double left = (double)strtoll(text, &rest, 10) - (double)time(NULL);
    if (*rest != '\0' || !(left > 0)) {
        gd_terminal_warn("SLURM_JOB_END_TIME=%s is not a time to come, in seconds since 1970; the "
                         "run will not stop before the end of its job by itself",
                         text);
        return 0;
    }
    return gd_clock_seconds() + left - fmin(margin_seconds, margin_share * left);
}

static gd_status start(const gd_config *config, gd_halt *halt) {
    double seconds = gd_config_number(config, "train", "max_seconds");
    halt->limit = seconds > 0 ? gd_clock_seconds() - gd_process_seconds() + seconds : 0;
    halt->job_end = find_job_end();
    gd_status status = gd_text_new(&halt->file, "%s/stop", gd_config_text(config, "run", "dir"));
    halt->left_over = status == GD_OK && gd_file_exists(halt->file);
    return status;
}

gd_status gd_halt_clear(gd_halt *halt) {
    if (halt->left_over && unlink(halt->file) != 0 && errno != ENOENT) {
        return gd_status_new(GD_FAILED, "%s: cannot be removed: %s", halt->file, strerror(errno));
    }
    halt->left_over = false;
    return GD_OK;
}

gd_status gd_halt_new(gd_comm *comm, const gd_config *config, gd_halt *halt) {
    *halt = (gd_halt){0};
    return gd_comm_agree(comm, gd_comm_rank(comm) == 0 ? start(config, halt) : GD_OK);
}

void gd_halt_free(gd_halt *halt) {
    gd_memory_free(&halt->file);
}

void gd_halt_begin(gd_halt *halt) {
    halt->last = gd_clock_seconds();
}

void gd_halt_raise(gd_halt *halt, double save_seconds, double flags[GD_HALTS]) {
    int signal = gd_stop_signal();
    double now = gd_clock_seconds();
    halt->longest = fmax(halt->longest, now - halt->last);
    halt->last = now;
    double ready = now + halt->longest + save_seconds;
    for (int i = 0; i < GD_HALTS; i++) {
        flags[i] =
            reasons[i].holds != NULL ? reasons[i].holds(halt, ready) : signal == reasons[i].signal;
    }
}

const char *gd_halt_reason(const double flags[GD_HALTS]) {
    for (int i = 0; i < GD_HALTS; i++) {
        if (flags[i] > 0) {
            return reasons[i].name;
        }
    }
    return NULL;
}

gd_status gd_halt_stopped(const gd_halt *halt, const char *reason, const gd_progress *progress,
                          int64_t steps, const gd_config *config) {
    const char *resume = gd_config_text(config, "run", "resume");
    if (halt->file != NULL) {
        (void)unlink(halt->file); /* or else when the next run begins, which says so if it cannot */
    }
    return gd_status_new(GD_STOPPED,
                         "stopped by %s after step %lld (%lld of %lld of epoch %lld); a checkpoint "
                         "is written: run the same command again%s to continue",
                         reason, (long long)progress->step, (long long)progress->epoch_step,
                         (long long)steps, (long long)progress->epoch + 1,
                         strcmp(resume, "auto") == 0 ? "" : " with run.resume=auto");
}
