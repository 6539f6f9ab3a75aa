#include <stddef.h>
#include <string.h>

#include "import_private.h"

typedef enum kind { FLAG, WORDS, NUMBER, CHOICE } kind;

/* An option, and where it is kept. */
typedef struct option {
    const char *name;
    kind kind;
    size_t offset;
    const char *value, *help;
    const char *choices[4]; /* of CHOICE, as the enumeration counts them */
} option;

#define AT(member) offsetof(gd_import_options, member)

static const option options[] = {
    {"--target",
     WORDS,
     AT(target),
     "COLUMN,...",
     "what is to be learned, by name or number (the last column)",
     {NULL}},
    {"--task",
     CHOICE,
     AT(task),
     "classification|regression",
     "what the target is; by itself, texts are classes, and so are up to 100\n"
     "      different whole numbers; other numbers are values",
     {"auto", "classification", "regression", NULL}},
    {"--ignore", WORDS, AT(ignore), "COLUMN,...", "leave these columns out", {NULL}},
    {"--categorical",
     WORDS,
     AT(categorical),
     "COLUMN,...",
     "columns of categories though written as numbers; those of texts always are",
     {NULL}},
    {"--encode",
     CHOICE,
     AT(encoding),
     "one-hot|codes",
     "of a category: a feature for each, 0 or 1 (one-hot), or its number from 0,\n"
     "      in sorted order",
     {"one-hot", "codes", NULL}},
    {"--missing",
     CHOICE,
     AT(missing),
     "error|mean|drop",
     "missing values are errors, become their column's mean over training rows\n"
     "      (its most frequent category), or their rows are dropped",
     {"error", "mean", "drop", NULL}},
    {"--separator",
     WORDS,
     AT(separator),
     "CHARACTER",
     "between columns; by itself, the first of tab, semicolon and comma that is\n"
     "      in the first line",
     {NULL}},
    {"--header",
     FLAG,
     AT(header),
     NULL,
     "the first line has names; by itself, if none is a number",
     {NULL}},
    {"--no-header", FLAG, AT(no_header), NULL, "the first line has values", {NULL}},
    {"--type",
     CHOICE,
     AT(type),
     "float32|float64",
     "of x; by itself, the smallest integers if all are whole, else float32, or\n"
     "      float64 where a column has whole numbers above 16,777,216",
     {"auto", "float32", "float64", NULL}},
    {"--features", NUMBER, AT(features), "N", "in a row (the largest index there is)", {NULL}},
    {"--split",
     WORDS,
     AT(split),
     "TRAIN,VAL[,TEST]",
     "shares of the rows for /train, /val and /test, such as 0.8,0.1,0.1; each\n"
     "      gets its share of each class",
     {NULL}},
    {"--no-shuffle",
     FLAG,
     AT(no_shuffle),
     NULL,
     "keep the order of the rows; the first are for training",
     {NULL}},
    {"--seed", NUMBER, AT(seed), "N", "of shuffle and split (1)", {NULL}},
    {"--compress",
     CHOICE,
     AT(compress),
     "yes|no",
     "x in compressed chunks; by itself, if more than three quarters are 0",
     {"auto", "yes", "no", NULL}},
};

enum { OPTIONS = sizeof options / sizeof *options };

static const char *option_name(size_t index) {
    return index < OPTIONS ? options[index].name : NULL;
}

static const char *format_name(size_t index) {
    const gd_import_format *format = gd_import_format_at(index);
    return format == NULL ? NULL : format->name;
}

static bool takes(const gd_import_format *format, const char *name) {
    const char *const *at = format->options;
    while (*at != NULL && strcmp(*at, name) != 0) {
        at++;
    }
    return *at != NULL;
}

static gd_status set_choice(const option *option, const char *value, int *chosen) {
    for (int i = 0; option->choices[i] != NULL; i++) {
        if (strcmp(option->choices[i], value) == 0) {
            *chosen = i;
            return GD_OK;
        }
    }
    return gd_status_new(GD_BAD_INPUT, "%s is %s, not '%s'", option->name, option->value, value);
}

static gd_status set_number(const option *option, const char *value, int64_t *number) {
    return gd_text_to_integer(value, number) && *number >= 0 && *number <= INT32_MAX
               ? GD_OK
               : gd_status_new(GD_BAD_INPUT, "%s is a whole number from 0 to %d, not '%s'",
                               option->name, INT32_MAX, value);
}

static gd_status set(const option *option, const char *value, gd_import_options *into) {
    char *at = (char *)into + option->offset;
    switch (option->kind) {
    case FLAG:
        *(bool *)at = true;
        return GD_OK;
    case WORDS:
        *(const char **)at = value;
        return GD_OK;
    case NUMBER:
        return set_number(option, value, (int64_t *)at);
    case CHOICE:
        return set_choice(option, value, (int *)at);
    }
    return GD_OK;
}

/* `word` may be "--name=value", which is cut in two. */
static const option *find(char *word, char **value) {
    char *equals = strchr(word, '=');
    *value = NULL;
    if (equals != NULL) {
        *equals = '\0';
        *value = equals + 1;
    }
    size_t index = gd_text_index(word, option_name);
    return index < OPTIONS ? &options[index] : NULL;
}

static gd_status unknown(const char *word) {
    const char *nearest = gd_text_nearest(word, option_name);
    return gd_status_new(GD_BAD_INPUT, "unknown option '%s'%s%s%s", word,
                         nearest == NULL ? "" : "; did you mean '", nearest == NULL ? "" : nearest,
                         nearest == NULL ? "" : "'?");
}

/* Reads the option in arguments[*at], and goes on to its value. */
static gd_status read_option(int count, char **arguments, int *at, gd_import_options *into) {
    char *value;
    const option *option = find(arguments[*at], &value);
    if (option == NULL) {
        return unknown(arguments[*at]);
    }
    if (!takes(into->format, option->name)) {
        return gd_status_new(GD_BAD_INPUT, "%s is no option of %s", option->name,
                             into->format->name);
    }
    if (option->kind == FLAG && value != NULL) {
        return gd_status_new(GD_BAD_INPUT, "%s takes no value", option->name);
    }
    if (option->kind != FLAG && value == NULL) {
        if (*at + 1 == count) {
            return gd_status_new(GD_BAD_INPUT, "%s needs %s", option->name, option->value);
        }
        value = arguments[++*at];
    }
    return set(option, value, into);
}

static gd_status read_format(const char *name, gd_import_options *options) {
    options->format = gd_import_format_at(gd_text_index(name, format_name));
    if (options->format != NULL) {
        return GD_OK;
    }
    gd_text known = {0};
    for (size_t i = 0; format_name(i) != NULL; i++) {
        gd_text_add(&known, "%s%s", i == 0 ? "" : ", ", format_name(i));
    }
    gd_status status = gd_text_status(&known);
    if (status == GD_OK) {
        status = gd_status_new(GD_BAD_INPUT, "unknown format '%s'; there are %s", name,
                               gd_text_bytes(&known));
    }
    gd_text_free(&known);
    return status;
}

static gd_status check(const gd_import_options *options) {
    double shares[GD_IMPORT_GROUPS];
    if (options->output == NULL) {
        return gd_status_new(GD_BAD_INPUT, "the output is missing: -o DATA.h5");
    }
    if (options->count == 0) {
        return gd_status_new(GD_BAD_INPUT, "%s needs inputs: %s", options->format->name,
                             options->format->inputs);
    }
    if (options->header && options->no_header) {
        return gd_status_new(GD_BAD_INPUT, "--header and --no-header exclude each other");
    }
    return options->split == NULL ? GD_OK : gd_split_parse(options->split, shares);
}

gd_status gd_import_parse(int count, char **arguments, gd_import_options *options) {
    static const int64_t memory = 128 << 20;
    *options = (gd_import_options){.inputs = arguments, .seed = 1, .memory = memory};
    gd_status status = count > 0 ? read_format(arguments[0], options)
                                 : gd_status_new(GD_BAD_INPUT, "the format is missing");
    for (int i = 1; i < count && status == GD_OK; i++) {
        if (strcmp(arguments[i], "-o") == 0) {
            status = i + 1 == count || options->output != NULL
                         ? gd_status_new(GD_BAD_INPUT, "-o takes one file")
                         : GD_OK;
            options->output = i + 1 < count ? arguments[++i] : NULL;
        } else if (arguments[i][0] == '-' && arguments[i][1] != '\0') {
            status = read_option(count, arguments, &i, options);
        } else {
            arguments[options->count++] = arguments[i];
        }
    }
    return status == GD_OK ? check(options) : status;
}

void gd_import_help(gd_text *text) {
    gd_text_add(text, "\nFormats, of files that may be compressed with gzip:\n");
    for (size_t i = 0; gd_import_format_at(i) != NULL; i++) {
        const gd_import_format *format = gd_import_format_at(i);
        gd_text_add(text, "  %s %s\n      %s\n", format->name, format->inputs, format->help);
    }
    gd_text_add(text, "\nOptions, and the formats that take them:\n");
    for (size_t i = 0; i < OPTIONS; i++) {
        gd_text_add(text, "  %s%s%s   (", options[i].name, options[i].value == NULL ? "" : " ",
                    options[i].value == NULL ? "" : options[i].value);
        const char *comma = "";
        for (size_t j = 0; gd_import_format_at(j) != NULL; j++) {
            if (takes(gd_import_format_at(j), options[i].name)) {
                gd_text_add(text, "%s%s", comma, format_name(j));
                comma = ", ";
            }
        }
        gd_text_add(text, ")\n      %s\n", options[i].help);
    }
}
