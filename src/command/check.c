#include "gdmpi/command.h"
#include "gdmpi/plan.h"

static gd_status check(gd_comm *comm, int count, char **arguments) {
    const gd_settings *tables[GD_TABLES];
    gd_plan_options options;
    gd_config *config;
    gd_status status = gd_plan_parse(&count, arguments, &options);
    if (status != GD_OK) {
        return status;
    }
    status = gd_command_config(comm, &gd_command_check, count, arguments, tables, &config);
    if (status == GD_OK) {
        status = gd_command_precision(config)->plan(comm, config, &options);
    }
    gd_config_free(&config);
    return status;
}

const gd_command gd_command_check = {
    .name = "check",
    .usage = "CONFIG.ini [-n 1,2,...,64] [--network 10Gbit/s] [SECTION.KEY=VALUE ...]",
    .help = "read the config, open the data, print the plan: layers, memory, how long an epoch\n"
            "      takes on each number of ranks of -n, advice; train and write nothing",
    .run = check,
};
