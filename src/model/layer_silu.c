#include <tgmath.h>

#include "exponential.h"
#include "gdmpi/layer.h"

/* y = x s(x), where s is the logistic function (Hendrycks and Gimpel 2016; Elfwing, Uchibe and Doya
 * 2017). The exponential is taken of -|x| only, so it cannot overflow. */
static inline real logistic(real x) {
    const real power = exponential(-fabs(x));
    return (x < 0 ? power : 1) / (1 + power);
}

GD_CLONES static void bend(int64_t count, const real *restrict x, real *restrict y) {
    for (int64_t i = 0; i < count; i++) {
        y[i] = x[i] * logistic(x[i]);
    }
}

static void forward(const gd_layer *layer, const gd_pass *pass, const gd_flow *flow) {
    bend(pass->rows * layer->outputs, flow->x, flow->y);
}

GD_CLONES static void differentiate(int64_t count, const real *restrict x, const real *dy,
                                    real *dx) {
    for (int64_t i = 0; i < count; i++) {
        const real share = logistic(x[i]);
        dx[i] = dy[i] * (share * (1 + x[i] * (1 - share)));
    }
}

static void backward(const gd_layer *layer, const gd_pass *pass, const gd_flow *flow) {
    differentiate(pass->rows * layer->outputs, flow->x, flow->dy, flow->dx);
}

static gd_value trace(const gd_layer *layer, gd_graph *graph, gd_value x) {
    (void)layer;
    return gd_graph_binary(graph, GD_MULTIPLY, x, gd_graph_unary(graph, GD_SIGMOID, x));
}

const gd_layer_kind gd_layer_silu = {
    .name = "silu",
    .help = "y = x / (1 + e^-x)",
    .forward = forward,
    .backward = backward,
    .trace = trace,
};
