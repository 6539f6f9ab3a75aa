#include "gdmpi/command.h"

static gd_status train(gd_comm *comm, int count, char **arguments) {
    const gd_settings *tables[GD_TABLES];
    gd_config *config;
    gd_status status =
        gd_command_config(comm, &gd_command_train, count, arguments, tables, &config);
    if (status == GD_OK) {
        status = gd_command_precision(config)->train(comm, config);
    }
    gd_config_free(&config);
    return status;
}

const gd_command gd_command_train = {
    .usage = "CONFIG.ini [SECTION.KEY=VALUE ...]",
    .help = "train: mpirun -np N gdmpi CONFIG.ini",
    .run = train,
};
