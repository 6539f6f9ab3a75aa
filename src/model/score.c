#include "gdmpi/score.h"

#include "elements.h"
#include "gdmpi/lines.h"

const gd_score gd_score_loss = {
    .name = "loss",
    .key = "val_loss",
    .help = "the loss, mean over rows",
    .tasks = GD_TASK_CLASS | GD_TASK_FLAGS | GD_TASK_NUMBERS,
};

static const gd_score accuracy = {
    .name = "accuracy",
    .key = "val_accuracy",
    .help = "the part of the rows, or of their outputs, that are right",
    .tasks = GD_TASK_CLASS | GD_TASK_FLAGS,
    .rises = true,
};

static const gd_score rmse = {
    .name = "rmse",
    .key = "val_rmse",
    .help = "the root of the mean squared error over rows and outputs",
    .tasks = GD_TASK_NUMBERS,
};

const gd_score *const gd_scores[] = {&gd_score_loss,
                                     &accuracy,
                                     &gd_score_top_5,
                                     &gd_score_precision,
                                     &gd_score_recall,
                                     &gd_score_f1,
                                     &gd_score_roc_auc,
                                     &rmse,
                                     &gd_score_mae,
                                     &gd_score_r2,
                                     &gd_score_confusion_matrix,
                                     NULL};
_Static_assert(sizeof gd_scores / sizeof *gd_scores <= GD_SCORES, "more scores than GD_SCORES");

gd_scored gd_score_of(const gd_loss *minimised, int64_t outputs) {
    gd_scored scored = {
        .loss = minimised, .outputs = outputs, .classes = outputs == 1 ? 2 : outputs};
    if (minimised->metric == GD_METRIC_RMSE) {
        scored.task = GD_TASK_NUMBERS;
    } else if (minimised->target == GD_TARGET_VALUE && outputs > 1) {
        scored.task = GD_TASK_FLAGS;
    } else {
        scored.task = GD_TASK_CLASS;
    }
    return scored;
}

bool gd_score_named(const gd_scored *scored, const char *classes) {
    return scored->task == GD_TASK_CLASS && gd_lines_count(classes) == scored->classes;
}

const char *gd_score_output(const gd_scored *scored) {
    return scored->task == GD_TASK_NUMBERS          ? "value"
           : scored->loss->link == GD_LINK_IDENTITY ? "score"
                                                    : "probability";
}

const char *gd_score_name(size_t index) {
    return gd_scores[index] == NULL ? NULL : gd_scores[index]->name;
}

int64_t gd_score_label(const gd_scored *scored, const gd_batch *batch, int64_t row) {
    return scored->loss->target == GD_TARGET_CLASS ? batch->labels[row]
                                                   : batch->values[row] > (real)0.5;
}

int64_t gd_score_guess(const gd_scored *scored, const real *output) {
    return scored->outputs == 1 ? output[0] > 0 : largest(scored->outputs, output);
}

int64_t gd_score_mean_width(const gd_scored *scored) {
    (void)scored;
    return GD_MEAN_NUMBERS;
}

gd_status gd_score_mean(const gd_scored *scored, int64_t tiles, const double *numbers,
                        double *value) {
    (void)scored;
    double sum = 0, weight = 0;
    for (int64_t tile = 0; tile < tiles; tile++) {
        sum += numbers[tile * GD_MEAN_NUMBERS + GD_MEAN_SUM];
        weight += numbers[tile * GD_MEAN_NUMBERS + GD_MEAN_WEIGHT];
    }
    *value = sum / weight;
    return GD_OK;
}
