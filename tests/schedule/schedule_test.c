#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gdmpi/schedule.h"

enum { KINDS_MAX = 32, EPOCH = 4, STEPS = 60, LINE = 256, FAR = 8 };

static const double base_lr = 0.1;

/* Of all sizes, up to 1e12. */
static const int64_t far[FAR] = {0, 1, 59, 60, 1000, 123456789, 999999999999, 1000000000000};

/* [schedule] with these lines; its epochs are of 4 steps, and its run of 60. */
static gd_status read_lines(const char *lines, double lr, gd_schedule *schedule) {
    const gd_settings *tables[KINDS_MAX + 2] = {&gd_schedule_settings};
    size_t count = 1;
    for (size_t i = 0; gd_schedule_kinds[i] != NULL; i++) {
        assert_true(count < KINDS_MAX);
        if (gd_schedule_kinds[i]->settings.rows != NULL) {
            tables[count++] = &gd_schedule_kinds[i]->settings;
        }
    }
    gd_text text = {0};
    gd_text_add(&text, "[schedule]\n%s", lines);
    gd_config *config = NULL;
    gd_status status = gd_config_parse("test.ini", text.bytes, 0, NULL, tables, &config);
    if (status == GD_OK) {
        status = gd_schedule_read(config, lr, EPOCH, STEPS, schedule);
    }
    gd_config_free(&config);
    gd_text_free(&text);
    return status;
}

static gd_schedule make(const char *lines, double lr) {
    gd_schedule schedule;
    gd_status status = read_lines(lines, lr, &schedule);
    assert_string_equal(gd_status_message(status), "");
    return schedule;
}

/* Lines that choose a kind, with a value for each setting that must be given but `but`. */
static void choose(const gd_schedule_kind *kind, const char *but, gd_text *lines) {
    gd_text_add(lines, "name = %s\n", kind->name);
    const gd_setting *row = kind->settings.rows;
    for (; row != NULL && row->key != NULL; row++) {
        if (row->initial == NULL && strcmp(row->key, but) != 0) {
            bool small = row->kind == GD_SETTING_NUMBER;
            gd_text_add(lines, "%s = %s\n", row->key, small ? "0.5" : "3");
        }
    }
}

static gd_schedule make_kind(const gd_schedule_kind *kind, const char *more, double lr) {
    gd_text lines = {0};
    choose(kind, "", &lines);
    gd_text_add(&lines, "%s", more);
    gd_schedule schedule = make(lines.bytes, lr);
    assert_ptr_equal(schedule.kind, kind);
    gd_text_free(&lines);
    return schedule;
}

/* As in schedules.py: each is exact. */
static double loss_of(int64_t epoch) {
    return (double)((epoch * 37 + 11) % 101 + 600 / (epoch + 1)) / 64;
}

/* The learning rates of steps first ... first + count - 1. */
static void run(const gd_schedule *schedule, int64_t first, int count, gd_plateau *plateau,
                double *rates) {
    for (int64_t step = first; step < first + count; step++) {
        *rates++ = gd_schedule_lr(schedule, plateau, step);
        if ((step + 1) % EPOCH == 0) {
            gd_schedule_observe(schedule, step + 1, loss_of(step / EPOCH), plateau);
        }
    }
}

/* Relative; not a number is the worst. */
static double deviation(double found, double right) {
    double apart = found == right ? 0 : fabs(found - right) / right;
    return isnan(apart) ? INFINITY : apart;
}

/* The largest relative deviation of a case's learning rates, which follow its settings. */
static double check_case(FILE *file, const char *name) {
    char line[LINE];
    gd_text lines = {0};
    double rates[STEPS], worst = 0;
    int found = 0;
    while (found < STEPS && fgets(line, sizeof line, file) != NULL) {
        static const char set[] = "set schedule.";
        if (strncmp(line, set, strlen(set)) == 0) {
            gd_text_add(&lines, "%s", line + strlen(set));
            continue;
        }
        if (found == 0) {
            gd_schedule schedule = make(lines.bytes, base_lr);
            gd_plateau plateau = GD_PLATEAU_START;
            assert_string_equal(schedule.kind->name, name);
            run(&schedule, 0, STEPS, &plateau, rates);
        }
        char *end = line;
        for (; *end != '\n'; found++) {
            assert_true(found < STEPS);
            double right = strtod(end, &end);
            worst = fmax(worst, deviation(rates[found], right));
        }
    }
    assert_int_equal(found, STEPS);
    gd_text_free(&lines);
    return worst;
}

static void learning_rates_are_those_of_the_reference(void **state) {
    (void)state;
    const char *source = getenv("srcdir");
    char path[LINE], line[LINE];
    double worst[KINDS_MAX] = {0};
    bool seen[KINDS_MAX] = {false};
    snprintf(path, sizeof path, "%s/tests/reference/schedules.txt", source == NULL ? "." : source);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        const char *name = line + strlen("case ");
        double apart = check_case(file, name);
        for (size_t i = 0; gd_schedule_kinds[i] != NULL; i++) {
            if (gd_schedule_kinds[i] == gd_schedule_find(name)) {
                seen[i] = true;
                worst[i] = fmax(worst[i], apart);
            }
        }
    }
    fclose(file);
    for (size_t i = 0; gd_schedule_kinds[i] != NULL; i++) {
        print_message("%-20s %.1e\n", gd_schedule_kinds[i]->name, worst[i]);
        assert_true(seen[i] && worst[i] <= 1e-12);
    }
}

/* At any step, after many bad epochs as well. */
static void check_possible(const gd_schedule *schedule) {
    gd_plateau plateau = GD_PLATEAU_START;
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < FAR; i++) {
            double lr = gd_schedule_lr(schedule, &plateau, far[i]);
            if (!(isfinite(lr) && lr >= 0)) {
                fail_msg("%s: the learning rate of step %lld is %g", schedule->kind->name,
                         (long long)far[i], lr);
            }
        }
        for (int64_t epoch = 0; epoch < 50; epoch++) {
            gd_schedule_observe(schedule, 1000000000000, 1, &plateau);
        }
    }
}

/* One setting at an end of its range, or as its choice. */
static void check_extreme(const gd_schedule_kind *kind, const char *key, const char *value) {
    static const double rates[] = {0, 0.1, 1e300};
    gd_text lines = {0};
    choose(kind, key, &lines);
    gd_text_add(&lines, "%s = %s\n", key, value);
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        gd_schedule schedule = make(lines.bytes, rates[i]);
        check_possible(&schedule);
    }
    gd_text_free(&lines);
}

static void check_row(const gd_schedule_kind *kind, const gd_setting *row) {
    char value[64];
    if (row->kind == GD_SETTING_CHOICE) {
        for (size_t i = 0; row->choices(i) != NULL; i++) {
            check_extreme(kind, row->key, row->choices(i));
        }
    } else if (row->kind != GD_SETTING_TEXT) {
        static const char *const units[] = {"", " steps", " epochs"};
        for (int i = 0; i < (row->kind == GD_SETTING_INTERVAL ? 3 : 1); i++) {
            snprintf(value, sizeof value, "%.17g%s", row->min, units[i]);
            check_extreme(kind, row->key, value);
            snprintf(value, sizeof value, "%.17g%s", row->max, row->min == 0 ? "" : units[i]);
            check_extreme(kind, row->key, value);
        }
    }
}

static void options_at_their_ends_keep_learning_rates_possible(void **state) {
    (void)state;
    for (size_t i = 0; gd_schedule_kinds[i] != NULL; i++) {
        const gd_schedule_kind *kind = gd_schedule_kinds[i];
        check_extreme(kind, "warmup_steps", "1e12 epochs");
        for (const gd_setting *row = kind->settings.rows; row != NULL && row->key != NULL; row++) {
            check_row(kind, row);
        }
    }
}

/* In another order, and with the state copied between any two steps. */
static void learning_rates_are_the_same_whenever_asked(void **state) {
    (void)state;
    for (size_t i = 0; gd_schedule_kinds[i] != NULL; i++) {
        const gd_schedule schedule = make_kind(gd_schedule_kinds[i], "warmup_steps = 5\n", base_lr);
        const gd_schedule again = make_kind(gd_schedule_kinds[i], "warmup_steps = 5\n", base_lr);
        double whole[STEPS], rest[STEPS];
        gd_plateau begun = GD_PLATEAU_START;
        run(&schedule, 0, STEPS, &begun, whole);
        begun = GD_PLATEAU_START;
        for (int step = 0; step < STEPS; step++) {
            gd_plateau copy = begun;
            run(&again, step, STEPS - step, &copy, rest);
            assert_memory_equal(rest, whole + step, (size_t)(STEPS - step) * sizeof *rest);
            run(&again, step, 1, &begun, rest);
        }
        for (int step = STEPS - 1; step >= 0 && schedule.kind->observe == NULL; step--) {
            assert_true(gd_schedule_lr(&again, &begun, step) == whole[step]);
        }
    }
}

static void the_warm_up_is_a_line_before_the_schedule(void **state) {
    (void)state;
    for (size_t i = 0; gd_schedule_kinds[i] != NULL; i++) {
        const gd_schedule plain = make_kind(gd_schedule_kinds[i], "", base_lr);
        const gd_schedule warm = make_kind(gd_schedule_kinds[i], "warmup_steps = 8\n", base_lr);
        const gd_schedule epochs =
            make_kind(gd_schedule_kinds[i], "warmup_steps = 2 epochs\n", base_lr);
        const gd_plateau plateau = GD_PLATEAU_START;
        for (int64_t step = 0; step < 8; step++) {
            double lr = gd_schedule_lr(&warm, &plateau, step);
            assert_true(fabs(lr - base_lr * (double)(step + 1) / 8) <= 1e-16);
        }
        assert_true(gd_schedule_lr(&warm, &plateau, 8) == gd_schedule_lr(&plain, &plateau, 0));
        for (int64_t step = 0; step < STEPS; step++) {
            assert_true(gd_schedule_lr(&epochs, &plateau, step) ==
                        gd_schedule_lr(&warm, &plateau, step));
        }
    }
}

/* All but constant and plateau end elsewhere than they began, and by the end of the run. */
static void learning_rates_change(void **state) {
    (void)state;
    const gd_plateau plateau = GD_PLATEAU_START;
    for (size_t i = 0; gd_schedule_kinds[i] != NULL; i++) {
        const gd_schedule schedule = make_kind(gd_schedule_kinds[i], "", base_lr);
        const char *name = schedule.kind->name;
        bool changes = strcmp(name, "constant") != 0 && schedule.kind->observe == NULL;
        assert_true((gd_schedule_lr(&schedule, &plateau, 0) !=
                     gd_schedule_lr(&schedule, &plateau, STEPS - 2)) == changes);
    }
}

/* A length in epochs is that of as many steps, but for steps within an epoch. */
static void lengths_may_be_epochs(void **state) {
    (void)state;
    const gd_plateau plateau = GD_PLATEAU_START;
    const gd_schedule steps = make("name = step\nstep_size = 12\n", base_lr);
    const gd_schedule epochs = make("name = step\nstep_size = 3 epochs\n", base_lr);
    const gd_schedule wave = make("name = cosine\nt_max = 5 epochs\nwarmup_steps = 2\n", base_lr);
    for (int64_t step = 0; step < STEPS; step++) {
        assert_true(gd_schedule_lr(&steps, &plateau, step) ==
                    gd_schedule_lr(&epochs, &plateau, step));
        int64_t first = step < 2 ? step : step - (step - 2) % EPOCH;
        assert_true(gd_schedule_lr(&wave, &plateau, step) ==
                    gd_schedule_lr(&wave, &plateau, first));
    }
}

static void refused(const char *lines, const char *words) {
    gd_schedule schedule;
    gd_status status = read_lines(lines, base_lr, &schedule);
    assert_int_equal(gd_status_code(status), GD_BAD_INPUT);
    if (strstr(gd_status_message(status), words) == NULL) {
        fail_msg("'%s' is not in '%s'", words, gd_status_message(status));
    }
    gd_status_free(&status);
}

static void what_is_not_possible_is_refused(void **state) {
    (void)state;
    static const char *const lists[] = {"",     "5,",        "5, 5",          "7, 6", "0",
                                        "1e13", "5 minutes", "5 epochs, 6",   "a",    "1.5",
                                        ",",    "5 6",       "5, 6 epochsss", "-3",   "5epochs"};
    char lines[8 * GD_SCHEDULE_MILESTONES] = "name = multistep\nmilestones = 1";
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        snprintf(lines, sizeof lines, "name = multistep\nmilestones = %s\n", lists[i]);
        refused(lines, "test.ini:3: milestones = ");
        refused(lines, ": is not a list of whole numbers from 1 to 1e12 that rise");
    }
    size_t length = (size_t)snprintf(lines, sizeof lines, "name = multistep\nmilestones = 1");
    for (int i = 2; i <= GD_SCHEDULE_MILESTONES; i++) {
        length += (size_t)snprintf(lines + length, sizeof lines - length, ", %d", i);
    }
    assert_int_equal(make(lines, base_lr).milestones, GD_SCHEDULE_MILESTONES);
    snprintf(lines + length, sizeof lines - length, ", 999");
    refused(lines, ": has more than 64 numbers");
    refused("name = step\nstep_size = 5 minutes\n",
            "test.ini:3: step_size = '5 minutes' is not a whole number of steps or epochs");
    refused("name = cyclic\nmax_lr = 1\nstep_size_up = 2 epochs\nstep_size_down = 9\n",
            "test.ini:5: step_size_down = 9: must be in epochs, as the lengths before it");
    refused("name = step\n", "[schedule] step_size is missing and must be given");
    refused("name = step\nstep_size = 3\nt_max = 3\n", "it belongs to cosine");
}

static void names_lead_to_kinds_that_describe_themselves(void **state) {
    (void)state;
    assert_null(gd_schedule_find("none"));
    for (size_t i = 0; gd_schedule_kinds[i] != NULL; i++) {
        const gd_schedule_kind *kind = gd_schedule_kinds[i];
        const gd_setting *rows = kind->settings.rows;
        assert_ptr_equal(gd_schedule_find(kind->name), kind);
        assert_string_equal(kind->settings.section, "schedule");
        assert_string_equal(kind->settings.owner, kind->name);
        for (size_t row = 0; rows != NULL && rows[row].key != NULL; row++) {
            assert_true(row < GD_SCHEDULE_OPTIONS);
            assert_true(rows[row].kind != GD_SETTING_TEXT || kind->read != NULL);
        }
    }
}

static void described(const char *lines, const char *words) {
    const gd_schedule schedule = make(lines, base_lr);
    gd_text text = {0};
    gd_schedule_describe(&schedule, STEPS, &text);
    assert_string_equal(gd_text_bytes(&text), words);
    gd_text_free(&text);
}

static void a_schedule_is_described_in_a_few_words(void **state) {
    (void)state;
    described("", "constant");
    described("warmup_steps = 7\nname = plateau\n", "plateau, after 7 steps of warm-up");
    described("name = step\nstep_size = 20\n",
              "step: lr 0.1 in the first step, 0.01 halfway, 0.001 in the last");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(learning_rates_are_those_of_the_reference),
        cmocka_unit_test(options_at_their_ends_keep_learning_rates_possible),
        cmocka_unit_test(learning_rates_are_the_same_whenever_asked),
        cmocka_unit_test(the_warm_up_is_a_line_before_the_schedule),
        cmocka_unit_test(learning_rates_change),
        cmocka_unit_test(lengths_may_be_epochs),
        cmocka_unit_test(what_is_not_possible_is_refused),
        cmocka_unit_test(names_lead_to_kinds_that_describe_themselves),
        cmocka_unit_test(a_schedule_is_described_in_a_few_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
