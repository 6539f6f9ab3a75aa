#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "gdmpi/stop.h"
#include "gdmpi/terminal.h"

/* Slurm, the launcher and a batch script may each hand the same signal on, mpirun a second later.
 */
static const long long once_milliseconds = 1500;

static volatile sig_atomic_t received;
static atomic_llong received_at; /* milliseconds; 0: not yet */

static void remember(int number) {
    const int error = errno;
    struct timespec now;
    gd_terminal_clear();
    clock_gettime(CLOCK_MONOTONIC, &now);
    long long milliseconds = now.tv_sec * 1000LL + now.tv_nsec / 1000000 + 1;
    long long first = 0;
    if (atomic_compare_exchange_strong(&received_at, &first, milliseconds)) {
        received = number;
    } else if (milliseconds - first >= once_milliseconds) {
        signal(number, SIG_DFL);
        raise(number); /* which ends the process on return from here */
    }
    errno = error;
}

void gd_stop_install(void) {
    static const int signals[] = {SIGTERM, SIGINT, SIGUSR1};
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = remember;
    action.sa_flags = SA_RESTART;
    signal(SIGXFSZ, SIG_IGN); /* a file that grows too large is an error of its write */
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        /* It fails only for a number that is no signal, or one that cannot be caught. */
        (void)sigaction(signals[i], &action, NULL);
    }
}

int gd_stop_signal(void) {
    return received;
}

gd_status gd_stop_check(void) {
    return received == 0 ? GD_OK : gd_status_new(GD_FAILED, "stopped by signal %d", (int)received);
}
