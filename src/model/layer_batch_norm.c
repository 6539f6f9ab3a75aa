#include <tgmath.h>

#include "gdmpi/layer.h"

/* Ioffe and Szegedy 2015: each column is brought to mean 0 and variance 1 over the rows that a
 * shard has in a step, then scaled and shifted by weight and bias; in evaluation by running means
 * of mean and variance. Worked in strips of columns, whose means backward computes anew rather than
 * keep them. */
enum { WEIGHT, BIAS, RUNNING_MEAN, RUNNING_VAR };
enum { STRIP = 128 };

static const real eps = (real)1e-5;

static void shape(gd_layer *layer) {
    const gd_tensor tensor = {.rank = 1, .dims = {layer->inputs}, .count = layer->inputs};
    layer->outputs = layer->inputs;
    layer->tensor_count = 4;
    for (int t = 0; t < layer->tensor_count; t++) {
        layer->tensor[t] = tensor;
        layer->tensor[t].initial = t == WEIGHT || t == RUNNING_VAR;
        layer->tensor[t].statistic = t >= RUNNING_MEAN;
    }
}

/* `count` <= STRIP columns from column `first` on of [rows, width]. */
typedef struct strip {
    int64_t rows, width, first, count;
    real mean[STRIP], variance[STRIP], scale[STRIP]; /* 1 / sqrt(variance + eps) */
} strip;

GD_CLONES static void add_up(const strip *strip, const real *restrict x, real *restrict sum) {
    for (int64_t i = 0; i < strip->rows; i++) {
        for (int64_t j = 0; j < strip->count; j++) {
            sum[j] += x[i * strip->width + j];
        }
    }
}

GD_CLONES static void add_squares(const strip *strip, const real *restrict x, real *restrict sum) {
    for (int64_t i = 0; i < strip->rows; i++) {
        for (int64_t j = 0; j < strip->count; j++) {
            const real off = x[i * strip->width + j] - strip->mean[j];
            sum[j] += off * off;
        }
    }
}

/* Means of the rows, or else the running ones. */
static strip measure(const gd_layer *layer, const gd_pass *pass, const gd_flow *flow,
                     int64_t first) {
    const int64_t left = layer->inputs - first;
    strip strip = {pass->rows, layer->inputs, first, left < STRIP ? left : STRIP, {0}, {0}, {0}};
    if (pass->training) {
        real sum[STRIP] = {0}, squares[STRIP] = {0};
        add_up(&strip, flow->x + first, sum);
        for (int64_t j = 0; j < strip.count; j++) {
            strip.mean[j] = sum[j] / (real)strip.rows;
        }
        add_squares(&strip, flow->x + first, squares);
        for (int64_t j = 0; j < strip.count; j++) {
            strip.variance[j] = squares[j] / (real)strip.rows;
        }
    } else {
        for (int64_t j = 0; j < strip.count; j++) {
            const real *running = flow->parameters + first + j;
            strip.mean[j] = running[layer->tensor[RUNNING_MEAN].offset];
            strip.variance[j] = running[layer->tensor[RUNNING_VAR].offset];
        }
    }
    for (int64_t j = 0; j < strip.count; j++) {
        strip.scale[j] = 1 / sqrt(strip.variance[j] + eps);
    }
    return strip;
}

GD_CLONES static void normalise(const strip *strip, const real *restrict weight,
                                const real *restrict bias, const real *restrict x,
                                real *restrict y) {
    for (int64_t i = 0; i < strip->rows; i++) {
        for (int64_t j = 0; j < strip->count; j++) {
            const int64_t at = i * strip->width + j;
            y[at] = (x[at] - strip->mean[j]) * strip->scale[j] * weight[j] + bias[j];
        }
    }
}

/* How far each running number is from where this shard wants it, times the rows: its mean over all
 * rows of the step is then taken off. As PyTorch's, the running variance is the unbiased one; a
 * single row has none, and wants nothing. */
static void want(const gd_layer *layer, const gd_pass *pass, const gd_flow *flow,
                 const strip *strip) {
    const double rows = (double)pass->rows, momentum = layer->argument;
    for (int64_t j = 0; j < strip->count; j++) {
        const double wanted[] = {(double)strip->mean[j],
                                 (double)strip->variance[j] * rows / (rows - 1)};
        for (int k = 0; k < 2; k++) {
            const int64_t at = layer->tensor[RUNNING_MEAN + k].offset + strip->first + j;
            const double off = (double)flow->parameters[at] - wanted[k];
            const real moves = pass->rows < 2 ? 0 : (real)(momentum * rows * off);
            flow->gradient[at] = pass->accumulate ? flow->gradient[at] + moves : moves;
        }
    }
}

static void forward(const gd_layer *layer, const gd_pass *pass, const gd_flow *flow) {
    for (int64_t first = 0; first < layer->inputs; first += STRIP) {
        const strip strip = measure(layer, pass, flow, first);
        normalise(&strip, flow->parameters + layer->tensor[WEIGHT].offset + first,
                  flow->parameters + layer->tensor[BIAS].offset + first, flow->x + first,
                  flow->y + first);
        if (pass->training && flow->gradient != NULL) {
            want(layer, pass, flow, &strip);
        }
    }
}

/* Sums of dy, and of dy times the normalised x. */
GD_CLONES static void add_gradients(const strip *strip, const real *restrict x,
                                    const real *restrict dy, real *restrict bias,
                                    real *restrict weight) {
    for (int64_t i = 0; i < strip->rows; i++) {
        for (int64_t j = 0; j < strip->count; j++) {
            const int64_t at = i * strip->width + j;
            bias[j] += dy[at];
            weight[j] += dy[at] * ((x[at] - strip->mean[j]) * strip->scale[j]);
        }
    }
}

/* `shift` and `slope`: what dy has along 1 and along the normalised x, which the means take out. */
GD_CLONES static void differentiate(const strip *strip, const real *restrict weight,
                                    const real *restrict shift, const real *restrict slope,
                                    const real *restrict x, const real *restrict dy,
                                    real *restrict dx) {
    for (int64_t i = 0; i < strip->rows; i++) {
        for (int64_t j = 0; j < strip->count; j++) {
            const int64_t at = i * strip->width + j;
            const real normal = (x[at] - strip->mean[j]) * strip->scale[j];
            dx[at] = weight[j] * strip->scale[j] * (dy[at] - shift[j] - normal * slope[j]);
        }
    }
}

static void backward_strip(const gd_layer *layer, const gd_pass *pass, const gd_flow *flow,
                           const strip *strip) {
    real bias[STRIP] = {0}, weight[STRIP] = {0}, shift[STRIP] = {0}, slope[STRIP] = {0};
    real *bias_gradient = flow->gradient + layer->tensor[BIAS].offset + strip->first;
    real *weight_gradient = flow->gradient + layer->tensor[WEIGHT].offset + strip->first;
    const real *x = flow->x + strip->first, *dy = flow->dy + strip->first;
    add_gradients(strip, x, dy, bias, weight);
    for (int64_t j = 0; j < strip->count; j++) {
        bias_gradient[j] = pass->accumulate ? bias_gradient[j] + bias[j] : bias[j];
        weight_gradient[j] = pass->accumulate ? weight_gradient[j] + weight[j] : weight[j];
        if (pass->training) {
            shift[j] = bias[j] / (real)strip->rows;
            slope[j] = weight[j] / (real)strip->rows;
        }
    }
    if (flow->dx != NULL) {
        const real *factor = flow->parameters + layer->tensor[WEIGHT].offset + strip->first;
        differentiate(strip, factor, shift, slope, x, dy, flow->dx + strip->first);
    }
}

static void backward(const gd_layer *layer, const gd_pass *pass, const gd_flow *flow) {
    for (int64_t first = 0; first < layer->inputs; first += STRIP) {
        const strip strip = measure(layer, pass, flow, first);
        backward_strip(layer, pass, flow, &strip);
    }
    gd_ready_from(flow->ready, layer->tensor[WEIGHT].offset);
}

static gd_value trace(const gd_layer *layer, gd_graph *graph, gd_value x) {
    const gd_value mean = gd_graph_tensor(graph, &layer->tensor[RUNNING_MEAN]);
    const gd_value off = gd_graph_binary(graph, GD_SUBTRACT, x, mean);
    const gd_value variance = gd_graph_tensor(graph, &layer->tensor[RUNNING_VAR]);
    const gd_value normal = gd_graph_standardize(graph, off, variance, (double)eps);
    return gd_graph_affine(graph, normal, &layer->tensor[WEIGHT], &layer->tensor[BIAS]);
}

const gd_layer_kind gd_layer_batch_norm = {
    .name = "batch_norm",
    .help = "y = (x - mean) / sqrt(variance + 1e-5) w + b, over a shard's rows of a step",
    .joint = true,
    .argument = "momentum",
    .initial = 0.1,
    .min = 0,
    .max = 1,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .trace = trace,
};
