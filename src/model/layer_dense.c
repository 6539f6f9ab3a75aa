#include <cblas.h>
#include <limits.h>

#include "columns.h"
#include "gdmpi/layer.h"

enum { WEIGHT, BIAS };

static void shape(gd_layer *layer) {
    layer->outputs = (int64_t)layer->argument;
    layer->tensor_count = 2;
    layer->tensor[WEIGHT] = (gd_tensor){
        .rank = 2,
        .dims = {layer->outputs, layer->inputs},
        .count = layer->outputs * layer->inputs,
        .fan_in = layer->inputs,
        .fan_out = layer->outputs,
    };
    layer->tensor[BIAS] = (gd_tensor){
        .rank = 1,
        .dims = {layer->outputs},
        .count = layer->outputs,
        .fan_in = layer->inputs,
        .fan_out = layer->outputs,
    };
}

GD_CLONES static void add_to_rows(int64_t rows, int64_t width, const real *restrict bias,
                                  real *restrict y) {
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t j = 0; j < width; j++) {
            y[i * width + j] += bias[j];
        }
    }
}

static void forward(const gd_layer *layer, const gd_pass *pass, const gd_flow *flow) {
    const blasint rows = (blasint)pass->rows, inputs = (blasint)layer->inputs,
                  outputs = (blasint)layer->outputs;
    gd_gemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, outputs, inputs, 1, flow->x, inputs,
            flow->parameters + layer->tensor[WEIGHT].offset, inputs, 0, flow->y, outputs);
    add_to_rows(pass->rows, layer->outputs, flow->parameters + layer->tensor[BIAS].offset, flow->y);
}

/* Elements of the weight's gradient that are computed at once: what is final can be sent while the
 * rest is computed. */
enum { PANEL = 1 << 20, PANEL_ROWS = 64 };

static int64_t panel_rows(const gd_layer *layer) {
    int64_t rows = PANEL / layer->inputs / PANEL_ROWS * PANEL_ROWS;
    return rows > PANEL_ROWS ? rows : PANEL_ROWS;
}

static void weight_gradient(const gd_layer *layer, const gd_pass *pass, const gd_flow *flow) {
    const blasint rows = (blasint)pass->rows, inputs = (blasint)layer->inputs,
                  outputs = (blasint)layer->outputs;
    const int64_t offset = layer->tensor[WEIGHT].offset, panel = panel_rows(layer);
    for (int64_t end = outputs; end > 0;) {
        int64_t first = (end - 1) / panel * panel;
        gd_gemm(CblasRowMajor, CblasTrans, CblasNoTrans, (blasint)(end - first), inputs, rows, 1,
                flow->dy + first, outputs, flow->x, inputs, pass->accumulate ? 1 : 0,
                flow->gradient + offset + first * inputs, inputs);
        gd_ready_from(flow->ready, offset + first * inputs);
        end = first;
    }
}

static void backward(const gd_layer *layer, const gd_pass *pass, const gd_flow *flow) {
    const blasint rows = (blasint)pass->rows, inputs = (blasint)layer->inputs,
                  outputs = (blasint)layer->outputs;
    if (flow->dx != NULL) {
        gd_gemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, inputs, outputs, 1, flow->dy,
                outputs, flow->parameters + layer->tensor[WEIGHT].offset, inputs, 0, flow->dx,
                inputs);
    }
    gd_columns_sum(pass->rows, layer->outputs, pass->accumulate, flow->dy,
                   flow->gradient + layer->tensor[BIAS].offset);
    weight_gradient(layer, pass, flow);
}

static gd_value trace(const gd_layer *layer, gd_graph *graph, gd_value x) {
    const gd_value weight = gd_graph_tensor(graph, &layer->tensor[WEIGHT]);
    return gd_graph_dense(graph, x, weight, gd_graph_tensor(graph, &layer->tensor[BIAS]));
}

const gd_layer_kind gd_layer_dense = {
    .name = "dense",
    .help = "y = x W^T + b, of so many units",
    .argument = "units",
    .whole = true,
    .needed = true,
    .min = 1,
    .max = INT_MAX,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .trace = trace,
};
