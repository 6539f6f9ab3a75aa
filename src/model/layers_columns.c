#include <limits.h>

#include "layers.h"

static bool looks_up(const gd_layer *layer) {
    return layer->categories.columns.count > 0;
}

static int64_t end_of(gd_range range) {
    return range.first + range.count;
}

static gd_status misplaced(const gd_config *config, const gd_layer *layer) {
    return gd_config_fail(config, "model", "layers",
                          "%s takes columns of x as they are in the data: it must come before all "
                          "other layers, and not in parentheses",
                          layer->kind->name);
}

static gd_status check_range(const gd_config *config, const gd_layer *layer, int64_t width) {
    const gd_range columns = layer->categories.columns;
    if (end_of(columns) > width) {
        return gd_config_fail(config, "model", "layers",
                              "there is no column %lld for %s: x has %lld column%s, from 0 to %lld",
                              (long long)end_of(columns) - 1, layer->kind->name, (long long)width,
                              gd_text_plural(width), (long long)width - 1);
    }
    if (layer->outputs > INT_MAX) {
        return gd_config_fail(config, "model", "layers",
                              "rows of %lld numbers after %s are too wide; the most is %d",
                              (long long)layer->outputs, layer->kind->name, INT_MAX);
    }
    return GD_OK;
}

gd_status gd_layers_place_columns(const gd_config *config, gd_layer *layers, int number) {
    gd_layer *layer = &layers[number];
    const gd_range columns = layer->categories.columns;
    for (int i = 0; i < layer->inner_count; i++) {
        if (looks_up(&layer->inner[i])) {
            return misplaced(config, &layer->inner[i]);
        }
    }
    for (int i = 0; i < number && looks_up(layer); i++) {
        const gd_range before = layers[i].categories.columns;
        if (!looks_up(&layers[i])) {
            return misplaced(config, layer);
        }
        if (columns.first < end_of(before) && before.first < end_of(columns)) {
            return gd_config_fail(
                config, "model", "layers",
                "column %lld of x is taken twice; give %s other columns=",
                (long long)(columns.first > before.first ? columns.first : before.first),
                layer->kind->name);
        }
        layer->first += before.first < columns.first ? layers[i].outputs - layers[i].inputs : 0;
    }
    return looks_up(layer) ? check_range(config, layer, layers[0].inputs) : GD_OK;
}
