/* What is minimised. A loss is one file, and one line in the table of loss.c. */
#ifndef GDMPI_LOSS_H
#define GDMPI_LOSS_H

#include "gdmpi/batch.h"
#include "gdmpi/config.h"

#define gd_losses GD_NAME(gd_losses)
#define gd_loss_find GD_NAME(gd_loss_find)
#define gd_loss_name GD_NAME(gd_loss_name)
#define gd_loss_value GD_NAME(gd_loss_value)
#define gd_loss_bce GD_NAME(gd_loss_bce)
#define gd_loss_cross_entropy GD_NAME(gd_loss_cross_entropy)
#define gd_loss_hinge GD_NAME(gd_loss_hinge)
#define gd_loss_huber GD_NAME(gd_loss_huber)
#define gd_loss_mae GD_NAME(gd_loss_mae)
#define gd_loss_mse GD_NAME(gd_loss_mse)
#define gd_loss_poisson GD_NAME(gd_loss_poisson)
#define gd_loss_quantile GD_NAME(gd_loss_quantile)
#define gd_loss_squared_hinge GD_NAME(gd_loss_squared_hinge)

#define GD_LOSS_OPTIONS 4

typedef enum gd_metric {
    GD_METRIC_ACCURACY, /* rows that are right / rows; for several outputs, outputs that are right /
                           outputs */
    GD_METRIC_RMSE      /* sqrt(squared errors / (rows * outputs)) */
} gd_metric;

/* What the outputs are of what the model predicts. */
typedef enum gd_link {
    GD_LINK_IDENTITY, /* that itself, or a margin */
    GD_LINK_LOGIT,    /* the logit of a probability, each output by itself */
    GD_LINK_SOFTMAX,  /* probabilities of classes, before softmax */
    GD_LINK_LOG       /* the logarithm of an expected number */
} gd_link;

typedef struct gd_loss {
    const char *name;
    const char *help; /* one line, with the formula */

    /* Section "model", owner its name, chooser "loss"; at most GD_LOSS_OPTIONS rows, all numbers.
     * Without rows (NULL): none. */
    gd_settings settings;

    gd_target_kind target;
    double min, max;     /* of the values in y */
    int64_t outputs_min; /* of the model */
    gd_metric metric;
    gd_link link;

    /* See gd_loss_value, but that no row has a weight. Of output [rows, outputs] against the
     * batch's targets: the sum of the loss over rows, with `options` the values of the settings,
     * row by row. Where `gradient` is not NULL, it becomes the derivative of that sum, [rows,
     * outputs]; it may be the same array as `output`. Where `metric` is not NULL, the number of
     * right rows (averaged over the outputs of each), or the sum of squared errors over rows
     * averaged over the outputs, is added to it. */
    double (*value)(const double *options, const gd_batch *batch, const real *output,
                    real *gradient, double *metric);
} gd_loss;

extern const gd_loss *const gd_losses[]; /* ends with NULL */
extern const gd_loss gd_loss_bce, gd_loss_cross_entropy, gd_loss_hinge, gd_loss_huber, gd_loss_mae,
    gd_loss_mse, gd_loss_poisson, gd_loss_quantile, gd_loss_squared_hinge;

const gd_loss *gd_loss_find(const char *name); /* NULL: none */
const char *gd_loss_name(size_t index);        /* a gd_names */

/* What loss->value says, where each row counts as much as its weight, in loss, gradient and metric.
 * Not collective. */
double gd_loss_value(const gd_loss *loss, const double *options, const gd_batch *batch,
                     const real *output, real *gradient, double *metric);

#endif
