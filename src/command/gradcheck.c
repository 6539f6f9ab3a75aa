#include "gdmpi/gradcheck.h"
#include "gdmpi/command.h"

static gd_status gradcheck(gd_comm *comm, int count, char **arguments) {
    const gd_settings *tables[GD_TABLES];
    gd_config *config;
    gd_status status =
        gd_command_config(comm, &gd_command_gradcheck, count, arguments, tables, &config);
    if (status == GD_OK) {
        status = gd_gradcheck_run(comm, config);
    }
    gd_config_free(&config);
    return status;
}

const gd_command gd_command_gradcheck = {
    .name = "gradcheck",
    .usage = "CONFIG.ini [SECTION.KEY=VALUE ...]",
    .help = "compare the first step's gradient with central differences, in double precision; "
            "exit 0 if they agree to 1e-6, else 3; train and write nothing",
    .run = gradcheck,
};
