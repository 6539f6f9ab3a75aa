#include <limits.h>
#include <stdint.h>
#include <stdio.h>

#include "gdmpi/init.h"
#include "gdmpi/memory.h"
#include "gdmpi/model.h"
#include "layers.h"

static const gd_setting rows[] = {
    {.key = "layers",
     .kind = GD_SETTING_TEXT,
     .help = "the layers in order, e.g. dense 512, relu, dropout 0.2, dense 10"},
    {.key = "loss",
     .kind = GD_SETTING_CHOICE,
     .choices = gd_loss_name,
     .help = "what is minimised, as a mean over rows"},
    {.key = "init",
     .kind = GD_SETTING_CHOICE,
     .initial = "default",
     .choices = gd_init_name,
     .help = "initial parameters; default is that of PyTorch's layers"},
    {.key = "init_from",
     .kind = GD_SETTING_TEXT,
     .initial = "",
     .help = "a checkpoint whose parameters to start from, instead of init"},
    {.key = NULL},
};

const gd_settings gd_model_settings = {.section = "model", .rows = rows};

/* Beyond this many elements, bytes cannot be counted. */
static const int64_t most_elements = PTRDIFF_MAX / (int64_t)sizeof(real) - GD_TENSOR_ALIGN;

static gd_status shape_layers(const gd_config *config, gd_model *model) {
    int64_t width = model->inputs;
    for (int i = 0; i < model->layer_count; i++) {
        gd_layer *layer = &model->layers[i];
        layer->inputs = layer->outputs = width;
        if (layer->kind->shape != NULL) {
            layer->kind->shape(layer);
        }
        width = layer->outputs;
        model->tensors.count += layer->tensor_count;
    }
    model->outputs = width;
    if (model->tensors.count == 0) {
        return gd_config_fail(config, "model", "layers",
                              "nothing to train: there is no layer with parameters, such as %s",
                              gd_layer_dense.name);
    }
    if (model->outputs < model->loss->outputs_min) {
        return gd_config_fail(config, "model", "layers",
                              "%s needs at least %lld outputs, but the last layer has %lld",
                              model->loss->name, (long long)model->loss->outputs_min,
                              (long long)model->outputs);
    }
    return GD_OK;
}

/* Lays the tensors out one after another; false if there are too many elements to count. */
static bool place_tensors(gd_model *model) {
    static const char *const part[GD_LAYER_TENSORS] = {"weight", "bias"};
    gd_tensors *tensors = &model->tensors;
    int number = 0;
    for (int i = 0; i < model->layer_count; i++) {
        gd_layer *layer = &model->layers[i];
        for (int t = 0; t < layer->tensor_count; t++) {
            gd_tensor *tensor = &layer->tensor[t];
            if (tensor->count > most_elements - tensors->size) {
                return false;
            }
            snprintf(tensor->name, sizeof tensor->name, "%d.%s", i, part[t]);
            tensor->offset = tensors->size;
            tensors->size +=
                (tensor->count + GD_TENSOR_ALIGN - 1) / GD_TENSOR_ALIGN * GD_TENSOR_ALIGN;
            tensors->elements += tensor->count;
            tensors->list[number++] = *tensor;
        }
    }
    return true;
}

/* Where every matrix is narrow, the time goes into reading x, and a small tile stays in the L2
 * cache between forward and backward; besides, OpenBLAS multiplies without copying to its own
 * layout up to 10^6 products of two numbers. Else many rows are better. It may not depend on the
 * machine. */
static int64_t choose_tile(const gd_model *model) {
    enum { LEAST = 16, MOST = 256, NARROW = 16, PRODUCTS = 1000000, BYTES = 512 * 1024 };
    int64_t largest = 0;
    for (int i = 0; i < model->tensors.count; i++) {
        const gd_tensor *tensor = &model->tensors.list[i];
        if (tensor->rank == 2 && tensor->dims[0] > NARROW) {
            return MOST;
        }
        largest = tensor->count > largest ? tensor->count : largest;
    }
    const int64_t row_bytes = model->inputs * (int64_t)sizeof(real);
    int64_t rows = MOST;
    while (rows > LEAST && (rows * largest > PRODUCTS || rows * row_bytes > BYTES)) {
        rows /= 2;
    }
    return rows;
}

static void read_loss(const gd_config *config, gd_model *model) {
    model->loss = gd_loss_find(gd_config_text(config, "model", "loss"));
    const gd_setting *row = model->loss->settings.rows;
    for (size_t i = 0; row != NULL && row[i].key != NULL; i++) {
        model->loss_options[i] = gd_config_number(config, "model", row[i].key);
    }
}

static gd_status build(const gd_config *config, gd_model *model) {
    if (model->inputs > INT_MAX) {
        return gd_config_fail(config, "model", "layers",
                              "rows of %lld numbers are too wide; the most is %d",
                              (long long)model->inputs, INT_MAX);
    }
    read_loss(config, model);
    gd_status status = gd_layers_parse(config, &model->layers, &model->layer_count);
    if (status == GD_OK) {
        status = shape_layers(config, model);
    }
    if (status == GD_OK) {
        status = gd_memory_new(&model->tensors.list, (size_t)model->tensors.count,
                               sizeof *model->tensors.list, "the list of tensors");
    }
    if (status == GD_OK && !place_tensors(model)) {
        status = gd_config_fail(config, "model", "layers",
                                "more parameters than any memory holds, the most is %lld",
                                (long long)most_elements);
    }
    if (status == GD_OK) {
        model->tile_rows = choose_tile(model);
    }
    return status;
}

gd_status gd_model_new(const gd_config *config, int64_t inputs, gd_model **model) {
    gd_status status = gd_memory_new(model, 1, sizeof **model, "a model");
    if (status == GD_OK) {
        (*model)->inputs = inputs;
        status = build(config, *model);
    }
    if (status != GD_OK) {
        gd_model_free(model);
    }
    return status;
}

void gd_model_free(gd_model **model) {
    if (*model != NULL) {
        gd_memory_free(&(*model)->layers);
        gd_memory_free(&(*model)->tensors.list);
        gd_memory_free(model);
    }
}

gd_target gd_model_target(const gd_model *model) {
    const gd_loss *loss = model->loss;
    return (gd_target){
        .kind = loss->target, .outputs = model->outputs, .min = loss->min, .max = loss->max};
}

void gd_model_initialise(const gd_model *model, const gd_config *config, uint64_t seed,
                         real *parameters) {
    const gd_init *init = gd_init_find(gd_config_text(config, "model", "init"));
    for (int i = 0; i < model->tensors.count; i++) {
        const gd_tensor *tensor = &model->tensors.list[i];
        gd_rng rng = gd_rng_stream(seed, GD_RNG_INIT, i, 0, 0);
        init->fill(tensor, &rng, parameters + tensor->offset);
    }
}

/* Forward multiplies by each matrix once and backward twice, but that there is no gradient of the
 * inputs of the first. */
double gd_model_flops(const gd_model *model, bool training) {
    double products = 0;
    for (int i = 0; i < model->tensors.count; i++) {
        const gd_tensor *tensor = &model->tensors.list[i];
        if (tensor->rank == 2) {
            products += (training ? (i == 0 ? 2 : 3) : 1) * (double)tensor->count;
        }
    }
    return 2 * products;
}

static gd_flow flow_through(int layer, const gd_workspace *workspace, const gd_batch *batch,
                            const real *parameters) {
    return (gd_flow){.parameters = parameters,
                     .x = layer == 0 ? batch->x : workspace->output[layer - 1],
                     .y = workspace->output[layer],
                     .cache = workspace->cache[layer]};
}

/* The outputs of the last layer, owned by the workspace. */
static const real *forward(const gd_model *model, gd_workspace *workspace, const gd_pass *pass,
                           const gd_batch *batch, const real *parameters) {
    for (int i = 0; i < model->layer_count; i++) {
        const gd_layer *layer = &model->layers[i];
        const gd_flow flow = flow_through(i, workspace, batch, parameters);
        layer->kind->forward(layer, pass, &flow);
    }
    return workspace->output[model->layer_count - 1];
}

static int first_with_tensors(const gd_model *model) {
    int first = 0;
    while (model->layers[first].tensor_count == 0) {
        first++;
    }
    return first;
}

double gd_model_gradient(const gd_model *model, gd_workspace *workspace, const gd_pass *pass,
                         const gd_batch *batch, const real *parameters, real *gradient,
                         const gd_ready *ready) {
    const real *output = forward(model, workspace, pass, batch, parameters);
    const int first = first_with_tensors(model);
    real *dy = workspace->delta[0], *other = workspace->delta[1];
    double loss = gd_loss_value(model->loss, model->loss_options, batch, output, dy, NULL);
    for (int i = model->layer_count - 1; i >= first; i--) {
        const gd_layer *layer = &model->layers[i];
        real *dx = layer->tensor_count == 0 ? dy : other;
        gd_flow flow = flow_through(i, workspace, batch, parameters);
        flow.dy = dy;
        flow.dx = i == first ? NULL : dx;
        flow.gradient = gradient;
        flow.ready = ready;
        layer->kind->backward(layer, pass, &flow);
        if (dx == other) {
            other = dy;
            dy = dx;
        }
    }
    return loss;
}

double gd_model_evaluate(const gd_model *model, gd_workspace *workspace, const gd_batch *batch,
                         const real *parameters, double *metric) {
    const gd_pass pass = {.rows = batch->rows};
    const real *output = forward(model, workspace, &pass, batch, parameters);
    return gd_loss_value(model->loss, model->loss_options, batch, output, NULL, metric);
}
