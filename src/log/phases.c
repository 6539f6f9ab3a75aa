#include "gdmpi/phases.h"
#include "gdmpi/files.h"

void gd_phases_start(gd_phases *phases, gd_phase first) {
    *phases = (gd_phases){.now = first, .since = gd_clock_seconds()};
}

gd_phase gd_phases_enter(gd_phases *phases, gd_phase next) {
    gd_phase before = phases->now;
    double now = gd_clock_seconds();
    phases->seconds[before] += now - phases->since;
    phases->since = now;
    phases->now = next;
    return before;
}
