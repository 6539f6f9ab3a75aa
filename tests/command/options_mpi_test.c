/* Bad values of every setting that is in a table, and of every layer's argument, by the way that a
 * user's take: a file, gdmpi check, one message. What is new is tested by being in a table. */
#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gdmpi/command.h"
#include "gdmpi/layer.h"
#include "gdmpi/memory.h"
#include "train/train_support.h"

/* A row of a table, and what is tested with it. */
typedef struct option {
    gd_comm *comm;
    const gd_settings *const *tables;
    const gd_settings *table;
    const gd_setting *row;
} option;

enum { VALUE = 64 };

/* For texts, tables do not say what is right. */
static const char *right_text(const option *o) {
    static const struct {
        const char *key, *value;
    } right[] = {{"file", "data.h5"}, {"layers", "dense 3"}, {"milestones", "3"}};
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        if (strcmp(o->row->key, right[i].key) == 0) {
            return right[i].value;
        }
    }
    fail_msg("right_text needs a value for [%s] %s", o->table->section, o->row->key);
    return NULL;
}

static const char *right_value(const option *o, char out[VALUE]) {
    switch (o->row->kind) {
    case GD_SETTING_CHOICE:
        return o->row->choices(0);
    case GD_SETTING_TEXT:
        return right_text(o);
    default:
        return gd_text_number(o->row->min, out);
    }
}

static void add_line(gd_text *config, const char *section, const char *key, const char *value) {
    gd_text_add(config, "[%s]\n%s = %s\n", section, key, value);
}

static const char *chooser(const gd_settings *table) {
    return table->chooser == NULL ? "name" : table->chooser;
}

/* The lines with which `owner`, if it is not NULL, is chosen, and nothing is missing but the row's
 * own key. */
static void add_needed(const option *o, const char *owner, gd_text *config) {
    const char *section = o->table->section;
    if (owner != NULL) {
        add_line(config, section, chooser(o->table), owner);
    }
    option other = *o;
    for (size_t t = 0; o->tables[t] != NULL; t++) {
        other.table = o->tables[t];
        const bool mine = strcmp(other.table->section, section) == 0;
        const bool chosen = mine && owner != NULL && other.table->owner != NULL &&
                            strcmp(other.table->owner, owner) == 0;
        for (other.row = other.table->rows; other.row->key != NULL; other.row++) {
            const bool given =
                mine && (strcmp(other.row->key, o->row->key) == 0 ||
                         (owner != NULL && strcmp(other.row->key, chooser(o->table)) == 0));
            char value[VALUE];
            if (other.row->initial == NULL && !given && (other.table->owner == NULL || chosen)) {
                add_line(config, other.table->section, other.row->key, right_value(&other, value));
            }
        }
    }
}

static int count_lines(const gd_text *text) {
    int lines = 0;
    for (size_t i = 0; i < text->length; i++) {
        lines += text->bytes[i] == '\n';
    }
    return lines;
}

/* What gdmpi check says of a file with these lines. Collective. */
static gd_status check(gd_comm *comm, const gd_text *config, char *override) {
    char *arguments[] = {"gdmpi", "check", "bad.ini", override, NULL};
    if (gd_comm_rank(comm) == 0) {
        FILE *file = fopen("bad.ini", "w");
        assert_non_null(file);
        assert_int_equal(fwrite(config->bytes, 1, config->length, file), config->length);
        assert_int_equal(fclose(file), 0);
    }
    return gd_command_run(comm, override == NULL ? 3 : 4, arguments);
}

/* What is said of the value in a file, with `owner` chosen: the message, without the place in the
 * file if it starts with that, to be freed. Collective. */
static char *refusal(const option *o, const char *owner, const char *value) {
    gd_text config = {0};
    char place[32], *message;
    add_needed(o, owner, &config);
    add_line(&config, o->table->section, o->row->key, value);
    snprintf(place, sizeof place, "bad.ini:%d: ", count_lines(&config));
    gd_status status = check(o->comm, &config, NULL);
    const char *all = gd_status_message(status);
    const size_t length = strlen(place);
    expect_ok(gd_text_copy(all + (strncmp(all, place, length) == 0 ? length : 0), &message));
    expect_agreed(o->comm, status, GD_BAD_INPUT, "");
    gd_text_free(&config);
    return message;
}

static void starts_with(const char *message, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void starts_with(const char *message, const char *format, ...) {
    char start[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(start, sizeof start, format, arguments);
    va_end(arguments);
    if (strncmp(message, start, strlen(start)) != 0) {
        fail_msg("'%s' does not start with '%s'", message, start);
    }
}

static const char *behind(const char *text, const char *words) {
    const char *at = strstr(text, words);
    return at == NULL ? NULL : at + strlen(words);
}

/* Whether the end of a range is told: the bound, or the number next to it, which it excludes. */
static bool tells_bound(double bound, const char *included, const char *excluded) {
    if (excluded != NULL) {
        const double number = strtod(excluded, NULL);
        return number != bound && nextafter(number, bound) == bound;
    }
    return included == NULL ? fabs(bound) == DBL_MAX : strtod(included, NULL) == bound;
}

static void tells_range(const char *message, const gd_setting *row) {
    const char *between = behind(message, "between ");
    const char *low = between != NULL ? between : behind(message, "at least ");
    const char *high = between != NULL ? behind(between, " and ") : behind(message, "at most ");
    if (!tells_bound(row->min, low, behind(message, "above ")) ||
        !tells_bound(row->max, high, behind(message, "below "))) {
        fail_msg("'%s' does not tell the range from %g to %g", message, row->min, row->max);
    }
}

static void tells_choices(const char *message, const gd_setting *row) {
    const char *rest = behind(message, "is not one of ");
    for (size_t i = 0; row->choices(i) != NULL; i++) {
        assert_non_null(rest);
        rest = behind(rest, row->choices(i));
    }
    assert_non_null(rest);
}

/* "KEY = 'VALUE' is not ...", with the range or the choices. Collective. */
static void is_not_understood(const option *o, const char *value) {
    char *message = refusal(o, o->table->owner, value);
    starts_with(message, "%s = '%s' is not ", o->row->key, value);
    if (o->row->kind == GD_SETTING_CHOICE) {
        tells_choices(message, o->row);
    } else {
        tells_range(message, o->row);
    }
    gd_memory_free(&message);
}

/* "KEY = VALUE is out of range: it must be ...". Collective. */
static void is_out_of_range(const option *o, const char *value) {
    char *message = refusal(o, o->table->owner, value);
    starts_with(message, "%s = %s is out of range: it must be ", o->row->key, value);
    tells_range(message, o->row);
    gd_memory_free(&message);
}

/* Not collective. */
static void is_accepted(const option *o, const char *value) {
    gd_text text = {0};
    gd_config *config = NULL;
    add_needed(o, o->table->owner, &text);
    add_line(&text, o->table->section, o->row->key, value);
    expect_ok(gd_config_parse("good.ini", text.bytes, 0, NULL, o->tables, &config));
    gd_config_free(&config);
    gd_text_free(&text);
}

/* Does something with each row of a kind. */
static void each(gd_comm *comm, gd_setting_kind kind, void (*test)(const option *)) {
    const gd_settings *tables[GD_TABLES];
    gd_precision_single.settings(tables);
    option o = {.comm = comm, .tables = tables};
    int count = 0;
    for (size_t t = 0; tables[t] != NULL; t++) {
        o.table = tables[t];
        for (o.row = o.table->rows; o.row->key != NULL; o.row++) {
            if (o.row->kind == kind) {
                test(&o);
                count++;
            }
        }
    }
    assert_true(count > 0);
}

static void all_not_understood(const option *o, const char *const *values) {
    for (size_t i = 0; values[i] != NULL; i++) {
        is_not_understood(o, values[i]);
    }
}

static void no_number(const option *o) {
    static const char *const values[] = {"", "nan", "-inf", "1e999", "0x1", "1 2", NULL};
    all_not_understood(o, values);
}

static void no_integer(const option *o) {
    static const char *const values[] = {"1.5", "99999999999999999999", NULL};
    no_number(o);
    all_not_understood(o, values);
}

static void no_interval(const option *o) {
    static const char *const values[] = {"1.5",   "1.5 epochs",  "1 fortnight",
                                         "steps", "1e308 hours", NULL};
    no_number(o);
    all_not_understood(o, values);
}

static void what_is_no_number_is_refused_with_the_range(void **state) {
    each(*state, GD_SETTING_NUMBER, no_number);
    each(*state, GD_SETTING_INTEGER, no_integer);
    each(*state, GD_SETTING_INTERVAL, no_interval);
}

/* As a setting of this kind is written. */
static const char *written(const gd_setting *row, double number, char out[VALUE]) {
    snprintf(out, VALUE, "%.17g%s", number, row->kind == GD_SETTING_INTERVAL ? " epochs" : "");
    return out;
}

/* The next number beyond a bound that the kind can have. */
static double beyond(const gd_setting *row, double bound, double direction) {
    double next = row->kind == GD_SETTING_NUMBER ? bound : bound + direction;
    return next == bound ? nextafter(bound, direction * INFINITY) : next;
}

static void bounds_hold(const option *o) {
    const gd_setting *row = o->row;
    char value[VALUE];
    is_accepted(o, written(row, row->min, value));
    is_accepted(o, written(row, row->max, value));
    if (row->min > -DBL_MAX) {
        is_out_of_range(o, written(row, beyond(row, row->min, -1), value));
    }
    if (row->max < DBL_MAX) {
        is_out_of_range(o, written(row, beyond(row, row->max, 1), value));
    }
}

static void the_ends_of_a_range_are_the_last_that_are_accepted(void **state) {
    each(*state, GD_SETTING_NUMBER, bounds_hold);
    each(*state, GD_SETTING_INTEGER, bounds_hold);
    each(*state, GD_SETTING_INTERVAL, bounds_hold);
}

/* All lengths but that between checkpoints, since what a run comes to may not depend on the clock.
 */
static void no_clock(const option *o) {
    if (strcmp(o->row->key, "checkpoint_every") == 0) {
        is_accepted(o, "5 minutes");
    } else {
        is_not_understood(o, "5 minutes");
    }
}

static void lengths_by_the_clock_are_refused_but_between_checkpoints(void **state) {
    each(*state, GD_SETTING_INTERVAL, no_clock);
}

static void no_choice(const option *o) {
    static const char *const values[] = {"", "bogus", "nan", NULL};
    char near[VALUE];
    all_not_understood(o, values);
    snprintf(near, sizeof near, "%sx", o->row->choices(0));
    is_not_understood(o, near);
    snprintf(near, sizeof near, "%s", o->row->choices(0));
    near[0] = (char)toupper(near[0]);
    is_not_understood(o, near);
}

static void names_that_are_none_are_refused_with_the_choices(void **state) {
    each(*state, GD_SETTING_CHOICE, no_choice);
}

/* Bad texts, and what is said of them. Of a file that is there or should be, the message starts
 * with its name. */
static const struct {
    const char *key, *value, *words;
    bool file;
} bad_texts[] = {
    {"file", "", "the path of an HDF5 file is missing", false},
    {"file", "none.h5", "none.h5: no such file", true},
    {"file", ".", ".: is a folder; an HDF5 file is needed", true},
    {"train", "", "names no data; write /GROUP, FILE.h5 or FILE.h5:/GROUP", false},
    {"train", "/none", "data.h5: no data set /none/x", true},
    {"val", ":/val", "names no data; write /GROUP, FILE.h5 or FILE.h5:/GROUP", false},
    {"val", "none.h5:/val", "none.h5: no such file", true},
    {"class_weights", "even", "it must be balanced, or a number of at least 0 for each", false},
    {"class_weights", "1, nan, 1", "it must be balanced, or a number of at least 0", false},
    {"class_weights", "1, -1, 1", "it must be balanced, or a number of at least 0", false},
    {"class_weights", "1, 1", "there are 2 weights, but 3 classes", false},
    {"layers", "", "entry 1 is empty", false},
    {"layers", "dens 3", "unknown layer 'dens'; did you mean 'dense'?", false},
    {"layers", "transformer", "unknown layer 'transformer'; there are dense, ", false},
    {"init_gain", "", "neither a number above 0 nor auto", false},
    {"init_gain", "0", "neither a number above 0 nor auto", false},
    {"init_gain", "nan", "neither a number above 0 nor auto", false},
    {"init_gain", "inf", "neither a number above 0 nor auto", false},
    {"init_gain", "Auto", "neither a number above 0 nor auto", false},
    {"init_gain", "2", "has no effect with init = default", false},
    {"init_from", "none.h5", "none.h5: no such file", false},
    {"init_from", "data.h5", "data.h5: is not a gdmpi checkpoint", false},
    {"milestones", "", "is not a list of whole numbers from 1 to 1e12 that rise", false},
    {"milestones", "5, 4", "is not a list of whole numbers from 1 to 1e12 that rise", false},
    {"milestones", "nan", "is not a list of whole numbers from 1 to 1e12 that rise", false},
    {"milestones", "5 minutes", "is not a list of whole numbers from 1 to 1e12", false},
    {"target", "low", "is not a finite number, or empty", false},
    {"target", "nan", "is not a finite number, or empty", false},
    {"target", "-inf", "is not a finite number, or empty", false},
    {"dir", "data.h5", "data.h5: this run directory cannot be written", true},
    {"resume", "", "it must be auto, never, or the path of one", false},
    {"resume", "yes", "it must be auto, never, or the path of one", false},
    {"resume", "data.h5", "data.h5: is not a gdmpi checkpoint", true},
    {"metrics", "f2", "is no metric; choose among: loss, accuracy, ", false},
    {"metrics", "f1, rmse", "rmse makes no sense for cross_entropy", false},
    {"timeline", "none/trace.json", "there is no folder none", false},
    {"timeline", ".", "is a folder; the name of a file is needed", false},
};

static void no_text(const option *o) {
    int count = 0;
    for (size_t i = 0; i < sizeof bad_texts / sizeof *bad_texts; i++) {
        if (strcmp(bad_texts[i].key, o->row->key) == 0) {
            char *message = refusal(o, o->table->owner, bad_texts[i].value);
            if (!bad_texts[i].file) {
                starts_with(message, "%s = %s: ", o->row->key, bad_texts[i].value);
            }
            starts_with(bad_texts[i].file ? message : strstr(message, bad_texts[i].words), "%s",
                        bad_texts[i].words);
            gd_memory_free(&message);
            count++;
        }
    }
    if (count == 0) {
        fail_msg("bad_texts needs values for [%s] %s", o->table->section, o->row->key);
    }
}

static void texts_that_mean_nothing_are_refused_with_what_would(void **state) {
    each(*state, GD_SETTING_TEXT, no_text);
}

/* What a layer is given: a kind's one argument, or one of its options. */
typedef struct given {
    const char *layer, *name, *sign; /* "embedding", "size", "=" */
    bool whole, open;
    double min, max;
} given;

/* A list of one layer is refused with the range of what it is given. Collective. */
static void layer_is_refused(const option *o, const given *given, const char *value) {
    char layer[2 * VALUE];
    const bool named = *given->sign != '\0';
    snprintf(layer, sizeof layer, "%s %s%s%s", given->layer, named ? given->name : "", given->sign,
             value);
    char *message = refusal(o, NULL, layer);
    starts_with(message, "layers = %s: %s is ", layer, layer);
    assert_non_null(strstr(message, given->whole ? " is a whole number" : " is a number"));
    const char *low = behind(message, "at least ");
    const char *high = behind(message, given->open ? "below " : "at most ");
    assert_true(low != NULL && strtod(low, NULL) == given->min);
    assert_true(high != NULL && strtod(high, NULL) == given->max);
    gd_memory_free(&message);
}

static void no_argument(const option *o, const given *given) {
    static const char *const values[] = {"x", "nan", "inf"};
    const gd_setting number = {.kind = given->whole ? GD_SETTING_INTEGER : GD_SETTING_NUMBER};
    const double above = given->open ? given->max : beyond(&number, given->max, 1);
    char value[VALUE];
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        layer_is_refused(o, given, values[i]);
    }
    if (given->whole) {
        layer_is_refused(o, given, "1.5");
    }
    layer_is_refused(o, given, written(&number, beyond(&number, given->min, -1), value));
    layer_is_refused(o, given, written(&number, above, value));
}

static void no_arguments(const option *o, const gd_layer_kind *kind) {
    const gd_layer_option *options = kind->options;
    if (options == NULL) {
        no_argument(o, &(given){kind->name, kind->argument, "", kind->whole, kind->open, kind->min,
                                kind->max});
    }
    for (size_t i = 0; options != NULL && options[i].name != NULL; i++) {
        no_argument(o, &(given){kind->name, options[i].name, "=", true, false,
                                (double)options[i].min, (double)options[i].max});
    }
}

static void no_layer(const option *o) {
    for (size_t i = 0; strcmp(o->row->key, "layers") == 0 && gd_layer_kinds[i] != NULL; i++) {
        const gd_layer_kind *kind = gd_layer_kinds[i];
        char layer[VALUE];
        snprintf(layer, sizeof layer, "%s%s", kind->name, kind->argument == NULL ? " 3" : "");
        if (kind->argument != NULL) {
            no_arguments(o, kind);
        }
        if (kind->argument == NULL || kind->needed) {
            char *message = refusal(o, NULL, layer);
            starts_with(message, "layers = %s: %s %s", layer, kind->name,
                        kind->needed ? "needs its number of " : "takes no argument");
            gd_memory_free(&message);
        }
    }
}

static void arguments_of_layers_are_refused_with_the_range(void **state) {
    each(*state, GD_SETTING_TEXT, no_layer);
}

/* Whether a method has this key. */
static bool has_key(const option *o, const char *owner) {
    for (size_t t = 0; o->tables[t] != NULL; t++) {
        const gd_settings *table = o->tables[t];
        const bool mine = strcmp(table->section, o->table->section) == 0 && table->owner != NULL &&
                          strcmp(table->owner, owner) == 0;
        for (const gd_setting *row = table->rows; mine && row->key != NULL; row++) {
            if (strcmp(row->key, o->row->key) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* The choices that the owner of the table is one of. */
static gd_names *choices_of(const option *o) {
    for (size_t t = 0; o->tables[t] != NULL; t++) {
        for (const gd_setting *row = o->tables[t]->rows; row->key != NULL; row++) {
            if (strcmp(o->tables[t]->section, o->table->section) == 0 &&
                o->tables[t]->owner == NULL && strcmp(row->key, chooser(o->table)) == 0) {
                return row->choices;
            }
        }
    }
    fail_msg("[%s] has no %s", o->table->section, chooser(o->table));
    return NULL;
}

static void no_effect(const option *o) {
    gd_names *choices = o->table->owner == NULL ? NULL : choices_of(o);
    for (size_t i = 0; choices != NULL && choices(i) != NULL; i++) {
        char value[VALUE];
        if (!has_key(o, choices(i))) {
            char *message = refusal(o, choices(i), right_value(o, value));
            starts_with(message, "key '%s' in [%s] has no effect with %s = %s; it belongs to ",
                        o->row->key, o->table->section, chooser(o->table), choices(i));
            assert_non_null(strstr(behind(message, "it belongs to "), o->table->owner));
            gd_memory_free(&message);
        }
    }
}

static void options_of_a_method_that_is_not_chosen_are_refused(void **state) {
    for (gd_setting_kind kind = GD_SETTING_INTEGER; kind <= GD_SETTING_INTERVAL; kind++) {
        if (kind != GD_SETTING_TEXT) {
            each(*state, kind, no_effect);
        }
    }
}

static void no_override(const option *o) {
    gd_text config = {0}, override = {0};
    add_needed(o, o->table->owner, &config);
    gd_text_add(&override, "%s.%s=bogus", o->table->section, o->row->key);
    gd_status status = check(o->comm, &config, override.bytes);
    starts_with(gd_status_message(status), "%s: %s = 'bogus' is not ", override.bytes, o->row->key);
    expect_agreed(o->comm, status, GD_BAD_INPUT, "");
    gd_text_free(&config);
    gd_text_free(&override);
}

static void bad_values_of_the_command_line_are_named_by_its_words(void **state) {
    for (gd_setting_kind kind = GD_SETTING_INTEGER; kind <= GD_SETTING_INTERVAL; kind++) {
        if (kind != GD_SETTING_TEXT) {
            each(*state, kind, no_override);
        }
    }
}

int main(int argc, char **argv) {
    gd_comm *comm = mpi_support_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(what_is_no_number_is_refused_with_the_range, comm),
        cmocka_unit_test_prestate(the_ends_of_a_range_are_the_last_that_are_accepted, comm),
        cmocka_unit_test_prestate(lengths_by_the_clock_are_refused_but_between_checkpoints, comm),
        cmocka_unit_test_prestate(names_that_are_none_are_refused_with_the_choices, comm),
        cmocka_unit_test_prestate(texts_that_mean_nothing_are_refused_with_what_would, comm),
        cmocka_unit_test_prestate(arguments_of_layers_are_refused_with_the_range, comm),
        cmocka_unit_test_prestate(options_of_a_method_that_is_not_chosen_are_refused, comm),
        cmocka_unit_test_prestate(bad_values_of_the_command_line_are_named_by_its_words, comm),
    };
    /* They take their time: all of them at 1 and 3 ranks, the last at 2 and 4. */
    const size_t count = sizeof tests / sizeof *tests;
    const size_t first = gd_comm_size(comm) % 2 == 0 ? count - 1 : 0;
    return tests_run(comm, tests + first, count - first);
}
