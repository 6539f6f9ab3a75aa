#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

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
    {.key = "init_gain",
     .kind = GD_SETTING_TEXT,
     .initial = "1",
     .help = "multiplies initial weights; auto: they are for the activation that follows them"},
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
        gd_layer_shape(layer, width);
        gd_status status = gd_layers_place_columns(config, model->layers, i);
        if (status != GD_OK) {
            return status;
        }
        width = layer->outputs;
        model->tensors.count += gd_layer_tensors(layer);
        model->joint = model->joint || gd_layer_joint(layer);
        if (layer->kind->block && layer->outputs != layer->inputs) {
            return gd_config_fail(
                config, "model", "layers",
                "%s adds its %lld inputs to the %lld outputs of its layers, which "
                "must be as many: its last dense needs %lld units",
                layer->kind->name, (long long)layer->inputs, (long long)layer->outputs,
                (long long)layer->inputs);
        }
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

/* That of the first layer after number `i`, up to the next with tensors, of which it is known; else
 * 1. */
static double gain_after(const gd_layer *layers, int count, int i) {
    for (i++; i < count && gd_layer_tensors(&layers[i]) == 0; i++) {
        if (layers[i].kind->gain != NULL) {
            return layers[i].kind->gain(&layers[i]);
        }
    }
    return 1;
}

static bool place_tensor(gd_tensor *tensor, gd_tensors *tensors) {
    if (tensor->count > most_elements - tensors->size) {
        return false;
    }
    tensor->offset = tensors->size;
    tensors->size += (tensor->count + GD_TENSOR_ALIGN - 1) / GD_TENSOR_ALIGN * GD_TENSOR_ALIGN;
    tensors->elements += tensor->statistic ? 0 : tensor->count;
    tensors->list[tensors->count++] = *tensor;
    return true;
}

/* Lays those tensors out that are, or are not, statistics, one after another, under names that
 * start with `prefix`; false if there are too many elements to count. */
static bool place_tensors(bool statistics, const char *prefix, gd_layer *layers, int count,
                          gd_tensors *tensors) {
    static const char *const part[GD_LAYER_TENSORS] = {"weight", "bias", "running_mean",
                                                       "running_var"};
    for (int i = 0; i < count; i++) {
        gd_layer *layer = &layers[i];
        char inner[16];
        for (int t = 0; t < layer->tensor_count; t++) {
            gd_tensor *tensor = &layer->tensor[t];
            snprintf(tensor->name, sizeof tensor->name, "%s%d.%s", prefix, i, part[t]);
            tensor->gain = gain_after(layers, count, i);
            if (tensor->statistic == statistics && !place_tensor(tensor, tensors)) {
                return false;
            }
        }
        snprintf(inner, sizeof inner, "%d.", i);
        if (!place_tensors(statistics, inner, layer->inner, layer->inner_count, tensors)) {
            return false;
        }
    }
    return true;
}

static bool place_all(gd_model *model) {
    gd_tensors *tensors = &model->tensors;
    bool fits = place_tensors(false, "", model->layers, model->layer_count, tensors);
    tensors->trained = tensors->size;
    return fits && place_tensors(true, "", model->layers, model->layer_count, tensors);
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

static gd_status list_categories(gd_model *model) {
    gd_status status = gd_memory_new(&model->categories, (size_t)model->layer_count + 1,
                                     sizeof *model->categories, "the list of categories");
    for (int i = 0; i < model->layer_count && status == GD_OK; i++) {
        model->categories[i] = model->layers[i].categories;
    }
    return status;
}

static gd_status read_init(const gd_config *config, gd_model *model) {
    const char *text = gd_config_text(config, "model", "init_gain");
    const bool by_activation = strcmp(text, "auto") == 0;
    model->init = gd_init_find(gd_config_text(config, "model", "init"));
    if (!by_activation && !(gd_text_to_number(text, &model->init_gain) && model->init_gain > 0)) {
        return gd_config_fail(config, "model", "init_gain",
                              "'%s' is neither a number above 0 nor auto", text);
    }
    if (model->init->gain == 0 && model->init_gain != 1) {
        return gd_config_fail(config, "model", "init_gain", "has no effect with init = %s",
                              model->init->name);
    }
    return GD_OK;
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
    gd_status status = read_init(config, model);
    if (status == GD_OK) {
        status = gd_layers_parse(config, &model->layers, &model->layer_count);
    }
    if (status == GD_OK) {
        status = shape_layers(config, model);
    }
    if (status == GD_OK) {
        status = gd_memory_new(&model->tensors.list, (size_t)model->tensors.count,
                               sizeof *model->tensors.list, "the list of tensors");
    }
    if (status == GD_OK) {
        status = list_categories(model);
    }
    model->tensors.count = 0;
    if (status == GD_OK && !place_all(model)) {
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
        gd_layers_free(&(*model)->layers, (*model)->layer_count);
        gd_memory_free(&(*model)->tensors.list);
        gd_memory_free(&(*model)->categories);
        gd_memory_free(model);
    }
}

gd_target gd_model_target(const gd_model *model) {
    const gd_loss *loss = model->loss;
    return (gd_target){
        .kind = loss->target, .outputs = model->outputs, .min = loss->min, .max = loss->max};
}

static double init_factor(const gd_model *model, const gd_tensor *tensor) {
    return model->init_gain > 0 ? model->init_gain : tensor->gain / model->init->gain;
}

gd_status gd_model_initialise(const gd_model *model, uint64_t seed, real *parameters) {
    gd_status status = GD_OK;
    for (int i = 0; i < model->tensors.count && status == GD_OK; i++) {
        const gd_tensor *tensor = &model->tensors.list[i];
        real *values = parameters + tensor->offset;
        gd_rng rng = gd_rng_stream(seed, GD_RNG_INIT, i, 0, 0);
        for (int64_t j = 0; j < tensor->count; j++) {
            values[j] = (real)tensor->initial;
        }
        if (tensor->fan_in > 0) {
            status = model->init->fill(tensor, &rng, init_factor(model, tensor), values);
        }
    }
    return status;
}

/* Forward multiplies by each matrix once and backward twice, but that there is no gradient of the
 * inputs of the first. */
double gd_model_flops(const gd_model *model, bool training) {
    double products = 0;
    for (int i = 0; i < model->tensors.count; i++) {
        const gd_tensor *tensor = &model->tensors.list[i];
        if (tensor->rank == 2 && !tensor->table) {
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
                           const gd_batch *batch, const real *parameters, real *gradient) {
    for (int i = 0; i < model->layer_count; i++) {
        const gd_layer *layer = &model->layers[i];
        gd_flow flow = flow_through(i, workspace, batch, parameters);
        flow.gradient = gradient;
        layer->kind->forward(layer, pass, &flow);
    }
    return workspace->output[model->layer_count - 1];
}

double gd_model_gradient(const gd_model *model, gd_workspace *workspace, const gd_pass *pass,
                         const gd_batch *batch, const real *parameters, real *gradient,
                         const gd_ready *ready) {
    const real *output = forward(model, workspace, pass, batch, parameters, gradient);
    const int first = gd_layer_first(model->layers, model->layer_count);
    real *dy = workspace->delta[0], *other = workspace->delta[1];
    double loss = gd_loss_value(model->loss, model->loss_options, batch, output, dy, NULL);
    for (int i = model->layer_count - 1; i >= first; i--) {
        const gd_layer *layer = &model->layers[i];
        real *dx = gd_layer_tensors(layer) == 0 ? dy : other;
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

double gd_model_loss(const gd_model *model, gd_workspace *workspace, const gd_pass *pass,
                     const gd_batch *batch, const real *parameters) {
    const real *output = forward(model, workspace, pass, batch, parameters, NULL);
    return gd_loss_value(model->loss, model->loss_options, batch, output, NULL, NULL);
}

double gd_model_evaluate(const gd_model *model, gd_workspace *workspace, const gd_batch *batch,
                         const real *parameters, double *metric) {
    const gd_pass pass = {.rows = batch->rows};
    const real *output = forward(model, workspace, &pass, batch, parameters, NULL);
    return gd_loss_value(model->loss, model->loss_options, batch, output, NULL, metric);
}
