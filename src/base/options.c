#include <string.h>

#include "gdmpi/options.h"

enum { FEW = 3 }; /* options that need not be given, in a usage */

static size_t count_options(const gd_option *options) {
    size_t count = 0;
    while (options != NULL && options[count].name != NULL) {
        count++;
    }
    return count;
}

static gd_status set_choice(const gd_option *option, const char *value, int *chosen) {
    for (int i = 0; option->choices[i] != NULL; i++) {
        if (strcmp(option->choices[i], value) == 0) {
            *chosen = i;
            return GD_OK;
        }
    }
    return gd_status_new(GD_BAD_INPUT, "%s is %s, not '%s'", option->name, option->value, value);
}

static gd_status set_number(const gd_option *option, const char *value, int64_t *number) {
    return gd_text_to_integer(value, number) && *number >= 0 && *number <= INT32_MAX
               ? GD_OK
               : gd_status_new(GD_BAD_INPUT, "%s is a whole number from 0 to %d, not '%s'",
                               option->name, INT32_MAX, value);
}

static gd_status set_real(const gd_option *option, const char *value, double *number) {
    return gd_text_to_number(value, number) && *number > 0
               ? GD_OK
               : gd_status_new(GD_BAD_INPUT, "%s is a number above 0, not '%s'", option->name,
                               value);
}

static gd_status set(const gd_option *option, const char *value, void *into) {
    char *at = (char *)into + option->offset;
    switch (option->kind) {
    case GD_OPTION_FLAG:
        *(bool *)at = true;
        return GD_OK;
    case GD_OPTION_TEXT:
        *(const char **)at = value;
        return GD_OK;
    case GD_OPTION_NUMBER:
        return set_number(option, value, (int64_t *)at);
    case GD_OPTION_REAL:
        return set_real(option, value, (double *)at);
    case GD_OPTION_CHOICE:
        return set_choice(option, value, (int *)at);
    }
    return GD_OK;
}

static gd_status unknown(const gd_option *options, const char *word) {
    const char *nearest = NULL;
    for (size_t i = 0; i < count_options(options); i++) {
        nearest = gd_text_nearer(word, nearest, options[i].name);
    }
    return gd_status_new(GD_BAD_INPUT, "unknown option '%s'%s%s%s", word,
                         nearest == NULL ? "" : "; did you mean '", nearest == NULL ? "" : nearest,
                         nearest == NULL ? "" : "'?");
}

/* `word` may be "--name=value", which is cut in two. Past the end if there is none. */
static size_t find(const gd_option *options, char *word, char **value) {
    char *equals = strchr(word, '=');
    size_t index = 0, count = count_options(options);
    *value = NULL;
    if (equals != NULL) {
        *equals = '\0';
        *value = equals + 1;
    }
    while (index < count && strcmp(options[index].name, word) != 0) {
        index++;
    }
    return index;
}

/* Reads the option in arguments[*at], and goes on to its value. */
static gd_status read_option(const gd_option *options, int count, char **arguments, int *at,
                             void *into, uint64_t *given) {
    char *value;
    size_t index = find(options, arguments[*at], &value);
    if (index == count_options(options)) {
        return unknown(options, arguments[*at]);
    }
    const gd_option *option = &options[index];
    if (*given >> index & 1) {
        return gd_status_new(GD_BAD_INPUT, "%s is given twice", option->name);
    }
    if (option->value == NULL && value != NULL) {
        return gd_status_new(GD_BAD_INPUT, "%s takes no value", option->name);
    }
    if (option->value != NULL && value == NULL) {
        if (*at + 1 == count) {
            return gd_status_new(GD_BAD_INPUT, "%s needs %s", option->name, option->value);
        }
        value = arguments[++*at];
    }
    *given |= (uint64_t)1 << index;
    return set(option, value, into);
}

static gd_status check_needed(const gd_option *options, uint64_t given) {
    for (size_t i = 0; i < count_options(options); i++) {
        if (options[i].needed && !(given >> i & 1)) {
            return gd_status_new(GD_BAD_INPUT, "%s %s is missing", options[i].name,
                                 options[i].value);
        }
    }
    return GD_OK;
}

gd_status gd_options_parse(const gd_option *options, int *count, char **arguments, void *into,
                           uint64_t *given) {
    gd_status status = GD_OK;
    uint64_t found = 0;
    int left = 0;
    for (int i = 0; i < *count && status == GD_OK; i++) {
        if (arguments[i][0] == '-' && arguments[i][1] != '\0') {
            status = read_option(options, *count, arguments, &i, into, &found);
        } else {
            arguments[left++] = arguments[i];
        }
    }
    *count = left;
    if (given != NULL) {
        *given = found;
    }
    return status == GD_OK ? check_needed(options, found) : status;
}

static void add_option(const gd_option *option, gd_text *text) {
    gd_text_add(text, "%s%s%s", option->name, option->value == NULL ? "" : " ",
                option->value == NULL ? "" : option->value);
}

void gd_options_usage(const gd_option *options, gd_text *text) {
    size_t count = count_options(options), needed = 0;
    for (size_t i = 0; i < count; i++) {
        needed += options[i].needed;
    }
    for (size_t i = 0; i < count; i++) {
        if (options[i].needed || count - needed <= FEW) {
            gd_text_add(text, options[i].needed ? " " : " [");
            add_option(&options[i], text);
            gd_text_add(text, options[i].needed ? "" : "]");
        }
    }
    gd_text_add(text, count - needed > FEW ? " [OPTION...]" : "");
}

void gd_options_help(const char *title, const gd_option *options,
                     void (*note)(const gd_option *option, gd_text *text), gd_text *text) {
    for (size_t i = 0; i < count_options(options); i++) {
        if (i == 0) {
            gd_text_add(text, "\n%s:\n", title);
        }
        gd_text_add(text, "  ");
        add_option(&options[i], text);
        if (note != NULL) {
            note(&options[i], text);
        }
        gd_text_add(text, "\n      %s\n", options[i].help);
    }
}
