#include <tgmath.h>

#include "exponential.h"
#include "gdmpi/layer.h"

GD_CLONES static void bend(int64_t count, const real *restrict x, real *restrict y) {
    for (int64_t i = 0; i < count; i++) {
        const real power = exponential_minus_one(-2 * fabs(x[i]));
        y[i] = copysign(-power / (2 + power), x[i]);
    }
}

static void forward(const gd_layer *layer, const gd_pass *pass, const gd_flow *flow) {
    bend(pass->rows * layer->outputs, flow->x, flow->y);
}

GD_CLONES static void differentiate(int64_t count, const real *restrict y, const real *dy,
                                    real *dx) {
    for (int64_t i = 0; i < count; i++) {
        dx[i] = dy[i] * (1 - y[i] * y[i]);
    }
}

static void backward(const gd_layer *layer, const gd_pass *pass, const gd_flow *flow) {
    differentiate(pass->rows * layer->outputs, flow->y, flow->dy, flow->dx);
}

static double gain(const gd_layer *layer) {
    (void)layer;
    return 5.0 / 3;
}

static gd_value trace(const gd_layer *layer, gd_graph *graph, gd_value x) {
    (void)layer;
    return gd_graph_unary(graph, GD_TANH, x);
}

const gd_layer_kind gd_layer_tanh = {
    .name = "tanh",
    .help = "y = tanh(x)",
    .gain = gain,
    .forward = forward,
    .backward = backward,
    .trace = trace,
};
