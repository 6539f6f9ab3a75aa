#include <signal.h>
#include <string.h>

#include "gdmpi/stop.h"

static volatile sig_atomic_t received;

static void remember(int number) {
    received = number;
}

void gd_stop_install(void) {
    static const int signals[] = {SIGTERM, SIGINT, SIGUSR1};
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = remember;
    action.sa_flags = SA_RESTART | (int)SA_RESETHAND;
    signal(SIGXFSZ, SIG_IGN); /* a file that grows too large is an error of its write */
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        /* It fails only for a number that is no signal, or one that cannot be caught. */
        (void)sigaction(signals[i], &action, NULL);
    }
}

int gd_stop_signal(void) {
    return received;
}
