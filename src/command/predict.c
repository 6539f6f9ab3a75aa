#include "gdmpi/command.h"

static gd_status predict(gd_comm *comm, int count, char **arguments) {
    const char *file[2], *output;
    gd_job job;
    gd_status status =
        gd_command_output(&gd_command_predict, count, arguments,
                          "a model and the file of its rows are needed", 2, file, &output);
    if (status != GD_OK) {
        return status;
    }
    status = gd_job_open(comm, file[0], file[1], &job);
    if (status == GD_OK) {
        job.output = output;
        status = gd_precision_of(job.header.type)->predict(comm, &job);
    }
    gd_job_close(&job);
    return status;
}

const gd_command gd_command_predict = {
    .name = "predict",
    .usage = "MODEL.h5 DATA.h5[:/GROUP] -o OUT.h5",
    .help = "write what a model, or a checkpoint, makes of rows, which need x alone: classes and\n"
            "      probabilities, or values; without a group as evaluate",
    .run = predict,
};
