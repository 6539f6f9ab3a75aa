#include "config_sample.h"
#include "gdmpi/rng.h"

/* Lines of all lengths around the limits of the library, made of what could be lost where they are
 * cut. */
static void long_lines_are_not_cut(void **state) {
    (void)state;
    static const char fill[] = "= ;#[]:\ty";
    for (size_t length = 180; length < 1000; length += length % 195 < 30 ? 1 : 11) {
        for (const char *c = fill; *c != '\0'; c++) {
            gd_text text = {0};
            gd_text_add(&text, "[run]\ndir = x");
            while (text.length < length) {
                gd_text_add(&text, "%c", *c);
            }
            gd_text_add(&text, "z");
            gd_config *config = parsed(text.bytes, (char *[]){"data.file=a", NULL});
            assert_string_equal(gd_config_text(config, "run", "dir"), strchr(text.bytes, 'x'));
            comes_back(config);
            gd_config_free(&config);
            gd_text_free(&text);
        }
    }
}

static void a_long_line_keeps_its_number_and_ends_at_its_comment(void **state) {
    (void)state;
    gd_text text = {0};
    gd_text_add(&text, "[data]\nfile = %0300d ; %0300d = 1\n; %0900d\nshards = %0300dx\n", 1, 2, 3,
                4);
    gd_config *config;
    gd_status status = gd_config_parse("t.ini", text.bytes, 0, NULL, tables, &config);
    assert_int_equal(strncmp(gd_status_message(status), "t.ini:4: shards = '0000", 23), 0);
    gd_status_free(&status);
    text.bytes[text.length - 2] = '5';
    config = parsed(text.bytes, NULL);
    assert_int_equal(gd_config_integer(config, "data", "shards"), 45);
    assert_int_equal(strlen(gd_config_text(config, "data", "file")), 300);
    gd_config_free(&config);
    gd_text_free(&text);
    gd_text_add(&text, "[data]\nfile =%500s\n", "a");
    config = parsed(text.bytes, NULL);
    assert_string_equal(gd_config_text(config, "data", "file"), "a");
    gd_config_free(&config);
    gd_text_free(&text);
    gd_text_add(&text, "[data]\n%0300d = 1\n", 0);
    status = gd_config_parse("t.ini", text.bytes, 0, NULL, tables, &config);
    assert_int_equal(gd_status_code(status), GD_BAD_INPUT);
    assert_int_equal(strncmp(gd_status_message(status), "t.ini:2: expected 'key = value'", 31), 0);
    gd_status_free(&status);
    gd_text_free(&text);
}

static void what_is_written_groups_sections_and_knows_the_owner(void **state) {
    (void)state;
    gd_config *config = parsed("[optimizer]\nlr = 1e-3\nname = adam\n[data]\nfile = a.h5\n", NULL);
    gd_text written = {0};
    gd_config_write(config, &written);
    assert_string_equal(gd_text_bytes(&written), "[data]\n"
                                                 "file = a.h5\n"
                                                 "val_fraction = 0\n"
                                                 "shards = 0\n"
                                                 "\n"
                                                 "[optimizer]\n"
                                                 "lr = 0.001\n"
                                                 "name = adam\n"
                                                 "beta1 = 0.9\n"
                                                 "eps = 1e-8\n"
                                                 "\n"
                                                 "[schedule]\n"
                                                 "name = constant\n"
                                                 "\n"
                                                 "[run]\n"
                                                 "dir =\n"
                                                 "learning_seed = 1\n"
                                                 "checkpoint_every = 1 epoch\n");
    gd_text_free(&written);
    comes_back(config);
    gd_config_free(&config);
}

static void add_setting(void *context, const char *section, const char *key, const char *value) {
    gd_text_add(context, "%s.%s=%s ", section, key, value);
}

static void what_has_its_default_is_not_told_as_changed(void **state) {
    (void)state;
    gd_config *config = parsed("[optimizer]\nlr = 1e-2\nname = adam\neps = 1e-7\n[data]\n"
                               "file = a.h5\nshards = 0\n[run]\ncheckpoint_every = 2 epochs\n",
                               NULL);
    gd_text told = {0};
    assert_null(gd_config_each_changed(config, add_setting, &told));
    assert_string_equal(gd_text_bytes(&told), "data.file=a.h5 optimizer.name=adam "
                                              "optimizer.eps=1e-7 run.checkpoint_every=2 epochs ");
    gd_text_free(&told);
    gd_config_free(&config);
}

static void numbers_come_back_as_the_same_double(void **state) {
    (void)state;
    gd_rng rng = gd_rng_stream(7, GD_RNG_SPLIT, 0, 0, 0);
    for (uint64_t i = 0; i < 500; i++) {
        double number = ldexp(gd_rng_uniform(&rng, i), (int)(i % 120) - 80);
        gd_text given = {0};
        gd_text_add(&given, "optimizer.lr=%.17g", number);
        gd_config *config = parsed("", (char *[]){"data.file=a", given.bytes, NULL});
        assert_true(gd_config_number(config, "optimizer", "lr") == number);
        gd_text written = {0};
        gd_config_write(config, &written);
        gd_config *again = parsed(written.bytes, NULL);
        assert_true(gd_config_number(again, "optimizer", "lr") == number);
        gd_config_free(&again);
        gd_config_free(&config);
        gd_text_free(&written);
        gd_text_free(&given);
    }
}

static void the_reference_parses_to_the_defaults(void **state) {
    (void)state;
    char *required[] = {"data.file=a", NULL};
    gd_text reference = {0};
    gd_settings_write(tables, &reference);
    gd_config *config = parsed(gd_text_bytes(&reference), required);
    gd_config *defaults = parsed("", required);
    same_config(config, defaults);
    gd_config_free(&config);
    gd_config_free(&defaults);
    gd_text_free(&reference);
}

static void the_reference_explains_every_setting(void **state) {
    (void)state;
    static const char *const parts[] = {
        "[data]\n\n; the data file: a text; required\n; file =\n",
        "\n; rows held out: a number (at least 0 and below 1)\nval_fraction = 0\n",
        "\n; the method: one of sgd, momentum, adam, adamw\nname = momentum\n",
        "\n; With name = momentum:\n\n; a decay",
        "\n; a decay: a number (at least 0 and below 1)\nmomentum = 0.9\n",
        "\n; With name = adam:\n\n; a decay",
        "\n; a decay: a number (at least 0 and below 1)\n; beta1 = 0.9\n",
        "\n; outside the root: a number (above 0)\n; eps = 1e-8\n",
        "; required\n; step_size =\n",
        "\n; any whole number: a whole number\nlearning_seed = 1\n",
    };
    gd_text reference = {0};
    gd_settings_write(tables, &reference);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (strstr(gd_text_bytes(&reference), parts[i]) == NULL) {
            fail_msg("no %s in %s", parts[i], gd_text_bytes(&reference));
        }
    }
    gd_text_free(&reference);
}

/* The message of continuing a run of the config `old` with `new`; both are given in addition to a
 * file. */
static void compared(char *new, char *old, const char *message) {
    gd_config *before = parsed("[data]\nfile = a\n", (char *[]){old, NULL});
    gd_config *now = parsed("[data]\nfile = a\n", (char *[]){new, NULL});
    gd_status status = gd_config_compare(now, before);
    assert_string_equal(gd_status_message(status), message);
    assert_int_equal(gd_status_code(status), *message == '\0' ? GD_DONE : GD_BAD_INPUT);
    gd_status_free(&status);
    gd_config_free(&now);
    gd_config_free(&before);
}

static void a_run_continues_only_with_the_same_values(void **state) {
    (void)state;
    compared("optimizer.lr=1e-1", "optimizer.lr=0.1", "");
    compared("run.checkpoint_every=2 minutes", "run.checkpoint_every=120 seconds", "");
    compared("run.dir=b", "run.dir=c", "");
    compared("data.shards=3", "data.shards=2",
             "data.shards=3: data.shards is '3' but the checkpoint's run had '2'");
    compared("run.checkpoint_every=60 steps", "run.checkpoint_every=60 seconds",
             "run.checkpoint_every=60 steps: run.checkpoint_every is '60 steps' but the "
             "checkpoint's run had '60 seconds'");
    compared("optimizer.name=adam", "optimizer.name=sgd",
             "optimizer.name=adam: optimizer.name is 'adam' but the checkpoint's run had 'sgd'");
    compared("data.val_fraction=0", "data.val_fraction=0.5",
             "data.val_fraction=0: data.val_fraction is '0' but the checkpoint's run had '0.5'");
    compared("run.dir=x", "optimizer.lr=1",
             "t.ini: [optimizer] lr (default): optimizer.lr is '0.01' but the checkpoint's run had "
             "'1'");
}

static void a_different_algorithm_is_told_before_its_settings(void **state) {
    (void)state;
    const char *text = "[data]\nfile = a\n[optimizer]\nlr = 1\nname = adam\n";
    gd_config *adam = parsed(text, NULL);
    gd_config *adamw = parsed(text, (char *[]){"optimizer.lr=2", "optimizer.name=adamw", NULL});
    gd_status status = gd_config_compare(adam, adamw);
    assert_int_equal(strncmp(gd_status_message(status), "t.ini:5: optimizer.name is 'adam' ", 34),
                     0);
    gd_status_free(&status);
    gd_config_free(&adam);
    gd_config_free(&adamw);
}

static void an_algorithm_that_may_change_brings_its_own_settings(void **state) {
    (void)state;
    const char *text = "[data]\nfile = a\n[schedule]\nname = step\n";
    gd_config *three = parsed(text, (char *[]){"schedule.step_size=3", NULL});
    gd_config *four = parsed(text, (char *[]){"schedule.step_size=4", NULL});
    gd_config *none = parsed("[data]\nfile = a\n", NULL);
    gd_status status = gd_config_compare(three, none);
    assert_string_equal(gd_status_message(status), "");
    status = gd_config_compare(none, three);
    assert_string_equal(gd_status_message(status), "");
    status = gd_config_compare(three, four);
    assert_int_equal(gd_status_code(status), GD_BAD_INPUT);
    gd_status_free(&status);
    gd_config_free(&three);
    gd_config_free(&four);
    gd_config_free(&none);
}

/* Good lines, with now and then something else that means something, a long word or a random byte.
 */
static void random_text(const gd_rng *rng, gd_text *text) {
    static const char *const good[] = {
        "[data]\nshards = 1\n",
        "[data]\nval_fraction=1e-3 ; 0.001\n",
        "[optimizer]\nname = adam\n",
        "[optimizer]\nlr=0.1\n",
        "[optimizer]\nbeta1 = 0.5\n",
        "[schedule]\r\nname = step\r\n",
        "[schedule]\nstep_size = 3 epochs\n",
        "[run]\ncheckpoint_every = 10 minutes\n",
        "[run]\nlearning_seed = -3\n",
        "[run]\ndir = a",
        "\n",
        "\n; ",
        "\n  # ",
    };
    static const char *const odd[] = {
        "=",    "[", "]",   ";",   "#",    " ",  "\t", "\r",           "-",      ":", "name",
        "%s%n", "5", "dir", "key", "step", "\n", ".",  "\xef\xbb\xbf", "\n[x]\n"};
    uint64_t count = (uint64_t)(gd_rng_uniform(rng, 0) * 10);
    for (uint64_t i = 1; i <= 3 * count; i += 3) {
        double kind = gd_rng_uniform(rng, i), which = gd_rng_uniform(rng, i + 1);
        if (kind < 0.7) {
            gd_text_add(text, "%s", good[(size_t)(which * (sizeof good / sizeof *good))]);
        } else if (kind < 0.85) {
            gd_text_add(text, "%s", odd[(size_t)(which * (sizeof odd / sizeof *odd))]);
        } else if (kind < 0.92) {
            gd_text_add(text, "%0*d", (int)(which * 500) + 1, 7);
        } else {
            gd_text_add(text, "%c", 1 + (int)(which * 255));
        }
    }
}

static void any_text_is_a_config_or_one_message(void **state) {
    (void)state;
    int right = 0;
    for (int64_t i = 0; i < 4000; i++) {
        gd_rng rng = gd_rng_stream(1, GD_RNG_SHUFFLE, i, 0, 0);
        gd_text text = {0}, override = {0};
        random_text(&rng, &text);
        gd_rng other = gd_rng_stream(1, GD_RNG_DROPOUT, i, 0, 0);
        gd_text_add(&override, "run.dir=a");
        random_text(&other, &override);
        char *overrides[] = {"data.file=b", override.bytes};
        gd_config *config;
        gd_status status =
            gd_config_parse("t.ini", gd_text_bytes(&text), i % 3, overrides, tables, &config);
        if (status == GD_OK) {
            right++;
            comes_back(config);
            gd_config_free(&config);
        } else {
            assert_null(config);
            assert_int_equal(gd_status_code(status), GD_BAD_INPUT);
            assert_true(strlen(gd_status_message(status)) > 0);
        }
        gd_status_free(&status);
        gd_text_free(&text);
        gd_text_free(&override);
    }
    assert_in_range(right, 300, 3700);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_lines_are_not_cut),
        cmocka_unit_test(a_long_line_keeps_its_number_and_ends_at_its_comment),
        cmocka_unit_test(what_is_written_groups_sections_and_knows_the_owner),
        cmocka_unit_test(what_has_its_default_is_not_told_as_changed),
        cmocka_unit_test(numbers_come_back_as_the_same_double),
        cmocka_unit_test(the_reference_parses_to_the_defaults),
        cmocka_unit_test(the_reference_explains_every_setting),
        cmocka_unit_test(a_run_continues_only_with_the_same_values),
        cmocka_unit_test(a_different_algorithm_is_told_before_its_settings),
        cmocka_unit_test(an_algorithm_that_may_change_brings_its_own_settings),
        cmocka_unit_test(any_text_is_a_config_or_one_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
