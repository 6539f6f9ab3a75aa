#include <string.h>

#include "config_private.h"

enum { LISTED = 12 };

typedef const char *slot_name(const gd_slot *slot);

static const char *section_of(const gd_slot *slot) {
    return slot->table->section;
}

static const char *key_of(const gd_slot *slot) {
    return slot->setting->key;
}

static bool in_section(const gd_slot *slot, const char *section) {
    return section == NULL || strcmp(slot->table->section, section) == 0;
}

/* Several tables may have the same name. */
static bool named_before(const gd_config *config, size_t index, const char *section,
                         slot_name *name) {
    for (size_t i = 0; i < index; i++) {
        if (in_section(&config->slot[i], section) &&
            strcmp(name(&config->slot[i]), name(&config->slot[index])) == 0) {
            return true;
        }
    }
    return false;
}

static void list_names(const gd_config *config, const char *section, slot_name *name,
                       gd_text *out) {
    size_t listed = 0;
    for (size_t i = 0; i < config->count; i++) {
        const gd_slot *slot = &config->slot[i];
        if (!in_section(slot, section) || named_before(config, i, section, name)) {
            continue;
        }
        if (listed == LISTED) {
            gd_text_add(out, ", ...");
            return;
        }
        gd_text_add(out, "%s%s", listed == 0 ? "; known are " : ", ", name(slot));
        listed++;
    }
}

/* "; did you mean 'lr'?" or "; known are ...", among the sections, or the keys of one section. */
static void suggest(const gd_config *config, const char *word, const char *section, slot_name *name,
                    gd_text *out) {
    const char *near = NULL;
    for (size_t i = 0; i < config->count; i++) {
        if (in_section(&config->slot[i], section)) {
            near = gd_text_nearer(word, near, name(&config->slot[i]));
        }
    }
    if (near != NULL) {
        gd_text_add(out, "; did you mean '%s'?", near);
    } else {
        list_names(config, section, name, out);
    }
}

/* "; it belongs in [a] or [b]"; false, and nothing, if no section has this key. */
static bool other_sections(const gd_config *config, const char *key, gd_text *out) {
    const char *last = "";
    bool any = false;
    for (size_t i = 0; i < config->count; i++) {
        const gd_slot *slot = &config->slot[i];
        if (strcmp(slot->setting->key, key) == 0 && strcmp(slot->table->section, last) != 0) {
            last = slot->table->section;
            gd_text_add(out, "%s [%s]", any ? " or" : "; it belongs in", last);
            any = true;
        }
    }
    return any;
}

gd_status gd_config_unknown_section(const gd_config *config, const char *where,
                                    const char *section) {
    gd_text help = {0};
    suggest(config, section, NULL, section_of, &help);
    gd_status status = gd_status_new(GD_BAD_INPUT, "%s: unknown section [%s]%s", where, section,
                                     gd_text_bytes(&help));
    gd_text_free(&help);
    return status;
}

gd_status gd_config_unknown_key(const gd_config *config, const char *where, const char *section,
                                const char *key) {
    gd_text help = {0};
    gd_status status;
    bool elsewhere = other_sections(config, key, &help);
    if (*section == '\0') {
        status = gd_status_new(GD_BAD_INPUT, "%s: key '%s' stands before any [section]%s", where,
                               key, gd_text_bytes(&help));
    } else {
        if (!elsewhere) {
            suggest(config, key, section, key_of, &help);
        }
        status = gd_status_new(GD_BAD_INPUT, "%s: unknown key '%s' in [%s]%s", where, key, section,
                               gd_text_bytes(&help));
    }
    gd_text_free(&help);
    return status;
}

gd_status gd_config_without_effect(const gd_config *config, const gd_slot *slot) {
    const char *section = slot->table->section;
    const char *chooser = gd_config_chooser(slot->table);
    const gd_slot *choice = gd_config_find(config, section, chooser);
    gd_text owners = {0};
    for (size_t i = 0; i < config->count; i++) {
        const gd_slot *other = &config->slot[i];
        if (in_section(other, section) && strcmp(other->setting->key, slot->setting->key) == 0) {
            gd_text_add(&owners, "%s%s", owners.length > 0 ? ", " : "", other->table->owner);
        }
    }
    gd_status status = gd_status_new(
        GD_BAD_INPUT, "%s: key '%s' in [%s] has no effect with %s = %s; it belongs to %s",
        slot->where, slot->setting->key, section, chooser, choice == NULL ? "" : choice->value.text,
        gd_text_bytes(&owners));
    gd_text_free(&owners);
    return status;
}
