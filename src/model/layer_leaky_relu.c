#include <math.h>

#include "gdmpi/layer.h"

GD_CLONES static void rectify(int64_t count, real slope, const real *restrict x, real *restrict y) {
    for (int64_t i = 0; i < count; i++) {
        y[i] = x[i] > 0 ? x[i] : slope * x[i];
    }
}

GD_CLONES static void lean_where_negative(int64_t count, real slope, const real *restrict x,
                                          const real *dy, real *dx) {
    for (int64_t i = 0; i < count; i++) {
        dx[i] = x[i] > 0 ? dy[i] : slope * dy[i];
    }
}

static void forward(const gd_layer *layer, const gd_pass *pass, const gd_flow *flow) {
    rectify(pass->rows * layer->outputs, (real)layer->argument, flow->x, flow->y);
}

static void backward(const gd_layer *layer, const gd_pass *pass, const gd_flow *flow) {
    lean_where_negative(pass->rows * layer->outputs, (real)layer->argument, flow->x, flow->dy,
                        flow->dx);
}

static double gain(const gd_layer *layer) {
    return sqrt(2 / (1 + layer->argument * layer->argument));
}

static gd_value trace(const gd_layer *layer, gd_graph *graph, gd_value x) {
    const gd_value slope = gd_graph_number(graph, (double)(real)layer->argument);
    const gd_value low = gd_graph_binary(graph, GD_MULTIPLY, slope, x);
    const gd_value high = gd_graph_binary(graph, GD_GREATER, x, gd_graph_number(graph, 0));
    return gd_graph_choose(graph, high, x, low);
}

const gd_layer_kind gd_layer_leaky_relu = {
    .name = "leaky_relu",
    .help = "y = x where x > 0, else slope x",
    .argument = "slope",
    .initial = 0.01,
    .min = 0,
    .max = 1,
    .gain = gain,
    .forward = forward,
    .backward = backward,
    .trace = trace,
};
