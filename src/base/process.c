/* For sched_setaffinity; the order of headers does not matter. */
#define _GNU_SOURCE

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gdmpi/process.h"

#ifdef __SSE__
#include <xmmintrin.h>
#endif

/* The line "KEY   NUMBER kB" of a file of proc(5), in bytes. */
static double amount(const char *path, const char *key) {
    char line[256];
    double kibibytes = 0, value;
    size_t length = strlen(key);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return 0;
    }
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, key, length) == 0 && sscanf(line + length, "%lf", &value) == 1) {
            kibibytes = value;
            break;
        }
    }
    fclose(file);
    return 1024 * kibibytes;
}

gd_resident gd_process_resident(void) {
    return (gd_resident){.now = amount("/proc/self/status", "VmRSS:"),
                         .most = amount("/proc/self/status", "VmHWM:"),
                         .share = amount("/proc/self/smaps_rollup", "Pss:")};
}

/* Field 22 of proc(5)'s stat, counted from behind the name, which may hold blanks: clock ticks from
 * the start of the system. */
static double started(void) {
    char text[1024] = "";
    unsigned long long ticks = 0;
    FILE *file = fopen("/proc/self/stat", "r");
    if (file == NULL) {
        return -1;
    }
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = '\0';
    const char *rest = strrchr(text, ')');
    if (rest == NULL || sscanf(rest + 1,
                               " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d"
                               " %*d %*d %*d %llu",
                               &ticks) != 1) {
        return -1;
    }
    return (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

double gd_process_seconds(void) {
    struct timespec now;
    double start = started();
    if (start < 0 || clock_gettime(CLOCK_BOOTTIME, &now) != 0) {
        return 0;
    }
    double seconds = (double)now.tv_sec + 1e-9 * (double)now.tv_nsec - start;
    return seconds > 0 ? seconds : 0;
}

/* Bits 15 and 6 of MXCSR: flush results to zero, and take operands for zero. */
void gd_process_flush_tiny(void) {
#ifdef __SSE__
    _mm_setcsr(_mm_getcsr() | 1u << 15 | 1u << 6);
#endif
}

void gd_process_roam(void) {
    cpu_set_t all;
    memset(&all, 0xff, sizeof all);
    (void)sched_setaffinity(0, sizeof all, &all); /* it takes those that there are */
}

int gd_process_cores(void) {
    cpu_set_t bound, all;
    if (sched_getaffinity(0, sizeof bound, &bound) != 0) {
        return (int)sysconf(_SC_NPROCESSORS_ONLN);
    }
    gd_process_roam();
    int cores = sched_getaffinity(0, sizeof all, &all) == 0 ? CPU_COUNT(&all) : 1;
    (void)sched_setaffinity(0, sizeof bound, &bound);
    return cores;
}

/* A thread begins with those signals blocked that its maker has blocked. */
int gd_process_thread(pthread_t *thread, void *(*work)(void *context), void *context) {
    sigset_t all, before;
    sigfillset(&all);
    int error = pthread_sigmask(SIG_SETMASK, &all, &before);
    if (error == 0) {
        error = pthread_create(thread, NULL, work, context);
        (void)pthread_sigmask(SIG_SETMASK, &before,
                              NULL); /* fails only for a wrong first argument */
    }
    return error;
}
