/* Where a rank's time goes: it is always in one phase, so that the phases add up. */
#ifndef GDMPI_PHASES_H
#define GDMPI_PHASES_H

struct gd_timeline;
struct gd_watch;

typedef enum gd_phase {
    GD_OTHER,
    GD_LOAD,    /* rows are gathered, converted and scaled */
    GD_COMPUTE, /* forward and backward */
    GD_WAIT,    /* there is nothing to do before other ranks, or their messages, come */
    GD_REDUCE,  /* gradients are summed */
    GD_UPDATE,  /* the optimizer steps */
    GD_VALIDATE,
    GD_CHECKPOINT,
    GD_PHASES
} gd_phase;

typedef struct gd_phases {
    double seconds[GD_PHASES]; /* of the phases that have ended */
    gd_phase now;
    double since;                 /* on the clock: when it began */
    struct gd_timeline *timeline; /* takes down what ends; NULL: none. Not owned. */
    struct gd_watch *watch;       /* is told what begins; NULL: none. Not owned. */
} gd_phases;

/* "other", "load" and so on; static. */
const char *gd_phase_name(gd_phase phase);

/* Begins with nothing but the phase `first`. Not collective. */
void gd_phases_start(gd_phases *phases, gd_phase first);

/* Ends the present phase, begins `next`, and returns the one that has ended; nothing happens if
 * they are the same. Not collective. */
gd_phase gd_phases_enter(gd_phases *phases, gd_phase next);

/* Counts the present phase up to now; it goes on. Not collective. */
void gd_phases_count(gd_phases *phases);

#endif
