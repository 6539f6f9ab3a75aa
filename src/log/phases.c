#include "gdmpi/phases.h"
#include "gdmpi/files.h"
#include "gdmpi/timeline.h"
#include "gdmpi/watch.h"

const char *gd_phase_name(gd_phase phase) {
    static const char *const names[GD_PHASES] = {
        [GD_OTHER] = "other",       [GD_LOAD] = "load",
        [GD_COMPUTE] = "compute",   [GD_WAIT] = "wait",
        [GD_REDUCE] = "reduce",     [GD_UPDATE] = "update",
        [GD_VALIDATE] = "validate", [GD_CHECKPOINT] = "checkpoint"};
    return names[phase];
}

void gd_phases_start(gd_phases *phases, gd_phase first) {
    *phases = (gd_phases){.now = first, .since = gd_clock_seconds()};
}

void gd_phases_count(gd_phases *phases) {
    double now = gd_clock_seconds();
    phases->seconds[phases->now] += now - phases->since;
    phases->since = now;
    if (phases->timeline != NULL) {
        gd_timeline_add(phases->timeline, phases->now, now);
    }
}

gd_phase gd_phases_enter(gd_phases *phases, gd_phase next) {
    gd_phase before = phases->now;
    if (next != before) {
        gd_phases_count(phases);
        phases->now = next;
        gd_watch_phase(phases->watch, gd_phase_name(next));
    }
    return before;
}
