#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gdmpi/options.h"

typedef struct values {
    bool flag;
    const char *output;
    int64_t number;
    double real;
    int choice;
} values;

static const gd_option table[] = {
    {.name = "-o",
     .kind = GD_OPTION_TEXT,
     .offset = offsetof(values, output),
     .needed = true,
     .value = "OUT.h5",
     .help = "the output"},
    {.name = "--flag", .kind = GD_OPTION_FLAG, .offset = offsetof(values, flag), .help = "a flag"},
    {.name = "--number",
     .kind = GD_OPTION_NUMBER,
     .offset = offsetof(values, number),
     .value = "N",
     .help = "a number"},
    {.name = "--choice",
     .kind = GD_OPTION_CHOICE,
     .offset = offsetof(values, choice),
     .value = "yes|no",
     .help = "a choice",
     .choices = {"auto", "yes", "no", NULL}},
    {0},
};

enum { WORDS = 16 };

/* Parses `line`, whose words are between blanks and stay in `copy`. */
static gd_status parse(const gd_option *options, const char *line, char copy[256],
                       char *words[WORDS], int *count, values *into, uint64_t *given) {
    snprintf(copy, 256, "%s", line);
    *count = 0;
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " ")) {
        words[(*count)++] = word;
    }
    return gd_options_parse(options, count, words, into, given);
}

static void values_are_set_and_the_rest_is_left(void **state) {
    (void)state;
    char copy[256], *words[WORDS];
    int count;
    values into = {.number = 7};
    uint64_t given;
    assert_true(parse(table, "a -o out.h5 b=1 --choice=no - --flag", copy, words, &count, &into,
                      &given) == GD_OK);
    assert_int_equal(count, 3);
    assert_string_equal(words[0], "a");
    assert_string_equal(words[1], "b=1");
    assert_string_equal(words[2], "-");
    assert_string_equal(into.output, "out.h5");
    assert_true(into.flag);
    assert_int_equal(into.number, 7);
    assert_int_equal(into.choice, 2);
    assert_int_equal(given, 1 | 2 | 8);
    assert_true(parse(table, "--number 12 -o=--flag", copy, words, &count, &into, NULL) == GD_OK);
    assert_int_equal(count, 0);
    assert_int_equal(into.number, 12);
    assert_string_equal(into.output, "--flag");
}

static void wrong_words_are_told(void **state) {
    (void)state;
    static const struct {
        const char *line, *message;
    } cases[] = {
        {"a", "-o OUT.h5 is missing"},
        {"-o", "-o needs OUT.h5"},
        {"-o a -o b", "-o is given twice"},
        {"-o a --flga", "unknown option '--flga'; did you mean '--flag'?"},
        {"-o a --quite=different", "unknown option '--quite'"},
        {"-o a --flag=yes", "--flag takes no value"},
        {"-o a --number -1", "--number is a whole number from 0 to 2147483647, not '-1'"},
        {"-o a --number 1.5", "--number is a whole number from 0 to 2147483647, not '1.5'"},
        {"-o a --choice maybe", "--choice is yes|no, not 'maybe'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char copy[256], *words[WORDS];
        int count;
        values into = {0};
        gd_status status = parse(table, cases[i].line, copy, words, &count, &into, NULL);
        assert_string_equal(gd_status_message(status), cases[i].message);
        assert_int_equal(gd_status_code(status), GD_BAD_INPUT);
        gd_status_free(&status);
    }
}

static void numbers_that_need_not_be_whole_are_above_0(void **state) {
    (void)state;
    static const gd_option real[] = {
        {.name = "--real", .kind = GD_OPTION_REAL, .offset = offsetof(values, real), .value = "X"},
        {0}};
    static const char *const wrong[] = {"0", "-1", "nan", "inf", "1x", "1e999"};
    char copy[256], *words[WORDS], line[32], message[64];
    int count;
    values into = {0};
    assert_true(parse(real, "--real=2.5e-3", copy, words, &count, &into, NULL) == GD_OK);
    assert_true(into.real == 2.5e-3);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(line, sizeof line, "--real %s", wrong[i]);
        snprintf(message, sizeof message, "--real is a number above 0, not '%s'", wrong[i]);
        gd_status status = parse(real, line, copy, words, &count, &into, NULL);
        assert_string_equal(gd_status_message(status), message);
        gd_status_free(&status);
    }
}

static void a_command_may_have_none(void **state) {
    (void)state;
    char copy[256], *words[WORDS];
    int count;
    gd_text text = {0};
    assert_true(parse(NULL, "a b", copy, words, &count, NULL, NULL) == GD_OK);
    assert_int_equal(count, 2);
    gd_status status = parse(NULL, "a --flag", copy, words, &count, NULL, NULL);
    assert_string_equal(gd_status_message(status), "unknown option '--flag'");
    gd_status_free(&status);
    gd_options_usage(NULL, &text);
    gd_options_help("Options", NULL, NULL, &text);
    assert_string_equal(gd_text_bytes(&text), "");
    gd_text_free(&text);
}

static void note(const gd_option *option, gd_text *text) {
    gd_text_add(text, option->needed ? " (needed)" : "");
}

static void usage_and_help_come_from_the_table(void **state) {
    (void)state;
    gd_text text = {0};
    gd_options_usage(table, &text);
    assert_string_equal(gd_text_bytes(&text), " -o OUT.h5 [--flag] [--number N] [--choice yes|no]");
    gd_text_free(&text);
    gd_options_help("Options", table, note, &text);
    assert_string_equal(gd_text_bytes(&text), "\nOptions:\n"
                                              "  -o OUT.h5 (needed)\n      the output\n"
                                              "  --flag\n      a flag\n"
                                              "  --number N\n      a number\n"
                                              "  --choice yes|no\n      a choice\n");
    gd_text_free(&text);
    gd_option many[] = {table[0], table[1], table[1], table[1], table[1], {0}};
    gd_options_usage(many, &text);
    assert_string_equal(gd_text_bytes(&text), " -o OUT.h5 [OPTION...]");
    gd_text_free(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_set_and_the_rest_is_left),
        cmocka_unit_test(wrong_words_are_told),
        cmocka_unit_test(numbers_that_need_not_be_whole_are_above_0),
        cmocka_unit_test(a_command_may_have_none),
        cmocka_unit_test(usage_and_help_come_from_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
