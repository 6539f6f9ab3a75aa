/* What only the files of the room that trains call: a run from its beginning to its end, and what
 * it says of itself. */
#ifndef GDMPI_TRAIN_PRIVATE_H
#define GDMPI_TRAIN_PRIVATE_H

#include "gdmpi/forecast.h"
#include "gdmpi/plan.h"
#include "gdmpi/process.h"
#include "gdmpi/trainer.h"

#define gd_train_try GD_NAME(gd_train_try)
#define gd_train_check_settings GD_NAME(gd_train_check_settings)
#define gd_trainer_finished GD_NAME(gd_trainer_finished)
#define gd_trainer_tile GD_NAME(gd_trainer_tile)
#define gd_trainer_shard_gradient GD_NAME(gd_trainer_shard_gradient)
#define gd_trainer_loop GD_NAME(gd_trainer_loop)
#define gd_trainer_finish GD_NAME(gd_trainer_finish)
#define gd_trainer_begin GD_NAME(gd_trainer_begin)
#define gd_trainer_prepare_files GD_NAME(gd_trainer_prepare_files)
#define gd_trainer_is_complete GD_NAME(gd_trainer_is_complete)
#define gd_trainer_open_writer GD_NAME(gd_trainer_open_writer)
#define gd_trainer_check_writer GD_NAME(gd_trainer_check_writer)
#define gd_trainer_allocate_step GD_NAME(gd_trainer_allocate_step)
#define gd_trainer_free_step GD_NAME(gd_trainer_free_step)
#define gd_trainer_update GD_NAME(gd_trainer_update)
#define gd_trainer_save_again GD_NAME(gd_trainer_save_again)
#define gd_trainer_save_bytes GD_NAME(gd_trainer_save_bytes)
#define gd_trainer_fill GD_NAME(gd_trainer_fill)
#define gd_trainer_time_save GD_NAME(gd_trainer_time_save)
#define gd_trainer_time_validation GD_NAME(gd_trainer_time_validation)
#define gd_plan_measure GD_NAME(gd_plan_measure)
#define gd_plan_print_machine GD_NAME(gd_plan_print_machine)
#define gd_plan_time GD_NAME(gd_plan_time)
#define gd_trainer_time GD_NAME(gd_trainer_time)
#define gd_trainer_play GD_NAME(gd_trainer_play)
#define gd_trainer_rehearse GD_NAME(gd_trainer_rehearse)
#define gd_trainer_groups GD_NAME(gd_trainer_groups)
#define gd_trainer_compare_groups GD_NAME(gd_trainer_compare_groups)
#define gd_trainer_allocate_state GD_NAME(gd_trainer_allocate_state)
#define gd_trainer_take_model GD_NAME(gd_trainer_take_model)
#define gd_criteria_settings GD_NAME(gd_criteria_settings)
#define gd_criteria_observe GD_NAME(gd_criteria_observe)
#define gd_criteria_met GD_NAME(gd_criteria_met)
#define gd_trainer_save_model GD_NAME(gd_trainer_save_model)
#define gd_resume_check GD_NAME(gd_resume_check)
#define gd_plan_memory GD_NAME(gd_plan_memory)
#define gd_report_header GD_NAME(gd_report_header)
#define gd_report_stop GD_NAME(gd_report_stop)
#define gd_report_start GD_NAME(gd_report_start)
#define gd_report_refused GD_NAME(gd_report_refused)
#define gd_report_begin GD_NAME(gd_report_begin)
#define gd_report_epoch GD_NAME(gd_report_epoch)
#define gd_report_end GD_NAME(gd_report_end)
#define gd_report_start_timeline GD_NAME(gd_report_start_timeline)
#define gd_report_timeline GD_NAME(gd_report_timeline)
#define gd_report_model GD_NAME(gd_report_model)
#define gd_report_metric_key GD_NAME(gd_report_metric_key)

/* How many flags a step shares between the ranks: failed, save, and the reasons to stop. */
#define GD_TRAINER_FLAGS (2 + GD_HALTS)

/* GD_BAD_INPUT for settings that are not possible, each by itself: intervals by the clock, and
 * files that could not be written. Collective. */
gd_status gd_train_check_settings(gd_comm *comm, const gd_config *config);

/* The numbers of a step's small reduction. Not collective. */
static inline size_t gd_trainer_shared(const gd_shards *shards, int64_t blocks) {
    return (size_t)(shards->count + blocks + GD_TRAINER_FLAGS);
}

/* What steps need besides rows and a reducer, which is there. Not collective. */
gd_status gd_trainer_allocate_step(gd_trainer *trainer);
void gd_trainer_free_step(gd_trainer *trainer);

/* What a checkpoint holds, in bytes; and at how many a second it is written, where that is not
 * known. */
double gd_trainer_save_bytes(const gd_trainer *trainer);
#define GD_TRAINER_SAVE_RATE 100e6
#define GD_TRAINER_PROCESSOR_RATE 1e9 /* while a core is kept busy: most of it waits for the disk  \
                                       */

/* After two checkpoints: what the last but one held is the next one, for which no other rank is
 * needed. Rank 0. */
gd_status gd_trainer_save_again(gd_trainer *trainer);

/* All ranks bring parameters and state to the snapshot, NULL but on rank 0. Collective. */
void gd_trainer_fill(gd_trainer *trainer, gd_snapshot *snapshot);

/* After gd_trainer_time: what checkpoints cost, while training goes on with steps of so many
 * seconds, on hosts with so many cores, of which none is free if they are full; sets all of
 * `saving` but the interval, which is there. Some are written, to a folder beside those of the run,
 * which is then removed. Where they are large, or that cannot be done, all but copy is guessed.
 * Collective. */
gd_status gd_trainer_time_save(gd_trainer *trainer, double step, bool full, int64_t cores,
                               gd_saving *saving);

/* What is done with a trainer of the config, once it has its rows and before it has parameters,
 * that is no run: nothing is looked for or written in the run directory. Collective. */
typedef gd_status gd_trial(gd_trainer *trainer, void *context);
gd_status gd_train_try(gd_comm *comm, const gd_config *config, gd_trial *work, void *context);

/* Why the run has all that it was asked for; NULL if it has not. Not collective. */
const char *gd_trainer_finished(const gd_trainer *trainer);

/* The tile of a shard's rows of this step, which are at `places` of its order, that begins with
 * row `done` of them: fills trainer->batch, and returns the pass for it. Not collective. */
gd_pass gd_trainer_tile(gd_trainer *trainer, int64_t shard, gd_range places, int64_t done);

/* The gradient of a gd_reduction, whose context is the trainer: that of one shard in this step,
 * whose loss goes into trainer->shared. Not collective. */
void gd_trainer_shard_gradient(void *context, int64_t shard, bool add, real *gradient,
                               const gd_ready *ready);

/* Trains from where the trainer stands to the end of the run, or to a reason to stop before:
 * GD_STOPPED. Collective. */
gd_status gd_trainer_loop(gd_trainer *trainer);

/* What follows the last checkpoint: validation of an epoch that max_steps cut short, the last
 * lines, and the model, the average of the parameters if there is one; it comes last, for it is
 * what tells that nothing is left to do. Collective. */
gd_status gd_trainer_finish(gd_trainer *trainer);

/* Parameters, directory and log as they are before the first step to do: from the checkpoint at
 * `path`, or from the start if that is NULL. Collective. */
gd_status gd_trainer_begin(gd_trainer *trainer, const char *path,
                           const gd_checkpoint_header *header);

/* Its part that is of files: clears the way for a run, or for what is left of one that goes on from
 * the checkpoint `path`, opens its log, and writes config.ini and, of a new run, the line "start".
 * Rank 0. */
gd_status gd_trainer_prepare_files(gd_trainer *trainer, const char *path);

/* Whether the run of the checkpoint that trainer->progress is from has come to its end, model and
 * all. Collective. */
gd_status gd_trainer_is_complete(gd_trainer *trainer, bool *complete);

/* What gd_trainer_save needs, on rank 0. Not collective. */
gd_status gd_trainer_open_writer(gd_trainer *trainer);

/* Takes notice of what was written since: remembers a failure. Not collective. */
void gd_trainer_check_writer(gd_trainer *trainer);

/* How many vectors of state a run has besides its parameters, and in which group of a checkpoint
 * each is. Not collective. */
int gd_trainer_groups(const gd_config *config, char group[GD_TRAINER_STATES][64]);

/* GD_BAD_INPUT if a run of the config `old` has not the same vectors for [stop]. Not collective. */
gd_status gd_trainer_compare_groups(const gd_config *config, const gd_config *old);

/* Those of them that are not the optimizer's, and trainer->state, which has all. Not collective. */
gd_status gd_trainer_allocate_state(gd_trainer *trainer);

/* At the end, makes the parameters those of model.h5: of the best epoch, if stopping early asks for
 * them, or else the average, if there is one. Collective. */
void gd_trainer_take_model(gd_trainer *trainer);

extern const gd_settings gd_criteria_settings;

/* A whole epoch has ended: what has changed since the one before it, whose training loss was
 * `loss_before`, and whether it is the best. GD_BAD_INPUT if the metric of [stop] is not defined.
 * Collective. */
gd_status gd_criteria_observe(gd_trainer *trainer, double loss_before);

/* The key of [stop] that ends the run here; static; NULL: none. The same after a resume. Not
 * collective. */
const char *gd_criteria_met(const gd_trainer *trainer);

/* After gd_trainer_wait: writes the parameters, whose digest is given, to model.h5, once the log is
 * on the disk. Collective. */
gd_status gd_trainer_save_model(gd_trainer *trainer, uint64_t digest);

/* Reads all of a checkpoint, first in a process that may be lost. GD_BAD_INPUT if it is not whole,
 * or with *foreign not of the run that the config describes. `whole` has room for a flat vector;
 * the header is freed by gd_checkpoint_header_free. Rank 0. */
gd_status gd_resume_check(const gd_problem *problem, const char *path, real *whole,
                          gd_checkpoint_header *header, bool *foreign);

/* The update of a gd_reduction, whose context is the trainer. Not collective. */
void gd_trainer_update(void *context, int64_t at, int64_t count, real *mean, real *parameters);

/* How long steps take on the ranks that there are, for about so many `seconds`: sets step and
 * compute of `timing`, unless `seconds` is 0, and order. The trainer's run is spoilt, though its
 * parameters do not change. GD_DIVERGED as gd_trainer_step. Collective. */
gd_status gd_trainer_time(gd_trainer *trainer, double seconds, gd_timing *timing);

/* After gd_trainer_time: makes so many steps, but none that has fewer rows than others; adds the
 * seconds that new orders of the rows take. GD_FAILED if a signal stops it. Collective. */
gd_status gd_trainer_play(gd_trainer *trainer, int64_t count, double *turning);

/* The same for all of an epoch's validation. Collective. */
gd_status gd_trainer_time_validation(gd_trainer *trainer, double *seconds);

/* How long steps and validation would take on the ranks of a host of `spread`, which are played by
 * threads, on the rows that this rank has, of the model as it is; measured for about so many
 * `seconds`, or one step if that takes longer. Parameters do not change. timing->step is NaN if
 * there are too few rows here. The other ranks should be at rest. Not collective. */
gd_status gd_trainer_rehearse(const gd_trainer *trainer, const gd_spread *spread, double seconds,
                              gd_timing *timing);

/* The part of the plan that says how much memory a rank and a host need; `program` is what this
 * process had before it allocated anything large. Sets the bytes of the host that needs most, on
 * rank 0, which prints. Collective. */
gd_status gd_plan_memory(const gd_trainer *trainer, const gd_resident *program, double *most);

/* What this machine does, all its ranks at once. */
typedef struct gd_machine {
    int cores;        /* of a host */
    double flops;     /* floating-point operations a second of matrix products, of all ranks */
    double copying;   /* bytes a second of memory, of a host */
    double reduction; /* seconds of a step's sums and updates */
    double bandwidth, latency; /* of the link of a host: bytes a second, seconds of a message */
    enum { GD_NETWORK_ASSUMED, GD_NETWORK_MEASURED, GD_NETWORK_GIVEN } network;
} gd_machine;

/* All of it, but for the flops. Updates the trainer, by a learning rate of 0. Collective. */
gd_status gd_plan_measure(gd_trainer *trainer, const gd_plan_options *options, gd_machine *machine);

/* Rank 0. */
void gd_plan_print_machine(const gd_trainer *trainer, const gd_machine *machine);

/* What the plan knows before it takes any time. */
typedef struct gd_plan_facts {
    double reading; /* seconds until the data was there */
    double needed;  /* bytes of memory of the host that needs most */
} gd_plan_facts;

/* The part of the plan that says how long an epoch takes, on which ranks, and gives advice. The
 * trainer has its first parameters; its run is spoilt. Rank 0 prints. Collective. */
gd_status gd_plan_time(gd_trainer *trainer, const gd_plan_options *options,
                       const gd_plan_facts *known, const gd_machine *machine);

/* The first lines of a run: ranks, data, model, batch. Rank 0 prints. Collective. */
gd_status gd_report_header(const gd_problem *problem);

/* The line "start" of the log. Rank 0. */
gd_status gd_report_start(gd_trainer *trainer);

/* A line that says why ranks of a host do not share memory, if reduce = auto found that they
 * cannot. Rank 0. */
void gd_report_refused(const gd_reducer *reducer);

/* What is resumed, if `path` is not NULL, how sums are made, and the head of the table. Rank 0. */
void gd_report_begin(gd_trainer *trainer, const char *path);

/* The epoch that is ending, in the log, and made ready for the table; trainer->progress still
 * counts it as begun. Rank 0. */
gd_status gd_report_epoch(gd_trainer *trainer);

/* The line "end" of a run that is stopped or diverges, which is left out of the log where it goes
 * on. Rank 0. */
gd_status gd_report_stop(gd_trainer *trainer, const char *why);

/* The line "end" of the log, and the last lines of the run but one. `diagnosis` may be empty. Rank
 * 0 prints. Collective. */
gd_status gd_report_end(gd_trainer *trainer, const char *reason, const char *diagnosis,
                        uint64_t digest);

/* From here on, phases are taken down for run.timeline, if that is asked for; and the file of
 * them, whatever became of the run, whose `status` is taken over. Collective. */
gd_status gd_report_start_timeline(gd_trainer *trainer);
gd_status gd_report_timeline(gd_trainer *trainer, gd_status status);

/* The last line: where the model is. Rank 0. */
void gd_report_model(const gd_trainer *trainer, uint64_t digest);

/* The key of the validation metric in the log; static. */
const char *gd_report_metric_key(const gd_problem *problem);

#endif
