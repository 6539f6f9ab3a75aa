#include "exponential.h"
#include "gdmpi/layer.h"

/* Clevert, Unterthiner and Hochreiter 2016, equation 15. */
GD_CLONES static void bend(int64_t count, real alpha, const real *restrict x, real *restrict y) {
    for (int64_t i = 0; i < count; i++) {
        const real low = alpha * exponential_minus_one(x[i] > 0 ? 0 : x[i]);
        y[i] = x[i] > 0 ? x[i] : low;
    }
}

static void forward(const gd_layer *layer, const gd_pass *pass, const gd_flow *flow) {
    bend(pass->rows * layer->outputs, (real)layer->argument, flow->x, flow->y);
}

GD_CLONES static void differentiate(int64_t count, real alpha, const real *restrict x,
                                    const real *dy, real *dx) {
    for (int64_t i = 0; i < count; i++) {
        const real low = alpha * exponential(x[i] > 0 ? 0 : x[i]);
        dx[i] = dy[i] * (x[i] > 0 ? 1 : low);
    }
}

static void backward(const gd_layer *layer, const gd_pass *pass, const gd_flow *flow) {
    differentiate(pass->rows * layer->outputs, (real)layer->argument, flow->x, flow->dy, flow->dx);
}

static gd_value trace(const gd_layer *layer, gd_graph *graph, gd_value x) {
    const gd_value alpha = gd_graph_number(graph, (double)(real)layer->argument);
    const gd_value power = gd_graph_unary(graph, GD_EXPM1, x);
    const gd_value low = gd_graph_binary(graph, GD_MULTIPLY, alpha, power);
    const gd_value high = gd_graph_binary(graph, GD_GREATER, x, gd_graph_number(graph, 0));
    return gd_graph_choose(graph, high, x, low);
}

const gd_layer_kind gd_layer_elu = {
    .name = "elu",
    .help = "y = x where x > 0, else alpha (e^x - 1)",
    .argument = "alpha",
    .initial = 1,
    .min = 0,
    .max = 1000,
    .forward = forward,
    .backward = backward,
    .trace = trace,
};
