#include "exponential.h"
#include "gdmpi/layer.h"
#include "lanes.h"

/* e^(x - max x), so that no exponential overflows. */
GD_CLONES static void share_out(int64_t width, const real *restrict x, real *restrict y) {
    real most = x[0];
    for (int64_t j = 1; j < width; j++) {
        most = x[j] > most ? x[j] : most;
    }
    for (int64_t j = 0; j < width; j++) {
        y[j] = exponential(x[j] - most);
    }
    const real sum = sum_of(width, y);
    for (int64_t j = 0; j < width; j++) {
        y[j] /= sum;
    }
}

static void forward(const gd_layer *layer, const gd_pass *pass, const gd_flow *flow) {
    const int64_t width = layer->outputs;
    for (int64_t i = 0; i < pass->rows; i++) {
        share_out(width, flow->x + i * width, flow->y + i * width);
    }
}

GD_CLONES static void differentiate(int64_t width, const real *restrict y, const real *dy,
                                    real *dx) {
    const real mean = product_of(width, y, dy);
    for (int64_t j = 0; j < width; j++) {
        dx[j] = y[j] * (dy[j] - mean);
    }
}

static void backward(const gd_layer *layer, const gd_pass *pass, const gd_flow *flow) {
    const int64_t width = layer->outputs;
    for (int64_t i = 0; i < pass->rows; i++) {
        differentiate(width, flow->y + i * width, flow->dy + i * width, flow->dx + i * width);
    }
}

static gd_value trace(const gd_layer *layer, gd_graph *graph, gd_value x) {
    (void)layer;
    return gd_graph_unary(graph, GD_SOFTMAX, x);
}

const gd_layer_kind gd_layer_softmax = {
    .name = "softmax",
    .help = "y = e^x / sum(e^x) over a row; cross_entropy has its own",
    .forward = forward,
    .backward = backward,
    .trace = trace,
};
