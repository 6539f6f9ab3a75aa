#include "gdmpi/export.h"
#include "gdmpi/command.h"

static const gd_option options[] = {
    {.name = "-o",
     .kind = GD_OPTION_TEXT,
     .needed = true,
     .value = "model.c|model.onnx",
     .help = "the file to write, which must not be there; it appears whole or not at all,\n"
             "      and its ending says as what"},
    {0},
};

static gd_status export(gd_comm *comm, int count, char **arguments) {
    const gd_export_format *format;
    const char *output = NULL;
    gd_job job;
    gd_status status = gd_command_options(&gd_command_export, &count, arguments, &output);
    if (status == GD_OK && count != 1) {
        status = gd_command_misuse(&gd_command_export, "a model is needed");
    }
    if (status == GD_OK) {
        status = gd_export_find(output, &format);
    }
    if (status != GD_OK) {
        return status;
    }
    status = gd_job_open(comm, arguments[0], NULL, &job);
    if (status == GD_OK) {
        job.output = output;
        status = gd_precision_of(job.header.type)->export(comm, &job);
    }
    gd_job_close(&job);
    return status;
}

const gd_command gd_command_export = {
    .name = "export",
    .usage = "MODEL.h5",
    .help = "write a model, or a checkpoint, for other programs: as a C file with one "
            "function, or as ONNX; what is done to x before the layers is part of it",
    .options = options,
    .more = gd_export_help,
    .run = export,
};
