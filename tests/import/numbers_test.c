#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../src/import/labels.h"
#include "data/data_files.h"
#include "gdmpi/rng.h"

static void a_number_is_read_as_the_c_library_reads_it(void **state) {
    (void)state;
    const gd_rng rng = gd_rng_stream(1, GD_RNG_SPLIT, 0, 0, 0);
    for (uint32_t i = 0; i < 20000; i++) {
        char text[64];
        double number, factor = i % 3 == 0 ? 1e-6 : i % 3 == 1 ? 1 : 1e8;
        snprintf(text, sizeof text, "%.*f", (int)(i % 12), factor * gd_rng_normal(&rng, i));
        assert_true(gd_number_read(text, &number));
        assert_true(number == strtod(text, NULL));
    }
    static const char *const texts[] = {"0",
                                        "-0",
                                        "+5",
                                        "1e3",
                                        "-2.5E-7",
                                        ".5",
                                        "5.",
                                        "007",
                                        "0.1",
                                        "123456789012345678901234567890",
                                        "0.000000000000000000001"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        double number;
        assert_true(gd_number_read(texts[i], &number));
        assert_true(number == strtod(texts[i], NULL));
    }
}

static void what_is_no_number_is_told(void **state) {
    (void)state;
    static const char *const texts[] = {"",   "-",  ".",   "1.2.3", "12a", "0x10",  "1,5", " 1",
                                        "1 ", "1e", "inf", "nan",   "--1", "1e999", "e5",  "+"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        double number = 7;
        assert_false(gd_number_read(texts[i], &number));
        assert_true(number == 7);
    }
}

static void the_smallest_type_is_taken(void **state) {
    (void)state;
    const struct {
        double numbers[2];
        gd_type type;
    } cases[] = {{{0, 255}, GD_UINT8},   {{-1, 127}, GD_INT8},     {{0, 256}, GD_UINT16},
                 {{-1, 255}, GD_INT16},  {{0, 70000}, GD_INT32},   {{-5, 3e9}, GD_FLOAT64},
                 {{0.5, 1}, GD_FLOAT32}, {{0.5, 1e39}, GD_FLOAT64}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gd_import_options options = {0};
        gd_numbers numbers = {0};
        gd_type type;
        gd_numbers_add(&numbers, cases[i].numbers[0]);
        gd_numbers_add(&numbers, cases[i].numbers[1]);
        expect_ok(gd_numbers_type(&numbers, false, &options, "file", &type));
        assert_int_equal(type, cases[i].type);
        options.type = GD_IMPORT_FLOAT64;
        expect_ok(gd_numbers_type(&numbers, false, &options, "file", &type));
        assert_int_equal(type, GD_FLOAT64);
    }
}

static void categories_are_sorted_and_counted(void **state) {
    (void)state;
    static const char *const texts[] = {"b", "10", "a", "9", "b", "-1", "b", "1.0", "1"};
    gd_words all = {0};
    gd_text list = {0};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        expect_ok(gd_words_add(&all, texts[i], 7));
    }
    gd_words_list(&all, &list);
    assert_string_equal(gd_text_bytes(&list), "-1\n1\n1.0\n9\n10\na\nb");
    assert_int_equal(gd_words_mode(&all), 6);
    assert_int_equal(gd_words_find(&all, "9"), 3);
    assert_int_equal(gd_words_find(&all, "c"), -1);
    assert_false(all.full);
    expect_ok(gd_words_add(&all, "c", 7));
    assert_true(all.full);
    gd_text_free(&list);
    gd_words_free(&all);
}

static gd_labels labels_of(gd_import_task task, int count, const char *const *texts) {
    gd_labels labels = {.task = task};
    for (int i = 0; i < count; i++) {
        expect_ok(gd_labels_add(&labels, texts[i], "file", i + 1));
    }
    expect_ok(gd_labels_decide(&labels, "file"));
    return labels;
}

static void whole_numbers_and_texts_are_classes_and_fractions_values(void **state) {
    (void)state;
    double value;
    gd_labels signs = labels_of(GD_IMPORT_AUTO, 4, (const char *const[]){"+1", "-1", "1.0", "1"});
    assert_int_equal(signs.task, GD_IMPORT_CLASSIFICATION);
    assert_int_equal(signs.classes.count, 2);
    assert_true(gd_labels_value(&signs, "-1", &value) && value == 0);
    assert_true(gd_labels_value(&signs, "1", &value) && value == 1);
    assert_false(gd_labels_value(&signs, "2", &value));
    gd_labels_free(&signs);
    gd_labels words = labels_of(GD_IMPORT_AUTO, 3, (const char *const[]){"no", "yes", "no"});
    assert_true(gd_labels_value(&words, "yes", &value) && value == 1);
    gd_labels_free(&words);
    gd_labels parts = labels_of(GD_IMPORT_AUTO, 3, (const char *const[]){"1", "2", "2.5"});
    assert_int_equal(parts.task, GD_IMPORT_REGRESSION);
    assert_true(gd_labels_value(&parts, "-3.5", &value) && value == -3.5);
    gd_labels_free(&parts);
    gd_labels whole = labels_of(GD_IMPORT_REGRESSION, 2, (const char *const[]){"1", "2"});
    assert_int_equal(whole.task, GD_IMPORT_REGRESSION);
    gd_labels_free(&whole);
}

static void many_whole_numbers_are_values(void **state) {
    (void)state;
    gd_labels labels = {0};
    for (int i = 0; i < 101; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        expect_ok(gd_labels_add(&labels, text, "file", i));
    }
    expect_ok(gd_labels_decide(&labels, "file"));
    assert_int_equal(labels.task, GD_IMPORT_REGRESSION);
    gd_labels_free(&labels);
}

static void targets_of_two_kinds_are_told(void **state) {
    (void)state;
    gd_labels labels = {0};
    expect_ok(gd_labels_add(&labels, "5", "file", 1));
    expect_error(gd_labels_add(&labels, "x", "file", 2), GD_BAD_INPUT,
                 "file:2: the target is 'x', after numbers");
    gd_labels_free(&labels);
    labels = (gd_labels){.task = GD_IMPORT_REGRESSION};
    expect_error(gd_labels_add(&labels, "x", "file", 3), GD_BAD_INPUT,
                 "file:3: the target is 'x'; regression needs a number");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_is_read_as_the_c_library_reads_it),
        cmocka_unit_test(what_is_no_number_is_told),
        cmocka_unit_test(the_smallest_type_is_taken),
        cmocka_unit_test(categories_are_sorted_and_counted),
        cmocka_unit_test(whole_numbers_and_texts_are_classes_and_fractions_values),
        cmocka_unit_test(many_whole_numbers_are_values),
        cmocka_unit_test(targets_of_two_kinds_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
