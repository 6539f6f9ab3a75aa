/* What the files of the config room share. */
#ifndef GDMPI_CONFIG_PRIVATE_H
#define GDMPI_CONFIG_PRIVATE_H

#include "gdmpi/config.h"

/* settings.c */

typedef struct gd_value {
    char *text; /* as it is written back; freed with gd_memory_free */
    int64_t integer;
    double number;
    gd_interval interval;
} gd_value;

/* Parses what was written for a setting; the message does not say where. Texts that would not come
 * back from a file are refused. */
gd_status gd_value_parse(const gd_setting *setting, const char *written, gd_value *value);
bool gd_value_equal(gd_setting_kind kind, const gd_value *a, const gd_value *b);

/* "a whole number (at least 1)". */
void gd_setting_describe(const gd_setting *setting, gd_text *out);

/* ini.c */

/* Told of every [section] and every key of an INI text; `where` is "NAME:LINE". */
typedef struct gd_ini_listener {
    void *context;
    gd_status (*section)(void *context, const char *where, const char *section);
    gd_status (*key)(void *context, const char *where, const char *section, const char *key,
                     const char *value);
} gd_ini_listener;

/* Stops at the first error, its own or the listener's. */
gd_status gd_ini_read(const char *name, const char *text, const gd_ini_listener *listener);

/* Blanks as in INI text, and whether a comment starts at text[i]. */
bool gd_ini_blank(char c);
bool gd_ini_comment(const char *text, size_t i);

/* Cuts the blanks off both ends of a text, in place. */
char *gd_ini_trim(char *text);

/* config.c */

typedef enum gd_origin { GD_FROM_DEFAULT, GD_FROM_FILE, GD_FROM_OVERRIDE } gd_origin;

/* One row of one table. */
typedef struct gd_slot {
    const gd_settings *table;
    const gd_setting *setting;
    gd_origin origin;
    char *written; /* what the file or an override gave, else NULL */
    char *where;   /* for messages */
    bool active;   /* no owner, or the owner is selected */
    gd_value value;
} gd_slot;

struct gd_config {
    char *name;
    gd_slot *slot; /* in the order of the tables */
    size_t count;
};

/* The key of the setting on which it depends whether a table with an owner is known. */
const char *gd_config_chooser(const gd_settings *table);

/* The active setting of this name; NULL: none. */
const gd_slot *gd_config_find(const gd_config *config, const char *section, const char *key);

/* unknown.c */

/* "unknown section ...", "unknown key ...", with what was probably meant. */
gd_status gd_config_unknown_section(const gd_config *config, const char *where,
                                    const char *section);
gd_status gd_config_unknown_key(const gd_config *config, const char *where, const char *section,
                                const char *key);

/* The setting was given, but its owner is not the one selected. */
gd_status gd_config_without_effect(const gd_config *config, const gd_slot *slot);

#endif
