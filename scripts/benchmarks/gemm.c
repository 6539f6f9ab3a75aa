/* The limit that matrix products set: the cblas_sgemm calls of one step of a dense network, and
 * nothing else, on all ranks at once.
 *
 * Usage: mpirun -np N gemm SECONDS BATCH INPUTS UNITS...
 * Prints the seconds of a step in which each rank works BATCH / N rows. */
#include <cblas.h>

#include "probe.h"

enum { LAYERS_MAX = 16 };

typedef struct {
    int rows, layers;
    int width[LAYERS_MAX + 1];
    float *values[LAYERS_MAX + 1]; /* [rows, width]: what goes into a layer, and its gradient */
    float *weights[LAYERS_MAX];    /* [width of the output, width of the input] */
    float *gradients[LAYERS_MAX];
} network;

static void step(void *context) {
    network *net = context;
    for (int i = 0; i < net->layers; i++) {
        int in = net->width[i], out = net->width[i + 1];
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, net->rows, out, in, 1, net->values[i],
                    in, net->weights[i], in, 0, net->values[i + 1], out);
    }
    for (int i = net->layers - 1; i >= 0; i--) {
        int in = net->width[i], out = net->width[i + 1];
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, out, in, net->rows, 1e-6F,
                    net->values[i + 1], out, net->values[i], in, 0, net->gradients[i], in);
        if (i > 0) {
            cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, net->rows, in, out, 1,
                        net->values[i + 1], out, net->weights[i], in, 0, net->values[i], in);
        }
    }
}

int main(int argc, char **argv) {
    network net = {.rows = probe_start(argc, argv, 1 + LAYERS_MAX, "INPUTS UNITS..."),
                   .layers = argc - 4};
    for (int i = 0; i <= net.layers; i++) {
        net.width[i] = atoi(argv[3 + i]);
        net.values[i] = probe_numbers((size_t)net.rows * (size_t)net.width[i], 1);
    }
    for (int i = 0; i < net.layers; i++) {
        size_t size = (size_t)net.width[i] * (size_t)net.width[i + 1];
        net.weights[i] = probe_numbers(size, 0.01F);
        net.gradients[i] = probe_memory(size, sizeof(float));
    }
    return probe_end(probe_measure(step, &net, atof(argv[1])));
}
