#include <math.h>

#include "gdmpi/process.h"
#include "gdmpi/watch.h"
#include "train_private.h"

static int64_t steps_of_epoch(const gd_trainer *trainer) {
    return gd_shards_steps(&trainer->problem->shards);
}

const char *gd_trainer_finished(const gd_trainer *trainer) {
    const gd_config *config = trainer->problem->config;
    int64_t most = gd_config_integer(config, "train", "max_steps");
    const char *stop = gd_criteria_met(trainer);
    if (stop != NULL) {
        return stop;
    }
    if (trainer->progress.epoch >= gd_config_integer(config, "train", "epochs")) {
        return "epochs";
    }
    return most > 0 && trainer->progress.step >= most ? "max_steps" : NULL;
}

/* Seconds to the end of the run, at the rate of `seconds` for the steps of this epoch so far. */
static double time_left(const gd_trainer *trainer, double seconds) {
    const gd_progress *progress = &trainer->progress;
    int64_t left = gd_problem_steps(trainer->problem) - progress->step;
    return seconds / (double)progress->epoch_step * (double)left;
}

/* A multiple of an interval that counts steps. */
static bool step_is_due(const gd_trainer *trainer, const char *key) {
    gd_interval every = gd_config_interval(trainer->problem->config, "run", key);
    double steps = every.unit == GD_STEPS    ? every.count
                   : every.unit == GD_EPOCHS ? every.count * (double)steps_of_epoch(trainer)
                                             : 0;
    return steps > 0 && fmod((double)trainer->progress.step, steps) == 0;
}

/* Where it is asked for, the ranks compare their parameters; the digest is printed, and for the
 * step's line. Collective. */
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
    if (status == GD_OK && trainer->metrics != NULL) {
        gd_table_digest(&trainer->table, trainer->progress.epoch + 1, trainer->progress.step,
                        digest);
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
    gd_metrics_number(metrics, "lr", trainer->lr);
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
    const bool whole = progress->epoch_step == steps_of_epoch(trainer);
    const double loss_before = progress->train_loss;
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
    if (whole) {
        gd_schedule_observe(&problem->schedule, progress->step,
                            problem->validates ? progress->val_loss : progress->train_loss,
                            &progress->plateau);
    }
    gd_progress_next_epoch(progress);
    if (whole) {
        gd_curves_observe(&progress->curves, progress->train_loss, progress->val_loss);
    }
    gd_status status = check_validation(trainer);
    if (status == GD_OK && whole) {
        status = gd_criteria_observe(trainer, loss_before);
    }
    if (trainer->metrics != NULL) {
        gd_table_row(&trainer->table, progress->best_epoch == progress->epoch);
    }
    return status;
}

static void show_step(gd_trainer *trainer) {
    const gd_progress *progress = &trainer->progress;
    gd_table_bar(&trainer->table, progress->epoch + 1,
                 (double)progress->epoch_step / (double)steps_of_epoch(trainer),
                 progress->epoch_loss / (double)progress->epoch_rows,
                 (double)progress->epoch_rows / progress->epoch_seconds,
                 time_left(trainer, progress->epoch_seconds));
}

/* The step, in the log, and in what is known of the time that steps take. */
static gd_status make_step(gd_trainer *trainer, gd_outcome *outcome) {
    char digest[17];
    double start = gd_clock_seconds();
    gd_progress *progress = &trainer->progress;
    gd_watch_step(trainer->phases.watch, progress->epoch + 1, progress->step + 1);
    gd_status status = gd_trainer_step(trainer, outcome);
    if (status == GD_OK) {
        status = verify_step(trainer, digest);
    }
    if (status == GD_OK) {
        double seconds = gd_clock_seconds() - start;
        progress->epoch_seconds += seconds;
        trainer->work.seconds += seconds;
        trainer->work.rows += outcome->rows;
        show_step(trainer);
        log_step(trainer, outcome, digest);
    }
    return status;
}

static gd_status save(gd_trainer *trainer, bool scheduled) {
    gd_status status = gd_trainer_agree(trainer);
    return status == GD_OK ? gd_trainer_save(trainer, scheduled) : status;
}

/* Once the last checkpoint is in place: GD_STOPPED. */
static gd_status stop(gd_trainer *trainer, const char *why) {
    gd_status status = gd_trainer_wait(trainer);
    if (status == GD_OK && trainer->metrics != NULL) {
        gd_trainer_fail(trainer, gd_report_stop(trainer, why));
    }
    if (status == GD_OK) {
        status = gd_trainer_agree(trainer);
    }
    return status == GD_OK ? gd_halt_stopped(&trainer->halt, why, &trainer->progress,
                                             steps_of_epoch(trainer), trainer->problem->config)
                           : status;
}

/* What follows a step: the end of its epoch, a checkpoint, the end of the run. */
static gd_status follow_up(gd_trainer *trainer, const gd_outcome *outcome) {
    const gd_progress *progress = &trainer->progress;
    bool due = outcome->save || step_is_due(trainer, "checkpoint_every");
    gd_status status = GD_OK;
    if (progress->epoch_step == steps_of_epoch(trainer)) {
        status = end_epoch(trainer);
        due = due || progress->best_step == progress->step;
        gd_trainer_order(trainer);
    }
    bool finished = gd_trainer_finished(trainer) != NULL;
    if (status == GD_OK && (due || outcome->stop != NULL || finished)) {
        status = save(trainer, due);
    }
    return status == GD_OK && outcome->stop != NULL && !finished ? stop(trainer, outcome->stop)
                                                                 : status;
}

gd_status gd_trainer_loop(gd_trainer *trainer) {
    gd_outcome outcome;
    gd_status status = GD_OK;
    gd_trainer_order(trainer);
    trainer->work.start = gd_process_seconds();
    gd_halt_begin(&trainer->halt);
    while (status == GD_OK && gd_trainer_finished(trainer) == NULL) {
        gd_trainer_check_writer(trainer);
        status = make_step(trainer, &outcome);
        if (status == GD_OK) {
            status = follow_up(trainer, &outcome);
        }
    }
    if (gd_status_code(status) == GD_DIVERGED && trainer->metrics != NULL) {
        gd_status second = gd_report_stop(trainer, "diverged");
        gd_status_free(&second);
    }
    return status;
}

/* A run that was stopped behind its last epoch knows the scores no more. Collective. */
static gd_status score_again(gd_trainer *trainer) {
    gd_outcome ignored;
    if (trainer->problem->validates && !gd_scoreboard_known(trainer->scoreboard)) {
        gd_trainer_validate(trainer, &ignored);
        return gd_trainer_agree(trainer);
    }
    return GD_OK;
}

gd_status gd_trainer_finish(gd_trainer *trainer) {
    const char *reason = gd_trainer_finished(trainer);
    gd_text diagnosis = {0};
    uint64_t digest;
    gd_status status = trainer->progress.epoch_step > 0 ? end_epoch(trainer) : GD_OK;
    if (status == GD_OK) {
        status = score_again(trainer);
    }
    if (status == GD_OK) {
        status = gd_trainer_wait(trainer);
    }
    if (status == GD_OK) {
        status = gd_trainer_diagnose(trainer, &diagnosis);
    }
    if (status == GD_OK) {
        gd_trainer_take_model(trainer);
        status = gd_trainer_digest(trainer, &digest);
    }
    if (status == GD_OK) {
        status = gd_report_end(trainer, reason, gd_text_bytes(&diagnosis), digest);
    }
    gd_text_free(&diagnosis);
    if (status == GD_OK) {
        status = gd_trainer_save_model(trainer, digest);
    }
    if (status == GD_OK && gd_comm_rank(trainer->problem->comm) == 0) {
        gd_report_model(trainer, digest);
    }
    return status;
}
