#include "elements.h"

enum { CHUNK = 256 };

static real sign_of(const gd_batch *batch, int64_t place) {
    const int64_t row = place / batch->outputs, column = place % batch->outputs;
    const int32_t label = batch->labels[row];
    return label == (batch->outputs == 1 ? 1 : column) ? 1 : -1;
}

/* The targets of `count` elements from `first` on, in `signs` where they are not in the batch. */
static const real *targets_of(const gd_batch *batch, int64_t first, int64_t count, real *signs) {
    if (batch->labels == NULL) {
        return batch->values + first;
    }
    for (int64_t i = 0; i < count; i++) {
        signs[i] = sign_of(batch, first + i);
    }
    return signs;
}

double gd_elements_loss(gd_element_loss *loss, const double *options, const gd_batch *batch,
                        const real *output, real *gradient) {
    const int64_t count = batch->rows * batch->outputs;
    const double parts = batch->labels == NULL ? (double)batch->outputs : 1;
    double sum = 0, row = 0;
    int64_t column = 0;
    for (int64_t first = 0; first < count; first += CHUNK) {
        const int64_t length = count - first < CHUNK ? count - first : CHUNK;
        double losses[CHUNK];
        real signs[CHUNK], unused[CHUNK];
        loss(options, length, output + first, targets_of(batch, first, length, signs), 1 / parts,
             losses, gradient == NULL ? unused : gradient + first);
        for (int64_t i = 0; i < length; i++) {
            row += losses[i];
            if (++column == batch->outputs) {
                sum += row / parts;
                row = 0;
                column = 0;
            }
        }
    }
    return sum;
}

double gd_elements_squares(const gd_batch *batch, const real *output) {
    double sum = 0;
    for (int64_t i = 0; i < batch->rows; i++) {
        double row = 0;
        for (int64_t j = i * batch->outputs; j < (i + 1) * batch->outputs; j++) {
            const double error = (double)output[j] - (double)batch->values[j];
            row += error * error;
        }
        sum += row / (double)batch->outputs;
    }
    return sum;
}

double gd_elements_right(const gd_batch *batch, const real *output) {
    double right = 0;
    for (int64_t i = 0; i < batch->rows; i++) {
        const real *z = output + i * batch->outputs;
        const int64_t guess = batch->outputs == 1 ? z[0] > 0 : largest(batch->outputs, z);
        right += guess == batch->labels[i];
    }
    return right;
}
