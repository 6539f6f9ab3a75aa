#include <math.h>

#include "gdmpi/score.h"
#include "prediction.h"

static void count(const gd_scored *scored, const gd_batch *tile, const real *output,
                  double *numbers) {
    for (int64_t i = 0; i < tile->rows; i++) {
        double errors = 0;
        for (int64_t j = i * tile->outputs; j < (i + 1) * tile->outputs; j++) {
            errors += fabs(prediction(scored, output[j]) - (double)tile->values[j]);
        }
        numbers[GD_MEAN_SUM] += gd_score_weight(tile, i) * errors / (double)tile->outputs;
        numbers[GD_MEAN_WEIGHT] += gd_score_weight(tile, i);
    }
}

static const gd_tally tally = {.width = gd_score_mean_width, .count = count};

const gd_score gd_score_mae = {
    .name = "mae",
    .key = "val_mae",
    .help = "the mean absolute error over rows and outputs",
    .tasks = GD_TASK_NUMBERS,
    .tally = &tally,
    .value = gd_score_mean,
};
