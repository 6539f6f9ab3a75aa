/* The arithmetic of one step of a dense network with ReLU, a squared error and plain gradient
 * descent: gather, products, biases, activations, loss, backward pass and one update of all
 * parameters. No communication: every rank has a model of its own.
 *
 * Usage: mpirun -np N dense SECONDS BATCH INPUTS UNITS...
 * Prints the seconds of a step in which each rank works BATCH / N rows. */
#include <cblas.h>

#include "probe.h"

enum { LAYERS_MAX = 16, ROWS = 100000 };

typedef struct {
    int rows, layers, outputs;
    int width[LAYERS_MAX + 1];
    float *x, *y; /* [ROWS, width[0]], [ROWS, outputs] */
    int *order, place;
    double loss;
    float *values[LAYERS_MAX + 1]; /* [rows, width] */
    float *deltas[LAYERS_MAX + 1]; /* gradients of values */
    float *weights[LAYERS_MAX];    /* [out, in], then [out] biases */
    float *gradients[LAYERS_MAX];
} network;

static void gather(network *net) {
    size_t inputs = (size_t)net->width[0];
    if (net->place + net->rows > ROWS) {
        net->place = 0;
    }
    for (int r = 0; r < net->rows; r++) {
        const float *row = net->x + (size_t)net->order[net->place + r] * inputs;
        memcpy(net->values[0] + (size_t)r * inputs, row, inputs * sizeof *row);
    }
}

static void forward(network *net, int i) {
    int in = net->width[i], out = net->width[i + 1], last = i == net->layers - 1;
    float *y = net->values[i + 1];
    const float *bias = net->weights[i] + (size_t)in * out;
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, net->rows, out, in, 1, net->values[i], in,
                net->weights[i], in, 0, y, out);
    for (int r = 0; r < net->rows; r++) {
        for (int j = 0; j < out; j++) {
            float value = y[r * out + j] + bias[j];
            y[r * out + j] = last || value > 0 ? value : 0;
        }
    }
}

static void squared_error(network *net) {
    size_t outputs = (size_t)net->outputs;
    float *value = net->values[net->layers], *delta = net->deltas[net->layers];
    double sum = 0;
    for (int r = 0; r < net->rows; r++) {
        const float *target = net->y + (size_t)net->order[net->place + r] * outputs;
        for (size_t j = 0; j < outputs; j++) {
            float difference = value[r * outputs + j] - target[j];
            delta[r * outputs + j] = 2 * difference;
            sum += (double)difference * difference;
        }
    }
    net->loss += sum;
}

static void backward(network *net, int i) {
    int in = net->width[i], out = net->width[i + 1];
    float *delta = net->deltas[i + 1], *bias = net->gradients[i] + (size_t)in * out;
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, out, in, net->rows, 1, delta, out,
                net->values[i], in, 0, net->gradients[i], in);
    memset(bias, 0, (size_t)out * sizeof *bias);
    for (int r = 0; r < net->rows; r++) {
        for (int j = 0; j < out; j++) {
            bias[j] += delta[r * out + j];
        }
    }
    if (i == 0) {
        return;
    }
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, net->rows, in, out, 1, delta, out,
                net->weights[i], in, 0, net->deltas[i], in);
    for (int k = 0; k < net->rows * in; k++) {
        net->deltas[i][k] = net->values[i][k] > 0 ? net->deltas[i][k] : 0;
    }
}

static void step(void *context) {
    network *net = context;
    gather(net);
    for (int i = 0; i < net->layers; i++) {
        forward(net, i);
    }
    squared_error(net);
    for (int i = net->layers - 1; i >= 0; i--) {
        backward(net, i);
    }
    float rate = 1e-3F / (float)net->rows;
    for (int i = 0; i < net->layers; i++) {
        size_t size = ((size_t)net->width[i] + 1) * (size_t)net->width[i + 1];
        for (size_t k = 0; k < size; k++) {
            net->weights[i][k] -= rate * net->gradients[i][k];
        }
    }
    net->place += net->rows;
}

static void fill(network *net) {
    for (int i = 0; i <= net->layers; i++) {
        size_t size = (size_t)net->rows * (size_t)net->width[i];
        net->values[i] = probe_memory(size, sizeof(float));
        net->deltas[i] = probe_memory(size, sizeof(float));
    }
    for (int i = 0; i < net->layers; i++) {
        size_t size = ((size_t)net->width[i] + 1) * (size_t)net->width[i + 1];
        net->weights[i] = probe_numbers(size, 0.1F);
        net->gradients[i] = probe_memory(size, sizeof(float));
    }
    net->outputs = net->width[net->layers];
    net->x = probe_numbers((size_t)ROWS * (size_t)net->width[0], 1);
    net->y = probe_numbers((size_t)ROWS * (size_t)net->outputs, 1);
    net->order = probe_order(ROWS);
}

int main(int argc, char **argv) {
    network net = {.rows = probe_start(argc, argv, 1 + LAYERS_MAX, "INPUTS UNITS..."),
                   .layers = argc - 4};
    for (int i = 0; i <= net.layers; i++) {
        net.width[i] = atoi(argv[3 + i]);
    }
    fill(&net);
    return probe_end(probe_measure(step, &net, atof(argv[1])));
}
