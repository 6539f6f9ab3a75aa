/* The words that the command line may start with. A command is one file, and one line in the table
 * of command.c. */
#ifndef GDMPI_COMMAND_H
#define GDMPI_COMMAND_H

#include "gdmpi/comm.h"
#include "gdmpi/config.h"
#include "gdmpi/options.h"
#include "gdmpi/precision.h"

typedef struct gd_command {
    const char *name;  /* NULL: the main job, which has no word */
    const char *usage; /* what follows the name, but for the options */
    const char *help;
    const gd_option *options; /* ends with a NULL name; NULL: none */
    /* Adds to the line of an option in the command's own help, and lines to that help; NULL:
     * nothing. */
    void (*note)(const gd_option *option, gd_text *text);
    void (*more)(gd_text *text);
    /* `arguments` are those behind the name. Collective. */
    gd_status (*run)(gd_comm *comm, int count, char **arguments);
} gd_command;

extern const gd_command *const gd_commands[]; /* ends with NULL */
extern const gd_command gd_command_check, gd_command_diff, gd_command_evaluate, gd_command_export,
    gd_command_find_lr, gd_command_gradcheck, gd_command_import, gd_command_inspect,
    gd_command_predict, gd_command_train;

/* Finds the command that argv names, and runs it, or prints help. Collective. */
gd_status gd_command_run(gd_comm *comm, int argc, char **argv);

/* Takes the command's options out of its arguments: see gd_options_parse. GD_BAD_INPUT has the
 * command's usage. Not collective: all ranks have the same arguments. */
gd_status gd_command_options(const gd_command *command, int *count, char **arguments, void *into);

/* The configuration that a command's arguments CONFIG.ini [SECTION.KEY=VALUE ...] make, the same on
 * all ranks. `tables` has GD_TABLES entries and must outlive it. Collective. */
gd_status gd_command_config(gd_comm *comm, const gd_command *command, int count, char **arguments,
                            const gd_settings *tables[], gd_config **config);

/* Its precision. Not collective. */
const gd_precision *gd_command_precision(const gd_config *config);

/* GD_BAD_INPUT with the command's usage. */
gd_status gd_command_misuse(const gd_command *command, const char *what);

#endif
