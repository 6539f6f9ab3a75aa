#include <string.h>

#include "gdmpi/command.h"
#include "gdmpi/files.h"
#include "gdmpi/memory.h"

static const char *command_name(size_t index) {
    size_t named = 0;
    for (size_t i = 0; gd_commands[i] != NULL; i++) {
        if (gd_commands[i]->name != NULL && named++ == index) {
            return gd_commands[i]->name;
        }
    }
    return NULL;
}

/* What is not a command must be a file: a misspelt word is told as one. */
static gd_status read_file(const char *path, char **text, size_t *count) {
    gd_status status = gd_file_read(path, text, count);
    const char *near = gd_text_nearest(path, command_name);
    if (status == GD_OK || strpbrk(path, "/.") != NULL) {
        return status;
    }
    gd_status_free(&status);
    return gd_status_new(GD_BAD_INPUT, "'%s' is neither a command nor a configuration file; %s%s%s",
                         path, near == NULL ? "see gdmpi --help" : "did you mean '",
                         near == NULL ? "" : near, near == NULL ? "" : "'?");
}

/* A run has a directory: runs/NAME for PATH/NAME.ini, if the config names none. */
static gd_status name_directory(const char *path, gd_config *config) {
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    const char *dot = strrchr(name, '.');
    int length = (int)(dot == NULL || dot == name ? strlen(name) : (size_t)(dot - name));
    char *directory;
    if (gd_config_text(config, "run", "dir")[0] != '\0') {
        return GD_OK;
    }
    gd_status status = gd_text_new(&directory, "runs/%.*s", length, name);
    if (status == GD_OK) {
        status = gd_config_replace(config, "run", "dir", directory);
    }
    gd_memory_free(&directory);
    return status;
}

static gd_status parse(int count, char **arguments, const char *text, size_t bytes,
                       const gd_settings *tables[], gd_config **config) {
    if (strlen(text) != bytes) {
        return gd_status_new(GD_BAD_INPUT, "%s: is not a text file", arguments[0]);
    }
    gd_status status =
        gd_config_parse(arguments[0], text, count - 1, arguments + 1, tables, config);
    return status == GD_OK ? name_directory(arguments[0], *config) : status;
}

const gd_precision *gd_command_precision(const gd_config *config) {
    const char *name = gd_config_text(config, "train", "precision");
    return strcmp(name, gd_precision_double.name) == 0 ? &gd_precision_double
                                                       : &gd_precision_single;
}

gd_status gd_command_config(gd_comm *comm, const gd_command *command, int count, char **arguments,
                            const gd_settings *tables[], gd_config **config) {
    char *text = NULL;
    size_t bytes = 0;
    gd_status status = GD_OK;
    *config = NULL;
    if (count < 1) {
        return gd_command_misuse(command, "a configuration file is missing");
    }
    gd_precision_single.settings(tables);
    if (gd_comm_rank(comm) == 0) {
        status = read_file(arguments[0], &text, &bytes);
    }
    status = gd_comm_agree(comm, status);
    if (status == GD_OK) {
        status = gd_comm_broadcast_block(comm, &text, &bytes);
    }
    if (status == GD_OK) {
        status = gd_comm_agree(comm, parse(count, arguments, text, bytes, tables, config));
    }
    gd_memory_free(&text);
    if (status != GD_OK) {
        gd_config_free(config);
    }
    return status;
}
