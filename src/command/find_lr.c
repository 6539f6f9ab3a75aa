#include "gdmpi/find_lr.h"

#include "gdmpi/command.h"

static gd_status read_rate(const char *name, const char *value, double *rate) {
    return gd_text_to_number(value, rate) && *rate >= GD_FIND_LR_LEAST &&
                   *rate <= GD_FIND_LR_GREATEST
               ? GD_OK
               : gd_status_new(GD_BAD_INPUT, "%s is a learning rate from %g to %g, not '%s'", name,
                               GD_FIND_LR_LEAST, GD_FIND_LR_GREATEST, value);
}

static gd_status read_from(const char *value, gd_find_lr *test) {
    return read_rate("--from", value, &test->from);
}

static gd_status read_to(const char *value, gd_find_lr *test) {
    return read_rate("--to", value, &test->to);
}

static gd_status read_steps(const char *value, gd_find_lr *test) {
    return gd_text_to_integer(value, &test->steps) && test->steps >= GD_FIND_LR_STEPS &&
                   test->steps <= GD_FIND_LR_MOST
               ? GD_OK
               : gd_status_new(GD_BAD_INPUT, "--steps is a whole number from %d to %d, not '%s'",
                               GD_FIND_LR_STEPS, GD_FIND_LR_MOST, value);
}

static gd_status read_output(const char *value, gd_find_lr *test) {
    if (test->output != NULL) {
        return gd_status_new(GD_BAD_INPUT, "-o takes one file");
    }
    test->output = value;
    return GD_OK;
}

static const struct {
    const char *name, *value, *help;
    gd_status (*read)(const char *value, gd_find_lr *test);
} options[] = {
    {"--from", "LR", "the learning rate of the first step (1e-7)", read_from},
    {"--to", "LR", "that of the last step, unless the loss explodes before (10)", read_to},
    {"--steps", "N", "how many steps lead from one to the other, at least 100 (200)", read_steps},
    {"-o", "FILE.csv", "write the curve too: a line of lr,loss,smooth for each step", read_output},
};

enum { OPTIONS = sizeof options / sizeof *options };

static const char *option_name(size_t index) {
    return index < OPTIONS ? options[index].name : NULL;
}

/* The value of an option may be missing. */
static gd_status read_option(const char *name, const char *value, gd_find_lr *test) {
    const size_t index = gd_text_index(name, option_name);
    if (index == OPTIONS) {
        const char *near = gd_text_nearest(name, option_name);
        return gd_status_new(GD_BAD_INPUT, "unknown option '%s'%s%s%s", name,
                             near == NULL ? "" : "; did you mean '", near == NULL ? "" : near,
                             near == NULL ? "" : "'?");
    }
    return value == NULL ? gd_status_new(GD_BAD_INPUT, "%s needs %s", name, options[index].value)
                         : options[index].read(value, test);
}

/* What is no option moves to the front of `arguments`; *count becomes how many these are. */
static gd_status read_arguments(int *count, char **arguments, gd_find_lr *test) {
    int kept = 0;
    gd_status status = GD_OK;
    for (int i = 0; i < *count && status == GD_OK; i++) {
        if (arguments[i][0] != '-') {
            arguments[kept++] = arguments[i];
        } else {
            status = read_option(arguments[i], i + 1 < *count ? arguments[i + 1] : NULL, test);
            i++;
        }
    }
    *count = kept;
    if (status == GD_OK && test->from >= test->to) {
        status =
            gd_status_new(GD_BAD_INPUT, "--from (%g) is not below --to (%g)", test->from, test->to);
    }
    return status;
}

static gd_status find_lr(gd_comm *comm, int count, char **arguments) {
    const gd_settings *tables[GD_TABLES];
    gd_config *config;
    gd_find_lr test = GD_FIND_LR_DEFAULT;
    gd_status status = read_arguments(&count, arguments, &test);
    if (status != GD_OK) {
        gd_status told = gd_command_misuse(&gd_command_find_lr, gd_status_message(status));
        gd_status_free(&status);
        return told;
    }
    status = gd_command_config(comm, &gd_command_find_lr, count, arguments, tables, &config);
    if (status == GD_OK) {
        status = gd_command_precision(config)->find_lr(comm, config, &test);
    }
    gd_config_free(&config);
    return status;
}

static void help(gd_text *text) {
    gd_text_add(text, "\nOptions:\n");
    for (int i = 0; i < OPTIONS; i++) {
        gd_text_add(text, "  %s %s\n      %s\n", options[i].name, options[i].value,
                    options[i].help);
    }
}

const gd_command gd_command_find_lr = {
    .name = "find-lr",
    .usage = "CONFIG.ini [SECTION.KEY=VALUE ...] [OPTION...]",
    .help = "learning-rate range test: steps at rising rates, the curve of their losses, and a\n"
            "      rate to train with; the run directory is left alone",
    .more = help,
    .run = find_lr,
};
