#include <string.h>

#include "gdmpi/memory.h"
#include "gdmpi/text.h"
#include "layers.h"

static const char blanks[] = " \t\r\n";

static gd_status unknown_layer(const gd_config *config, const char *name) {
    const char *nearest = gd_text_nearest(name, gd_layer_name);
    if (nearest != NULL) {
        return gd_config_fail(config, "model", "layers", "unknown layer '%s'; did you mean '%s'?",
                              name, nearest);
    }
    gd_text names = {0};
    for (size_t i = 0; gd_layer_name(i) != NULL; i++) {
        gd_text_add(&names, "%s%s", i == 0 ? "" : ", ", gd_layer_name(i));
    }
    gd_status status = gd_config_fail(config, "model", "layers", "unknown layer '%s'; there are %s",
                                      name, gd_text_bytes(&names));
    gd_text_free(&names);
    return status;
}

static double example(const gd_layer_kind *kind) {
    return kind->needed ? 10 : kind->initial;
}

static bool to_number(const gd_layer_kind *kind, const char *word, double *number) {
    int64_t whole;
    if (!kind->whole) {
        return gd_text_to_number(word, number);
    }
    if (!gd_text_to_integer(word, &whole)) {
        return false;
    }
    *number = (double)whole;
    return true;
}

static gd_status parse_argument(const gd_config *config, const char *word, gd_layer *layer) {
    const gd_layer_kind *kind = layer->kind;
    if (kind->argument == NULL) {
        return gd_config_fail(config, "model", "layers",
                              "%s takes no argument, but is followed by '%s'", kind->name, word);
    }
    if (!to_number(kind, word, &layer->argument)) {
        return gd_config_fail(
            config, "model", "layers", "'%s' is not a %snumber: %s takes its %s, e.g. %s %g", word,
            kind->whole ? "whole " : "", kind->name, kind->argument, kind->name, example(kind));
    }
    const double a = layer->argument;
    if (a < kind->min || a > kind->max || (kind->open && a == kind->max)) {
        return gd_config_fail(config, "model", "layers",
                              "%s %s is out of range: %s is at least %.10g and %s %.10g",
                              kind->name, word, kind->argument, kind->min,
                              kind->open ? "below" : "at most", kind->max);
    }
    return GD_OK;
}

/* Takes `entry` apart in place. */
static gd_status parse_entry(const gd_config *config, char *entry, gd_layer *layer) {
    char *rest = NULL;
    const char *name = strtok_r(entry, blanks, &rest);
    if (name == NULL) {
        return gd_config_fail(config, "model", "layers",
                              "entry %d is empty; write e.g. dense 512, relu, dense 10",
                              layer->index + 1);
    }
    layer->kind = gd_layer_find(name);
    if (layer->kind == NULL) {
        return unknown_layer(config, name);
    }
    layer->argument = layer->kind->initial;
    const char *word = strtok_r(NULL, blanks, &rest);
    if (word == NULL && layer->kind->needed) {
        return gd_config_fail(config, "model", "layers", "%s needs its number of %s, e.g. %s %g",
                              name, layer->kind->argument, name, example(layer->kind));
    }
    gd_status status = word == NULL ? GD_OK : parse_argument(config, word, layer);
    const char *more = strtok_r(NULL, blanks, &rest);
    if (status == GD_OK && more != NULL) {
        return gd_config_fail(config, "model", "layers",
                              "'%s' after '%s %s' is too much; layers are separated by commas",
                              more, name, word);
    }
    return status;
}

static int count_entries(const char *text) {
    int count = 1;
    for (const char *c = strchr(text, ','); c != NULL; c = strchr(c + 1, ',')) {
        count++;
    }
    return count;
}

gd_status gd_layers_parse(const gd_config *config, gd_layer **layers, int *count) {
    char *copy = NULL;
    const char *text = gd_config_text(config, "model", "layers");
    *count = count_entries(text);
    gd_status status = gd_memory_new(layers, (size_t)*count, sizeof **layers, "the layers");
    if (status == GD_OK) {
        status = gd_text_copy(text, &copy);
    }
    char *rest = copy;
    for (int i = 0; i < *count && status == GD_OK; i++) {
        (*layers)[i].index = i;
        status = parse_entry(config, strsep(&rest, ","), &(*layers)[i]);
    }
    gd_memory_free(&copy);
    if (status != GD_OK) {
        gd_memory_free(layers);
    }
    return status;
}
