#include "gdmpi/command.h"

static const gd_option options[] = {
    {.name = "--json", .kind = GD_OPTION_FLAG, .help = "print one JSON object"},
    {0},
};

static gd_status evaluate(gd_comm *comm, int count, char **arguments) {
    bool json = false;
    gd_job job;
    gd_status status = gd_command_options(&gd_command_evaluate, &count, arguments, &json);
    if (status != GD_OK) {
        return status;
    }
    if (count != 2) {
        return gd_command_misuse(&gd_command_evaluate,
                                 "a model and the file of its rows are needed");
    }
    status = gd_job_open(comm, arguments[0], arguments[1], &job);
    if (status == GD_OK) {
        job.json = json;
        status = gd_precision_of(job.header.type)->evaluate(comm, &job);
    }
    gd_job_close(&job);
    return status;
}

const gd_command gd_command_evaluate = {
    .name = "evaluate",
    .usage = "MODEL.h5 DATA.h5[:/GROUP]",
    .help = "loss and metrics of a model, or a checkpoint, on rows that have y; without a group "
            "those of /test, else of /val, else of the file's root",
    .options = options,
    .run = evaluate,
};
