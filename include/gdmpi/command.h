/* The words that the command line may start with. A command is one file, and one line in the table
 * of command.c. */
#ifndef GDMPI_COMMAND_H
#define GDMPI_COMMAND_H

#include "gdmpi/comm.h"
#include "gdmpi/config.h"
#include "gdmpi/precision.h"

typedef struct gd_command {
    const char *name;  /* NULL: the main job, which has no word */
    const char *usage; /* what follows the name */
    const char *help;
    void (*more)(gd_text *text); /* adds lines to the command's own help; NULL: none */
    /* `arguments` are those behind the name. Collective. */
    gd_status (*run)(gd_comm *comm, int count, char **arguments);
} gd_command;

extern const gd_command *const gd_commands[]; /* ends with NULL */
extern const gd_command gd_command_check, gd_command_diff, gd_command_evaluate,
    gd_command_gradcheck, gd_command_import, gd_command_inspect, gd_command_predict,
    gd_command_train;

/* Finds the command that argv names, and runs it, or prints help. Collective. */
gd_status gd_command_run(gd_comm *comm, int argc, char **argv);

/* The configuration that a command's arguments CONFIG.ini [SECTION.KEY=VALUE ...] make, the same on
 * all ranks. `tables` has GD_TABLES entries and must outlive it. Collective. */
gd_status gd_command_config(gd_comm *comm, const gd_command *command, int count, char **arguments,
                            const gd_settings *tables[], gd_config **config);

/* GD_BAD_INPUT with the command's usage. */
gd_status gd_command_misuse(const gd_command *command, const char *what);

#endif
