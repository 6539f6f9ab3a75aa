#include "gdmpi/loss.h"
#include "gdmpi/text.h"

const gd_loss *const gd_losses[] = {
    &gd_loss_cross_entropy, &gd_loss_bce,   &gd_loss_hinge,    &gd_loss_squared_hinge, &gd_loss_mse,
    &gd_loss_mae,           &gd_loss_huber, &gd_loss_quantile, &gd_loss_poisson,       NULL};

/* Row `i`, of weight 1. */
static gd_batch single_row(const gd_batch *batch, int64_t i) {
    return (gd_batch){.rows = 1,
                      .outputs = batch->outputs,
                      .labels = batch->labels == NULL ? NULL : batch->labels + i,
                      .values = batch->values == NULL ? NULL : batch->values + i * batch->outputs};
}

double gd_loss_value(const gd_loss *loss, const double *options, const gd_batch *batch,
                     const real *output, real *gradient, double *metric) {
    if (batch->weights == NULL) {
        return loss->value(options, batch, output, gradient, metric);
    }
    double sum = 0;
    for (int64_t i = 0; i < batch->rows; i++) {
        const gd_batch row = single_row(batch, i);
        const int64_t first = i * batch->outputs;
        const double weight = batch->weights[i];
        real *slopes = gradient == NULL ? NULL : gradient + first;
        double of_row = 0;
        sum += weight *
               loss->value(options, &row, output + first, slopes, metric == NULL ? NULL : &of_row);
        for (int64_t j = 0; slopes != NULL && j < batch->outputs; j++) {
            slopes[j] *= (real)weight;
        }
        if (metric != NULL) {
            *metric += weight * of_row;
        }
    }
    return sum;
}

const gd_loss *gd_loss_find(const char *name) {
    return gd_losses[gd_text_index(name, gd_loss_name)];
}

const char *gd_loss_name(size_t index) {
    return gd_losses[index] == NULL ? NULL : gd_losses[index]->name;
}
