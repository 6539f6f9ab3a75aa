#include <stdio.h>
#include <string.h>

#include "gdmpi/command.h"
#include "gdmpi/import.h"

/* FORMAT INPUT... -o OUTPUT, the option anywhere. Sorts the inputs to the front of `arguments`. */
static gd_status read_arguments(int count, char **arguments, int *inputs, const char **output) {
    *output = NULL;
    *inputs = 0;
    for (int i = 0; i < count; i++) {
        if (strcmp(arguments[i], "-o") == 0) {
            if (i + 1 == count || *output != NULL) {
                return gd_command_misuse(&gd_command_import, "-o takes one file");
            }
            *output = arguments[++i];
        } else if (arguments[i][0] == '-') {
            return gd_command_misuse(&gd_command_import, "unknown option");
        } else {
            arguments[(*inputs)++] = arguments[i];
        }
    }
    if (*output == NULL) {
        return gd_command_misuse(&gd_command_import, "the output is missing");
    }
    return *inputs == 3 || *inputs == 5
               ? GD_OK
               : gd_command_misuse(&gd_command_import, "idx takes 2 or 4 files");
}

/* One rank does it all: the work is reading and writing two files. */
static gd_status import(gd_comm *comm, int count, char **arguments) {
    const char *output;
    int inputs;
    if (count < 1 || strcmp(arguments[0], "idx") != 0) {
        return gd_command_misuse(&gd_command_import,
                                 count < 1 ? "the format is missing" : "idx is the known format");
    }
    gd_status status = read_arguments(count, arguments, &inputs, &output);
    if (status == GD_OK && gd_comm_rank(comm) == 0) {
        status = gd_import_idx(inputs - 1, arguments + 1, output);
        if (status == GD_OK) {
            printf("%s is written\n", output);
        }
    }
    return gd_comm_agree(comm, status);
}

const gd_command gd_command_import = {
    .name = "import",
    .usage = "idx IMAGES LABELS [VAL_IMAGES VAL_LABELS] -o DATA.h5",
    .help = "make a data file out of IDX files, gzipped or not",
    .run = import,
};
