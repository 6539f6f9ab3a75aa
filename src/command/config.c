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
    if (status == GD_OK || near == NULL || strpbrk(path, "/.") != NULL) {
        return status;
    }
    gd_status_free(&status);
    return gd_status_new(GD_BAD_INPUT,
                         "'%s' is neither a command nor a configuration file; did you mean '%s'?",
                         path, near);
}

/* "run.dir=runs/NAME" for a config PATH/NAME.ini. */
static void default_directory(const char *path, gd_text *override) {
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    const char *dot = strrchr(name, '.');
    int length = (int)(dot == NULL || dot == name ? strlen(name) : (size_t)(dot - name));
    gd_text_add(override, "run.dir=runs/%.*s", length, name);
}

/* Parses, once more with the directory that the config's name gives if it gives none itself. */
static gd_status parse(int count, char **arguments, const char *text, const gd_settings *tables[],
                       gd_config **config) {
    gd_text directory = {0};
    char **overrides = NULL;
    gd_status status =
        gd_config_parse(arguments[0], text, count - 1, arguments + 1, tables, config);
    if (status != GD_OK || gd_config_text(*config, "run", "dir")[0] != '\0') {
        return status;
    }
    gd_config_free(config);
    default_directory(arguments[0], &directory);
    status = gd_text_status(&directory);
    if (status == GD_OK) {
        status = gd_memory_new(&overrides, (size_t)count, sizeof *overrides, "overrides");
    }
    if (status == GD_OK) {
        int kept = 0;
        for (int i = 1; i < count; i++) {
            if (strncmp(arguments[i], "run.dir=", 8) != 0) {
                overrides[kept++] = arguments[i];
            }
        }
        overrides[kept++] = directory.bytes;
        status = gd_config_parse(arguments[0], text, kept, overrides, tables, config);
    }
    gd_memory_free(&overrides);
    gd_text_free(&directory);
    return status;
}

gd_status gd_command_config(gd_comm *comm, int count, char **arguments, const gd_settings *tables[],
                            gd_config **config) {
    char *text = NULL;
    size_t bytes = 0;
    gd_status status = GD_OK;
    *config = NULL;
    gd_precision_single.settings(tables);
    if (gd_comm_rank(comm) == 0) {
        status = read_file(arguments[0], &text, &bytes);
    }
    status = gd_comm_agree(comm, status);
    if (status == GD_OK) {
        bytes++;
        status = gd_comm_broadcast_block(comm, &text, &bytes);
    }
    if (status == GD_OK) {
        status = strlen(text) + 1 == bytes
                     ? parse(count, arguments, text, tables, config)
                     : gd_status_new(GD_BAD_INPUT, "%s: is not a text file", arguments[0]);
        status = gd_comm_agree(comm, status);
    }
    gd_memory_free(&text);
    if (status != GD_OK) {
        gd_config_free(config);
    }
    return status;
}
