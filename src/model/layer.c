#include "gdmpi/layer.h"
#include "gdmpi/text.h"

const gd_layer_kind *const gd_layer_kinds[] = {
    &gd_layer_dense,    &gd_layer_relu,     &gd_layer_leaky_relu, &gd_layer_tanh,
    &gd_layer_sigmoid,  &gd_layer_elu,      &gd_layer_gelu,       &gd_layer_silu,
    &gd_layer_softplus, &gd_layer_softmax,  &gd_layer_batch_norm, &gd_layer_layer_norm,
    &gd_layer_dropout,  &gd_layer_residual, &gd_layer_embedding,  NULL,
};

const gd_layer_kind *gd_layer_find(const char *name) {
    return gd_layer_kinds[gd_text_index(name, gd_layer_name)];
}

const char *gd_layer_name(size_t index) {
    return gd_layer_kinds[index] == NULL ? NULL : gd_layer_kinds[index]->name;
}

void gd_layer_shape(gd_layer *layer, int64_t inputs) {
    layer->inputs = layer->outputs = inputs;
    if (layer->kind->shape != NULL) {
        layer->kind->shape(layer);
    }
}

int gd_layer_tensors(const gd_layer *layer) {
    int count = layer->tensor_count;
    for (int i = 0; i < layer->inner_count; i++) {
        count += gd_layer_tensors(&layer->inner[i]);
    }
    return count;
}

bool gd_layer_joint(const gd_layer *layer) {
    bool joint = layer->kind->joint;
    for (int i = 0; i < layer->inner_count; i++) {
        joint = joint || gd_layer_joint(&layer->inner[i]);
    }
    return joint;
}

gd_value gd_layer_trace(const gd_layer *layer, gd_graph *graph, gd_value x) {
    if (layer->kind->trace == NULL) {
        gd_graph_fail(graph, gd_status_new(GD_BAD_INPUT, "%s: the layer %s cannot be exported",
                                           graph->model, layer->kind->name));
        return x;
    }
    return layer->kind->trace(layer, graph, x);
}

int gd_layer_first(const gd_layer *layers, int count) {
    int first = 0;
    while (first < count - 1 && gd_layer_tensors(&layers[first]) == 0) {
        first++;
    }
    return first;
}
