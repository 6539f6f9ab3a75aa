#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config_sample.h"

/* The message of a text that must be wrong is this one. */
static void refused(const char *text, char *const *overrides, const char *message) {
    gd_config *config;
    gd_status status =
        gd_config_parse("t.ini", text, overrides_count(overrides), overrides, tables, &config);
    assert_null(config);
    assert_string_equal(gd_status_message(status), message);
    assert_int_equal(gd_status_code(status), GD_BAD_INPUT);
    gd_status_free(&status);
}

/* A status with this message, "" for none, which it frees. */
static void expect_status(gd_status status, const char *message) {
    assert_string_equal(gd_status_message(status), message);
    gd_status_free(&status);
}

static void settings_not_given_have_their_defaults(void **state) {
    (void)state;
    gd_config *config = parsed("[data]\nfile = a.h5\n", NULL);
    assert_string_equal(gd_config_name(config), "t.ini");
    assert_string_equal(gd_config_text(config, "data", "file"), "a.h5");
    assert_int_equal(gd_config_integer(config, "data", "shards"), 0);
    assert_true(gd_config_number(config, "optimizer", "lr") == 0.01);
    assert_string_equal(gd_config_text(config, "optimizer", "name"), "momentum");
    assert_true(gd_config_number(config, "optimizer", "momentum") == 0.9);
    assert_string_equal(gd_config_text(config, "run", "dir"), "");
    gd_interval every = gd_config_interval(config, "run", "checkpoint_every");
    assert_true(every.count == 1 && every.unit == GD_EPOCHS);
    gd_config_free(&config);
    assert_null(config);
    gd_config_free(&config);
}

static void comments_blanks_marks_and_line_ends_mean_nothing(void **state) {
    (void)state;
    gd_config *config = parsed("\xef\xbb\xbf; a comment\r\n"
                               "  # another\r\n"
                               "\r\n"
                               "[data] ; the data\r\n"
                               "\tfile=  a;b#c.h5 ; the file\r\n"
                               "   shards   =3# # three\r\n"
                               "[optimizer]\n"
                               "[run]\n"
                               "[data]\n"
                               "val_fraction = 0.25",
                               (char *[]){"data.shards=3", NULL});
    assert_string_equal(gd_config_text(config, "data", "file"), "a;b#c.h5");
    assert_int_equal(gd_config_integer(config, "data", "shards"), 3);
    assert_true(gd_config_number(config, "data", "val_fraction") == 0.25);
    gd_config_free(&config);
    refused("[data]\nfile = a\n  shards = 3\n  relu, dense 3\n", NULL,
            "t.ini:4: expected 'key = value' on one line, found 'relu, dense 3'");
}

static void lines_that_are_no_ini_are_errors_with_their_number(void **state) {
    (void)state;
    refused("\n\n[data\nfile = a\n", NULL, "t.ini:3: expected '[section]', found '[data'");
    refused("[data] file = a\n", NULL, "t.ini:1: expected '[section]', found '[data] file = a'");
    refused("[data]\nfile\n", NULL, "t.ini:2: expected 'key = value' on one line, found 'file'");
    refused("[data]\nfile: a\n", NULL,
            "t.ini:2: expected 'key = value' on one line, found 'file: a'");
    refused("[data]\n= a\n", NULL, "t.ini:2: expected 'key = value' on one line, found '= a'");
    refused("\nlr = 1\n", NULL,
            "t.ini:2: key 'lr' stands before any [section]; it belongs in [optimizer]");
}

static void names_that_are_not_known_are_errors_that_help(void **state) {
    (void)state;
    refused("[optimizer]\n\nlerning_rate = 1\n", NULL,
            "t.ini:3: unknown key 'lerning_rate' in [optimizer]; did you mean 'lr'?");
    refused("[data]\nshrads = 1\n", NULL,
            "t.ini:2: unknown key 'shrads' in [data]; did you mean 'shards'?");
    refused("[data]\nxyzzy = 1\n", NULL,
            "t.ini:2: unknown key 'xyzzy' in [data]; known are file, val_fraction, shards");
    refused("[optimizer]\nqqqqq = 1\n", NULL,
            "t.ini:2: unknown key 'qqqqq' in [optimizer]; known are lr, name, momentum, beta1, "
            "eps");
    refused("[data]\nlr = 1\n", NULL,
            "t.ini:2: unknown key 'lr' in [data]; it belongs in [optimizer]");
    refused("[data]\nname = 1\n", NULL,
            "t.ini:2: unknown key 'name' in [data]; it belongs in [optimizer] or [schedule]");
    refused("[run]\nls = 1\n", NULL,
            "t.ini:2: unknown key 'ls' in [run]; did you mean 'learning_seed'?");
    refused("[optimiser]\n", NULL,
            "t.ini:1: unknown section [optimiser]; did you mean 'optimizer'?");
    refused("[q]\nx = 1\n", NULL,
            "t.ini:1: unknown section [q]; known are data, optimizer, schedule, run");
}

static void a_key_given_twice_is_an_error(void **state) {
    (void)state;
    refused("[data]\nfile = a\n[run]\n[data]\nfile = a\n", NULL,
            "t.ini:5: key 'file' in [data] is given twice, first at t.ini:2");
    refused("[data]\nfile = a\n", (char *[]){"data.file=a", "data.file=b", NULL},
            "data.file=b: key 'file' in [data] is given twice, first at data.file=a");
}

static void a_setting_without_default_must_be_given(void **state) {
    (void)state;
    refused("", NULL, "t.ini: [data] file is missing and must be given: the data file");
    gd_config *config = parsed("", (char *[]){"data.file=x", NULL});
    assert_string_equal(gd_config_text(config, "data", "file"), "x");
    gd_config_free(&config);
    refused("[data]\nfile=x\n[schedule]\nname = step\n", NULL,
            "t.ini: [schedule] step_size is missing and must be given: between two drops");
}

static void settings_of_an_owner_are_known_only_with_it(void **state) {
    (void)state;
    refused("[data]\nfile=a\n[optimizer]\nname = sgd\nbeta1 = 0.5\n", NULL,
            "t.ini:5: key 'beta1' in [optimizer] has no effect with name = sgd; it belongs to "
            "adam, adamw");
    refused("[data]\nfile=a\n[optimizer]\nname = adam\nmomentum = 0.5\n", NULL,
            "t.ini:5: key 'momentum' in [optimizer] has no effect with name = adam; it belongs to "
            "momentum");
    gd_config *config = parsed("[data]\nfile = a\n[optimizer]\nbeta1 = 0.5\nname = sgd\n",
                               (char *[]){"optimizer.name=adam", NULL});
    assert_true(gd_config_number(config, "optimizer", "beta1") == 0.5);
    assert_true(gd_config_number(config, "optimizer", "eps") == 1e-8);
    gd_config_free(&config);
    config = parsed("[data]\nfile = a\n[optimizer]\nname = adamw\n", NULL);
    assert_true(gd_config_number(config, "optimizer", "beta1") == 0.8);
    gd_config_free(&config);
}

static const char *loss_name(size_t index) {
    static const char *const names[] = {"mse", "huber", NULL};
    return names[index];
}

static void a_section_may_choose_its_owner_by_another_key_than_name(void **state) {
    (void)state;
    static const gd_setting model_rows[] = {
        {.key = "loss", .kind = GD_SETTING_CHOICE, .choices = loss_name, .help = "the loss"},
        {.key = "name", .kind = GD_SETTING_CHOICE, .initial = "mse", .choices = loss_name},
        {0}};
    static const gd_setting huber_rows[] = {FRACTION("delta", "0.5"), {0}};
    static const gd_settings model = {.section = "model", .rows = model_rows};
    static const gd_settings huber = {
        .section = "model", .owner = "huber", .rows = huber_rows, .chooser = "loss"};
    static const gd_settings *const both[] = {&model, &huber, NULL};
    gd_config *config = NULL;
    expect_status(gd_config_parse("t.ini", "[model]\nloss = huber\n", 0, NULL, both, &config), "");
    assert_true(gd_config_number(config, "model", "delta") == 0.5);
    gd_config_free(&config);
    const char *mse = "[model]\nloss = mse\nname = huber\ndelta = 0.25\n";
    expect_status(gd_config_parse("t.ini", mse, 0, NULL, both, &config),
                  "t.ini:4: key 'delta' in [model] has no effect with loss = mse; it belongs to "
                  "huber");
    char *override[] = {"model.loss=mse"};
    expect_status(gd_config_parse("t.ini", "[model]\nloss = huber\ndelta = 0.25\n", 1, override,
                                  both, &config),
                  "");
    gd_config_free(&config);
    gd_text reference = {0};
    gd_settings_write(both, &reference);
    assert_non_null(strstr(gd_text_bytes(&reference), "\n; With loss = huber:\n"));
    assert_non_null(strstr(gd_text_bytes(&reference), "\n; delta = 0.5\n"));
    gd_text_free(&reference);
}

static void another_owner_on_the_command_line_passes_over_the_files_keys(void **state) {
    (void)state;
    const char *text = "[data]\nfile=a\n[optimizer]\nname = momentum\nmomentum = 0.5\n";
    gd_config *config = parsed(text, (char *[]){"optimizer.name=adam", NULL});
    assert_string_equal(gd_config_text(config, "optimizer", "name"), "adam");
    comes_back(config);
    gd_config_free(&config);
    refused(text, (char *[]){"optimizer.name=adam", "optimizer.momentum=0.4", NULL},
            "optimizer.momentum=0.4: key 'momentum' in [optimizer] has no effect with name = adam; "
            "it belongs to momentum");
    refused(text, (char *[]){"optimizer.beta1=0.4", NULL},
            "optimizer.beta1=0.4: key 'beta1' in [optimizer] has no effect with name = momentum; "
            "it belongs to adam, adamw");
}

static void overrides_win_over_the_file(void **state) {
    (void)state;
    gd_config *config = parsed("[data]\nfile = a\n[optimizer]\nlr = abc\n",
                               (char *[]){"optimizer.lr=0.5", " data.file = b=c.d ", NULL});
    assert_true(gd_config_number(config, "optimizer", "lr") == 0.5);
    assert_string_equal(gd_config_text(config, "data", "file"), "b=c.d");
    gd_config_free(&config);
    const char *text = "[data]\nfile = a\n";
    refused(text, (char *[]){"optimizer.lr=abc", NULL},
            "optimizer.lr=abc: lr = 'abc' is not a number (between 0 and 1e30)");
    refused(text, (char *[]){"optimiser.lr=1", NULL},
            "optimiser.lr=1: unknown section [optimiser]; did you mean 'optimizer'?");
    refused(text, (char *[]){"run.lr=1", NULL},
            "run.lr=1: unknown key 'lr' in [run]; it belongs in [optimizer]");
    char *wrong[] = {"lr=1", "optimizer.lr", ".lr=1", "optimizer.=1", "", "=a.b"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        gd_text message = {0};
        gd_text_add(&message, "'%s' is not an override: expected SECTION.KEY=VALUE", wrong[i]);
        refused(text, (char *[]){wrong[i], NULL}, gd_text_bytes(&message));
        gd_text_free(&message);
    }
}

/* `setting` is SECTION.KEY=VALUE, and the message what follows it. */
static void value_refused(char *setting, const char *expected) {
    gd_text message = {0};
    gd_text_add(&message, "%s: %s", setting, expected);
    refused("", (char *[]){"data.file=a", setting, NULL}, gd_text_bytes(&message));
    gd_text_free(&message);
}

static void a_replaced_setting_is_as_if_overridden(void **state) {
    (void)state;
    const char *text = "[data]\nfile = a\nshards = 3\n[optimizer]\nmomentum = 0.5\n";
    static const struct {
        const char *section, *key, *value;
        char *override;
    } cases[] = {
        {"run", "dir", "runs/a", "run.dir=runs/a"},
        {"run", "dir", " runs/b ", "run.dir=runs/b"},
        {"data", "shards", "5", "data.shards=5"},
        {"run", "checkpoint_every", "3 steps", "run.checkpoint_every=3 steps"},
        {"optimizer", "name", "adamw", "optimizer.name=adamw"},
        {"optimizer", "lr", "0.25", "optimizer.lr=0.25"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *section = cases[i].section, *key = cases[i].key;
        gd_config *config = parsed(text, (char *[]){"optimizer.lr=0.5", NULL});
        gd_config *expected =
            parsed(text, (char *[]){cases[i].override,
                                    strcmp(key, "lr") == 0 ? NULL : "optimizer.lr=0.5", NULL});
        for (int times = 0; times < 2; times++) {
            assert_true(gd_config_replace(config, section, key, cases[i].value) == GD_OK);
            same_config(config, expected);
        }
        gd_config_free(&config);
        gd_config_free(&expected);
    }
}

static void what_cannot_replace_a_setting_is_an_error(void **state) {
    (void)state;
    static const struct {
        const char *section, *key, *value, *message;
    } cases[] = {
        {"data", "shards", "few",
         "data.shards=few: shards = 'few' is not a whole number (at least 0)"},
        {"data", "shards", "-1",
         "data.shards=-1: shards = -1 is out of range: it must be at least 0"},
        {"data", "shrads", "1",
         "data.shrads=1: unknown key 'shrads' in [data]; did you mean 'shards'?"},
        {"dta", "shards", "1", "dta.shards=1: unknown section [dta]; did you mean 'data'?"},
        {"optimizer", "eps", "1",
         "optimizer.eps=1: key 'eps' in [optimizer] has no effect with name = momentum; it belongs "
         "to adam"},
        {"schedule", "name", "step",
         "t.ini: [schedule] step_size is missing and must be given: between two drops"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gd_config *config = parsed("[data]\nfile = a\n", NULL);
        gd_status status =
            gd_config_replace(config, cases[i].section, cases[i].key, cases[i].value);
        assert_string_equal(gd_status_message(status), cases[i].message);
        assert_int_equal(gd_status_code(status), GD_BAD_INPUT);
        gd_status_free(&status);
        gd_config_free(&config);
    }
}

static void numbers_of_the_wrong_kind_or_range_are_errors(void **state) {
    (void)state;
    value_refused("data.shards=many", "shards = 'many' is not a whole number (at least 0)");
    value_refused("data.shards=1.5", "shards = '1.5' is not a whole number (at least 0)");
    value_refused("data.shards=", "shards = '' is not a whole number (at least 0)");
    value_refused("data.shards=-1", "shards = -1 is out of range: it must be at least 0");
    value_refused("data.shards=99999999999999999999",
                  "shards = '99999999999999999999' is not a whole number (at least 0)");
    value_refused("run.learning_seed=x", "learning_seed = 'x' is not a whole number");
    value_refused("optimizer.lr=nan", "lr = 'nan' is not a number (between 0 and 1e30)");
    value_refused("optimizer.lr=1e999", "lr = '1e999' is not a number (between 0 and 1e30)");
    value_refused("optimizer.lr=-1", "lr = -1 is out of range: it must be between 0 and 1e30");
    value_refused("optimizer.momentum=1",
                  "momentum = 1 is out of range: it must be at least 0 and below 1");
    refused("", (char *[]){"data.file=a", "optimizer.name=adam", "optimizer.eps=0", NULL},
            "optimizer.eps=0: eps = 0 is out of range: it must be above 0");
}

static void both_ends_of_a_range_are_allowed(void **state) {
    (void)state;
    gd_config *config = parsed("[data]\nfile = a\nval_fraction = 0\n[optimizer]\nlr = 1e30\n"
                               "[run]\nlearning_seed = 9223372036854775807\n",
                               (char *[]){"data.shards=1e6", NULL});
    assert_true(gd_config_number(config, "optimizer", "lr") == 1e30);
    assert_int_equal(gd_config_integer(config, "data", "shards"), 1000000);
    assert_true(gd_config_integer(config, "run", "learning_seed") == INT64_MAX);
    comes_back(config);
    gd_config_free(&config);
}

static void choices_that_are_none_list_the_choices(void **state) {
    (void)state;
    value_refused("optimizer.name=Adam", "name = 'Adam' is not one of sgd, momentum, adam, adamw; "
                                         "did you mean 'adam'?");
    value_refused("optimizer.name=lion", "name = 'lion' is not one of sgd, momentum, adam, adamw");
}

static void intervals_count_steps_epochs_and_time(void **state) {
    (void)state;
    static const struct {
        char *given;
        double count;
        gd_unit unit;
    } cases[] = {
        {"run.checkpoint_every=500", 500, GD_STEPS},
        {"run.checkpoint_every=1 step", 1, GD_STEPS},
        {"run.checkpoint_every=1e2 steps", 100, GD_STEPS},
        {"run.checkpoint_every=2 epochs", 2, GD_EPOCHS},
        {"run.checkpoint_every=1   epoch", 1, GD_EPOCHS},
        {"run.checkpoint_every=10 minutes", 600, GD_SECONDS},
        {"run.checkpoint_every=1.5 minutes", 90, GD_SECONDS},
        {"run.checkpoint_every=30 seconds", 30, GD_SECONDS},
        {"run.checkpoint_every=1 hour", 3600, GD_SECONDS},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gd_config *config = parsed("", (char *[]){"data.file=a", cases[i].given, NULL});
        gd_interval interval = gd_config_interval(config, "run", "checkpoint_every");
        assert_true(interval.count == cases[i].count);
        assert_int_equal(interval.unit, cases[i].unit);
        comes_back(config);
        gd_config_free(&config);
    }
    value_refused("run.checkpoint_every=2000 minutes",
                  "checkpoint_every = 2000 minutes is out of range: it must be between 1 and 1000");
    char *wrong[] = {"",
                     "often",
                     "steps",
                     "5 days",
                     "5 stepss",
                     "5 steps 3",
                     "1e400 hours",
                     "1e308 hours",
                     "1.5 epochs",
                     "10minutes",
                     "00000000000000000000000000000000001 step"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        gd_text given = {0}, message = {0};
        gd_text_add(&given, "run.checkpoint_every=%s", wrong[i]);
        gd_text_add(
            &message,
            "checkpoint_every = '%s' is not a whole number of steps or epochs, or a number of "
            "seconds, minutes or hours, such as '10 epochs' (between 1 and 1000)",
            wrong[i]);
        value_refused(given.bytes, gd_text_bytes(&message));
        gd_text_free(&given);
        gd_text_free(&message);
    }
    refused("", (char *[]){"data.file=a", "schedule.name=step", "schedule.step_size=9 hours", NULL},
            "schedule.step_size=9 hours: step_size = '9 hours' is not a whole number of steps or "
            "epochs, such as '10 epochs' (at least 1)");
}

static void texts_come_back_or_are_refused(void **state) {
    (void)state;
    value_refused("run.dir=a ;b", "dir = 'a ;b' holds ';' where a config file starts a comment");
    value_refused("run.dir=#b", "dir = '#b' holds '#' where a config file starts a comment");
    refused("", (char *[]){"data.file=a", "run.dir=a\nb", NULL},
            "run.dir=a?b: dir holds the control character 0x0a, which a config file cannot hold");
    char *texts[] = {"run.dir=a;b", "run.dir=a = b", "run.dir=[data]", "run.dir=a\tb",
                     "run.dir=",    "run.dir='a'",   "run.dir==",      "run.dir=\xc3\xa9t\xc3\xa9",
                     "run.dir=:",   "run.dir=a: b",  "run.dir=  a  "};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        gd_config *config = parsed("[data]\nfile = a\n", (char *[]){texts[i], NULL});
        comes_back(config);
        gd_config_free(&config);
    }
}

static void a_failure_says_where_the_setting_was_given(void **state) {
    (void)state;
    gd_config *config =
        parsed("[data]\nfile = a\nshards = 3\n", (char *[]){"optimizer.lr=0.5", NULL});
    static const struct {
        const char *section, *key, *message;
    } cases[] = {
        {"data", "shards", "t.ini:3: shards = 3: at most 2 rows"},
        {"optimizer", "lr", "optimizer.lr=0.5: at most 2 rows"},
        {"run", "dir", "t.ini: [run] dir (default): at most 2 rows"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gd_status status =
            gd_config_fail(config, cases[i].section, cases[i].key, "at most %d %s", 2, "rows");
        assert_int_equal(gd_status_code(status), GD_BAD_INPUT);
        assert_string_equal(gd_status_message(status), cases[i].message);
        gd_status_free(&status);
    }
    gd_config_free(&config);
}

static void ask_integer(const gd_config *config, const char *section, const char *key) {
    gd_config_integer(config, section, key);
}

static void ask_text(const gd_config *config, const char *section, const char *key) {
    gd_config_text(config, section, key);
}

/* A process that asks dies of SIGABRT and says which setting it was. */
static void bug(void (*ask)(const gd_config *, const char *, const char *), const gd_config *config,
                const char *section, const char *key) {
    int ends[2], outcome;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        dup2(ends[1], STDERR_FILENO);
        ask(config, section, key);
        _exit(0);
    }
    close(ends[1]);
    char said[256] = "";
    ssize_t length = read(ends[0], said, sizeof said - 1);
    close(ends[0]);
    assert_int_equal(waitpid(child, &outcome, 0), child);
    assert_true(WIFSIGNALED(outcome) && WTERMSIG(outcome) == SIGABRT);
    assert_true(length > 0);
    assert_non_null(strstr(said, key));
}

static void asking_for_what_is_in_no_table_aborts(void **state) {
    (void)state;
    gd_config *config = parsed("[data]\nfile = a\n", NULL);
    bug(ask_integer, config, "data", "shard_count");
    bug(ask_integer, config, "train", "shards");
    bug(ask_integer, config, "optimizer", "lr");
    bug(ask_text, config, "data", "shards");
    gd_config_free(&config);
}

static void parse_apart(const gd_config *config, const char *section, const char *key) {
    (void)config, (void)section, (void)key;
    gd_config *never;
    (void)gd_config_parse(
        "t.ini", "[data]\nfile = a\n", 0, NULL,
        (const gd_settings *const[]){&data_table, &optimizer_table, &run_table, &adam_table, NULL},
        &never);
}

static void tables_of_a_section_that_lie_apart_abort(void **state) {
    (void)state;
    bug(parse_apart, NULL, "", "[optimizer]");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_not_given_have_their_defaults),
        cmocka_unit_test(comments_blanks_marks_and_line_ends_mean_nothing),
        cmocka_unit_test(lines_that_are_no_ini_are_errors_with_their_number),
        cmocka_unit_test(names_that_are_not_known_are_errors_that_help),
        cmocka_unit_test(a_key_given_twice_is_an_error),
        cmocka_unit_test(a_setting_without_default_must_be_given),
        cmocka_unit_test(settings_of_an_owner_are_known_only_with_it),
        cmocka_unit_test(a_section_may_choose_its_owner_by_another_key_than_name),
        cmocka_unit_test(another_owner_on_the_command_line_passes_over_the_files_keys),
        cmocka_unit_test(overrides_win_over_the_file),
        cmocka_unit_test(a_replaced_setting_is_as_if_overridden),
        cmocka_unit_test(what_cannot_replace_a_setting_is_an_error),
        cmocka_unit_test(numbers_of_the_wrong_kind_or_range_are_errors),
        cmocka_unit_test(both_ends_of_a_range_are_allowed),
        cmocka_unit_test(choices_that_are_none_list_the_choices),
        cmocka_unit_test(intervals_count_steps_epochs_and_time),
        cmocka_unit_test(texts_come_back_or_are_refused),
        cmocka_unit_test(a_failure_says_where_the_setting_was_given),
        cmocka_unit_test(asking_for_what_is_in_no_table_aborts),
        cmocka_unit_test(tables_of_a_section_that_lie_apart_abort),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
