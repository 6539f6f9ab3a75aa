#include "gdmpi/find_lr.h"

#include "gdmpi/command.h"

static const gd_option options[] = {
    {.name = "--from",
     .kind = GD_OPTION_REAL,
     .offset = offsetof(gd_find_lr, from),
     .value = "LR",
     .help = "the learning rate of the first step (1e-7)"},
    {.name = "--to",
     .kind = GD_OPTION_REAL,
     .offset = offsetof(gd_find_lr, to),
     .value = "LR",
     .help = "that of the last step, unless the loss explodes before (10)"},
    {.name = "--steps",
     .kind = GD_OPTION_NUMBER,
     .offset = offsetof(gd_find_lr, steps),
     .value = "N",
     .help = "how many steps lead from one to the other, at least 100 (200)"},
    {.name = "-o",
     .kind = GD_OPTION_TEXT,
     .offset = offsetof(gd_find_lr, output),
     .value = "FILE.csv",
     .help = "write the curve too, to a file that must not be there: a line of\n"
             "      lr,loss,smooth for each step"},
    {0},
};

static gd_status check(const gd_find_lr *test) {
    if (test->from < GD_FIND_LR_LEAST || test->to > GD_FIND_LR_GREATEST) {
        return gd_status_new(GD_BAD_INPUT, "--from and --to are from %g to %g", GD_FIND_LR_LEAST,
                             GD_FIND_LR_GREATEST);
    }
    if (test->from >= test->to) {
        return gd_status_new(GD_BAD_INPUT, "--from (%g) is not below --to (%g)", test->from,
                             test->to);
    }
    return test->steps >= GD_FIND_LR_STEPS
               ? GD_OK
               : gd_status_new(GD_BAD_INPUT, "--steps is at least %d", GD_FIND_LR_STEPS);
}

static gd_status read_test(int *count, char **arguments, gd_find_lr *test) {
    *test = GD_FIND_LR_DEFAULT;
    gd_status status = gd_command_options(&gd_command_find_lr, count, arguments, test);
    if (status != GD_OK) {
        return status;
    }
    status = check(test);
    if (status != GD_OK) {
        gd_status told = gd_command_misuse(&gd_command_find_lr, gd_status_message(status));
        gd_status_free(&status);
        return told;
    }
    return GD_OK;
}

static gd_status find_lr(gd_comm *comm, int count, char **arguments) {
    const gd_settings *tables[GD_TABLES];
    gd_config *config;
    gd_find_lr test;
    gd_status status = read_test(&count, arguments, &test);
    if (status != GD_OK) {
        return status;
    }
    status = gd_command_config(comm, &gd_command_find_lr, count, arguments, tables, &config);
    if (status == GD_OK) {
        status = gd_command_precision(config)->find_lr(comm, config, &test);
    }
    gd_config_free(&config);
    return status;
}

const gd_command gd_command_find_lr = {
    .name = "find-lr",
    .usage = "CONFIG.ini [SECTION.KEY=VALUE ...]",
    .help = "learning-rate range test: steps at rising rates, the curve of their losses, and a "
            "rate to train with; the run directory is left alone",
    .options = options,
    .run = find_lr,
};
