/* The learning rate of each step. A kind is one file, and one line in the table of schedule.c. */
#ifndef GDMPI_SCHEDULE_H
#define GDMPI_SCHEDULE_H

#include <math.h>

#include "gdmpi/config.h"

#define GD_SCHEDULE_OPTIONS 8
#define GD_SCHEDULE_MILESTONES 64

typedef struct gd_schedule_kind gd_schedule_kind;

/* The configured kind, as it applies to a run. Counts are whole numbers. */
typedef struct gd_schedule {
    const gd_schedule_kind *kind;
    double lr;     /* the setting of the optimizer */
    double warmup; /* steps */
    double epoch;  /* steps */
    gd_unit unit;  /* what the kind counts: steps, or epochs */
    double total;  /* units from the end of the warm-up to that of the run, at least 1 */
    double option[GD_SCHEDULE_OPTIONS]; /* the kind's settings, row by row: a number, a length in
                                         * units, the place of a choice; 0 for a text */
    double milestone[GD_SCHEDULE_MILESTONES]; /* multistep: in units, rising */
    int milestones;
} gd_schedule;

/* What plateau has seen; other kinds leave it alone. Starts as GD_PLATEAU_START. */
typedef struct gd_plateau {
    double best;        /* the lowest loss so far; NaN: none yet */
    int64_t bad;        /* epochs in a row that were not better */
    int64_t cooldown;   /* epochs left in which none counts as bad */
    int64_t reductions; /* of the learning rate so far */
} gd_plateau;

#define GD_PLATEAU_START ((gd_plateau){.best = NAN})

struct gd_schedule_kind {
    const char *name;
    const char *help; /* one line, with the formula; t counts from 0 after the warm-up */

    /* Section "schedule", owner its name; at most GD_SCHEDULE_OPTIONS rows, or none. The lengths of
     * a kind are all steps or all epochs; a choice `unit` says which where there is no length. */
    gd_settings settings;

    /* Reads what is more than a number, a length or a choice; NULL: nothing is. */
    gd_status (*read)(const gd_config *config, gd_schedule *schedule);

    /* The learning rate, finite and at least 0, of unit t = 0, 1, ... after the warm-up; where
     * there is `observe`, after t reductions. */
    double (*rate)(const gd_schedule *schedule, double t);

    /* Is told the loss after each epoch; NULL: the rate follows from the step's number alone. */
    void (*observe)(const gd_schedule *schedule, double loss, gd_plateau *plateau);
};

#define GD_SCHEDULE_MAX_LR "max_lr" /* the key of kinds whose highest rate it is */

extern const gd_schedule_kind *const gd_schedule_kinds[]; /* ends with NULL */

/* [schedule]: name, and what all kinds share; their own settings are in their tables. */
extern const gd_settings gd_schedule_settings;

const gd_schedule_kind *gd_schedule_find(const char *name); /* NULL: none */

/* The schedule of a run of `run_steps` steps, `epoch_steps` of them an epoch, from the learning
 * rate of its optimizer. GD_BAD_INPUT names the setting. Not collective. */
gd_status gd_schedule_read(const gd_config *config, double lr, int64_t epoch_steps,
                           int64_t run_steps, gd_schedule *schedule);

/* That of a run that learns nothing: the learning rate is always 0. Not collective. */
gd_schedule gd_schedule_still(void);

/* The learning rate of a step, which is counted from 0. Not collective. */
double gd_schedule_lr(const gd_schedule *schedule, const gd_plateau *plateau, int64_t step);

/* Takes notice of the loss of the epoch that has ended with `steps` steps done in all. Epochs of
 * the warm-up do not count. Not collective. */
void gd_schedule_observe(const gd_schedule *schedule, int64_t steps, double loss,
                         gd_plateau *plateau);

/* The setting that the highest learning rate follows, and its value. Not collective. */
const char *gd_schedule_setting(const gd_schedule *schedule, double *value);

/* Appends the kind and some of its learning rates, for people. Not collective. */
void gd_schedule_describe(const gd_schedule *schedule, int64_t run_steps, gd_text *out);

#endif
