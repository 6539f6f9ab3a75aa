#include <tgmath.h>

#include "exponential.h"
#include "gdmpi/layer.h"

/* The exponential is taken of -|x| only, so it cannot overflow. */
GD_CLONES static void squash(int64_t count, const real *restrict x, real *restrict y) {
    for (int64_t i = 0; i < count; i++) {
        const real power = exponential(-fabs(x[i]));
        y[i] = (x[i] < 0 ? power : 1) / (1 + power);
    }
}

static void forward(const gd_layer *layer, const gd_pass *pass, const gd_flow *flow) {
    squash(pass->rows * layer->outputs, flow->x, flow->y);
}

GD_CLONES static void differentiate(int64_t count, const real *restrict y, const real *dy,
                                    real *dx) {
    for (int64_t i = 0; i < count; i++) {
        dx[i] = dy[i] * ((1 - y[i]) * y[i]);
    }
}

static void backward(const gd_layer *layer, const gd_pass *pass, const gd_flow *flow) {
    differentiate(pass->rows * layer->outputs, flow->y, flow->dy, flow->dx);
}

static gd_value trace(const gd_layer *layer, gd_graph *graph, gd_value x) {
    (void)layer;
    return gd_graph_unary(graph, GD_SIGMOID, x);
}

const gd_layer_kind gd_layer_sigmoid = {
    .name = "sigmoid",
    .help = "y = 1 / (1 + e^-x)",
    .forward = forward,
    .backward = backward,
    .trace = trace,
};
