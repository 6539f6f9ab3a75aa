#include <stdio.h>
#include <string.h>

#include "gdmpi/blas.h"
#include "gdmpi/command.h"
#include "gdmpi/store.h"
#include "gdmpi/terminal.h"

const gd_command *const gd_commands[] = {
    &gd_command_train,   &gd_command_check,     &gd_command_evaluate,
    &gd_command_predict, &gd_command_gradcheck, &gd_command_import,
    &gd_command_inspect, &gd_command_diff,      NULL,
};

static void print_usage(const gd_command *command) {
    printf("  gdmpi%s%s %s\n      %s\n", command->name == NULL ? "" : " ",
           command->name == NULL ? "" : command->name, command->usage, command->help);
}

static gd_status print_command_help(const gd_command *command) {
    gd_text more = {0};
    if (command->more != NULL) {
        command->more(&more);
    }
    gd_status status = gd_text_status(&more);
    print_usage(command);
    printf("%s", gd_text_bytes(&more));
    gd_text_free(&more);
    return status;
}

static gd_status print_help(void) {
    const gd_settings *tables[GD_TABLES];
    gd_text methods = {0}, settings = {0};
    gd_precision_single.settings(tables);
    gd_precision_single.methods(&methods);
    gd_settings_write(tables, &settings);
    gd_status status = gd_text_status(settings.failed ? &settings : &methods);
    printf("gdmpi trains a model on an HDF5 data set, on all ranks of an MPI job.\n\nUsage:\n");
    for (size_t i = 0; gd_commands[i] != NULL; i++) {
        print_usage(gd_commands[i]);
    }
    printf("  gdmpi COMMAND --help\n  gdmpi --help | --version\n\n"
           "With --quiet, any of them prints only errors and warnings, on standard error.\n\n"
           "Exit codes: 0 done, 1 failed while running, 2 bad input, 3 training diverged,\n"
           "75 stopped after a checkpoint: run the same command again to continue.\n\n"
           "%s\nSettings, as in a configuration file, with their defaults:\n\n%s",
           gd_text_bytes(&methods), gd_text_bytes(&settings));
    gd_text_free(&methods);
    gd_text_free(&settings);
    return status;
}

static void print_version(void) {
    printf("gdmpi %s\n%s\n%s\nHDF5 %s\n", PACKAGE_VERSION, gd_comm_version(), gd_blas_version(),
           gd_store_version());
}

static const gd_command *find(const char *name) {
    for (size_t i = 0; gd_commands[i] != NULL; i++) {
        if (gd_commands[i]->name != NULL && strcmp(gd_commands[i]->name, name) == 0) {
            return gd_commands[i];
        }
    }
    return NULL;
}

gd_status gd_command_misuse(const gd_command *command, const char *what) {
    return gd_status_new(GD_BAD_INPUT, "%s; usage: gdmpi%s%s %s", what,
                         command->name == NULL ? "" : " ",
                         command->name == NULL ? "" : command->name, command->usage);
}

static bool is_help(const char *argument) {
    return strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0;
}

/* Takes --quiet out of the arguments, wherever it stands: all commands know it. */
static bool take_quiet(int *argc, char **argv) {
    int left = 0;
    for (int i = 0; i < *argc; i++) {
        if (i == 0 || strcmp(argv[i], "--quiet") != 0) {
            argv[left++] = argv[i];
        }
    }
    bool quiet = left < *argc;
    *argc = left;
    return quiet;
}

gd_status gd_command_run(gd_comm *comm, int argc, char **argv) {
    bool root = gd_comm_rank(comm) == 0, quiet = take_quiet(&argc, argv);
    if (argc < 2) {
        return gd_command_train.run(comm, 0, argv);
    }
    if (is_help(argv[1])) {
        return gd_comm_agree(comm, root ? print_help() : GD_OK);
    }
    if (strcmp(argv[1], "--version") == 0) {
        if (root) {
            print_version();
        }
        return GD_OK;
    }
    const gd_command *command = find(argv[1]);
    int behind = command == NULL ? 1 : 2;
    command = command == NULL ? &gd_command_train : command;
    for (int i = behind; i < argc; i++) {
        if (is_help(argv[i])) {
            return gd_comm_agree(comm, root ? print_command_help(command) : GD_OK);
        }
    }
    if (command == &gd_command_train && argv[1][0] == '-') {
        return gd_status_new(GD_BAD_INPUT, "unknown option '%s'; see gdmpi --help", argv[1]);
    }
    gd_status status = gd_comm_agree(comm, quiet ? gd_terminal_silence() : GD_OK);
    return status == GD_OK ? command->run(comm, argc - behind, argv + behind) : status;
}
