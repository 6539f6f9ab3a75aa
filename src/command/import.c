#include <stdio.h>

#include "gdmpi/command.h"
#include "gdmpi/import.h"

/* One rank does it all: the work is reading and writing files. */
static gd_status import(gd_comm *comm, int count, char **arguments) {
    gd_import_options options;
    gd_text summary = {0};
    gd_status status = gd_import_parse(count, arguments, &options);
    if (status != GD_OK) {
        gd_status told = gd_command_misuse(&gd_command_import, gd_status_message(status));
        gd_status_free(&status);
        return told;
    }
    if (gd_comm_rank(comm) == 0) {
        status = gd_import_run(&options, &summary);
        if (status == GD_OK) {
            printf("%s%s is written\n", gd_text_bytes(&summary), options.output);
        }
        gd_text_free(&summary);
    }
    return gd_comm_agree(comm, status);
}

const gd_command gd_command_import = {
    .name = "import",
    .usage = "csv|libsvm|npy|idx INPUT...",
    .help = "make a data file out of files of other formats, gzipped or not",
    .options = gd_import_option_table,
    .note = gd_import_note,
    .more = gd_import_help,
    .run = import,
};
