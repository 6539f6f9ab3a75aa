#include <math.h>
#include <stdio.h>

#include "gdmpi/memory.h"
#include "gdmpi/paragraph.h"
#include "gdmpi/times.h"

static void find_extremes(const double *seconds, gd_times *times) {
    for (int phase = 0; phase < GD_PHASES; phase++) {
        times->min[phase] = times->max[phase] = seconds[phase];
        for (int rank = 0; rank < times->ranks; rank++) {
            double value = seconds[rank * GD_PHASES + phase];
            times->min[phase] = fmin(times->min[phase], value);
            times->max[phase] = fmax(times->max[phase], value);
            times->mean[phase] += value / times->ranks;
        }
    }
}

static void find_slowest(const double *seconds, gd_times *times) {
    double most = 0, mean = times->mean[GD_LOAD] + times->mean[GD_COMPUTE];
    for (int rank = 0; rank < times->ranks; rank++) {
        const double *of = seconds + (ptrdiff_t)rank * GD_PHASES;
        if (of[GD_LOAD] + of[GD_COMPUTE] > most) {
            most = of[GD_LOAD] + of[GD_COMPUTE];
            times->slowest = rank;
        }
    }
    times->excess = mean > 0 ? most / mean - 1 : 0;
}

gd_status gd_times_gather(gd_comm *comm, const gd_phases *phases, gd_times *times) {
    double *seconds;
    *times = (gd_times){.ranks = gd_comm_size(comm)};
    gd_status status = gd_comm_collect(comm, phases->seconds, sizeof phases->seconds, &seconds,
                                       "the times of the ranks");
    if (status == GD_OK) {
        find_extremes(seconds, times);
        find_slowest(seconds, times);
        times->host = gd_comm_host_of(comm, times->slowest);
    }
    gd_memory_free(&seconds);
    return status;
}

static void print_line(const gd_times *times, const char *label, const char *name, double share,
                       const double seconds[3]) {
    printf("%-10s%-10s %5.1f %%", label, name, 100 * share);
    if (times->ranks == 1) {
        printf(" %10.3f s\n", seconds[1]);
    } else {
        printf(" %10.3f %10.3f %10.3f\n", seconds[0], seconds[1], seconds[2]);
    }
}

void gd_times_print(const gd_times *times) {
    double total = 0;
    for (int phase = 0; phase < GD_PHASES; phase++) {
        total += times->mean[phase];
    }
    if (times->ranks > 1) {
        printf("%-10s%-10s %7s %10s %10s %10s  s of a rank\n", "", "", "share", "min", "mean",
               "max");
    }
    for (int i = 1; i <= GD_PHASES; i++) {
        int phase = i % GD_PHASES; /* "other" comes last */
        double seconds[] = {times->min[phase], times->mean[phase], times->max[phase]};
        print_line(times, i == 1 ? "time" : "", gd_phase_name((gd_phase)phase),
                   total > 0 ? times->mean[phase] / total : 0, seconds);
    }
    if (times->ranks > 1) {
        gd_say("slowest", "rank %d on %s: its load and compute take %.1f %% longer than the mean",
               times->slowest, times->host, 100 * times->excess);
    }
}

static void log_seconds(gd_metrics *metrics, gd_phase phase, const char *which, double seconds) {
    char key[64];
    snprintf(key, sizeof key, "%s%s_seconds", gd_phase_name(phase), which);
    gd_metrics_number(metrics, key, round(1e6 * seconds) / 1e6);
}

void gd_times_log(const gd_times *times, gd_metrics *metrics) {
    for (int i = 1; i <= GD_PHASES; i++) {
        gd_phase phase = (gd_phase)(i % GD_PHASES);
        log_seconds(metrics, phase, "", times->mean[phase]);
        log_seconds(metrics, phase, "_min", times->min[phase]);
        log_seconds(metrics, phase, "_max", times->max[phase]);
    }
}
