/* The coefficient of determination, 1 - squared errors / squared deviations from the mean, averaged
 * over the outputs, as scikit-learn's r2_score. */
#include <math.h>

#include "gdmpi/score.h"
#include "prediction.h"

/* Of an output: the weighted sum of squared errors, the mean of the targets, and the weighted sum
 * of their squared deviations from it. Before them comes the weight of the rows. */
enum { ERRORS, MEAN, DEVIATIONS, SUMS };

static int64_t width(const gd_scored *scored) {
    return 1 + SUMS * scored->outputs;
}

static void count_output(const gd_scored *scored, const gd_batch *tile, const real *output,
                         int64_t column, double total, double *sums) {
    const double pivot = (double)tile->values[column];
    for (int64_t i = 0; i < tile->rows; i++) {
        const int64_t at = i * tile->outputs + column;
        const double weight = gd_score_weight(tile, i), y = (double)tile->values[at];
        const double error = prediction(scored, output[at]) - y;
        sums[ERRORS] += weight * error * error;
        sums[MEAN] += total > 0 ? weight / total * (y - pivot) : 0;
    }
    sums[MEAN] += pivot; /* exactly, where all are the same */
    for (int64_t i = 0; i < tile->rows; i++) {
        const double apart = (double)tile->values[i * tile->outputs + column] - sums[MEAN];
        sums[DEVIATIONS] += gd_score_weight(tile, i) * apart * apart;
    }
}

static void count(const gd_scored *scored, const gd_batch *tile, const real *output,
                  double *numbers) {
    for (int64_t i = 0; i < tile->rows; i++) {
        numbers[0] += gd_score_weight(tile, i);
    }
    for (int64_t j = 0; j < tile->outputs; j++) {
        count_output(scored, tile, output, j, numbers[0], numbers + 1 + SUMS * j);
    }
}

/* Deviations are merged as by Chan, Golub and LeVeque, "Algorithms for computing the sample
 * variance" (1983): nothing cancels where the mean is large. */
static double of_output(int64_t tiles, int64_t stride, const double *numbers, int64_t column) {
    double weight = 0, errors = 0, mean = 0, deviations = 0;
    for (int64_t tile = 0; tile < tiles; tile++) {
        const double *sums = numbers + tile * stride + 1 + SUMS * column;
        const double more = numbers[tile * stride], apart = sums[MEAN] - mean;
        if (more > 0) {
            deviations += sums[DEVIATIONS] + apart * apart * weight * more / (weight + more);
            mean += apart * more / (weight + more);
            errors += sums[ERRORS];
            weight += more;
        }
    }
    if (deviations == 0) {
        return errors == 0 ? 1 : 0;
    }
    return 1 - errors / deviations;
}

static gd_status value(const gd_scored *scored, int64_t tiles, const double *numbers,
                       double *value) {
    double sum = 0;
    for (int64_t j = 0; j < scored->outputs; j++) {
        sum += of_output(tiles, width(scored), numbers, j);
    }
    *value = sum / (double)scored->outputs;
    return GD_OK;
}

static const gd_tally tally = {.width = width, .count = count};

const gd_score gd_score_r2 = {
    .name = "r2",
    .key = "val_r2",
    .help = "1 - squared errors / squared deviations from the mean, mean over outputs",
    .tasks = GD_TASK_NUMBERS,
    .tally = &tally,
    .value = value,
    .rises = true,
};
