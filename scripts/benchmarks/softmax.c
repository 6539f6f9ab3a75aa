/* Softmax regression as a plain loop: gather rows of bytes in a shuffled order, scale, product,
 * softmax, product, and a gradient step. No communication: every rank has a model of its own.
 *
 * Usage: mpirun -np N softmax SECONDS BATCH FEATURES CLASSES
 * Prints the seconds of a step in which each rank works BATCH / N rows, with the best of the tiles
 * of 32, 64 and 128 rows. */
#include <cblas.h>
#include <math.h>

#include "probe.h"

enum { ROWS = 30000 };

typedef struct {
    int rows, features, classes, tile;
    unsigned char *x; /* [ROWS, features] */
    int *labels;      /* [ROWS] */
    int *order, place;
    float *input;   /* [tile, features] */
    float *logits;  /* [tile, classes] */
    float *weights; /* [classes, features], then [classes] biases */
    float *gradient;
} regression;

static void gather(regression *model, int count) {
    int features = model->features;
    for (int r = 0; r < count; r++) {
        const unsigned char *row = model->x + (size_t)model->order[model->place + r] * features;
        float *input = model->input + (size_t)r * features;
        for (int i = 0; i < features; i++) {
            input[i] = (float)row[i] * (1 / 255.0F);
        }
    }
}

/* From logits without biases to the gradient of the cross-entropy. */
static void softmax(regression *model, int count) {
    int classes = model->classes;
    const float *bias = model->weights + (size_t)classes * model->features;
    float *bias_gradient = model->gradient + (size_t)classes * model->features;
    for (int r = 0; r < count; r++) {
        float *logits = model->logits + (size_t)r * classes;
        float most = -INFINITY, sum = 0;
        for (int i = 0; i < classes; i++) {
            logits[i] += bias[i];
            most = fmaxf(most, logits[i]);
        }
        for (int i = 0; i < classes; i++) {
            logits[i] = expf(logits[i] - most);
            sum += logits[i];
        }
        for (int i = 0; i < classes; i++) {
            logits[i] /= sum;
        }
        logits[model->labels[model->order[model->place + r]]] -= 1;
        for (int i = 0; i < classes; i++) {
            bias_gradient[i] += logits[i];
        }
    }
}

static void step(void *context) {
    regression *model = context;
    int features = model->features, classes = model->classes;
    size_t weights = (size_t)classes * features, size = weights + classes;
    memset(model->gradient + weights, 0, classes * sizeof *model->gradient);
    if (model->place + model->rows > ROWS) {
        model->place = 0;
    }
    for (int done = 0; done < model->rows; done += model->tile) {
        int left = model->rows - done, count = left < model->tile ? left : model->tile;
        gather(model, count);
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, count, classes, features, 1,
                    model->input, features, model->weights, features, 0, model->logits, classes);
        softmax(model, count);
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, classes, features, count, 1,
                    model->logits, classes, model->input, features, done > 0 ? 1 : 0,
                    model->gradient, features);
        model->place += count;
    }
    float rate = 0.1F / (float)model->rows;
    for (size_t i = 0; i < size; i++) {
        model->weights[i] -= rate * model->gradient[i];
    }
}

static void fill(regression *model) {
    size_t bytes = (size_t)ROWS * model->features;
    size_t size = (size_t)model->classes * (model->features + 1);
    model->x = probe_memory(bytes, 1);
    for (size_t i = 0; i < bytes; i++) {
        model->x[i] = (unsigned char)(probe_random() >> 56);
    }
    model->labels = probe_memory(ROWS, sizeof *model->labels);
    for (int i = 0; i < ROWS; i++) {
        model->labels[i] = (int)((probe_random() >> 32) % (unsigned)model->classes);
    }
    model->order = probe_order(ROWS);
    model->input = probe_memory((size_t)model->rows * model->features, sizeof(float));
    model->logits = probe_memory((size_t)model->rows * model->classes, sizeof(float));
    model->weights = probe_numbers(size, 0.01F);
    model->gradient = probe_memory(size, sizeof(float));
}

int main(int argc, char **argv) {
    regression model = {.rows = probe_start(argc, argv, 2, "FEATURES CLASSES"),
                        .features = atoi(argv[3]),
                        .classes = atoi(argv[4])};
    fill(&model);
    double best = INFINITY;
    for (model.tile = 32; model.tile <= 128; model.tile *= 2) {
        best = fmin(best, probe_measure(step, &model, atof(argv[1]) / 3));
    }
    return probe_end(best);
}
