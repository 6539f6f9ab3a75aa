#include <tgmath.h>

#include "exponential.h"
#include "gdmpi/layer.h"

/* y = x P(x), where P is the distribution function of the standard normal (Hendrycks and Gimpel
 * 2016, equation 1). By erfc, for 1 + erf loses all digits where x is far below zero. P is kept for
 * backward. */
static const real root_half = (real)0.707106781186547524401;       /* sqrt(1 / 2) */
static const real density_at_zero = (real)0.398942280401432677940; /* 1 / sqrt(2 pi) */

static void shape(gd_layer *layer) {
    layer->outputs = layer->inputs;
    layer->cache = layer->inputs;
}

static void forward(const gd_layer *layer, const gd_pass *pass, const gd_flow *flow) {
    const real *x = flow->x;
    real *y = flow->y, *cache = flow->cache;
    for (int64_t i = 0; i < pass->rows * layer->outputs; i++) {
        cache[i] = erfc(-x[i] * root_half) / 2;
        y[i] = x[i] * cache[i];
    }
}

GD_CLONES static void differentiate(int64_t count, const real *restrict x,
                                    const real *restrict share, const real *dy, real *dx) {
    for (int64_t i = 0; i < count; i++) {
        const real density = density_at_zero * exponential(-x[i] * x[i] / 2);
        dx[i] = dy[i] * (share[i] + x[i] * density);
    }
}

static void backward(const gd_layer *layer, const gd_pass *pass, const gd_flow *flow) {
    differentiate(pass->rows * layer->outputs, flow->x, flow->cache, flow->dy, flow->dx);
}

static gd_value trace(const gd_layer *layer, gd_graph *graph, gd_value x) {
    (void)layer;
    const gd_value factor = gd_graph_number(graph, -(double)root_half);
    const gd_value deviation = gd_graph_binary(graph, GD_MULTIPLY, x, factor);
    const gd_value share = gd_graph_unary(graph, GD_ERFC, deviation);
    const gd_value twice = gd_graph_binary(graph, GD_MULTIPLY, x, share);
    return gd_graph_binary(graph, GD_DIVIDE, twice, gd_graph_number(graph, 2));
}

const gd_layer_kind gd_layer_gelu = {
    .name = "gelu",
    .help = "y = x (1 + erf(x / sqrt(2))) / 2",
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .trace = trace,
};
