#include <tgmath.h>

#include "exponential.h"
#include "gdmpi/layer.h"

/* Above this, PyTorch takes y = x, and so do we. */
static const real linear_above = 20;

/* log(1 + e^x) = max(x, 0) + log(1 + e^-|x|) */
GD_CLONES static void soften(int64_t count, const real *restrict x, real *restrict y) {
    for (int64_t i = 0; i < count; i++) {
        const real smooth = (x[i] < 0 ? 0 : x[i]) + logarithm_of_one_plus(exponential(-fabs(x[i])));
        y[i] = x[i] > linear_above ? x[i] : smooth;
    }
}

GD_CLONES static void differentiate(int64_t count, const real *restrict x, const real *dy,
                                    real *dx) {
    for (int64_t i = 0; i < count; i++) {
        const real power = exponential(-fabs(x[i]));
        const real slope = (x[i] < 0 ? power : 1) / (1 + power);
        dx[i] = dy[i] * (x[i] > linear_above ? 1 : slope);
    }
}

static void forward(const gd_layer *layer, const gd_pass *pass, const gd_flow *flow) {
    soften(pass->rows * layer->outputs, flow->x, flow->y);
}

static void backward(const gd_layer *layer, const gd_pass *pass, const gd_flow *flow) {
    differentiate(pass->rows * layer->outputs, flow->x, flow->dy, flow->dx);
}

static gd_value trace(const gd_layer *layer, gd_graph *graph, gd_value x) {
    (void)layer;
    const gd_value power = gd_graph_unary(graph, GD_EXP, x);
    const gd_value low = gd_graph_unary(graph, GD_LOG1P, power);
    const gd_value limit = gd_graph_number(graph, (double)linear_above);
    const gd_value high = gd_graph_binary(graph, GD_GREATER, x, limit);
    return gd_graph_choose(graph, high, x, low);
}

const gd_layer_kind gd_layer_softplus = {
    .name = "softplus",
    .help = "y = log(1 + e^x), and x above 20",
    .forward = forward,
    .backward = backward,
    .trace = trace,
};
