#include <stddef.h>

#include "gdmpi/command.h"
#include "gdmpi/plan.h"

typedef struct given {
    const char *ranks, *network;
} given;

static const gd_option options[] = {
    {.name = "-n",
     .kind = GD_OPTION_TEXT,
     .offset = offsetof(given, ranks),
     .value = "1,2,...,64",
     .help = "forecast on these numbers of ranks; ... stands for doubling"},
    {.name = "--network",
     .kind = GD_OPTION_TEXT,
     .offset = offsetof(given, network),
     .value = "10Gbit/s",
     .help = "the rate of a host's link, and perhaps the time of a message: 100Gbit/s,2us"},
    {0},
};

static gd_status check(gd_comm *comm, int count, char **arguments) {
    const gd_settings *tables[GD_TABLES];
    given given = {NULL, NULL};
    gd_plan_options wanted;
    gd_config *config;
    gd_status status = gd_command_options(&gd_command_check, &count, arguments, &given);
    if (status == GD_OK) {
        status = gd_plan_read(given.ranks, given.network, &wanted);
    }
    if (status != GD_OK) {
        return status;
    }
    status = gd_command_config(comm, &gd_command_check, count, arguments, tables, &config);
    if (status == GD_OK) {
        status = gd_command_precision(config)->plan(comm, config, &wanted);
    }
    gd_config_free(&config);
    return status;
}

const gd_command gd_command_check = {
    .name = "check",
    .usage = "CONFIG.ini [SECTION.KEY=VALUE ...]",
    .help = "read the config, open the data, print the plan: layers, memory, how long an epoch "
            "takes on each number of ranks of -n, advice; train nothing, and leave nothing behind",
    .options = options,
    .run = check,
};
