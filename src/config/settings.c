#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "config_private.h"

static const struct {
    const char *name; /* of one; more take an s */
    gd_unit unit;
    double size;
} units[] = {
    {"step", GD_STEPS, 1},      {"epoch", GD_EPOCHS, 1},    {"second", GD_SECONDS, 1},
    {"minute", GD_SECONDS, 60}, {"hour", GD_SECONDS, 3600},
};

enum { UNIT_COUNT = sizeof units / sizeof *units, NUMBER_TEXT = 32 };

static const double exact = 0x1p53; /* whole doubles beyond are not counts */

/* A bound next to a round number excludes that number: 5e-324 says "above 0". */
static bool bound_text(double bound, double beyond, char out[NUMBER_TEXT]) {
    char next[NUMBER_TEXT];
    gd_text_number(bound, out);
    gd_text_number(nextafter(bound, beyond), next);
    bool excludes = strlen(next) + 4 <= strlen(out);
    if (excludes) {
        memcpy(out, next, NUMBER_TEXT);
    }
    return excludes;
}

/* A bound of this size is none. */
static double widest(gd_setting_kind kind) {
    if (kind == GD_SETTING_NUMBER) {
        return DBL_MAX;
    }
    return kind == GD_SETTING_INTEGER ? 0x1p63 : exact;
}

/* "between 0 and 1", "at least 0", "above 0 and at most 1"; nothing if there are no bounds. */
static void range_add(const gd_setting *setting, gd_text *out) {
    double most = widest(setting->kind);
    bool below = setting->min > -most, above = setting->max < most;
    char low[NUMBER_TEXT], high[NUMBER_TEXT];
    bool low_excluded = bound_text(setting->min, -INFINITY, low);
    bool high_excluded = bound_text(setting->max, INFINITY, high);
    if (below && above && !low_excluded && !high_excluded) {
        gd_text_add(out, "between %s and %s", low, high);
        return;
    }
    if (below) {
        gd_text_add(out, "%s %s", low_excluded ? "above" : "at least", low);
    }
    if (above) {
        gd_text_add(out, "%s%s %s", below ? " and " : "", high_excluded ? "below" : "at most",
                    high);
    }
}

static void choices_add(const gd_setting *setting, gd_text *out) {
    for (size_t i = 0; setting->choices(i) != NULL; i++) {
        gd_text_add(out, "%s%s", i == 0 ? "" : ", ", setting->choices(i));
    }
}

void gd_setting_describe(const gd_setting *setting, gd_text *out) {
    switch (setting->kind) {
    case GD_SETTING_INTEGER:
        gd_text_add(out, "a whole number");
        break;
    case GD_SETTING_NUMBER:
        gd_text_add(out, "a number");
        break;
    case GD_SETTING_CHOICE:
        gd_text_add(out, "one of ");
        choices_add(setting, out);
        return;
    case GD_SETTING_TEXT:
        gd_text_add(out, "a text");
        return;
    case GD_SETTING_INTERVAL:
        gd_text_add(out, "a whole number of steps or epochs%s, such as '10 epochs'",
                    setting->timed ? ", or a number of seconds, minutes or hours" : "");
        break;
    }
    gd_text range = {0};
    range_add(setting, &range);
    if (range.length > 0) {
        gd_text_add(out, " (%s)", gd_text_bytes(&range));
    }
    gd_text_free(&range);
}

static gd_status wrong_kind(const gd_setting *setting, const char *written) {
    gd_text right = {0};
    gd_setting_describe(setting, &right);
    const char *near = setting->choices == NULL ? NULL : gd_text_nearest(written, setting->choices);
    if (near != NULL) {
        gd_text_add(&right, "; did you mean '%s'?", near);
    }
    gd_status status = gd_status_new(GD_BAD_INPUT, "%s = '%s' is not %s", setting->key, written,
                                     gd_text_bytes(&right));
    gd_text_free(&right);
    return status;
}

static gd_status check_range(const gd_setting *setting, const char *written, double number) {
    if (number >= setting->min && number <= setting->max) {
        return GD_OK;
    }
    gd_text range = {0};
    range_add(setting, &range);
    gd_status status = gd_status_new(GD_BAD_INPUT, "%s = %s is out of range: it must be %s",
                                     setting->key, written, gd_text_bytes(&range));
    gd_text_free(&range);
    return status;
}

static gd_status parse_integer(const gd_setting *setting, const char *written, gd_value *value,
                               gd_text *text) {
    if (!gd_text_to_integer(written, &value->integer)) {
        return wrong_kind(setting, written);
    }
    gd_text_add(text, "%lld", (long long)value->integer);
    return check_range(setting, written, (double)value->integer);
}

static gd_status parse_number(const gd_setting *setting, const char *written, gd_value *value,
                              gd_text *text) {
    if (!gd_text_to_number(written, &value->number)) {
        return wrong_kind(setting, written);
    }
    char out[NUMBER_TEXT];
    gd_text_add(text, "%s", gd_text_number(value->number, out));
    return check_range(setting, written, value->number);
}

static gd_status parse_choice(const gd_setting *setting, const char *written, gd_text *text) {
    if (setting->choices(gd_text_index(written, setting->choices)) == NULL) {
        return wrong_kind(setting, written);
    }
    gd_text_add(text, "%s", written);
    return GD_OK;
}

static gd_status parse_text(const gd_setting *setting, const char *written, gd_text *text) {
    size_t length = strlen(written);
    for (size_t i = 0; i < length; i++) {
        if (gd_ini_comment(written, i)) {
            return gd_status_new(GD_BAD_INPUT,
                                 "%s = '%s' holds '%c' where a config file starts a comment",
                                 setting->key, written, written[i]);
        }
        unsigned char c = (unsigned char)written[i];
        if ((c < ' ' && c != '\t') || c == 0x7f) {
            return gd_status_new(GD_BAD_INPUT,
                                 "%s holds the control character 0x%02x, which a config file "
                                 "cannot hold",
                                 setting->key, c);
        }
    }
    if (length > 0 && (gd_ini_blank(written[0]) || gd_ini_blank(written[length - 1]))) {
        return gd_status_new(GD_BAD_INPUT,
                             "%s = '%s' starts or ends with a blank, which a config file drops",
                             setting->key, written);
    }
    gd_text_add(text, "%s", written);
    return GD_OK;
}

/* The index of a unit's name, UNIT_COUNT if there is none. */
static size_t unit_find(const char *name) {
    size_t unit = 0;
    for (; unit < UNIT_COUNT; unit++) {
        size_t length = strlen(units[unit].name);
        if (strncmp(name, units[unit].name, length) == 0 &&
            (name[length] == '\0' || strcmp(name + length, "s") == 0)) {
            break;
        }
    }
    return unit;
}

static gd_status parse_interval(const gd_setting *setting, const char *written, gd_value *value,
                                gd_text *text) {
    char digits[NUMBER_TEXT];
    size_t length = strcspn(written, " \t"), unit = 0;
    double count;
    snprintf(digits, sizeof digits, "%.*s", (int)length, written);
    if (length >= sizeof digits || !gd_text_to_number(digits, &count)) {
        return wrong_kind(setting, written);
    }
    if (written[length] != '\0') {
        const char *name = written + length;
        unit = unit_find(name + strspn(name, " \t"));
    }
    if (unit == UNIT_COUNT ||
        (units[unit].unit == GD_SECONDS ? !setting->timed
                                        : count != floor(count) || fabs(count) > exact)) {
        return wrong_kind(setting, written);
    }
    value->interval = (gd_interval){count * units[unit].size, units[unit].unit};
    if (!isfinite(value->interval.count)) {
        return wrong_kind(setting, written);
    }
    gd_text_add(text, "%s %s%s", gd_text_number(count, digits), units[unit].name,
                count == 1 ? "" : "s");
    return check_range(setting, written, count);
}

gd_status gd_value_parse(const gd_setting *setting, const char *written, gd_value *value) {
    gd_status status = GD_OK;
    gd_text text = {0};
    switch (setting->kind) {
    case GD_SETTING_INTEGER:
        status = parse_integer(setting, written, value, &text);
        break;
    case GD_SETTING_NUMBER:
        status = parse_number(setting, written, value, &text);
        break;
    case GD_SETTING_CHOICE:
        status = parse_choice(setting, written, &text);
        break;
    case GD_SETTING_TEXT:
        status = parse_text(setting, written, &text);
        break;
    case GD_SETTING_INTERVAL:
        status = parse_interval(setting, written, value, &text);
        break;
    }
    if (status == GD_OK) {
        status = gd_text_status(&text);
    }
    if (status == GD_OK) {
        status = gd_text_copy(gd_text_bytes(&text), &value->text);
    }
    gd_text_free(&text);
    return status;
}

bool gd_value_equal(gd_setting_kind kind, const gd_value *a, const gd_value *b) {
    switch (kind) {
    case GD_SETTING_INTEGER:
        return a->integer == b->integer;
    case GD_SETTING_NUMBER:
        return a->number == b->number;
    case GD_SETTING_INTERVAL:
        return a->interval.unit == b->interval.unit && a->interval.count == b->interval.count;
    case GD_SETTING_CHOICE:
    case GD_SETTING_TEXT:
        break;
    }
    return strcmp(a->text, b->text) == 0;
}
