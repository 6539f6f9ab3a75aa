#include <stdio.h>
#include <string.h>

#include "gdmpi/blas.h"
#include "gdmpi/command.h"
#include "gdmpi/paragraph.h"
#include "gdmpi/store.h"
#include "gdmpi/terminal.h"

const gd_command *const gd_commands[] = {
    &gd_command_train,
    &gd_command_check,
    &gd_command_evaluate,
    &gd_command_predict,
    &gd_command_export,
    &gd_command_gradcheck,
    &gd_command_find_lr,
    &gd_command_import,
    &gd_command_inspect,
    &gd_command_diff,
    NULL,
};

static const struct {
    gd_code code;
    const char *help;
} codes[] = {
    {GD_DONE, "done"},
    {GD_FAILED, "something failed while running: input or output, memory, MPI"},
    {GD_BAD_INPUT, "bad input: usage, configuration, data or checkpoint"},
    {GD_DIVERGED, "training diverged; gradcheck: wrong gradient; find-lr: no learning rate"},
    {GD_STOPPED, "stopped after a checkpoint: run the same command again to continue"},
};

static const gd_option common[] = {
    {.name = "--quiet",
     .kind = GD_OPTION_FLAG,
     .help = "print nothing but errors and warnings, on standard error"},
    {.name = "--help", .kind = GD_OPTION_FLAG, .help = "print this, and do nothing"},
    {0},
};

static void add_usage(const gd_command *command, gd_text *text) {
    gd_text_add(text, "gdmpi%s%s %s", command->name == NULL ? "" : " ",
                command->name == NULL ? "" : command->name, command->usage);
    gd_options_usage(command->options, text);
}

static void add_help(const gd_command *command, gd_text *text) {
    gd_text_add(text, "  ");
    add_usage(command, text);
    gd_text_add(text, "\n");
    gd_paragraph_write(&(gd_paragraph){.label = "", .indent = 6}, GD_TERMINAL_COLUMNS,
                       command->help, text);
}

static gd_status print(gd_text *text) {
    gd_say_page(text);
    gd_status status = gd_text_status(text);
    gd_text_free(text);
    return status;
}

static gd_status print_command_help(const gd_command *command) {
    gd_text text = {0};
    add_help(command, &text);
    if (command->more != NULL) {
        command->more(&text);
    }
    gd_options_help("Options", command->options, command->note, &text);
    gd_options_help("Options of all commands", common, NULL, &text);
    return print(&text);
}

static gd_status print_help(void) {
    const gd_settings *tables[GD_TABLES];
    gd_text text = {0}, settings = {0};
    gd_text_add(&text, "gdmpi trains a model on an HDF5 data set, on all ranks of an MPI job.\n\n"
                       "Usage:\n");
    for (size_t i = 0; gd_commands[i] != NULL; i++) {
        add_help(gd_commands[i], &text);
    }
    gd_text_add(&text,
                "  gdmpi COMMAND --help\n      the options of a command\n"
                "  gdmpi --help [COMMAND] | --version\n\n"
                "With --quiet, any of them prints only errors and warnings, on standard error.\n\n"
                "Exit codes:\n");
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        gd_text_add(&text, "  %-4d%s\n", codes[i].code, codes[i].help);
    }
    gd_text_add(&text, "\n");
    gd_precision_single.settings(tables);
    gd_precision_single.methods(&text);
    gd_text_add(&text, "\nSettings, as in a configuration file, with their defaults:\n\n");
    gd_settings_write(tables, &settings);
    gd_status status = print(&text);
    return gd_status_first(status, print(&settings));
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

/* Of all, or of the commands that are named. */
static gd_status print_help_of(int count, char **names) {
    gd_status status = count == 0 ? print_help() : GD_OK;
    for (int i = 0; i < count && status == GD_OK; i++) {
        const gd_command *command = find(names[i]);
        status = command != NULL
                     ? print_command_help(command)
                     : gd_status_new(GD_BAD_INPUT, "there is no command '%s'; see gdmpi --help",
                                     names[i]);
    }
    return status;
}

gd_status gd_command_misuse(const gd_command *command, const char *what) {
    gd_text usage = {0};
    add_usage(command, &usage);
    gd_status status = gd_status_new(GD_BAD_INPUT, "%s; usage: %s", what, gd_text_bytes(&usage));
    gd_text_free(&usage);
    return status;
}

gd_status gd_command_options(const gd_command *command, int *count, char **arguments, void *into) {
    gd_status status = gd_options_parse(command->options, count, arguments, into, NULL);
    if (status == GD_OK) {
        return GD_OK;
    }
    gd_status misuse = gd_command_misuse(command, gd_status_message(status));
    gd_status_free(&status);
    return misuse;
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
        return gd_comm_agree(comm, root ? print_help_of(argc - 2, argv + 2) : GD_OK);
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
