#include "gdmpi/export.h"
#include "gdmpi/command.h"

static gd_status export(gd_comm *comm, int count, char **arguments) {
    const gd_export_format *format;
    const char *file[1], *output;
    gd_job job;
    gd_status status = gd_command_output(&gd_command_export, count, arguments, "a model is needed",
                                         1, file, &output);
    if (status == GD_OK) {
        status = gd_export_find(output, &format);
    }
    if (status != GD_OK) {
        return status;
    }
    status = gd_job_open(comm, file[0], NULL, &job);
    if (status == GD_OK) {
        job.output = output;
        status = gd_precision_of(job.header.type)->export(comm, &job);
    }
    gd_job_close(&job);
    return status;
}

const gd_command gd_command_export = {
    .name = "export",
    .usage = "MODEL.h5 -o model.c|model.onnx",
    .help = "write a model, or a checkpoint, for other programs: as a C file with one\n"
            "      function, or as ONNX; what is done to x before the layers is part of it",
    .more = gd_export_help,
    .run = export,
};
