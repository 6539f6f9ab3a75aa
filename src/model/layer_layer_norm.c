#include <tgmath.h>

#include "columns.h"
#include "gdmpi/layer.h"
#include "lanes.h"

/* Ba, Kiros and Hinton 2016: each row on its own is brought to mean 0 and variance 1, then scaled
 * and shifted by weight and bias. The cache is the normalised rows, then each row's
 * 1 / sqrt(variance + eps). */
enum { WEIGHT, BIAS };

static void shape(gd_layer *layer) {
    const gd_tensor tensor = {.rank = 1, .dims = {layer->inputs}, .count = layer->inputs};
    layer->outputs = layer->inputs;
    layer->cache = layer->inputs + 1;
    layer->tensor_count = 2;
    layer->tensor[WEIGHT] = layer->tensor[BIAS] = tensor;
    layer->tensor[WEIGHT].initial = 1;
}

/* Returns 1 / sqrt(variance + eps). */
GD_CLONES static real normalise(int64_t width, real eps, const real *restrict x,
                                real *restrict normal) {
    const real mean = sum_of(width, x) / (real)width;
    for (int64_t j = 0; j < width; j++) {
        normal[j] = x[j] - mean;
    }
    const real variance = product_of(width, normal, normal) / (real)width;
    const real scale = 1 / sqrt(variance + eps);
    for (int64_t j = 0; j < width; j++) {
        normal[j] *= scale;
    }
    return scale;
}

GD_CLONES static void stretch(int64_t width, const real *restrict weight, const real *restrict bias,
                              const real *restrict normal, real *restrict y) {
    for (int64_t j = 0; j < width; j++) {
        y[j] = normal[j] * weight[j] + bias[j];
    }
}

static void forward(const gd_layer *layer, const gd_pass *pass, const gd_flow *flow) {
    const int64_t width = layer->inputs;
    const real *weight = flow->parameters + layer->tensor[WEIGHT].offset;
    const real *bias = flow->parameters + layer->tensor[BIAS].offset;
    real *scales = flow->cache + pass->rows * width;
    for (int64_t i = 0; i < pass->rows; i++) {
        real *normal = flow->cache + i * width;
        scales[i] = normalise(width, (real)layer->argument, flow->x + i * width, normal);
        stretch(width, weight, bias, normal, flow->y + i * width);
    }
}

GD_CLONES static void differentiate(int64_t width, real scale, const real *restrict weight,
                                    const real *restrict normal, const real *restrict dy,
                                    real *restrict dx) {
    for (int64_t j = 0; j < width; j++) {
        dx[j] = dy[j] * weight[j];
    }
    const real mean = sum_of(width, dx) / (real)width;
    const real slope = product_of(width, dx, normal) / (real)width;
    for (int64_t j = 0; j < width; j++) {
        dx[j] = scale * (dx[j] - mean - normal[j] * slope);
    }
}

GD_CLONES static void multiply(int64_t count, const real *restrict by, real *restrict numbers) {
    for (int64_t i = 0; i < count; i++) {
        numbers[i] *= by[i];
    }
}

static void backward(const gd_layer *layer, const gd_pass *pass, const gd_flow *flow) {
    const int64_t width = layer->inputs;
    const real *scales = flow->cache + pass->rows * width;
    for (int64_t i = 0; i < pass->rows && flow->dx != NULL; i++) {
        differentiate(width, scales[i], flow->parameters + layer->tensor[WEIGHT].offset,
                      flow->cache + i * width, flow->dy + i * width, flow->dx + i * width);
    }
    gd_columns_sum(pass->rows, width, pass->accumulate, flow->dy,
                   flow->gradient + layer->tensor[BIAS].offset);
    multiply(pass->rows * width, flow->dy, flow->cache);
    gd_columns_sum(pass->rows, width, pass->accumulate, flow->cache,
                   flow->gradient + layer->tensor[WEIGHT].offset);
    gd_ready_from(flow->ready, layer->tensor[WEIGHT].offset);
}

static gd_value trace(const gd_layer *layer, gd_graph *graph, gd_value x) {
    const gd_value mean = gd_graph_unary(graph, GD_MEAN, x);
    const gd_value off = gd_graph_binary(graph, GD_SUBTRACT, x, mean);
    const gd_value square = gd_graph_binary(graph, GD_MULTIPLY, off, off);
    const gd_value variance = gd_graph_unary(graph, GD_MEAN, square);
    const gd_value normal =
        gd_graph_standardize(graph, off, variance, (double)(real)layer->argument);
    return gd_graph_affine(graph, normal, &layer->tensor[WEIGHT], &layer->tensor[BIAS]);
}

const gd_layer_kind gd_layer_layer_norm = {
    .name = "layer_norm",
    .help = "y = (x - mean) / sqrt(variance + eps) w + b, over a row",
    .argument = "eps",
    .initial = 1e-5,
    .min = 1e-30,
    .max = 1,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .trace = trace,
};
