#include <math.h>

#include "gdmpi/score.h"
#include "prediction.h"

enum { ERRORS, WEIGHT, SUMS };

static int64_t width(const gd_scored *scored) {
    (void)scored;
    return SUMS;
}

static void count(const gd_scored *scored, const gd_batch *tile, const real *output,
                  double *numbers) {
    for (int64_t i = 0; i < tile->rows; i++) {
        double errors = 0;
        for (int64_t j = i * tile->outputs; j < (i + 1) * tile->outputs; j++) {
            errors += fabs(prediction(scored, output[j]) - (double)tile->values[j]);
        }
        numbers[ERRORS] += gd_score_weight(tile, i) * errors / (double)tile->outputs;
        numbers[WEIGHT] += gd_score_weight(tile, i);
    }
}

static gd_status value(const gd_scored *scored, int64_t tiles, const double *numbers,
                       double *value) {
    (void)scored;
    double errors = 0, weight = 0;
    for (int64_t tile = 0; tile < tiles; tile++) {
        errors += numbers[tile * SUMS + ERRORS];
        weight += numbers[tile * SUMS + WEIGHT];
    }
    *value = errors / weight;
    return GD_OK;
}

static const gd_tally tally = {.width = width, .count = count};

const gd_score gd_score_mae = {
    .name = "mae",
    .key = "val_mae",
    .help = "the mean absolute error over rows and outputs",
    .tasks = GD_TASK_NUMBERS,
    .tally = &tally,
    .value = value,
};
