#include <string.h>

#include "gdmpi/command.h"

static gd_status read_arguments(int count, char **arguments, const char *file[2],
                                const char **output) {
    int files = 0;
    *output = NULL;
    for (int i = 0; i < count; i++) {
        if (strcmp(arguments[i], "-o") == 0) {
            if (i + 1 == count || *output != NULL) {
                return gd_command_misuse(&gd_command_predict, "-o takes one file");
            }
            *output = arguments[++i];
        } else if (arguments[i][0] == '-') {
            return gd_command_misuse(&gd_command_predict, "unknown option");
        } else if (files < 2) {
            file[files++] = arguments[i];
        } else {
            files++;
        }
    }
    if (files != 2) {
        return gd_command_misuse(&gd_command_predict,
                                 "a model and the file of its rows are needed");
    }
    return *output == NULL ? gd_command_misuse(&gd_command_predict, "the output is missing")
                           : GD_OK;
}

static gd_status predict(gd_comm *comm, int count, char **arguments) {
    const char *file[2], *output;
    gd_job job;
    gd_status status = read_arguments(count, arguments, file, &output);
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
