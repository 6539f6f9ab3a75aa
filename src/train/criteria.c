/* [stop]: when a run has done enough. All is decided at the end of whole epochs, from numbers that
 * are the same on any number of ranks and in every checkpoint. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "train_private.h"

/* The training loss, and then each score that is a number. */
static const char *metric_name(size_t index) {
    if (index == 0) {
        return "train_loss";
    }
    const gd_score *score = gd_scores[index - 1];
    return score == NULL || score->matrix ? NULL : score->key;
}

static const gd_setting rows[] = {
    {.key = "patience",
     .kind = GD_SETTING_INTEGER,
     .initial = "0",
     .min = 0,
     .max = 1e9,
     .may_change = true,
     .help = "stop after so many epochs in a row without a better metric, and make model.h5 of "
             "the best epoch; 0: off"},
    {.key = "min_delta",
     .kind = GD_SETTING_NUMBER,
     .initial = "0",
     .min = 0,
     .max = DBL_MAX,
     .help = "a metric is better if it is so by more than this"},
    {.key = "metric",
     .kind = GD_SETTING_CHOICE,
     .initial = "val_loss",
     .choices = metric_name,
     .help = "what says which epoch is the best"},
    {.key = "target",
     .kind = GD_SETTING_TEXT,
     .initial = "",
     .may_change = true,
     .help = "stop when the metric is as good as this number; empty: never"},
    {.key = "grad_norm",
     .kind = GD_SETTING_NUMBER,
     .initial = "0",
     .min = 0,
     .max = DBL_MAX,
     .may_change = true,
     .help = "stop when the norm of an epoch's last gradient is at most this; 0: off"},
    {.key = "param_change",
     .kind = GD_SETTING_NUMBER,
     .initial = "0",
     .min = 0,
     .max = DBL_MAX,
     .may_change = true,
     .help = "stop when the parameters change over an epoch by at most this part of their norm; "
             "0: off"},
    {.key = "loss_change",
     .kind = GD_SETTING_NUMBER,
     .initial = "0",
     .min = 0,
     .max = DBL_MAX,
     .may_change = true,
     .help = "stop when train_loss changes from one epoch to the next by at most this part of it; "
             "0: off"},
    {0},
};

const gd_settings gd_criteria_settings = {.section = "stop", .rows = rows};

static double number(const gd_config *config, const char *key) {
    return gd_config_number(config, "stop", key);
}

/* NULL: the training loss. */
static const gd_score *score_of(const gd_config *config) {
    size_t index = gd_text_index(gd_config_text(config, "stop", "metric"), metric_name);
    return index == 0 ? NULL : gd_scores[index - 1];
}

static bool has_target(const gd_config *config) {
    return gd_config_text(config, "stop", "target")[0] != '\0';
}

static bool is_chosen(const gd_problem *problem, const gd_score *score) {
    return problem->scores[gd_text_index(score->name, gd_score_name)];
}

static gd_status check_metric(const gd_problem *problem) {
    const gd_config *config = problem->config;
    const gd_score *score = score_of(config);
    const gd_loss *loss = problem->model->loss;
    if (score == NULL) {
        return GD_OK;
    }
    const unsigned task = gd_score_of(loss, problem->model->outputs).task;
    if ((score->tasks & task) == 0) {
        return gd_config_fail(config, "stop", "metric", "%s makes no sense for %s", score->key,
                              loss->name);
    }
    if (score->tally != NULL && !is_chosen(problem, score)) {
        return gd_config_fail(config, "stop", "metric", "%s needs %s among run.metrics", score->key,
                              score->name);
    }
    bool needed = has_target(config) || gd_config_integer(config, "stop", "patience") > 0;
    if (needed && !problem->validates) {
        return gd_config_fail(config, "stop", "metric",
                              "there are no validation rows for %s; train_loss is possible",
                              score->key);
    }
    return GD_OK;
}

gd_status gd_problem_check_criteria(const gd_problem *problem) {
    const gd_config *config = problem->config;
    const char *target = gd_config_text(config, "stop", "target");
    double value;
    if (has_target(config) && !(gd_text_to_number(target, &value) && isfinite(value))) {
        return gd_config_fail(config, "stop", "target", "'%s' is not a finite number, or empty",
                              target);
    }
    return check_metric(problem);
}

static double metric_value(const gd_trainer *trainer) {
    const gd_progress *progress = &trainer->progress;
    const gd_score *score = score_of(trainer->problem->config);
    if (score == NULL) {
        return progress->train_loss;
    }
    if (score == &gd_score_loss) {
        return progress->val_loss;
    }
    return score->tally == NULL ? progress->val_metric
                                : *gd_scoreboard_value(trainer->scoreboard, score);
}

/* By how much a value of the metric is better than another. */
static double gain(const gd_config *config, double value, double other) {
    const gd_score *score = score_of(config);
    return score != NULL && score->rises ? value - other : other - value;
}

static bool is_best(const gd_trainer *trainer) {
    const gd_config *config = trainer->problem->config;
    const double value = trainer->progress.stop_value, best = trainer->progress.best_value;
    return isfinite(value) &&
           (isnan(best) || gain(config, value, best) > number(config, "min_delta"));
}

static void keep_best(gd_trainer *trainer) {
    const real *average = trainer->optimizer->average;
    if (trainer->best != NULL && average != NULL) {
        memcpy(trainer->best, average, (size_t)trainer->reducer->owned * sizeof *average);
    } else if (trainer->best != NULL) {
        gd_reducer_own(trainer->reducer, trainer->best);
    }
}

static double relative(double change, double size) {
    return change == 0 ? 0 : change / size;
}

void gd_criteria_observe(gd_trainer *trainer, double loss_before) {
    gd_progress *progress = &trainer->progress;
    progress->stop_value = metric_value(trainer);
    progress->loss_change = relative(fabs(progress->train_loss - loss_before), fabs(loss_before));
    if (trainer->before != NULL) {
        progress->param_change = relative(gd_reducer_change(trainer->reducer, trainer->before),
                                          gd_trainer_norm(trainer));
        gd_reducer_own(trainer->reducer, trainer->before);
    }
    if (is_best(trainer)) {
        progress->best_value = progress->stop_value;
        progress->best_epoch = progress->epoch;
        progress->best_step = progress->step;
        keep_best(trainer);
    }
}

static bool target_is_met(const gd_trainer *trainer) {
    const gd_config *config = trainer->problem->config;
    double target;
    return gd_text_to_number(gd_config_text(config, "stop", "target"), &target) &&
           gain(config, trainer->progress.stop_value, target) >= 0;
}

static bool patience_is_over(const gd_trainer *trainer) {
    const gd_progress *progress = &trainer->progress;
    int64_t patience = gd_config_integer(trainer->problem->config, "stop", "patience");
    return patience > 0 && progress->epoch - progress->best_epoch >= patience;
}

/* Between epochs: the numbers of the last one are those of a whole one. */
const char *gd_criteria_met(const gd_trainer *trainer) {
    const gd_progress *progress = &trainer->progress;
    const struct {
        const char *key;
        double value;
    } falling[] = {{"grad_norm", progress->grad_norm},
                   {"param_change", progress->param_change},
                   {"loss_change", progress->loss_change}};
    if (progress->epoch == 0 || progress->epoch_step > 0) {
        return NULL;
    }
    if (target_is_met(trainer)) {
        return "target";
    }
    if (patience_is_over(trainer)) {
        return "patience";
    }
    for (size_t i = 0; i < sizeof falling / sizeof *falling; i++) {
        const double limit = number(trainer->problem->config, falling[i].key);
        if (limit > 0 && falling[i].value <= limit) {
            return falling[i].key;
        }
    }
    return NULL;
}
