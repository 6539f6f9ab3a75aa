#include "gdmpi/score.h"

enum { MOST = 5 };

/* How many outputs come before that of the label; of equal ones the first, as in the accuracy. */
static int64_t place_of(int64_t label, int64_t outputs, const real *z) {
    int64_t before = 0;
    for (int64_t j = 0; j < outputs; j++) {
        before += j < label ? z[j] >= z[label] : z[j] > z[label];
    }
    return before;
}

static void count(const gd_scored *scored, const gd_batch *tile, const real *output,
                  double *numbers) {
    for (int64_t i = 0; i < tile->rows; i++) {
        const int64_t label = gd_score_label(scored, tile, i);
        const double weight = gd_score_weight(tile, i);
        const bool right = place_of(label, tile->outputs, output + i * tile->outputs) < MOST;
        numbers[GD_MEAN_SUM] += right ? weight : 0;
        numbers[GD_MEAN_WEIGHT] += weight;
    }
}

static const gd_tally tally = {.width = gd_score_mean_width, .count = count};

const gd_score gd_score_top_5 = {
    .name = "top_5",
    .key = "val_top_5",
    .help = "the part of the rows whose class is among the five largest outputs",
    .tasks = GD_TASK_CLASS,
    .outputs_min = MOST + 1,
    .tally = &tally,
    .value = gd_score_mean,
    .rises = true,
};
