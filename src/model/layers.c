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
    const bool number = to_number(kind, word, &layer->argument);
    const double a = layer->argument;
    if (!number || a < kind->min || a > kind->max || (kind->open && a == kind->max)) {
        return gd_config_fail(
            config, "model", "layers", "%s %s is %s: %s is a %snumber, at least %.10g and %s %.10g",
            kind->name, word, number ? "out of range" : "not understood", kind->argument,
            kind->whole ? "whole " : "", kind->min, kind->open ? "below" : "at most", kind->max);
    }
    return GD_OK;
}

static const gd_layer_option *find_option(const gd_layer_kind *kind, const char *name) {
    const gd_layer_option *option = kind->options;
    while (option->name != NULL && strcmp(option->name, name) != 0) {
        option++;
    }
    return option->name == NULL ? NULL : option;
}

/* The first and the last number of "0-2", where the option may be a range; of "16", twice the same.
 */
static bool to_range(const gd_layer_option *option, char *text, int64_t bounds[2]) {
    char *dash = option->range ? strchr(text, '-') : NULL;
    if (dash == NULL) {
        const bool whole = gd_text_to_integer(text, &bounds[0]);
        bounds[1] = bounds[0];
        return whole;
    }
    *dash = '\0';
    const bool whole =
        gd_text_to_integer(text, &bounds[0]) && gd_text_to_integer(dash + 1, &bounds[1]);
    *dash = '-';
    return whole && bounds[0] <= bounds[1];
}

static gd_status parse_option(const gd_config *config, char *word, gd_layer *layer) {
    const gd_layer_kind *kind = layer->kind;
    char *value = strchr(word, '=');
    int64_t bounds[2] = {0, 0};
    if (value != NULL) {
        *value++ = '\0';
    }
    const gd_layer_option *option = find_option(kind, word);
    if (option == NULL || value == NULL) {
        return gd_config_fail(config, "model", "layers",
                              "%s is followed by '%s', but takes %s, e.g. %s=%s", kind->name, word,
                              kind->argument, kind->options->name, kind->options->example);
    }
    const bool number = to_range(option, value, bounds);
    if (!number || bounds[0] < option->min || bounds[1] > option->max) {
        return gd_config_fail(
            config, "model", "layers",
            "%s %s=%s is %s: %s is a whole number%s, at least %lld and at most %lld", kind->name,
            word, value, number ? "out of range" : "not understood", word,
            option->range ? " or a range such as 0-2" : "", (long long)option->min,
            (long long)option->max);
    }
    gd_range *range = &layer->option[option - kind->options];
    if (range->count > 0) {
        return gd_config_fail(config, "model", "layers", "%s has %s= twice", kind->name, word);
    }
    *range = (gd_range){bounds[0], bounds[1] - bounds[0] + 1};
    return GD_OK;
}

static gd_status parse_options(const gd_config *config, char **rest, gd_layer *layer) {
    const gd_layer_option *option = layer->kind->options;
    gd_status status = GD_OK;
    char *word;
    while (status == GD_OK && (word = strtok_r(NULL, blanks, rest)) != NULL) {
        status = parse_option(config, word, layer);
    }
    for (int i = 0; option[i].name != NULL && status == GD_OK; i++) {
        if (option[i].needed && layer->option[i].count == 0) {
            status = gd_config_fail(config, "model", "layers", "%s needs its %s, e.g. %s=%s",
                                    layer->kind->name, option[i].name, option[i].name,
                                    option[i].example);
        }
    }
    return status;
}

/* The layers of a list, and how many were read before, in other lists too. */
typedef struct reader {
    const gd_config *config;
    int number;
} reader;

static gd_status parse_list(reader *reader, char *text, gd_layer **layers, int *count);

static gd_status check_block(const gd_config *config, const gd_layer_kind *kind, const char *inner,
                             const char *behind) {
    if (kind->block && inner == NULL) {
        return gd_config_fail(config, "model", "layers",
                              "%s takes layers in parentheses, e.g. %s(dense 64, relu, dense 64)",
                              kind->name, kind->name);
    }
    if (!kind->block && inner != NULL) {
        return gd_config_fail(config, "model", "layers", "%s takes no layers in parentheses",
                              kind->name);
    }
    if (behind[strspn(behind, blanks)] != '\0') {
        return gd_config_fail(config, "model", "layers",
                              "'%s' after %s(...) is too much; layers are separated by commas",
                              behind + strspn(behind, blanks), kind->name);
    }
    return GD_OK;
}

/* The name and the argument, apart from parentheses; takes `entry` apart in place. */
static gd_status parse_words(const reader *reader, char *entry, gd_layer *layer) {
    const gd_config *config = reader->config;
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
    if (layer->kind->options != NULL) {
        return parse_options(config, &rest, layer);
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

static gd_status parse_entry(reader *reader, char *entry, gd_layer *layer) {
    char *inner = NULL, *behind = "";
    char *open = strchr(entry, '(');
    if (open != NULL) {
        *open = '\0';
        inner = open + 1;
        behind = strchr(inner, ')');
        *behind++ = '\0';
    }
    layer->index = reader->number++;
    gd_status status = parse_words(reader, entry, layer);
    if (status == GD_OK) {
        status = check_block(reader->config, layer->kind, inner, behind);
    }
    if (status == GD_OK && inner != NULL) {
        status = parse_list(reader, inner, &layer->inner, &layer->inner_count);
    }
    return status;
}

/* The comma that ends an entry, or the end of the text. */
static char *entry_end(char *entry) {
    while (*entry != ',' && *entry != '\0') {
        entry = *entry == '(' ? strchr(entry, ')') : entry + 1;
    }
    return entry;
}

static int count_entries(char *text) {
    int count = 1;
    for (char *end = entry_end(text); *end != '\0'; end = entry_end(end + 1)) {
        count++;
    }
    return count;
}

/* Takes `text` apart in place. */
static gd_status parse_list(reader *reader, char *text, gd_layer **layers, int *count) {
    const int entries = count_entries(text);
    gd_status status = gd_memory_new(layers, (size_t)entries, sizeof **layers, "the layers");
    if (status != GD_OK) {
        return status;
    }
    *count = entries;
    for (int i = 0; i < entries && status == GD_OK; i++) {
        char *end = entry_end(text);
        const bool last = *end == '\0';
        *end = '\0';
        status = parse_entry(reader, text, &(*layers)[i]);
        text = last ? end : end + 1;
    }
    return status;
}

/* Every ( has its ), and none stands within others. */
static gd_status check_parentheses(const gd_config *config, const char *text) {
    bool open = false;
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == (open ? '(' : ')')) {
            return gd_config_fail(config, "model", "layers", "%s",
                                  open ? "a '(' within parentheses; they cannot be nested"
                                       : "a ')' without a '(' before it");
        }
        open = *c == '(' || (open && *c != ')');
    }
    return open ? gd_config_fail(config, "model", "layers", "a '(' without a ')' after it") : GD_OK;
}

gd_status gd_layers_parse(const gd_config *config, gd_layer **layers, int *count) {
    char *copy = NULL;
    const char *text = gd_config_text(config, "model", "layers");
    reader reader = {.config = config};
    gd_status status = check_parentheses(config, text);
    if (status == GD_OK) {
        status = gd_text_copy(text, &copy);
    }
    if (status == GD_OK) {
        status = parse_list(&reader, copy, layers, count);
    }
    gd_memory_free(&copy);
    return status;
}

void gd_layers_free(gd_layer **layers, int count) {
    for (int i = 0; *layers != NULL && i < count; i++) {
        gd_layers_free(&(*layers)[i].inner, (*layers)[i].inner_count);
    }
    gd_memory_free(layers);
}
