/* The options of a command. They are declared in a table, which usage, help, the manual and
 * completion come from. */
#ifndef GDMPI_OPTIONS_H
#define GDMPI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "gdmpi/text.h"

typedef enum gd_option_kind {
    GD_OPTION_FLAG,   /* sets a bool */
    GD_OPTION_TEXT,   /* a const char *, of the command line's own */
    GD_OPTION_NUMBER, /* an int64_t, from 0 to INT32_MAX */
    GD_OPTION_REAL,   /* a double, finite and above 0 */
    GD_OPTION_CHOICE  /* an int, as `choices` count */
} gd_option_kind;

enum { GD_OPTION_CHOICES = 4 };

typedef struct gd_option {
    const char *name; /* as it is written: "--json", "-o" */
    gd_option_kind kind;
    size_t offset;     /* of what it sets, in the struct that its table is for */
    bool needed;       /* must be given */
    const char *value; /* what is written behind it, such as "OUT.h5" or "yes|no"; of FLAG: NULL */
    const char *help;
    const char *choices[GD_OPTION_CHOICES]; /* of CHOICE, ending with NULL */
} gd_option;

enum { GD_OPTIONS = 64 }; /* of a table, which ends with a NULL name, at most */

/* Takes "--name", "--name VALUE" and "--name=VALUE" out of `arguments`, and sorts what is left to
 * their front; *count becomes its number. Values go into the struct at `into`, and bit i of *given
 * (which may be NULL) says that options[i] was there. A table of NULL has no options. GD_BAD_INPUT
 * says what is wrong with which. Not collective. */
gd_status gd_options_parse(const gd_option *options, int *count, char **arguments, void *into,
                           uint64_t *given);

/* Adds what a usage says of them: " -o OUT.h5 [--json]"; of many, those that are needed, and
 * " [OPTION...]". Not collective. */
void gd_options_usage(const gd_option *options, gd_text *text);

/* Adds a title, and for each a line and its help; of none, nothing. `note`, which may be NULL, adds
 * to such a line. Not collective. */
void gd_options_help(const char *title, const gd_option *options,
                     void (*note)(const gd_option *option, gd_text *text), gd_text *text);

#endif
