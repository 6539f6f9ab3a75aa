#include <stdio.h>
#include <string.h>

#include "diff_private.h"

/* A run of characters in a text. */
typedef struct part {
    const char *at;
    int length;
} part;

/* A setting, as a line of a resolved configuration has it. */
typedef struct setting {
    part section, key, value;
} setting;

static bool same(part a, part b) {
    return a.length == b.length && memcmp(a.at, b.at, (size_t)a.length) == 0;
}

static part line_at(const char *at) {
    return (part){at, (int)strcspn(at, "\n")};
}

/* The setting of this line or the next that has one; *at moves on behind it. The section stays
 * from call to call. */
static bool next_setting(const char **at, setting *out) {
    static const char between[] = " = ";
    while (**at != '\0') {
        part line = line_at(*at);
        const char *sign = strstr(line.at, between);
        *at += line.length + (line.at[line.length] != '\0');
        if (line.at[0] == '[') {
            out->section = (part){line.at + 1, (int)strcspn(line.at + 1, "]\n")};
        } else if (sign != NULL && sign < line.at + line.length) {
            const char *value = sign + strlen(between);
            out->key = (part){line.at, (int)(sign - line.at)};
            out->value = (part){value, (int)(line.at + line.length - value)};
            return true;
        }
    }
    return false;
}

/* The value of a setting in another configuration. */
static bool find(const char *config, const setting *wanted, part *value) {
    setting there = {0};
    while (next_setting(&config, &there)) {
        if (same(there.section, wanted->section) && same(there.key, wanted->key)) {
            *value = there.value;
            return true;
        }
    }
    return false;
}

static void print_setting(const setting *setting, part a, part b) {
    char name[64];
    snprintf(name, sizeof name, "%.*s.%.*s", setting->section.length, setting->section.at,
             setting->key.length, setting->key.at);
    printf("  %-20s %.*s | %.*s\n", name, a.length, a.at, b.length, b.at);
}

void gd_diff_config(const char *a, const char *b) {
    static const part nothing = {"(none)", 6};
    const char *at = a;
    part value;
    for (setting setting = {0}; next_setting(&at, &setting);) {
        bool there = find(b, &setting, &value);
        if (!there || !same(value, setting.value)) {
            print_setting(&setting, setting.value, there ? value : nothing);
        }
    }
    at = b;
    for (setting setting = {0}; next_setting(&at, &setting);) {
        if (!find(a, &setting, &value)) {
            print_setting(&setting, nothing, setting.value);
        }
    }
}
