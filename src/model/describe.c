#include <stdio.h>

#include "gdmpi/model.h"
#include "gdmpi/paragraph.h"

/* Its parameters; those that are not trained do not count. */
static int64_t elements_of(const gd_layer *layer) {
    int64_t elements = 0;
    for (int i = 0; i < layer->tensor_count; i++) {
        elements += layer->tensor[i].statistic ? 0 : layer->tensor[i].count;
    }
    return elements;
}

static void add_tensors(const gd_layer *layer, gd_text *text) {
    for (int i = 0; i < layer->tensor_count; i++) {
        const gd_tensor *tensor = &layer->tensor[i];
        char shape[GD_TEXT_DIMS];
        gd_text_dims(tensor->rank, tensor->dims, shape);
        gd_paragraph_keep(shape);
        gd_text_add(text, "%s%s%c%s", i > 0 ? ", " : "", tensor->name, GD_PARAGRAPH_BLANK, shape);
    }
    const gd_range columns = layer->categories.columns;
    if (columns.count > 0) {
        const long long first = columns.first, last = first + columns.count - 1;
        gd_text_add(text, first == last ? " for column %lld" : " for columns %lld-%lld", first,
                    last);
    }
}

static void add_layer(const char *prefix, const gd_layer *layer, int number, gd_text *page) {
    char name[64], count[32], label[128];
    gd_text tensors = {0};
    const bool plain = layer->kind->argument == NULL || layer->kind->options != NULL;
    snprintf(name, sizeof name, plain ? "%s%d %s" : "%s%d %s %g", prefix, number, layer->kind->name,
             layer->argument);
    const int width =
        snprintf(label, sizeof label, "%-20s %9lld %12s", name, (long long)layer->outputs,
                 gd_text_grouped(elements_of(layer), count));
    add_tensors(layer, &tensors);
    gd_paragraph_add(page, &(gd_paragraph){.label = label, .indent = width + 2}, "%s",
                     gd_text_bytes(&tensors));
    page->failed = page->failed || tensors.failed;
    gd_text_free(&tensors);
}

/* Those of a residual have its number before theirs. */
static void add_layers(const char *prefix, const gd_layer *layers, int count, gd_text *page) {
    for (int i = 0; i < count; i++) {
        char inner[16];
        add_layer(prefix, &layers[i], i, page);
        snprintf(inner, sizeof inner, "%d.", i);
        add_layers(inner, layers[i].inner, layers[i].inner_count, page);
    }
}

void gd_model_describe(const gd_model *model, gd_text *page) {
    gd_text_add(page, "%-20s %9s %12s  %s\n", "layer", "outputs", "parameters", "tensors");
    add_layers("", model->layers, model->layer_count, page);
}
