/* What validation can say of a model besides its loss: [run] metrics. A score is one line in the
 * table of score.c, and one file, or shares one with those of the same pass over the rows. */
#ifndef GDMPI_SCORE_H
#define GDMPI_SCORE_H

#include "gdmpi/loss.h"

#define gd_scores GD_NAME(gd_scores)
#define gd_score_of GD_NAME(gd_score_of)
#define gd_score_named GD_NAME(gd_score_named)
#define gd_score_output GD_NAME(gd_score_output)
#define gd_score_name GD_NAME(gd_score_name)
#define gd_score_label GD_NAME(gd_score_label)
#define gd_score_guess GD_NAME(gd_score_guess)
#define gd_score_mean GD_NAME(gd_score_mean)
#define gd_score_mean_width GD_NAME(gd_score_mean_width)
#define gd_score_confusion_matrix GD_NAME(gd_score_confusion_matrix)
#define gd_score_f1 GD_NAME(gd_score_f1)
#define gd_score_loss GD_NAME(gd_score_loss)
#define gd_score_mae GD_NAME(gd_score_mae)
#define gd_score_precision GD_NAME(gd_score_precision)
#define gd_score_r2 GD_NAME(gd_score_r2)
#define gd_score_recall GD_NAME(gd_score_recall)
#define gd_score_roc_auc GD_NAME(gd_score_roc_auc)
#define gd_score_top_5 GD_NAME(gd_score_top_5)

/* What a model predicts of a row; as bits of gd_score.tasks. */
typedef enum gd_task {
    GD_TASK_CLASS = 1, /* one of several classes */
    GD_TASK_FLAGS = 2, /* several times yes or no */
    GD_TASK_NUMBERS = 4
} gd_task;

/* The model whose predictions are scored. */
typedef struct gd_scored {
    const gd_loss *loss;
    gd_task task;
    int64_t outputs;
    int64_t classes; /* of GD_TASK_CLASS: 2 of one output */
} gd_scored;

/* One pass over the rows of validation: numbers are kept of each row or of each tile of rows, and
 * brought together in the order of the rows, so that what comes of them does not depend on the
 * ranks. */
typedef struct gd_tally {
    bool by_row;
    int64_t (*width)(const gd_scored *scored); /* numbers of each row, or of each tile */

    /* From the rows of a tile to its numbers: [rows, width] by row, else [width], which are 0. */
    void (*count)(const gd_scored *scored, const gd_batch *tile, const real *output,
                  double *numbers);
} gd_tally;

typedef struct gd_score {
    const char *name;
    const char *key;       /* in the log */
    const char *help;      /* one line */
    unsigned tasks;        /* of gd_task: for which models it makes sense, */
    int64_t outputs_min;   /* if they have that many outputs */
    const gd_tally *tally; /* NULL: the loss, or what goes with it, which are there in any case */
    bool matrix; /* the score is a number for each class and class, else one number, and only said
                    at the end of a run; such are last in the table */
    bool rises;  /* more is better */
    size_t work; /* bytes of each row that `value` needs meanwhile */

    /* From the numbers [count, width] of all rows, or of all tiles, to the score; NaN where it is
     * not defined. */
    gd_status (*value)(const gd_scored *scored, int64_t count, const double *numbers,
                       double *value);
} gd_score;

#define GD_SCORES 16 /* more than there are */

extern const gd_score *const gd_scores[]; /* ends with NULL */
extern const gd_score gd_score_confusion_matrix, gd_score_f1, gd_score_loss, gd_score_mae,
    gd_score_precision, gd_score_r2, gd_score_recall, gd_score_roc_auc, gd_score_top_5;

gd_scored gd_score_of(const gd_loss *loss, int64_t outputs);

/* Whether these are names of the classes of such a model, a line for each; NULL is not. */
bool gd_score_named(const gd_scored *scored, const char *classes);

const char *gd_score_name(size_t index); /* a gd_names */

/* What the numbers are that such a model predicts: "probability", "score" or "value". Not
 * collective. */
const char *gd_score_output(const gd_scored *scored);

/* Of GD_TASK_CLASS: the class of row `row`, and that which its outputs say. Not collective. */
int64_t gd_score_label(const gd_scored *scored, const gd_batch *batch, int64_t row);
int64_t gd_score_guess(const gd_scored *scored, const real *output);

/* The numbers of a tile for a score that is a mean over rows, and the width and value of such a
 * score. Not collective. */
enum { GD_MEAN_SUM, GD_MEAN_WEIGHT, GD_MEAN_NUMBERS };
int64_t gd_score_mean_width(const gd_scored *scored);
gd_status gd_score_mean(const gd_scored *scored, int64_t tiles, const double *numbers,
                        double *value);

static inline double gd_score_weight(const gd_batch *batch, int64_t row) {
    return batch->weights == NULL ? 1 : batch->weights[row];
}

#endif
