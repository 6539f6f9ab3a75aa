#include <string.h>

#include "config_private.h"
#include "gdmpi/memory.h"

/* A key and its value, which may be empty; nothing before or behind them. */
static void add_line(gd_text *out, const char *prefix, const char *key, const char *value) {
    gd_text_add(out, "%s%s =%s%s\n", prefix, key, *value == '\0' ? "" : " ", value);
}

static void add_section(gd_text *out, const char *section) {
    gd_text_add(out, "%s[%s]\n", out->length == 0 ? "" : "\n", section);
}

void gd_config_write(const gd_config *config, gd_text *out) {
    const char *section = "";
    for (size_t i = 0; i < config->count; i++) {
        const gd_slot *slot = &config->slot[i];
        if (strcmp(slot->table->section, section) != 0) {
            section = slot->table->section;
            add_section(out, section);
        }
        if (slot->active) {
            add_line(out, "", slot->setting->key, slot->value.text);
        }
    }
}

static gd_status is_changed(const gd_slot *slot, bool *changed) {
    gd_value value = {0};
    *changed = true;
    if (slot->setting->initial == NULL) {
        return GD_OK;
    }
    gd_status status = gd_value_parse(slot->setting, slot->setting->initial, &value);
    if (status == GD_OK) {
        *changed = !gd_value_equal(slot->setting->kind, &slot->value, &value);
    }
    gd_memory_free(&value.text);
    return status;
}

gd_status gd_config_each_changed(const gd_config *config,
                                 void (*tell)(void *context, const char *section, const char *key,
                                              const char *value),
                                 void *context) {
    gd_status status = GD_OK;
    for (size_t i = 0; i < config->count && status == GD_OK; i++) {
        const gd_slot *slot = &config->slot[i];
        bool changed = false;
        if (slot->active) {
            status = is_changed(slot, &changed);
        }
        if (changed && status == GD_OK) {
            tell(context, slot->table->section, slot->setting->key, slot->value.text);
        }
    }
    return status;
}

static gd_status compare_slot(const gd_slot *slot, const gd_config *old) {
    const char *section = slot->table->section, *key = slot->setting->key;
    const gd_slot *other = gd_config_find(old, section, key);
    if (slot->setting->may_change || other == NULL ||
        gd_value_equal(slot->setting->kind, &slot->value, &other->value)) {
        return GD_OK;
    }
    return gd_status_new(GD_BAD_INPUT, "%s: %s.%s is '%s' but the checkpoint's run had '%s'",
                         slot->where, section, key, slot->value.text, other->value.text);
}

/* A section's choice of a method is compared before what depends on it. */
gd_status gd_config_compare(const gd_config *config, const gd_config *old) {
    gd_status status = GD_OK;
    for (size_t i = 0; i < config->count && status == GD_OK; i++) {
        const gd_slot *slot = &config->slot[i];
        if (!slot->active) {
            continue;
        }
        const gd_slot *choice =
            gd_config_find(config, slot->table->section, gd_config_chooser(slot->table));
        if (choice != NULL) {
            status = compare_slot(choice, old);
        }
        if (status == GD_OK) {
            status = compare_slot(slot, old);
        }
    }
    return status;
}

/* Whether a table has no owner, or that which is chosen by default. */
static bool is_default(const gd_settings *const *tables, const gd_settings *table) {
    for (size_t t = 0; table->owner != NULL && tables[t] != NULL; t++) {
        if (tables[t]->owner != NULL || strcmp(tables[t]->section, table->section) != 0) {
            continue;
        }
        for (const gd_setting *row = tables[t]->rows; row->key != NULL; row++) {
            if (strcmp(row->key, gd_config_chooser(table)) == 0) {
                return row->initial != NULL && strcmp(row->initial, table->owner) == 0;
            }
        }
    }
    return table->owner == NULL;
}

static void write_table(const gd_settings *table, bool selected, gd_text *out) {
    if (table->owner != NULL) {
        gd_text_add(out, "\n; With %s = %s:\n", gd_config_chooser(table), table->owner);
    }
    for (const gd_setting *row = table->rows; row->key != NULL; row++) {
        gd_text_add(out, "\n; %s: ", row->help);
        gd_setting_describe(row, out);
        gd_text_add(out, "%s\n", row->initial == NULL ? "; required" : "");
        add_line(out, selected && row->initial != NULL ? "" : "; ", row->key,
                 row->initial == NULL ? "" : row->initial);
    }
}

void gd_settings_write(const gd_settings *const *tables, gd_text *out) {
    const char *section = "";
    for (size_t t = 0; tables[t] != NULL; t++) {
        const gd_settings *table = tables[t];
        if (strcmp(table->section, section) != 0) {
            section = table->section;
            add_section(out, section);
        }
        write_table(table, is_default(tables, table), out);
    }
}
