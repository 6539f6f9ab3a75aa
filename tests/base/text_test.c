#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gdmpi/memory.h"
#include "gdmpi/text.h"

static void a_text_starts_empty_and_grows(void **state) {
    (void)state;
    gd_text text = {0};
    assert_string_equal(gd_text_bytes(&text), "");
    for (int i = 0; i < 1000; i++) {
        gd_text_add(&text, "%d,", i % 10);
        assert_int_equal(text.length, 2 * (i + 1));
        assert_int_equal(strlen(gd_text_bytes(&text)), text.length);
    }
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(text.bytes[2 * i], '0' + i % 10);
    }
    assert_true(gd_text_status(&text) == GD_OK);
    gd_text_free(&text);
    assert_string_equal(gd_text_bytes(&text), "");
    gd_text_free(&text);
}

static void a_text_that_failed_stays_failed(void **state) {
    (void)state;
    gd_text text = {0};
    gd_text_add(&text, "before");
    gd_text_add(&text, "%ls", L"\u03b1"); /* not a letter of the C locale */
    assert_true(text.failed);
    gd_text_add(&text, "after");
    assert_string_equal(gd_text_bytes(&text), "before");
    gd_status status = gd_text_status(&text);
    assert_int_equal(gd_status_code(status), GD_FAILED);
    gd_status_free(&status);
    gd_text_free(&text);
}

static void a_copy_is_the_same_text_elsewhere(void **state) {
    (void)state;
    static const char *const texts[] = {"", "a",
                                        "sixty-four bytes are one cache line, and this is more"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char *copy;
        assert_true(gd_text_copy(texts[i], &copy) == GD_OK);
        assert_ptr_not_equal(copy, texts[i]);
        assert_string_equal(copy, texts[i]);
        gd_memory_free(&copy);
    }
}

static void a_new_text_is_formatted(void **state) {
    (void)state;
    char *text;
    assert_true(gd_text_new(&text, "%s-%03d", "epoch", 7) == GD_OK);
    assert_string_equal(text, "epoch-007");
    gd_memory_free(&text);
    assert_true(gd_text_new(&text, "%s", "") == GD_OK);
    assert_string_equal(text, "");
    gd_memory_free(&text);
    assert_true(gd_text_new(&text, "%01000d", 1) == GD_OK);
    assert_int_equal(strlen(text), 1000);
    gd_memory_free(&text);
}

static void a_new_text_that_fails_is_null(void **state) {
    (void)state;
    char letter = 'x', *text = &letter;
    gd_status status = gd_text_new(&text, "before %ls", L"\u03b1"); /* not of the C locale */
    assert_int_equal(gd_status_code(status), GD_FAILED);
    assert_null(text);
    gd_status_free(&status);
}

static void dims_stand_in_brackets(void **state) {
    (void)state;
    static const int64_t dims[] = {512, 784, INT64_MAX};
    static const char *const texts[] = {"[]", "[512]", "[512, 784]",
                                        "[512, 784, 9223372036854775807]"};
    for (int rank = 0; rank <= 3; rank++) {
        gd_text text = {0};
        gd_text_add_dims(&text, rank, dims);
        assert_string_equal(gd_text_bytes(&text), texts[rank]);
        gd_text_free(&text);
    }
}

/* Tells by words that are longer by 0 to 5 letters, whose distances are known. A common beginning
 * changes no distance, but makes large ones near enough. */
static void expect_distance(const char *a, const char *b, size_t distance) {
    char word[32], name[32], longer[64];
    snprintf(word, sizeof word, "000000000000%s", a);
    snprintf(name, sizeof name, "000000000000%s", b);
    for (size_t more = 0; more <= 5; more++) {
        snprintf(longer, sizeof longer, "%s%.*s", word, (int)more, "~~~~~");
        assert_ptr_equal(gd_text_nearer(word, name, longer), more < distance ? longer : name);
        assert_ptr_equal(gd_text_nearer(word, longer, name), more > distance ? name : longer);
    }
}

static void distance_counts_edits(void **state) {
    (void)state;
    static const struct {
        const char *a, *b;
        size_t distance;
    } cases[] = {
        {"", "", 0},
        {"abc", "abc", 0},
        {"ABC", "abc", 0},
        {"", "abc", 3},
        {"abc", "ab", 1},
        {"abc", "abxc", 1},
        {"abc", "axc", 1},
        {"abc", "acb", 1},
        {"abcd", "badc", 2},
        {"abc", "xyz", 3},
        {"ca", "abc", 3},
        {"kitten", "sitting", 3},
        {"epochs", "epcohs", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        expect_distance(cases[i].a, cases[i].b, cases[i].distance);
        expect_distance(cases[i].b, cases[i].a, cases[i].distance);
    }
}

static void distance_of_long_words_tells_equal_from_different(void **state) {
    (void)state;
    for (int length = 60; length < 70; length++) {
        char a[80], b[80];
        snprintf(a, sizeof a, "%0*d", length, 0);
        snprintf(b, sizeof b, "%0*d", length, 1);
        assert_ptr_equal(gd_text_nearer(a, NULL, a), a);
        assert_ptr_equal(gd_text_nearer(a, b, a), a);
        assert_ptr_equal(gd_text_nearer(a, a, b), a);
    }
}

static const char *keys(size_t index) {
    static const char *const names[] = {"lr", "momentum", "epochs", "epoch", NULL};
    return names[index];
}

static void index_is_the_place_of_a_name(void **state) {
    (void)state;
    for (size_t i = 0; keys(i) != NULL; i++) {
        assert_int_equal(gd_text_index(keys(i), keys), i);
    }
    static const char *const others[] = {"", "LR", "l", "lrs", "epoc", "epochss"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_int_equal(gd_text_index(others[i], keys), 4);
    }
}

static void nearest_is_the_name_that_was_meant(void **state) {
    (void)state;
    assert_string_equal(gd_text_nearest("lR", keys), "lr");
    assert_string_equal(gd_text_nearest("l", keys) == NULL ? "none" : "some", "none");
    assert_string_equal(gd_text_nearest("momentm", keys), "momentum");
    assert_string_equal(gd_text_nearest("mometnum", keys), "momentum");
    assert_string_equal(gd_text_nearest("epochss", keys), "epochs");
    assert_string_equal(gd_text_nearest("epocs", keys), "epochs");
    assert_string_equal(gd_text_nearest("epoch", keys), "epoch");
    assert_null(gd_text_nearest("xyzzy", keys));
    assert_null(gd_text_nearest("", keys));
}

static const char *long_keys(size_t index) {
    static const char *const names[] = {"late_rows", "learning_rate", "log_rows", "wd", NULL};
    return names[index];
}

static void initials_are_near(void **state) {
    (void)state;
    assert_string_equal(gd_text_nearest("lr", long_keys), "late_rows");
    assert_string_equal(gd_text_nearest("weight_decay", long_keys), "wd");
    assert_null(gd_text_nearest("la", long_keys));
    assert_null(gd_text_nearest("lrs", long_keys));
    assert_null(gd_text_nearest("l", long_keys));
}

static void nearer_takes_the_first_of_two_that_are_as_near(void **state) {
    (void)state;
    assert_string_equal(gd_text_nearer("abcd", "abcx", "abxd"), "abcx");
    assert_string_equal(gd_text_nearer("abcd", "abxx", "abxd"), "abxd");
    assert_string_equal(gd_text_nearer("abcd", NULL, "abxx"), "abxx");
    assert_string_equal(gd_text_nearer("abcd", "abxx", NULL), "abxx");
    assert_string_equal(gd_text_nearer("abcd", "axxx", "abxx"), "abxx");
    assert_null(gd_text_nearer("abcd", "axxx", "xxxx"));
    assert_null(gd_text_nearer("abcd", NULL, NULL));
}

static void integers_are_read_whole_and_in_range(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t value;
    } right[] = {
        {"0", 0},
        {"-0", 0},
        {"+7", 7},
        {"007", 7},
        {"-12", -12},
        {"1e6", 1000000},
        {"2.5e1", 25},
        {"3.0", 3},
        {"9223372036854775807", INT64_MAX},
        {"-9223372036854775808", INT64_MIN},
        {"1e15", 1000000000000000},
        {"9007199254740993", 9007199254740993},
    };
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        int64_t value = 77;
        assert_true(gd_text_to_integer(right[i].text, &value));
        assert_true(value == right[i].value);
    }
    static const char *const wrong[] = {"",
                                        " 1",
                                        "1 ",
                                        "1.5",
                                        "1e-1",
                                        "9223372036854775808",
                                        "-9223372036854775809",
                                        "1e30",
                                        "0x10",
                                        "1x",
                                        "-",
                                        "+-1",
                                        "e",
                                        "inf",
                                        "nan",
                                        "1,000",
                                        "1e",
                                        "--1",
                                        "\t1",
                                        "1e999"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        int64_t value = 77;
        assert_false(gd_text_to_integer(wrong[i], &value));
        assert_int_equal(value, 77);
    }
}

static void numbers_are_read_whole_and_finite(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double value;
    } right[] = {
        {"0", 0},
        {"1", 1},
        {"-2.5", -2.5},
        {"+.5", 0.5},
        {"5.", 5},
        {"1e-3", 1e-3},
        {"1E3", 1000},
        {"1.7976931348623157e308", DBL_MAX},
        {"5e-324", 0x1p-1074},
    };
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        double value = 77;
        assert_true(gd_text_to_number(right[i].text, &value));
        assert_true(value == right[i].value);
    }
    static const char *const wrong[] = {"",      " 1",    "1 ",  "inf",   "-inf", "nan",
                                        "1e400", "0x1p3", "1,5", "1.2.3", "e5",   ".",
                                        "-",     "1e",    "1d3", "\n1"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        double value = 77;
        assert_false(gd_text_to_number(wrong[i], &value));
        assert_true(value == 77);
    }
}

static void every_double_is_read_back(void **state) {
    (void)state;
    for (int exponent = -1074; exponent <= 1023; exponent += 7) {
        char text[40];
        double number = 0x1.123456789abcdp0, power = 1, value;
        for (int i = 0; i < (exponent < 0 ? -exponent : exponent); i++) {
            power *= exponent < 0 ? 0.5 : 2;
        }
        number *= power;
        snprintf(text, sizeof text, "%.17g", number);
        assert_true(gd_text_to_number(text, &value));
        assert_true(value == number);
    }
}

static void a_number_is_the_shortest_text_that_is_read_back(void **state) {
    (void)state;
    static const char *const texts[] = {"0",
                                        "-0",
                                        "1",
                                        "-1",
                                        "10",
                                        "0.1",
                                        "0.3",
                                        "123456",
                                        "1e15",
                                        "1e-8",
                                        "2.5e-7",
                                        "1e30",
                                        "-1e300",
                                        "5e-324",
                                        "1e-310",
                                        "0.30000000000000004",
                                        "1.7976931348623157e308",
                                        "100000000000000",
                                        "0.0001",
                                        "2.2250738585072014e-308"};
    char out[32];
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        double number = strtod(texts[i], NULL);
        assert_ptr_equal(gd_text_number(number, out), out);
        assert_string_equal(out, texts[i]);
    }
    assert_string_equal(gd_text_number(INFINITY, out), "inf");
    assert_string_equal(gd_text_number(-INFINITY, out), "-inf");
    assert_non_null(strstr(gd_text_number(NAN, out), "nan"));
}

static void every_number_is_read_back(void **state) {
    (void)state;
    uint64_t word = 1;
    for (int i = 0; i < 20000; i++) {
        double number, again = NAN;
        char out[32];
        word = word * 6364136223846793005u + 1442695040888963407u;
        memcpy(&number, &word, sizeof number);
        if (isfinite(number)) {
            assert_true(gd_text_to_number(gd_text_number(number, out), &again));
            assert_memory_equal(&again, &number, sizeof number);
        }
    }
}

static void numbers_are_grouped_by_thousands(void **state) {
    (void)state;
    static const struct {
        int64_t number;
        const char *text;
    } cases[] = {
        {0, "0"},
        {999, "999"},
        {1000, "1,000"},
        {-1, "-1"},
        {-999, "-999"},
        {-1000, "-1,000"},
        {-100000, "-100,000"},
        {1234567, "1,234,567"},
        {INT64_MAX, "9,223,372,036,854,775,807"},
        {INT64_MIN, "-9,223,372,036,854,775,808"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[32];
        assert_string_equal(gd_text_grouped(cases[i].number, out), cases[i].text);
        assert_ptr_equal(gd_text_grouped(cases[i].number, out), out);
    }
}

static void amounts_have_a_unit_that_fits(void **state) {
    (void)state;
    static const struct {
        double bytes;
        const char *text;
    } cases[] = {
        {0, "0 bytes"},
        {1023, "1023 bytes"},
        {1024, "1.0 KiB"},
        {1536, "1.5 KiB"},
        {1258291.2, "1.2 MiB"},
        {0x1p30, "1.0 GiB"},
        {200 * 0x1p40, "200 TiB"},
        {0x1p50, "1.0 PiB"},
        {0x1p70, "1024 EiB"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[32];
        assert_string_equal(gd_text_amount(cases[i].bytes, out), cases[i].text);
    }
}

static void durations_have_units_that_fit(void **state) {
    (void)state;
    static const struct {
        double seconds;
        const char *text;
    } cases[] = {
        {0, "0 ms"},
        {0.0349, "35 ms"},
        {0.9999, "1.0 s"},
        {1.25, "1.2 s"},
        {59.94, "59.9 s"},
        {59.97, "1 min 00 s"},
        {60, "1 min 00 s"},
        {80, "1 min 20 s"},
        {119.6, "2 min 00 s"},
        {3599.4, "59 min 59 s"},
        {3599.6, "1 h 00 min"},
        {3600, "1 h 00 min"},
        {90000, "25 h 00 min"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[32];
        assert_string_equal(gd_text_duration(cases[i].seconds, out), cases[i].text);
    }
}

static void what_a_terminal_would_obey_is_replaced(void **state) {
    (void)state;
    static const struct {
        const char *text, *kept, *printable;
    } cases[] = {
        {"plain, \u00e9 \u6c34 \U0001f600", "", "plain, \u00e9 \u6c34 \U0001f600"},
        {"\033[31mred\177\r\n\t", "", "?[31mred????"},
        {"a\nb\tc", "\n", "a\nb?c"},
        {"\xc2\x9b"
         "31m \xc2\xa0",
         "", "??31m \xc2\xa0"}, /* the control characters that ISO 8859 adds */
        {"\x9b \xc3 \xe6\xb0 \xff \xc0\x80", "", "? ? ?? ? ??"}, /* not UTF-8, or cut off */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[64];
        snprintf(text, sizeof text, "%s", cases[i].text);
        gd_text_make_printable(text, cases[i].kept);
        assert_string_equal(text, cases[i].printable);
        gd_text_make_printable(text, cases[i].kept);
        assert_string_equal(text, cases[i].printable);
    }
}

static void only_utf8_is(void **state) {
    (void)state;
    static const char *const is[] = {"", "plain\n", "\u00e9\u6c34\U0001f600",
                                     "\xed\x9f\xbf\xee\x80\x80", "\xf4\x8f\xbf\xbf"};
    static const char *const is_not[] = {"caf\xe9",
                                         "\xc3",
                                         "\x80",
                                         "a\xffz",
                                         "\xc0\x80", /* Latin-1, cut off, too long */
                                         "\xe0\x9f\xbf",
                                         "\xed\xa0\x80",
                                         "\xf0\x8f\xbf\xbf",
                                         "\xf4\x90\x80\x80",
                                         "\xf5\x80\x80\x80"};
    for (size_t i = 0; i < sizeof is / sizeof *is; i++) {
        assert_true(gd_text_is_utf8(is[i]));
    }
    for (size_t i = 0; i < sizeof is_not / sizeof *is_not; i++) {
        assert_false(gd_text_is_utf8(is_not[i]));
    }
}

static void whole_letters_fit(void **state) {
    (void)state;
    assert_int_equal(gd_text_fit("abcdef", 6, 4), 4);
    assert_int_equal(gd_text_fit("abcdef", 6, 6), 6);
    assert_int_equal(gd_text_fit("abcdef", 3, 6), 3);
    assert_int_equal(gd_text_fit("\u6c34\u6c34", 6, 3), 3);
    assert_int_equal(gd_text_fit("\u6c34\u6c34", 6, 1), 3);
    assert_int_equal(gd_text_fit("", 0, 4), 0);
}

static void columns_are_those_of_letters(void **state) {
    (void)state;
    assert_int_equal(gd_text_columns("abc", 3), 3);
    assert_int_equal(gd_text_columns("abc", 2), 2);
    assert_int_equal(gd_text_columns("\u00e9\u00e9", 4), 2);
    assert_int_equal(gd_text_columns("\u6c34", 3), 2);
}

static void times_have_three_digits(void **state) {
    (void)state;
    static const struct {
        double seconds;
        const char *text;
    } cases[] = {
        {4.234e-6, "4.23 us"}, {0.9994e-3, "999 us"}, {0.9996e-3, "1 ms"},
        {0.07149, "71.5 ms"},  {0.9996, "1 s"},       {12.345, "12.3 s"},
        {59.94, "59.9 s"},     {59.97, "1 min 00 s"}, {7200, "2 h 00 min"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[32];
        assert_string_equal(gd_text_time(cases[i].seconds, out), cases[i].text);
    }
}

static void one_is_no_plural(void **state) {
    (void)state;
    assert_string_equal(gd_text_plural(0), "s");
    assert_string_equal(gd_text_plural(1), "");
    assert_string_equal(gd_text_plural(2), "s");
}

static void a_name_in_a_list_is_told_from_its_neighbours(void **state) {
    (void)state;
    static const char *const names[] = {"a b", "c, d", "\"e\"", ""};
    gd_text text = {0};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        gd_text_add(&text, i > 0 ? ", " : "");
        gd_text_add_name(&text, names[i]);
    }
    assert_string_equal(gd_text_bytes(&text), "a b, \"c, d\", \"\"\"e\"\"\", ");
    gd_text_free(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_starts_empty_and_grows),
        cmocka_unit_test(a_text_that_failed_stays_failed),
        cmocka_unit_test(a_copy_is_the_same_text_elsewhere),
        cmocka_unit_test(a_new_text_is_formatted),
        cmocka_unit_test(a_new_text_that_fails_is_null),
        cmocka_unit_test(dims_stand_in_brackets),
        cmocka_unit_test(distance_counts_edits),
        cmocka_unit_test(distance_of_long_words_tells_equal_from_different),
        cmocka_unit_test(index_is_the_place_of_a_name),
        cmocka_unit_test(nearest_is_the_name_that_was_meant),
        cmocka_unit_test(initials_are_near),
        cmocka_unit_test(nearer_takes_the_first_of_two_that_are_as_near),
        cmocka_unit_test(integers_are_read_whole_and_in_range),
        cmocka_unit_test(numbers_are_read_whole_and_finite),
        cmocka_unit_test(every_double_is_read_back),
        cmocka_unit_test(a_number_is_the_shortest_text_that_is_read_back),
        cmocka_unit_test(every_number_is_read_back),
        cmocka_unit_test(numbers_are_grouped_by_thousands),
        cmocka_unit_test(amounts_have_a_unit_that_fits),
        cmocka_unit_test(durations_have_units_that_fit),
        cmocka_unit_test(what_a_terminal_would_obey_is_replaced),
        cmocka_unit_test(only_utf8_is),
        cmocka_unit_test(whole_letters_fit),
        cmocka_unit_test(columns_are_those_of_letters),
        cmocka_unit_test(times_have_three_digits),
        cmocka_unit_test(one_is_no_plural),
        cmocka_unit_test(a_name_in_a_list_is_told_from_its_neighbours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
