#include "gdmpi/command.h"

static gd_status check(gd_comm *comm, int count, char **arguments) {
    const gd_settings *tables[GD_TABLES];
    gd_config *config = NULL;
    if (count < 1) {
        return gd_command_misuse(&gd_command_check, "a configuration file is missing");
    }
    gd_status status = gd_command_config(comm, count, arguments, tables, &config);
    if (status == GD_OK) {
        status =
            gd_precision_find(gd_config_text(config, "train", "precision"))->plan(comm, config);
    }
    gd_config_free(&config);
    return status;
}

const gd_command gd_command_check = {
    .name = "check",
    .usage = "CONFIG.ini [SECTION.KEY=VALUE ...]",
    .help = "read the config, open the data, print the plan; train and write nothing",
    .run = check,
};
