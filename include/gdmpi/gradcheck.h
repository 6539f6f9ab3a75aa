/* Whether gradients are those of the loss: against difference quotients, always in double
 * precision. */
#ifndef GDMPI_GRADCHECK_H
#define GDMPI_GRADCHECK_H

#include <stdbool.h>

#include "gdmpi/comm.h"
#include "gdmpi/config.h"

struct gd_trainer;

#define GD_GRADCHECK_ELEMENTS 50    /* the most that are checked of a tensor */
#define GD_GRADCHECK_TOLERANCE 1e-6 /* errors are below, where a gradient is right */

/* A function of one number w, around it. */
typedef struct gd_stencil {
    double step;    /* h */
    double middle;  /* f(w) */
    double far[2];  /* f(w - h), f(w + h) */
    double near[2]; /* f(w - h/2), f(w + h/2) */
    double size;    /* of the numbers that f is the sum or difference of, at least */
} gd_stencil;

/* How far `gradient` is from the central difference quotient, relative to the larger of them, or to
 * what rounding leaves of a quotient if that is more; infinite where a number is not finite. False
 * if f has a kink so near that the quotient means nothing. Not collective. */
bool gd_stencil_error(const gd_stencil *f, double gradient, double *error);

/* What came of a tensor. */
typedef struct gd_gradcheck_row {
    int64_t checked, left_out; /* elements */
    double worst;              /* error; of no element, 0 */
    int64_t element;           /* that has it */
} gd_gradcheck_row;

/* The gradient [tensors.size] of the first step's mean loss and of the l2 penalty, made as in
 * training; what it has of statistics means nothing. `trainer` is one of double precision, with
 * parameters as at the start, in its first epoch. GD_DIVERGED if it is not finite. Collective. */
gd_status gd_gradcheck_gradient(struct gd_trainer *trainer, double *gradient);

/* Compares it: a row for each tensor but for the statistics at the end, the same on all ranks.
 * Collective. */
gd_status gd_gradcheck_compare(struct gd_trainer *trainer, const double *gradient,
                               gd_gradcheck_row *rows);

/* All of it, as configured, with a table on rank 0. GD_DIVERGED if a gradient is wrong. Collective.
 */
gd_status gd_gradcheck_run(gd_comm *comm, const gd_config *config);

#endif
