#include <stddef.h>
#include <string.h>

#include "import_private.h"

#define AT(member) offsetof(gd_import_options, member)

const gd_option gd_import_option_table[] = {
    {.name = "-o",
     .kind = GD_OPTION_TEXT,
     .offset = AT(output),
     .needed = true,
     .value = "DATA.h5",
     .help = "the data file to write, which appears whole or not at all, and replaces an\n"
             "      older one"},
    {.name = "--target",
     .kind = GD_OPTION_TEXT,
     .offset = AT(target),
     .value = "COLUMN,...",
     .help = "what is to be learned, by name or number (the last column)"},
    {.name = "--task",
     .kind = GD_OPTION_CHOICE,
     .offset = AT(task),
     .value = "classification|regression",
     .help = "what the target is; by itself, texts are classes, and so are up to 100\n"
             "      different whole numbers; other numbers are values",
     .choices = {"auto", "classification", "regression", NULL}},
    {.name = "--ignore",
     .kind = GD_OPTION_TEXT,
     .offset = AT(ignore),
     .value = "COLUMN,...",
     .help = "leave these columns out"},
    {.name = "--categorical",
     .kind = GD_OPTION_TEXT,
     .offset = AT(categorical),
     .value = "COLUMN,...",
     .help = "columns of categories though written as numbers; those of texts always are"},
    {.name = "--encode",
     .kind = GD_OPTION_CHOICE,
     .offset = AT(encoding),
     .value = "one-hot|codes",
     .help = "of a category: a feature for each, 0 or 1 (one-hot), or its number from 0,\n"
             "      in sorted order",
     .choices = {"one-hot", "codes", NULL}},
    {.name = "--missing",
     .kind = GD_OPTION_CHOICE,
     .offset = AT(missing),
     .value = "error|mean|drop",
     .help = "missing values are errors, become their column's mean over training rows\n"
             "      (its most frequent category), or their rows are dropped",
     .choices = {"error", "mean", "drop", NULL}},
    {.name = "--separator",
     .kind = GD_OPTION_TEXT,
     .offset = AT(separator),
     .value = "CHARACTER",
     .help = "between columns; by itself, the first of tab, semicolon and comma that is\n"
             "      in the first line"},
    {.name = "--header",
     .kind = GD_OPTION_FLAG,
     .offset = AT(header),
     .help = "the first line has names; by itself, if none is a number"},
    {.name = "--no-header",
     .kind = GD_OPTION_FLAG,
     .offset = AT(no_header),
     .help = "the first line has values"},
    {.name = "--type",
     .kind = GD_OPTION_CHOICE,
     .offset = AT(type),
     .value = "float32|float64",
     .help = "of x; by itself, the smallest integers if all are whole, else float32, or\n"
             "      float64 where a column has whole numbers above 16,777,216",
     .choices = {"auto", "float32", "float64", NULL}},
    {.name = "--features",
     .kind = GD_OPTION_NUMBER,
     .offset = AT(features),
     .value = "N",
     .help = "in a row (the largest index there is)"},
    {.name = "--split",
     .kind = GD_OPTION_TEXT,
     .offset = AT(split),
     .value = "TRAIN,VAL[,TEST]",
     .help = "shares of the rows for /train, /val and /test, such as 0.8,0.1,0.1; each\n"
             "      gets its share of each class"},
    {.name = "--no-shuffle",
     .kind = GD_OPTION_FLAG,
     .offset = AT(no_shuffle),
     .help = "keep the order of the rows; the first are for training"},
    {.name = "--seed",
     .kind = GD_OPTION_NUMBER,
     .offset = AT(seed),
     .value = "N",
     .help = "of shuffle and split (1)"},
    {.name = "--compress",
     .kind = GD_OPTION_CHOICE,
     .offset = AT(compress),
     .value = "yes|no",
     .help = "x in compressed chunks; by itself, if more than three quarters are 0",
     .choices = {"auto", "yes", "no", NULL}},
    {0},
};

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

/* Of the options that were given, the format must take each. */
static gd_status check_taken(const gd_import_format *format, uint64_t given) {
    for (size_t i = 0; gd_import_option_table[i].name != NULL; i++) {
        const gd_option *option = &gd_import_option_table[i];
        if (given >> i & 1 && !option->needed && !takes(format, option->name)) {
            return gd_status_new(GD_BAD_INPUT, "%s is no option of %s", option->name, format->name);
        }
    }
    return GD_OK;
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
    *options = (gd_import_options){.seed = 1, .memory = memory};
    uint64_t given;
    gd_status status = gd_options_parse(gd_import_option_table, &count, arguments, options, &given);
    if (status == GD_OK) {
        status = count > 0 ? read_format(arguments[0], options)
                           : gd_status_new(GD_BAD_INPUT, "the format is missing");
    }
    if (status == GD_OK) {
        status = check_taken(options->format, given);
    }
    options->inputs = arguments + 1;
    options->count = count - 1;
    return status == GD_OK ? check(options) : status;
}

void gd_import_note(const gd_option *option, gd_text *text) {
    const char *before = "   (";
    for (size_t i = 0; gd_import_format_at(i) != NULL && !option->needed; i++) {
        if (takes(gd_import_format_at(i), option->name)) {
            gd_text_add(text, "%s%s", before, format_name(i));
            before = ", ";
        }
    }
    gd_text_add(text, option->needed ? "" : ")");
}

void gd_import_help(gd_text *text) {
    gd_text_add(text, "\nFormats, of files that may be compressed with gzip:\n");
    for (size_t i = 0; gd_import_format_at(i) != NULL; i++) {
        const gd_import_format *format = gd_import_format_at(i);
        gd_text_add(text, "  %s %s\n      %s\n", format->name, format->inputs, format->help);
    }
}
