/* The learning-rate range test: a few hundred steps, each with a higher learning rate than the one
 * before, and what their losses say (Smith 2017, "Cyclical Learning Rates for Training Neural
 * Networks", section 3.3). Nothing here is collective. */
#ifndef GDMPI_FIND_LR_H
#define GDMPI_FIND_LR_H

#include <stdbool.h>
#include <stdint.h>

#include "gdmpi/text.h"

/* What is asked for. */
typedef struct gd_find_lr {
    double from, to; /* learning rates of the first and of the last step */
    int64_t steps;
    const char *output; /* a CSV file for the curve; NULL: none */
} gd_find_lr;

#define GD_FIND_LR_DEFAULT ((gd_find_lr){.from = 1e-7, .to = 10, .steps = 200})

#define GD_FIND_LR_STEPS 100   /* the fewest, */
#define GD_FIND_LR_LEAST 1e-30 /* and the range of learning rates */
#define GD_FIND_LR_GREATEST 1e30

/* The learning rate of a step, from 0: they rise by the same factor each time. */
double gd_find_lr_rate(const gd_find_lr *test, int64_t step);

/* The losses so far; starts with gd_lr_curve_new. */
typedef struct gd_lr_curve {
    double keep;   /* how much of the average goes on from step to step */
    int64_t first; /* the step from which on it counts */
    int64_t count;
    double *loss;   /* [steps]: of the rows of each step, before its update, */
    double *smooth; /* and its exponential average, without bias */
    double sum;     /* of the losses, */
    double squares; /* and of how far each is off the average before it, squared */
    int64_t least;  /* the step with the least average, from the first that counts on; */
    double level;   /* up to there, the mean of the losses, */
    double noise;   /* and the deviation of the averages */
    bool exploded;
} gd_lr_curve;

gd_status gd_lr_curve_new(int64_t steps, gd_lr_curve *curve);
void gd_lr_curve_free(gd_lr_curve *curve);

/* Takes in the loss of the next step. Once it has exploded, no step beyond says more. */
void gd_lr_curve_add(gd_lr_curve *curve, double loss);

/* The learning rate to train with: a tenth of that of the least loss, to two digits. GD_DIVERGED,
 * with what to try, if no loss is lower than the first by more than noise. */
gd_status gd_lr_curve_suggest(const gd_lr_curve *curve, const gd_find_lr *test, double *lr);

/* Appends the curve as CSV: lr,loss,smooth. */
void gd_lr_curve_write(const gd_lr_curve *curve, const gd_find_lr *test, gd_text *out);

#endif
