/* What makes the steps of a run, and its state: validated, saved, and read again. */
#ifndef GDMPI_TRAINER_H
#define GDMPI_TRAINER_H

#include "gdmpi/checkpoint.h"
#include "gdmpi/dealer.h"
#include "gdmpi/halt.h"
#include "gdmpi/metrics.h"
#include "gdmpi/optimizer.h"
#include "gdmpi/phases.h"
#include "gdmpi/problem.h"
#include "gdmpi/reduce.h"
#include "gdmpi/rundir.h"
#include "gdmpi/scoreboard.h"
#include "gdmpi/table.h"
#include "gdmpi/timeline.h"
#include "gdmpi/writer.h"

#define gd_trainer_new GD_NAME(gd_trainer_new)
#define gd_trainer_free GD_NAME(gd_trainer_free)
#define gd_trainer_initialise GD_NAME(gd_trainer_initialise)
#define gd_trainer_order GD_NAME(gd_trainer_order)
#define gd_trainer_gather GD_NAME(gd_trainer_gather)
#define gd_trainer_step GD_NAME(gd_trainer_step)
#define gd_trainer_fail GD_NAME(gd_trainer_fail)
#define gd_trainer_agree GD_NAME(gd_trainer_agree)
#define gd_trainer_swap GD_NAME(gd_trainer_swap)
#define gd_trainer_validate GD_NAME(gd_trainer_validate)
#define gd_trainer_diagnose GD_NAME(gd_trainer_diagnose)
#define gd_trainer_norm GD_NAME(gd_trainer_norm)
#define gd_trainer_digest GD_NAME(gd_trainer_digest)
#define gd_trainer_save GD_NAME(gd_trainer_save)
#define gd_trainer_wait GD_NAME(gd_trainer_wait)
#define gd_resume_find GD_NAME(gd_resume_find)
#define gd_trainer_resume GD_NAME(gd_trainer_resume)

/* How many vectors a run's state can have: the optimizer's, the average, and two of [stop]. */
#define GD_TRAINER_STATES (GD_OPTIMIZER_SLOTS + 3)
_Static_assert(1 + GD_TRAINER_STATES <= GD_WRITER_VECTORS, "a checkpoint takes all");

/* What a step, or an epoch's validation, came to. */
typedef struct gd_outcome {
    int64_t rows;
    double loss;      /* sum over the rows */
    double metric;    /* validation: its sum */
    double grad_norm; /* of the mean gradient, before it is clipped */
    bool save;        /* rank 0 found that a checkpoint is due */
    const char *stop; /* why to stop after this step; NULL: go on */
} gd_outcome;

/* What this process has trained itself; a resumed run has done more. */
typedef struct gd_work {
    double start; /* seconds from the start of this process to its first step */
    int64_t rows; /* of all ranks */
    double seconds;
} gd_work;

typedef struct gd_trainer {
    gd_problem *problem;
    gd_reducer *reducer;
    gd_optimizer *optimizer;
    real *best;   /* [owned]: what model.h5 is of, as of the best epoch; NULL: patience is 0 */
    real *before; /* [owned]: the parameters as the epoch began; NULL: param_change is 0 */
    int states;
    real *state[GD_TRAINER_STATES]; /* [owned] each: all that a checkpoint has, but parameters */
    gd_workspace *workspace;
    gd_batch batch;
    uint32_t *order;   /* of the rows of each of this rank's shards, one after another; or NULL */
    gd_dealer *dealer; /* of rows that are dealt to shards anew in each epoch; or NULL */
    double *shared; /* the small reduction of a step: a loss per shard, squares per block, flags */
    size_t shared_count;
    double *trust;     /* what trust ratios are made of: sums by block and tensor; NULL: none */
    double lr;         /* of the step under way */
    double *tile_sums; /* validation: two numbers per tile, */
    gd_scoreboard *scoreboard;   /* and what run.metrics asks for */
    gd_checkpoint_header header; /* rank 0: what all checkpoints of this run say of themselves */
    gd_writer *writer;           /* rank 0 */
    real *whole; /* rank 0: for a flat vector on its way from a checkpoint; the writer's */
    gd_progress progress;
    gd_status failure; /* what went wrong on this rank and is not yet agreed on */
    gd_phases phases;
    gd_timeline *timeline; /* NULL: none is asked for */
    gd_work work;
    gd_halt halt;
    double saved;        /* when the last checkpoint was begun, on the clock */
    double save_seconds; /* rank 0: the longest from a checkpoint's begin to its being in place */
    gd_rundir rundir;
    gd_metrics *metrics; /* rank 0 */
    gd_events *events;   /* rank 0; NULL: none */
    gd_table table;      /* rank 0 */
} gd_trainer;

/* Everything that training needs, allocated. Collective. */
gd_status gd_trainer_new(gd_problem *problem, gd_trainer **trainer);
void gd_trainer_free(gd_trainer **trainer); /* collective */

/* Initial parameters: by [model] init, or from init_from. Collective. */
gd_status gd_trainer_initialise(gd_trainer *trainer);

/* Draws the order in which this rank's shards are worked in the epoch that begins. Not collective.
 */
void gd_trainer_order(gd_trainer *trainer);

/* Fills trainer->batch with `count` rows of one of this rank's shards, from place `place` of its
 * order. Not collective. */
void gd_trainer_gather(gd_trainer *trainer, int64_t shard, int64_t place, int64_t count);

/* One optimizer step. GD_DIVERGED if a loss or gradient is not finite, or a failure that some rank
 * remembered: then the parameters are not to be used any more. Collective. */
gd_status gd_trainer_step(gd_trainer *trainer, gd_outcome *outcome);

/* Remembers a failure of this rank until the ranks agree: in the next step, or by gd_trainer_agree.
 * Takes `status` over. Not collective. */
void gd_trainer_fail(gd_trainer *trainer, gd_status status);
gd_status gd_trainer_agree(gd_trainer *trainer); /* collective */

/* Puts the average of the parameters, if optimizer.ema asks for one, in their place, or gives it
 * back to them. Collective. */
void gd_trainer_swap(gd_trainer *trainer);

/* Loss and metric over all validation rows, and what run.metrics asks for, of the average if there
 * is one, by sums that do not depend on the ranks. A failure is remembered. Collective. */
void gd_trainer_validate(gd_trainer *trainer, gd_outcome *outcome);

/* Appends, on rank 0, what the curves, and the parameters as they are now, say of the run: a
 * sentence, or nothing; see gd_diagnose. Collective. */
gd_status gd_trainer_diagnose(gd_trainer *trainer, gd_text *sentence);

/* The norm of the parameters. Not collective. */
double gd_trainer_norm(const gd_trainer *trainer);

/* The digest of the parameters; GD_FAILED, naming the ranks that differ from most, if it is not the
 * same on all. Collective. */
gd_status gd_trainer_digest(gd_trainer *trainer, uint64_t *digest);

/* Hands a checkpoint of now over to be written, and writes its line of the log; GD_DIVERGED, with
 * nothing written, if a parameter is not finite. `scheduled`: an unbroken run would write it too.
 * Collective. */
gd_status gd_trainer_save(gd_trainer *trainer, bool scheduled);

/* Waits until all checkpoints are in place. Collective. */
gd_status gd_trainer_wait(gd_trainer *trainer);

/* The checkpoint that [run] resume means, on all ranks; *path is NULL if the run starts at its
 * beginning. Damaged ones are passed over with a warning. GD_BAD_INPUT if it is not of this run.
 * Freed by gd_memory_free and gd_checkpoint_header_free. Collective. */
gd_status gd_resume_find(gd_trainer *trainer, char **path, gd_checkpoint_header *header);

/* Parameters, state and progress from a checkpoint. Collective. */
gd_status gd_trainer_resume(gd_trainer *trainer, const char *path,
                            const gd_checkpoint_header *header);

#endif
