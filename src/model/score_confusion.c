#include "gdmpi/score.h"

/* Of a row: its cell of the matrix, and its weight. Rows, and not sums of tiles, since the cells
 * may be many. */
enum { CELL, WEIGHT, NUMBERS };

static int64_t width(const gd_scored *scored) {
    (void)scored;
    return NUMBERS;
}

static void count(const gd_scored *scored, const gd_batch *tile, const real *output,
                  double *numbers) {
    for (int64_t i = 0; i < tile->rows; i++) {
        const int64_t label = gd_score_label(scored, tile, i);
        const int64_t guess = gd_score_guess(scored, output + i * tile->outputs);
        numbers[i * NUMBERS + CELL] = (double)(label * scored->classes + guess);
        numbers[i * NUMBERS + WEIGHT] = gd_score_weight(tile, i);
    }
}

static gd_status value(const gd_scored *scored, int64_t rows, const double *numbers,
                       double *value) {
    for (int64_t cell = 0; cell < scored->classes * scored->classes; cell++) {
        value[cell] = 0;
    }
    for (int64_t i = 0; i < rows; i++) {
        value[(int64_t)numbers[i * NUMBERS + CELL]] += numbers[i * NUMBERS + WEIGHT];
    }
    return GD_OK;
}

static const gd_tally tally = {.by_row = true, .width = width, .count = count};

const gd_score gd_score_confusion_matrix = {
    .name = "confusion_matrix",
    .key = "val_confusion_matrix",
    .help = "rows of each class, by the class that they are taken for; at the end of the run",
    .tasks = GD_TASK_CLASS,
    .tally = &tally,
    .matrix = true,
    .value = value,
};
