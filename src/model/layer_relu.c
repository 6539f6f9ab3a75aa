#include "gdmpi/layer.h"

/* Written so that NaN passes, and a run that diverged is seen. */
GD_CLONES static void rectify(int64_t count, const real *restrict x, real *restrict y) {
    for (int64_t i = 0; i < count; i++) {
        y[i] = x[i] < 0 ? 0 : x[i];
    }
}

GD_CLONES static void pass_where_positive(int64_t count, const real *restrict y, const real *dy,
                                          real *dx) {
    for (int64_t i = 0; i < count; i++) {
        dx[i] = y[i] <= 0 ? 0 : dy[i];
    }
}

static void forward(const gd_layer *layer, const gd_pass *pass, const gd_flow *flow) {
    rectify(pass->rows * layer->outputs, flow->x, flow->y);
}

static void backward(const gd_layer *layer, const gd_pass *pass, const gd_flow *flow) {
    pass_where_positive(pass->rows * layer->outputs, flow->y, flow->dy, flow->dx);
}

static double gain(const gd_layer *layer) {
    (void)layer;
    return 1.41421356237309504880; /* sqrt(2) */
}

static gd_value trace(const gd_layer *layer, gd_graph *graph, gd_value x) {
    (void)layer;
    return gd_graph_unary(graph, GD_RELU, x);
}

const gd_layer_kind gd_layer_relu = {
    .name = "relu",
    .help = "y = max(0, x)",
    .gain = gain,
    .forward = forward,
    .backward = backward,
    .trace = trace,
};
