#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_private.h"
#include "gdmpi/memory.h"

static bool slot_is(const gd_slot *slot, const char *section, const char *key) {
    return strcmp(slot->table->section, section) == 0 && strcmp(slot->setting->key, key) == 0;
}

const char *gd_config_chooser(const gd_settings *table) {
    return table->chooser == NULL ? "name" : table->chooser;
}

const gd_slot *gd_config_find(const gd_config *config, const char *section, const char *key) {
    for (size_t i = 0; i < config->count; i++) {
        if (config->slot[i].active && slot_is(&config->slot[i], section, key)) {
            return &config->slot[i];
        }
    }
    return NULL;
}

static bool has_section(const gd_config *config, const char *section) {
    for (size_t i = 0; i < config->count; i++) {
        if (strcmp(config->slot[i].table->section, section) == 0) {
            return true;
        }
    }
    return false;
}

static gd_status slots_new(gd_config *config, const gd_settings *const *tables) {
    size_t count = 0;
    for (size_t t = 0; tables[t] != NULL; t++) {
        for (const gd_setting *row = tables[t]->rows; row->key != NULL; row++) {
            count++;
        }
    }
    gd_status status =
        gd_memory_new(&config->slot, count, sizeof *config->slot, "the configuration");
    if (status != GD_OK) {
        return status;
    }
    for (size_t t = 0; tables[t] != NULL; t++) {
        if (t > 0 && strcmp(tables[t]->section, tables[t - 1]->section) != 0 &&
            has_section(config, tables[t]->section)) {
            fprintf(stderr, "bug: the tables of section [%s] lie apart\n", tables[t]->section);
            abort();
        }
        for (const gd_setting *row = tables[t]->rows; row->key != NULL; row++) {
            config->slot[config->count++] =
                (gd_slot){.table = tables[t], .setting = row, .active = tables[t]->owner == NULL};
        }
    }
    return GD_OK;
}

static gd_status slot_give(gd_slot *slot, gd_origin origin, const char *where,
                           const char *written) {
    gd_memory_free(&slot->where);
    gd_memory_free(&slot->written);
    slot->origin = origin;
    gd_status status = gd_text_copy(where, &slot->where);
    return status == GD_OK ? gd_text_copy(written, &slot->written) : status;
}

/* Notes the value for every owner that has the key: which one is selected is not known yet. */
static gd_status give(gd_config *config, gd_origin origin, const char *where, const char *section,
                      const char *key, const char *written) {
    if (*section != '\0' && !has_section(config, section)) {
        return gd_config_unknown_section(config, where, section);
    }
    bool known = false;
    gd_status status = GD_OK;
    for (size_t i = 0; i < config->count && status == GD_OK; i++) {
        gd_slot *slot = &config->slot[i];
        if (!slot_is(slot, section, key)) {
            continue;
        }
        known = true;
        if (slot->origin == origin) {
            status = gd_status_new(GD_BAD_INPUT, "%s: key '%s' in [%s] is given twice, first at %s",
                                   where, key, section, slot->where);
        } else {
            status = slot_give(slot, origin, where, written);
        }
    }
    return known ? status : gd_config_unknown_key(config, where, section, key);
}

static gd_status hear_section(void *context, const char *where, const char *section) {
    gd_config *config = context;
    return has_section(config, section) ? GD_OK : gd_config_unknown_section(config, where, section);
}

static gd_status hear_key(void *context, const char *where, const char *section, const char *key,
                          const char *value) {
    return give(context, GD_FROM_FILE, where, section, key, value);
}

static gd_status apply_override(gd_config *config, const char *override) {
    char *copy;
    gd_status status = gd_text_copy(override, &copy);
    if (status != GD_OK) {
        return status;
    }
    char *value = strchr(copy, '=');
    char *key = strchr(copy, '.');
    if (value == NULL || key == NULL || key > value || key == copy || key + 1 == value) {
        status = gd_status_new(GD_BAD_INPUT, "'%s' is not an override: expected SECTION.KEY=VALUE",
                               override);
    } else {
        *key++ = '\0';
        *value++ = '\0';
        status = give(config, GD_FROM_OVERRIDE, override, gd_ini_trim(copy), gd_ini_trim(key),
                      gd_ini_trim(value));
    }
    gd_memory_free(&copy);
    return status;
}

/* Gives a slot its value: what was written for it, or else its default. */
static gd_status settle(const gd_config *config, gd_slot *slot) {
    const gd_setting *setting = slot->setting;
    if (slot->written == NULL && setting->initial == NULL) {
        return gd_status_new(GD_BAD_INPUT, "%s: [%s] %s is missing and must be given: %s",
                             config->name, slot->table->section, setting->key, setting->help);
    }
    gd_status status = GD_OK;
    if (slot->where == NULL) {
        status = gd_text_new(&slot->where, "%s: [%s] %s (default)", config->name,
                             slot->table->section, setting->key);
    }
    if (status != GD_OK) {
        return status;
    }
    gd_memory_free(&slot->value.text);
    status = gd_value_parse(setting, slot->written == NULL ? setting->initial : slot->written,
                            &slot->value);
    if (gd_status_code(status) == GD_BAD_INPUT) {
        gd_status placed =
            gd_status_new(GD_BAD_INPUT, "%s: %s", slot->where, gd_status_message(status));
        gd_status_free(&status);
        status = placed;
    }
    return status;
}

/* Whether what a table with an owner has is known depends on this choice. */
static bool depends(const gd_settings *table, const gd_slot *choice) {
    return table->owner != NULL && choice->table->owner == NULL &&
           slot_is(choice, table->section, gd_config_chooser(table));
}

static bool selects(const gd_config *config, const gd_slot *choice) {
    size_t i = 0;
    while (i < config->count && !depends(config->slot[i].table, choice)) {
        i++;
    }
    return i < config->count;
}

static void select_owner(gd_config *config, const gd_slot *choice) {
    for (size_t i = 0; i < config->count; i++) {
        gd_slot *slot = &config->slot[i];
        if (depends(slot->table, choice)) {
            slot->active = strcmp(slot->table->owner, choice->value.text) == 0;
        }
    }
}

/* The command line chose another algorithm than the file, whose settings for the file's one are
 * then of no concern. */
static bool chosen_anew(const gd_config *config, const gd_slot *slot) {
    const gd_slot *choice =
        gd_config_find(config, slot->table->section, gd_config_chooser(slot->table));
    return slot->origin == GD_FROM_FILE && choice != NULL && choice->origin == GD_FROM_OVERRIDE;
}

static gd_status resolve(gd_config *config) {
    gd_status status = GD_OK;
    for (size_t i = 0; i < config->count && status == GD_OK; i++) {
        if (selects(config, &config->slot[i])) {
            status = settle(config, &config->slot[i]);
            if (status == GD_OK) {
                select_owner(config, &config->slot[i]);
            }
        }
    }
    for (size_t i = 0; i < config->count && status == GD_OK; i++) {
        gd_slot *slot = &config->slot[i];
        if (slot->active && !selects(config, slot)) {
            status = settle(config, slot);
        } else if (slot->written != NULL && !chosen_anew(config, slot) &&
                   gd_config_find(config, slot->table->section, slot->setting->key) == NULL) {
            status = gd_config_without_effect(config, slot);
        }
    }
    return status;
}

gd_status gd_config_parse(const char *name, const char *text, int count, char *const *overrides,
                          const gd_settings *const *tables, gd_config **config) {
    gd_status status = gd_memory_new(config, 1, sizeof **config, "the configuration");
    if (status != GD_OK) {
        return status;
    }
    status = gd_text_copy(name, &(*config)->name);
    if (status == GD_OK) {
        status = slots_new(*config, tables);
    }
    if (status == GD_OK) {
        gd_ini_listener listener = {*config, hear_section, hear_key};
        status = gd_ini_read(name, text, &listener);
    }
    for (int i = 0; i < count && status == GD_OK; i++) {
        status = apply_override(*config, overrides[i]);
    }
    if (status == GD_OK) {
        status = resolve(*config);
    }
    if (status != GD_OK) {
        gd_config_free(config);
    }
    return status;
}

gd_status gd_config_replace(gd_config *config, const char *section, const char *key,
                            const char *value) {
    char *override;
    gd_status status = gd_text_new(&override, "%s.%s=%s", section, key, value);
    for (size_t i = 0; i < config->count; i++) {
        if (slot_is(&config->slot[i], section, key)) {
            config->slot[i].origin = GD_FROM_DEFAULT;
        }
    }
    if (status == GD_OK) {
        status = apply_override(config, override);
    }
    if (status == GD_OK) {
        status = resolve(config);
    }
    gd_memory_free(&override);
    return status;
}

void gd_config_free(gd_config **config) {
    if (*config == NULL) {
        return;
    }
    for (size_t i = 0; i < (*config)->count; i++) {
        gd_slot *slot = &(*config)->slot[i];
        gd_memory_free(&slot->written);
        gd_memory_free(&slot->where);
        gd_memory_free(&slot->value.text);
    }
    gd_memory_free(&(*config)->slot);
    gd_memory_free(&(*config)->name);
    gd_memory_free(config);
}

static const gd_slot *get(const gd_config *config, const char *section, const char *key) {
    const gd_slot *slot = gd_config_find(config, section, key);
    if (slot == NULL) {
        fprintf(stderr, "bug: the configuration was asked for [%s] %s, which is in no table\n",
                section, key);
        abort();
    }
    return slot;
}

static const gd_slot *get_kind(const gd_config *config, const char *section, const char *key,
                               gd_setting_kind kind) {
    const gd_slot *slot = get(config, section, key);
    bool both_text = kind == GD_SETTING_TEXT && slot->setting->kind == GD_SETTING_CHOICE;
    if (slot->setting->kind != kind && !both_text) {
        fprintf(stderr, "bug: the configuration was asked for [%s] %s as another kind\n", section,
                key);
        abort();
    }
    return slot;
}

int64_t gd_config_integer(const gd_config *config, const char *section, const char *key) {
    return get_kind(config, section, key, GD_SETTING_INTEGER)->value.integer;
}

double gd_config_number(const gd_config *config, const char *section, const char *key) {
    return get_kind(config, section, key, GD_SETTING_NUMBER)->value.number;
}

const char *gd_config_text(const gd_config *config, const char *section, const char *key) {
    return get_kind(config, section, key, GD_SETTING_TEXT)->value.text;
}

gd_interval gd_config_interval(const gd_config *config, const char *section, const char *key) {
    return get_kind(config, section, key, GD_SETTING_INTERVAL)->value.interval;
}

const char *gd_config_name(const gd_config *config) {
    return config->name;
}

gd_status gd_config_fail(const gd_config *config, const char *section, const char *key,
                         const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *message;
    size_t room = length < 0 ? 1 : (size_t)length + 1;
    gd_status status = gd_memory_new(&message, room, 1, "a message");
    if (status != GD_OK) {
        return status;
    }
    va_start(arguments, format);
    vsnprintf(message, room, format, arguments);
    va_end(arguments);
    const gd_slot *slot = get(config, section, key);
    if (slot->origin == GD_FROM_FILE) {
        status = gd_status_new(GD_BAD_INPUT, "%s: %s = %s: %s", slot->where, key, slot->written,
                               message);
    } else {
        status = gd_status_new(GD_BAD_INPUT, "%s: %s", slot->where, message);
    }
    gd_memory_free(&message);
    return status;
}

gd_status gd_config_blame(const gd_config *config, const char *section, const char *key,
                          gd_status status) {
    if (gd_status_code(status) != GD_BAD_INPUT) {
        return status;
    }
    gd_status blamed = gd_config_fail(config, section, key, "%s", gd_status_message(status));
    gd_status_free(&status);
    return blamed;
}
