/* Losses that are, for each row, a mean over its outputs of a function of one output and its
 * target; or, where y holds class labels, a sum over the outputs, whose targets are then 1 for the
 * output of the label and -1 for the others (of one output: 1 for label 1, -1 for label 0). And
 * what the metrics of losses have in common. */
#ifndef GDMPI_ELEMENTS_H
#define GDMPI_ELEMENTS_H

#include "gdmpi/loss.h"

#define gd_elements_loss GD_NAME(gd_elements_loss)
#define gd_elements_squares GD_NAME(gd_elements_squares)
#define gd_elements_right GD_NAME(gd_elements_right)

/* Of outputs z [count] and targets y [count]: their losses, and the derivatives of these by z times
 * `factor`; `slopes` may be z. */
typedef void gd_element_loss(const double *options, int64_t count, const real *z, const real *y,
                             double factor, double *restrict losses, real *slopes);

/* What gd_loss.value returns, and the gradient if that is not NULL. Not collective. */
double gd_elements_loss(gd_element_loss *loss, const double *options, const gd_batch *batch,
                        const real *output, real *gradient);

/* The sum over rows of the mean over outputs of (output - y)^2. Not collective. */
double gd_elements_squares(const gd_batch *batch, const real *output);

/* The place of the first of the largest numbers. */
static inline int64_t largest(int64_t count, const real *numbers) {
    int64_t best = 0;
    for (int64_t j = 1; j < count; j++) {
        if (numbers[j] > numbers[best]) {
            best = j;
        }
    }
    return best;
}

/* Rows whose largest output is that of their label; of one output, which is above 0 where their
 * label is 1. Not collective. */
double gd_elements_right(const gd_batch *batch, const real *output);

#endif
