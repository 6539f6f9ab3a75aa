/* The area under the ROC curve: how often a row that has a class gets a higher score for it than
 * one that has not, ties by half (Hanley and McNeil 1982). Of more than two classes, each against
 * the rest, and the mean; of outputs that say yes or no, their mean. */
#include <math.h>
#include <stdlib.h>

#include "gdmpi/memory.h"
#include "gdmpi/score.h"

/* Of a row: its weight, and then for each column whether it has that class, and its score. */
static int64_t columns(const gd_scored *scored) {
    return scored->task == GD_TASK_CLASS && scored->classes == 2 ? 1 : scored->classes;
}

static int64_t width(const gd_scored *scored) {
    return 1 + 2 * columns(scored);
}

/* The logarithm of the sum of e^(z_j - z_best), which is at least 0, and exact near that. */
static double log_of_sum(int64_t outputs, const real *z, int64_t best) {
    double others = 0;
    for (int64_t j = 0; j < outputs; j++) {
        others += j == best ? 0 : exp((double)z[j] - (double)z[best]);
    }
    return log1p(others);
}

/* Of classes, probabilities by softmax are compared, as logarithms, which do not round to 1; of
 * two, the difference of the outputs goes by the same order. */
static void score_row(const gd_scored *scored, const real *z, double *numbers) {
    const int64_t outputs = scored->outputs;
    if (scored->task == GD_TASK_CLASS && scored->classes == 2) {
        numbers[1] = outputs == 1 ? (double)z[0] : (double)z[1] - (double)z[0];
        return;
    }
    double top = 0, base = 0;
    if (scored->loss->link == GD_LINK_SOFTMAX) {
        const int64_t best = gd_score_guess(scored, z);
        top = (double)z[best];
        base = log_of_sum(outputs, z, best);
    }
    for (int64_t j = 0; j < outputs; j++) {
        numbers[2 * j + 1] = (double)z[j] - top - base;
    }
}

static void count(const gd_scored *scored, const gd_batch *tile, const real *output,
                  double *numbers) {
    const int64_t classes = columns(scored);
    for (int64_t i = 0; i < tile->rows; i++, numbers += 1 + 2 * classes) {
        numbers[0] = gd_score_weight(tile, i);
        score_row(scored, output + i * tile->outputs, numbers + 1);
        for (int64_t j = 0; j < classes; j++) {
            numbers[1 + 2 * j] = scored->task == GD_TASK_FLAGS
                                     ? tile->values[i * tile->outputs + j] > (real)0.5
                                     : gd_score_label(scored, tile, i) == (classes == 1 ? 1 : j);
        }
    }
}

/* A row as one column sees it: it has the class with this weight, or has it not. */
typedef struct place {
    double score, with, without;
} place;

static int by_score(const void *a, const void *b) {
    const double x = ((const place *)a)->score, y = ((const place *)b)->score;
    return (x > y) - (x < y);
}

/* Goes up the scores, a run of equal ones at a time. */
static double area(int64_t rows, const place *places) {
    double pairs = 0, with = 0, without = 0;
    for (int64_t i = 0; i < rows;) {
        const double score = places[i].score;
        double more_with = 0, more_without = 0;
        for (; i < rows && places[i].score == score; i++) {
            more_with += places[i].with;
            more_without += places[i].without;
        }
        pairs += more_with * (without + more_without / 2);
        with += more_with;
        without += more_without;
    }
    return pairs / (with * without);
}

static double of_column(int64_t rows, int64_t stride, const double *numbers, int64_t column,
                        place *places) {
    for (int64_t i = 0; i < rows; i++) {
        const double *row = numbers + i * stride, *pair = row + 1 + 2 * column;
        places[i] = (place){pair[1], pair[0] > 0 ? row[0] : 0, pair[0] > 0 ? 0 : row[0]};
        if (isnan(pair[1])) {
            return NAN;
        }
    }
    qsort(places, (size_t)rows, sizeof *places, by_score);
    return area(rows, places);
}

static gd_status value(const gd_scored *scored, int64_t rows, const double *numbers,
                       double *value) {
    place *places;
    double sum = 0;
    gd_status status = gd_memory_new(&places, (size_t)rows, sizeof *places, "the scores of rows");
    for (int64_t j = 0; status == GD_OK && j < columns(scored); j++) {
        sum += of_column(rows, width(scored), numbers, j, places);
    }
    gd_memory_free(&places);
    *value = sum / (double)columns(scored);
    return status;
}

static const gd_tally tally = {.by_row = true, .width = width, .count = count};

const gd_score gd_score_roc_auc = {
    .name = "roc_auc",
    .key = "val_roc_auc",
    .help = "the area under the ROC curve, each class against the rest; null if one has no rows",
    .tasks = GD_TASK_CLASS | GD_TASK_FLAGS,
    .tally = &tally,
    .value = value,
    .rises = true,
    .work = 2 * sizeof(place), /* the C library's qsort has a copy */
};
