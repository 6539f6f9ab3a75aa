#include "gdmpi/layer.h"

/* He, Zhang, Ren and Sun 2016: what its layers compute is added to their input. The cache is
 * outputs and cache of each of them, in order, then two gradients on their way back. */
static int64_t widest(const gd_layer *layer) {
    int64_t most = layer->inputs;
    for (int i = 0; i < layer->inner_count; i++) {
        most = layer->inner[i].outputs > most ? layer->inner[i].outputs : most;
    }
    return most;
}

static void shape(gd_layer *layer) {
    layer->outputs = layer->inputs;
    for (int i = 0; i < layer->inner_count; i++) {
        gd_layer *inner = &layer->inner[i];
        gd_layer_shape(inner, layer->outputs);
        layer->outputs = inner->outputs;
        layer->cache += inner->outputs + inner->cache;
    }
    layer->cache += 2 * widest(layer);
}

/* Where its output begins in the cache, of one row. */
static int64_t place(const gd_layer *layer, int number) {
    int64_t before = 0;
    for (int i = 0; i < number; i++) {
        before += layer->inner[i].outputs + layer->inner[i].cache;
    }
    return before;
}

const real *gd_layer_inner(const gd_layer *layer, int64_t rows, const real *cache, int number) {
    return cache + rows * place(layer, number);
}

/* What inner layer `number` reads and writes going forward. */
static gd_flow flow_through(const gd_layer *layer, const gd_pass *pass, const gd_flow *flow,
                            int number) {
    gd_flow inner = *flow;
    inner.x = number == 0 ? flow->x : flow->cache + pass->rows * place(layer, number - 1);
    inner.y = flow->cache + pass->rows * place(layer, number);
    inner.cache = inner.y + pass->rows * layer->inner[number].outputs;
    return inner;
}

GD_CLONES static void add(int64_t count, const real *restrict a, const real *b, real *sum) {
    for (int64_t i = 0; i < count; i++) {
        sum[i] = a[i] + b[i];
    }
}

static void forward(const gd_layer *layer, const gd_pass *pass, const gd_flow *flow) {
    const real *last = NULL;
    for (int i = 0; i < layer->inner_count; i++) {
        const gd_flow inner = flow_through(layer, pass, flow, i);
        layer->inner[i].kind->forward(&layer->inner[i], pass, &inner);
        last = inner.y;
    }
    add(pass->rows * layer->outputs, last, flow->x, flow->y);
}

static void backward(const gd_layer *layer, const gd_pass *pass, const gd_flow *flow) {
    const int64_t room = pass->rows * widest(layer);
    real *delta[2];
    delta[0] = flow->cache + pass->rows * layer->cache - 2 * room;
    delta[1] = delta[0] + room;
    const real *dy = flow->dy;
    const int first = flow->dx == NULL ? gd_layer_first(layer->inner, layer->inner_count) : 0;
    for (int i = layer->inner_count - 1; i >= first; i--) {
        gd_flow inner = flow_through(layer, pass, flow, i);
        inner.dy = dy;
        inner.dx = flow->dx == NULL && i == first ? NULL : delta[i % 2];
        layer->inner[i].kind->backward(&layer->inner[i], pass, &inner);
        dy = inner.dx;
    }
    if (flow->dx != NULL) {
        add(pass->rows * layer->inputs, dy, flow->dy, flow->dx);
    }
}

static gd_value trace(const gd_layer *layer, gd_graph *graph, gd_value x) {
    gd_value inner = x;
    for (int i = 0; i < layer->inner_count; i++) {
        inner = gd_layer_trace(&layer->inner[i], graph, inner);
    }
    return gd_graph_binary(graph, GD_ADD, x, inner);
}

const gd_layer_kind gd_layer_residual = {
    .name = "residual",
    .help = "y = x + what the layers in parentheses make of x, such as residual(dense 64, relu, "
            "dense 64)",
    .block = true,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .trace = trace,
};
