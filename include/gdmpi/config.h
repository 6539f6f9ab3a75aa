/* The configuration. Each room, and each algorithm, declares its settings in a table; parsing,
 * checks, help, the resolved config.ini and configs/reference.ini come from the tables. */
#ifndef GDMPI_CONFIG_H
#define GDMPI_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "gdmpi/text.h"

typedef enum gd_setting_kind {
    GD_SETTING_INTEGER,
    GD_SETTING_NUMBER,
    GD_SETTING_CHOICE,  /* one of `choices` */
    GD_SETTING_TEXT,    /* anything, "" too */
    GD_SETTING_INTERVAL /* "500 steps", "2 epochs"; a bare number counts steps */
} gd_setting_kind;

/* What a setting may be, and what that means in one line. */
typedef struct gd_choice {
    const char *name, *help;
} gd_choice;

typedef struct gd_setting {
    const char *key;
    gd_setting_kind kind;
    const char *initial; /* the default as one would write it; NULL: must be given */
    double min, max;     /* INTEGER, NUMBER and INTERVAL: both ends allowed */
    gd_names *choices;   /* CHOICE */
    bool timed;          /* INTERVAL: "10 minutes", too; no result may depend on it */
    bool may_change;     /* a run may be resumed with another value */
    const char *help;    /* one line */
} gd_setting;

/* The settings of a room or an algorithm. Several tables may share a section, and then stand next
 * to each other in a list of tables; those with an owner are known only where the section's choice
 * `chooser` is that owner. `rows` ends with a NULL key. */
typedef struct gd_settings {
    const char *section;
    const char *owner; /* NULL: always known */
    const gd_setting *rows;
    const char *chooser; /* NULL: "name" */
} gd_settings;

typedef enum gd_unit { GD_STEPS, GD_EPOCHS, GD_SECONDS } gd_unit;

typedef struct gd_interval {
    double count;
    gd_unit unit;
} gd_interval;

typedef struct gd_config gd_config;

/* Parses INI `text`, called `name` in messages, then `count` overrides SECTION.KEY=VALUE. `tables`
 * ends with NULL and must outlive the config; one whose sections lie apart is a bug and aborts.
 * GD_BAD_INPUT names the file and line, or the override. Freed with gd_config_free. Not collective.
 */
gd_status gd_config_parse(const char *name, const char *text, int count, char *const *overrides,
                          const gd_settings *const *tables, gd_config **config);
void gd_config_free(gd_config **config);

/* Gives a setting another value, as the override SECTION.KEY=VALUE in place of an earlier one
 * would. GD_BAD_INPUT as in gd_config_parse, after which the config can only be freed. Texts that
 * it gave out before are no longer valid. Not collective. */
gd_status gd_config_replace(gd_config *config, const char *section, const char *key,
                            const char *value);

/* The value of a setting. Asking for one that is in no table, or by another kind, is a bug and
 * aborts. Texts are owned by the config. Not collective. */
int64_t gd_config_integer(const gd_config *config, const char *section, const char *key);
double gd_config_number(const gd_config *config, const char *section, const char *key);
const char *gd_config_text(const gd_config *config, const char *section, const char *key);
gd_interval gd_config_interval(const gd_config *config, const char *section, const char *key);

/* GD_BAD_INPUT that says where the setting was given, and what, then the message. Not collective.
 */
gd_status gd_config_fail(const gd_config *config, const char *section, const char *key,
                         const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The status, which it takes over, but one of GD_BAD_INPUT says first where the setting was given,
 * and what. Not collective. */
gd_status gd_config_blame(const gd_config *config, const char *section, const char *key,
                          gd_status status);

/* The name of the config as it was given to gd_config_parse. */
const char *gd_config_name(const gd_config *config);

/* Every setting with its value, as INI that parses to the same config. Not collective. */
void gd_config_write(const gd_config *config, gd_text *out);

/* Calls `tell` for every setting whose value is not its default. Not collective. */
gd_status gd_config_each_changed(const gd_config *config,
                                 void (*tell)(void *context, const char *section, const char *key,
                                              const char *value),
                                 void *context);

/* GD_OK if a run that was started with `old` may be continued with `config`; otherwise
 * GD_BAD_INPUT, naming the first setting that differs and may not change, and both values. Not
 * collective. */
gd_status gd_config_compare(const gd_config *config, const gd_config *old);

/* configs/reference.ini: every setting with its default, type, range and help. Not collective. */
void gd_settings_write(const gd_settings *const *tables, gd_text *out);

#endif
