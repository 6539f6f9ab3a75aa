/* Precision, recall and F1 as scikit-learn has them with average="macro" and zero_division=0: the
 * mean over the classes that some row has or is taken for, or over all outputs that say yes or no.
 */
#include "gdmpi/score.h"

/* Of a class: the weights of rows that are rightly taken for it, are taken for it, and have it; and
 * whether there are any, of whatever weight. */
enum { RIGHT, GUESSED, LABELLED, SEEN, SUMS };

static int64_t width(const gd_scored *scored) {
    return SUMS * scored->classes;
}

static void count_class(bool labelled, bool guessed, double weight, double *sums) {
    sums[RIGHT] += labelled && guessed ? weight : 0;
    sums[GUESSED] += guessed ? weight : 0;
    sums[LABELLED] += labelled ? weight : 0;
    sums[SEEN] = 1;
}

static void count(const gd_scored *scored, const gd_batch *tile, const real *output,
                  double *numbers) {
    for (int64_t i = 0; i < tile->rows; i++) {
        const real *z = output + i * tile->outputs;
        const double weight = gd_score_weight(tile, i);
        if (scored->task == GD_TASK_FLAGS) {
            const real *y = tile->values + i * tile->outputs;
            for (int64_t j = 0; j < tile->outputs; j++) {
                count_class(y[j] > (real)0.5, z[j] > 0, weight, numbers + SUMS * j);
            }
            continue;
        }
        const int64_t label = gd_score_label(scored, tile, i), guess = gd_score_guess(scored, z);
        count_class(true, guess == label, weight, numbers + SUMS * label);
        if (guess != label) {
            count_class(false, true, weight, numbers + SUMS * guess);
        }
    }
}

static const gd_tally classes = {.width = width, .count = count};

static double ratio(double part, double whole) {
    return whole > 0 ? part / whole : 0;
}

static double precision_of(const double *sums) {
    return ratio(sums[RIGHT], sums[GUESSED]);
}

static double recall_of(const double *sums) {
    return ratio(sums[RIGHT], sums[LABELLED]);
}

static double f1_of(const double *sums) {
    return ratio(2 * sums[RIGHT], sums[GUESSED] + sums[LABELLED]);
}

static gd_status mean(const gd_scored *scored, int64_t tiles, const double *numbers,
                      double (*of_class)(const double *sums), double *value) {
    double sum = 0, seen = 0;
    for (int64_t c = 0; c < scored->classes; c++) {
        double sums[SUMS] = {0};
        for (int64_t tile = 0; tile < tiles; tile++) {
            for (int i = 0; i < SUMS; i++) {
                sums[i] += numbers[tile * width(scored) + c * SUMS + i];
            }
        }
        sum += of_class(sums);
        seen += sums[SEEN] > 0;
    }
    *value = sum / seen;
    return GD_OK;
}

static gd_status precision(const gd_scored *scored, int64_t tiles, const double *numbers,
                           double *value) {
    return mean(scored, tiles, numbers, precision_of, value);
}

static gd_status recall(const gd_scored *scored, int64_t tiles, const double *numbers,
                        double *value) {
    return mean(scored, tiles, numbers, recall_of, value);
}

static gd_status f1(const gd_scored *scored, int64_t tiles, const double *numbers, double *value) {
    return mean(scored, tiles, numbers, f1_of, value);
}

const gd_score gd_score_precision = {
    .name = "precision",
    .key = "val_precision",
    .help = "right rows of a class / rows taken for it (0 without any), mean over classes",
    .tasks = GD_TASK_CLASS | GD_TASK_FLAGS,
    .tally = &classes,
    .value = precision,
    .rises = true,
};

const gd_score gd_score_recall = {
    .name = "recall",
    .key = "val_recall",
    .help = "right rows of a class / rows of it (0 without any), mean over classes",
    .tasks = GD_TASK_CLASS | GD_TASK_FLAGS,
    .tally = &classes,
    .value = recall,
    .rises = true,
};

const gd_score gd_score_f1 = {
    .name = "f1",
    .key = "val_f1",
    .help = "the harmonic mean of precision and recall of a class, mean over classes",
    .tasks = GD_TASK_CLASS | GD_TASK_FLAGS,
    .tally = &classes,
    .value = f1,
    .rises = true,
};
