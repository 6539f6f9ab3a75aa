#include <math.h>
#include <stdio.h>
#include <string.h>

#include "gdmpi/files.h"
#include "gdmpi/memory.h"
#include "gdmpi/process.h"
#include "gdmpi/train.h"
#include "gdmpi/watch.h"

static int64_t steps_of_epoch(const gd_trainer *trainer) {
    return gd_shards_steps(&trainer->problem->shards);
}

/* Why the run has all that it was asked for; NULL if it has not. */
static const char *finished(const gd_trainer *trainer) {
    const gd_config *config = trainer->problem->config;
    int64_t most = gd_config_integer(config, "train", "max_steps");
    if (trainer->progress.epoch >= gd_config_integer(config, "train", "epochs")) {
        return "epochs";
    }
    return most > 0 && trainer->progress.step >= most ? "max_steps" : NULL;
}

/* Seconds to the end of the run, at the rate of `seconds` for the steps of this epoch so far. */
static double time_left(const gd_trainer *trainer, double seconds) {
    const gd_progress *progress = &trainer->progress;
    int64_t epochs = gd_config_integer(trainer->problem->config, "train", "epochs");
    int64_t most = gd_config_integer(trainer->problem->config, "train", "max_steps");
    int64_t steps = epochs * steps_of_epoch(trainer);
    steps = most > 0 && most < steps ? most : steps;
    return seconds / (double)progress->epoch_step * (double)(steps - progress->step);
}

/* A multiple of an interval that counts steps. */
static bool step_is_due(const gd_trainer *trainer, const char *key) {
    gd_interval every = gd_config_interval(trainer->problem->config, "run", key);
    double steps = every.unit == GD_STEPS    ? every.count
                   : every.unit == GD_EPOCHS ? every.count * (double)steps_of_epoch(trainer)
                                             : 0;
    return steps > 0 && fmod((double)trainer->progress.step, steps) == 0;
}

/* Where it is asked for, the ranks compare their parameters; the digest is for the step's line.
 * Collective. */
static gd_status verify_step(gd_trainer *trainer, char digest[17]) {
    uint64_t number;
    digest[0] = '\0';
    if (!step_is_due(trainer, "verify_every")) {
        return GD_OK;
    }
    gd_status status = gd_trainer_digest(trainer, &number);
    if (status == GD_OK) {
        gd_checkpoint_digest_text(number, digest);
    }
    return status;
}

static void log_step(gd_trainer *trainer, const gd_outcome *outcome, const char *digest) {
    bool verified = digest[0] != '\0';
    if (trainer->metrics == NULL || !(verified || step_is_due(trainer, "log_every"))) {
        return;
    }
    gd_metrics *metrics = trainer->metrics;
    gd_metrics_begin(metrics, "step");
    gd_metrics_integer(metrics, "epoch", trainer->progress.epoch + 1);
    gd_metrics_integer(metrics, "step", trainer->progress.step);
    gd_metrics_number(metrics, "loss", outcome->loss / (double)outcome->rows);
    gd_metrics_number(metrics, "lr", gd_config_number(trainer->problem->config, "optimizer", "lr"));
    gd_metrics_number(metrics, "grad_norm", outcome->grad_norm);
    if (verified) {
        gd_metrics_text(metrics, "digest", digest);
    }
    gd_trainer_fail(trainer, gd_metrics_end(metrics));
}

static gd_status check_validation(const gd_trainer *trainer) {
    const gd_progress *progress = &trainer->progress;
    if (!trainer->problem->validates || isfinite(progress->val_loss)) {
        return GD_OK;
    }
    return gd_status_new(GD_DIVERGED,
                         "training diverged: after step %lld (epoch %lld) the validation loss is "
                         "not finite; checkpoints before it are whole; try a smaller optimizer.lr",
                         (long long)progress->step, (long long)progress->epoch);
}

/* Validates, and closes the books of an epoch, which max_steps may have cut short. Best epochs are
 * whole ones. */
static gd_status end_epoch(gd_trainer *trainer) {
    gd_progress *progress = &trainer->progress;
    const gd_problem *problem = trainer->problem;
    bool whole = progress->epoch_step == steps_of_epoch(trainer);
    progress->train_loss = progress->epoch_loss / (double)progress->epoch_rows;
    progress->seconds += progress->epoch_seconds;
    if (problem->validates) {
        gd_outcome validation;
        gd_trainer_validate(trainer, &validation);
        progress->val_loss = validation.loss / (double)validation.rows;
        progress->val_metric = validation.metric / (double)validation.rows;
        if (problem->model->loss->metric == GD_METRIC_RMSE) {
            progress->val_metric = sqrt(progress->val_metric);
        }
    }
    if (trainer->metrics != NULL) {
        gd_trainer_fail(trainer, gd_report_epoch(trainer));
    }
    progress->epoch++;
    progress->epoch_step = progress->epoch_rows = 0;
    progress->epoch_loss = progress->epoch_seconds = 0;
    if (whole && isfinite(progress->val_loss) && !(progress->val_loss >= progress->best_loss)) {
        progress->best_loss = progress->val_loss;
        progress->best_epoch = progress->epoch;
        progress->best_step = progress->step;
    }
    return check_validation(trainer);
}

static void show_step(gd_trainer *trainer, int64_t steps) {
    const gd_progress *progress = &trainer->progress;
    gd_table_bar(&trainer->table, progress->epoch + 1, progress->epoch_step, steps,
                 progress->epoch_loss / (double)progress->epoch_rows,
                 (double)progress->epoch_rows / progress->epoch_seconds,
                 time_left(trainer, progress->epoch_seconds));
}

static gd_status save(gd_trainer *trainer, bool scheduled) {
    gd_status status = gd_trainer_agree(trainer);
    return status == GD_OK ? gd_trainer_save(trainer, scheduled) : status;
}

/* From where the trainer stands to the end of the run, or to a reason to stop before. */
static gd_status loop(gd_trainer *trainer) {
    gd_outcome outcome;
    char digest[17];
    gd_progress *progress = &trainer->progress;
    int64_t steps = steps_of_epoch(trainer);
    gd_status status = GD_OK;
    gd_trainer_order(trainer);
    trainer->work.start = gd_process_seconds();
    gd_halt_begin(&trainer->halt);
    while (status == GD_OK && finished(trainer) == NULL) {
        double start = gd_clock_seconds();
        gd_trainer_watch_writer(trainer);
        gd_watch_step(trainer->phases.watch, progress->epoch + 1, progress->step + 1);
        status = gd_trainer_step(trainer, &outcome);
        if (status == GD_OK) {
            status = verify_step(trainer, digest);
        }
        if (status != GD_OK) {
            break;
        }
        double seconds = gd_clock_seconds() - start;
        progress->epoch_seconds += seconds;
        trainer->work.seconds += seconds;
        trainer->work.rows += outcome.rows;
        show_step(trainer, steps);
        log_step(trainer, &outcome, digest);
        bool due = outcome.save || step_is_due(trainer, "checkpoint_every");
        if (progress->epoch_step == steps) {
            status = end_epoch(trainer);
            due = due || progress->best_step == progress->step;
            gd_trainer_order(trainer);
        }
        if (status == GD_OK && (due || outcome.stop != NULL || finished(trainer) != NULL)) {
            status = save(trainer, due);
        }
        if (status == GD_OK && outcome.stop != NULL && finished(trainer) == NULL) {
            status = gd_trainer_wait(trainer);
            status = status == GD_OK ? gd_halt_stopped(&trainer->halt, outcome.stop, progress,
                                                       steps, trainer->problem->config)
                                     : status;
        }
    }
    return status;
}

/* What follows the last checkpoint: validation of an epoch that max_steps cut short, the last
 * lines, and the model, the average of the parameters if there is one; it comes last, for it is
 * what tells that nothing is left to do. */
static gd_status finish(gd_trainer *trainer) {
    const char *reason = finished(trainer);
    uint64_t digest;
    gd_status status = trainer->progress.epoch_step > 0 ? end_epoch(trainer) : GD_OK;
    if (status == GD_OK) {
        status = gd_trainer_wait(trainer);
    }
    if (status == GD_OK) {
        gd_trainer_swap(trainer);
        status = gd_trainer_digest(trainer, &digest);
    }
    if (status == GD_OK) {
        status = gd_report_end(trainer, reason, digest);
    }
    if (status == GD_OK) {
        status = gd_trainer_save_model(trainer, digest);
    }
    if (status == GD_OK && gd_comm_rank(trainer->problem->comm) == 0) {
        gd_report_model(trainer, digest);
    }
    return status;
}

/* The log, as it was when the checkpoint was made that the run goes on from. */
static gd_status open_log(gd_trainer *trainer) {
    int64_t bytes = trainer->progress.log_bytes;
    char *path;
    gd_status status = gd_rundir_file(&trainer->rundir, "metrics.jsonl", &path);
    if (status == GD_OK) {
        status = gd_metrics_open(path, bytes, &trainer->metrics);
    }
    if (status == GD_OK && gd_metrics_bytes(trainer->metrics) < bytes) {
        fprintf(stderr,
                "gdmpi: warning: %s had %lld bytes when the checkpoint was made, and now has %lld: "
                "lines are missing\n",
                path, (long long)bytes, (long long)gd_metrics_bytes(trainer->metrics));
    }
    gd_memory_free(&path);
    return status;
}

static gd_status write_config(const gd_trainer *trainer) {
    gd_text config = {0};
    char *path = NULL;
    gd_config_write(trainer->problem->config, &config);
    gd_status status = gd_text_status(&config);
    if (status == GD_OK) {
        status = gd_rundir_file(&trainer->rundir, "config.ini", &path);
    }
    if (status == GD_OK) {
        status = gd_file_write(path, config.bytes, config.length);
    }
    gd_memory_free(&path);
    gd_text_free(&config);
    return status;
}

/* Clears the way for the run, or for what is left of it, and opens its log. With config.ini, the
 * name of the log reaches the disk. Rank 0. */
static gd_status prepare_directory(gd_trainer *trainer, const char *path) {
    gd_rundir *rundir = &trainer->rundir;
    gd_status status = gd_rundir_make(rundir);
    if (status == GD_OK) {
        status = path == NULL ? gd_rundir_clear(rundir)
                              : gd_rundir_rewind(rundir, trainer->progress.step,
                                                 trainer->progress.best_step);
    }
    if (status == GD_OK) {
        status = open_log(trainer);
    }
    if (status == GD_OK) {
        status = write_config(trainer);
    }
    return status == GD_OK && path == NULL ? gd_report_start(trainer) : status;
}

/* Parameters, directory and log as they are before the first step to do. */
static gd_status begin(gd_trainer *trainer, const char *path, const gd_checkpoint_header *header) {
    gd_problem *problem = trainer->problem;
    bool root = gd_comm_rank(problem->comm) == 0;
    gd_status status =
        path == NULL ? gd_trainer_start(trainer) : gd_trainer_resume(trainer, path, header);
    if (status == GD_OK) {
        status = gd_comm_agree(problem->comm, root ? prepare_directory(trainer, path) : GD_OK);
    }
    if (status == GD_OK && root) {
        gd_report_begin(trainer, path);
    }
    return status;
}

/* Whether an earlier run with this directory has come to its end, model and all. Collective. */
static gd_status is_complete(gd_trainer *trainer, bool *complete) {
    char *path = NULL;
    bool there = false;
    gd_status status = GD_OK;
    if (gd_comm_rank(trainer->problem->comm) == 0 && finished(trainer) != NULL) {
        status = gd_rundir_file(&trainer->rundir, "model.h5", &path);
        if (status == GD_OK) {
            status = gd_file_look(path, &there);
        }
        if (there) {
            printf("finished  %lld epochs, %lld steps are done already: %s\n"
                   "          for more, raise train.epochs or train.max_steps; to start over, "
                   "run.resume=never\n",
                   (long long)trainer->progress.epoch, (long long)trainer->progress.step, path);
        }
        gd_memory_free(&path);
    }
    status = gd_comm_agree(trainer->problem->comm, status);
    gd_comm_broadcast(trainer->problem->comm, &there, sizeof there);
    *complete = there;
    return status;
}

/* From here on, phases are taken down too, if that is asked for. Collective. */
static gd_status start_timeline(gd_trainer *trainer) {
    if (gd_config_text(trainer->problem->config, "run", "timeline")[0] == '\0') {
        return GD_OK;
    }
    gd_status status =
        gd_timeline_new(trainer->problem->comm, GD_TIMELINE_ROOM, &trainer->timeline);
    trainer->phases.timeline = trainer->timeline;
    return status;
}

static void print_timeline(const char *path, gd_status written, int64_t kept, int64_t dropped) {
    if (written != GD_OK) {
        printf("timeline  not written: %s\n", gd_status_message(written));
        return;
    }
    printf("timeline  %s: %lld phases\n", path, (long long)kept);
    if (dropped > 0) {
        printf("          only the first of each rank; %lld more found no room\n",
               (long long)dropped);
    }
}

/* Whatever became of the run. Takes `status` over. Collective. */
static gd_status write_timeline(gd_trainer *trainer, gd_status status) {
    const char *path = gd_config_text(trainer->problem->config, "run", "timeline");
    int64_t kept = 0, dropped = 0;
    if (trainer->timeline == NULL) {
        return status;
    }
    gd_phases_count(&trainer->phases);
    gd_status written =
        gd_timeline_write(trainer->problem->comm, trainer->timeline, path, &kept, &dropped);
    bool told = status == GD_OK && written != GD_OK; /* as the error that ends the run */
    if (gd_comm_rank(trainer->problem->comm) == 0 && !told) {
        print_timeline(path, written, kept, dropped);
    }
    return gd_status_first(status, written);
}

static gd_status train(gd_trainer *trainer) {
    gd_problem *problem = trainer->problem;
    gd_checkpoint_header header = {0};
    char *path = NULL;
    bool complete = false;
    gd_status status =
        gd_rundir_new(gd_config_text(problem->config, "run", "dir"), &trainer->rundir);
    status = gd_comm_agree(problem->comm, status);
    if (status == GD_OK) {
        status = gd_resume_find(problem, &trainer->rundir, &path, &header);
    }
    if (status == GD_OK && path != NULL) {
        trainer->progress = header.progress;
        status = is_complete(trainer, &complete);
    }
    if (status == GD_OK && !complete) {
        status = start_timeline(trainer);
        if (status == GD_OK) {
            status = begin(trainer, path, &header);
        }
        if (status == GD_OK) {
            status = loop(trainer);
        }
        gd_table_clear(&trainer->table);
        if (status == GD_OK) {
            status = finish(trainer);
        }
        status = write_timeline(trainer, status);
    }
    gd_checkpoint_header_free(&header);
    gd_memory_free(&path);
    return status;
}

/* A run goes on without a watch where none can be had. Collective. */
static void start_watch(const gd_problem *problem, gd_watch **watch) {
    int64_t timeout = gd_config_integer(problem->config, "run", "timeout");
    gd_status status = gd_watch_start(problem->comm, timeout, watch);
    if (status != GD_OK && gd_comm_rank(problem->comm) == 0) {
        printf("          nobody watches for ranks that stand still: %s\n",
               gd_status_message(status));
    }
    gd_status_free(&status);
}

gd_status gd_train_run(gd_comm *comm, const gd_config *config) {
    gd_problem *problem = NULL;
    gd_watch *watch = NULL;
    gd_trainer *trainer = NULL;
    gd_halt halt;
    double started = gd_clock_seconds();
    gd_process_flush_tiny();
    gd_status status = gd_halt_new(comm, config, &halt);
    if (status == GD_OK) {
        status = gd_train_check_settings(comm, config);
    }
    if (status == GD_OK) {
        status = gd_problem_open(comm, config, &problem);
    }
    if (status == GD_OK) {
        gd_report_header(problem);
        start_watch(problem, &watch);
        status = gd_problem_load(problem);
    }
    if (status == GD_OK) {
        status = gd_trainer_new(problem, &trainer);
    }
    if (status == GD_OK) {
        trainer->halt = halt;
        trainer->saved = started;
        gd_phases_start(&trainer->phases, GD_OTHER);
        trainer->phases.watch = watch;
        status = train(trainer);
    }
    if (trainer != NULL) {
        gd_timeline_free(&trainer->timeline);
    }
    gd_trainer_free(&trainer);
    gd_problem_close(&problem);
    gd_halt_free(&halt);
    gd_watch_stop(&watch);
    return status;
}
