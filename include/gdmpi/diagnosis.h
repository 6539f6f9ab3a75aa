/* What the curves of a run, and its model at the end, say of its settings: one sentence, where
 * there is something to say. Nothing here is collective. */
#ifndef GDMPI_DIAGNOSIS_H
#define GDMPI_DIAGNOSIS_H

#include <stdbool.h>
#include <stdint.h>

#include "gdmpi/text.h"

/* The losses of whole epochs so far; starts as {0}. */
typedef struct gd_curves {
    int64_t epochs;
    double first, before, last; /* training loss of the first epoch, of the last two, */
    double least;               /* and the least, */
    int64_t least_epoch;
    int64_t rises; /* how many epochs had a much higher one than the epoch before */
    int64_t falls; /* how many had a lower one */
    double val_last, val_least;
    int64_t val_least_epoch;
    double train_then;  /* training loss of val_least_epoch */
    int64_t val_behind; /* epochs in a row, up to the last, with a validation loss far above it */
} gd_curves;

/* Takes in the losses of the next whole epoch; val_loss NaN: there is no validation. */
void gd_curves_observe(gd_curves *curves, double train_loss, double val_loss);

/* What of a gradient comes to the weights of a layer. */
typedef struct gd_backflow {
    const char *weights; /* what they are called */
    double norm, size;   /* that of the gradient, and of the weights themselves */
} gd_backflow;

/* What a diagnosis is made of. */
typedef struct gd_symptoms {
    gd_curves curves;
    double lr;          /* optimizer.lr */
    bool keeps_best;    /* model.h5 is of best_epoch */
    int64_t best_epoch; /* 0: none */

    const gd_backflow *flow; /* [flows]: of each layer with weights, in their order; not owned */
    int flows;

    /* The relu layer that has the largest part of dead units: the how-manieth relu it is, its
     * units, and how many of them put out 0 for each of so many rows. */
    int64_t relu, units, dead, rows;
} gd_symptoms;

/* Appends what is most likely wrong: what was seen, what it means, what to try; or nothing. */
void gd_diagnose(const gd_symptoms *symptoms, gd_text *sentence);

#endif
