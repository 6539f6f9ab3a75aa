#include "gdmpi/command.h"

static const gd_option options[] = {
    {.name = "-o",
     .kind = GD_OPTION_TEXT,
     .needed = true,
     .value = "OUT.h5",
     .help = "the file to write, which must not be there; it appears whole or not at all"},
    {0},
};

static gd_status predict(gd_comm *comm, int count, char **arguments) {
    const char *output = NULL;
    gd_job job;
    gd_status status = gd_command_options(&gd_command_predict, &count, arguments, &output);
    if (status != GD_OK) {
        return status;
    }
    if (count != 2) {
        return gd_command_misuse(&gd_command_predict,
                                 "a model and the file of its rows are needed");
    }
    status = gd_job_open(comm, arguments[0], arguments[1], &job);
    if (status == GD_OK) {
        job.output = output;
        status = gd_precision_of(job.header.type)->predict(comm, &job);
    }
    gd_job_close(&job);
    return status;
}

const gd_command gd_command_predict = {
    .name = "predict",
    .usage = "MODEL.h5 DATA.h5[:/GROUP]",
    .help = "write what a model, or a checkpoint, makes of rows, which need x alone: classes and "
            "probabilities, or values; without a group as evaluate",
    .options = options,
    .run = predict,
};
