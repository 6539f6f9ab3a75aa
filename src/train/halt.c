#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>

#include "gdmpi/files.h"
#include "gdmpi/halt.h"
#include "gdmpi/stop.h"

static bool time_is_up(gd_halt *halt) {
    return gd_clock_seconds() >= halt->limit;
}

static const struct {
    const char *name;
    int signal;
    bool (*holds)(gd_halt *halt); /* where it is no signal */
} reasons[] = {
    {.name = "SIGTERM", .signal = SIGTERM},
    {.name = "SIGINT", .signal = SIGINT},
    {.name = "SIGUSR1", .signal = SIGUSR1},
    {.name = "train.max_seconds", .holds = time_is_up},
};
_Static_assert(sizeof reasons / sizeof *reasons == GD_HALTS, "a flag for each");

void gd_halt_start(const gd_comm *comm, const gd_config *config, gd_halt *halt) {
    double seconds = gd_config_number(config, "train", "max_seconds");
    bool limited = gd_comm_rank(comm) == 0 && seconds > 0;
    *halt = (gd_halt){.limit = limited ? gd_clock_seconds() + seconds : INFINITY};
}

void gd_halt_raise(gd_halt *halt, double flags[GD_HALTS]) {
    int signal = gd_stop_signal();
    for (int i = 0; i < GD_HALTS; i++) {
        flags[i] = reasons[i].holds != NULL ? reasons[i].holds(halt) : signal == reasons[i].signal;
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

gd_status gd_halt_stopped(const char *reason, const gd_progress *progress, int64_t steps,
                          const gd_config *config) {
    const char *resume = gd_config_text(config, "run", "resume");
    return gd_status_new(GD_STOPPED,
                         "stopped by %s after step %lld (%lld of %lld of epoch %lld); a checkpoint "
                         "is written: run the same command again%s to continue",
                         reason, (long long)progress->step, (long long)progress->epoch_step,
                         (long long)steps, (long long)progress->epoch + 1,
                         strcmp(resume, "auto") == 0 ? "" : " with run.resume=auto");
}
