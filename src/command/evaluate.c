#include <string.h>

#include "gdmpi/command.h"

static gd_status read_arguments(int count, char **arguments, const char *file[2], bool *json) {
    int files = 0;
    *json = false;
    for (int i = 0; i < count; i++) {
        if (strcmp(arguments[i], "--json") == 0) {
            *json = true;
        } else if (arguments[i][0] == '-') {
            return gd_command_misuse(&gd_command_evaluate, "unknown option");
        } else if (files < 2) {
            file[files++] = arguments[i];
        } else {
            files++;
        }
    }
    return files == 2 ? GD_OK
                      : gd_command_misuse(&gd_command_evaluate,
                                          "a model and the file of its rows are needed");
}

static gd_status evaluate(gd_comm *comm, int count, char **arguments) {
    const char *file[2];
    bool json;
    gd_job job;
    gd_status status = read_arguments(count, arguments, file, &json);
    if (status != GD_OK) {
        return status;
    }
    status = gd_job_open(comm, file[0], file[1], &job);
    if (status == GD_OK) {
        job.json = json;
        status = gd_precision_of(job.header.type)->evaluate(comm, &job);
    }
    gd_job_close(&job);
    return status;
}

const gd_command gd_command_evaluate = {
    .name = "evaluate",
    .usage = "MODEL.h5 DATA.h5[:/GROUP] [--json]",
    .help = "loss and metrics of a model, or a checkpoint, on rows that have y; without a group\n"
            "      those of /test, else of /val, else of the file's root; --json: as one object",
    .run = evaluate,
};
