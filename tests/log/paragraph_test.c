#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gdmpi/paragraph.h"

static void expect_lines(int width, const char *words, const char *lines) {
    gd_text text = {0};
    gd_paragraph_write(&(gd_paragraph){.label = "is", .indent = 4}, width, words, &text);
    assert_string_equal(gd_text_bytes(&text), lines);
    gd_text_free(&text);
}

static void a_line_ends_at_a_blank(void **state) {
    (void)state;
    expect_lines(80, "one two", "is  one two\n");
    expect_lines(20, "one two three four five", "is  one two three\n    four five\n");
    expect_lines(21, "one two three four", "is  one two three\n    four\n");
    expect_lines(22, "one two three four", "is  one two three four\n");
    expect_lines(80, "", "is\n");
}

static void a_kept_blank_ends_no_line(void **state) {
    (void)state;
    char kept[] = "three four";
    char words[64];
    gd_paragraph_keep(kept);
    snprintf(words, sizeof words, "one two %s", kept);
    expect_lines(21, words, "is  one two\n    three four\n");
}

static void a_word_that_is_too_long_is_cut(void **state) {
    (void)state;
    expect_lines(20, "a 0123456789abcdefghij k", "is  a\n    0123456789abcdef\n    ghij k\n");
    expect_lines(20, "0123456789abcdef", "is  0123456789abcdef\n");
}

static void letters_are_not_cut_in_two(void **state) {
    (void)state;
    /* 20 letters of two bytes, and 10 wide ones of three. */
    expect_lines(
        20,
        "\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9"
        "\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9",
        "is  \u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9"
        "\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\n    \u00e9\u00e9\u00e9\u00e9\n");
    expect_lines(21, "\u6c34\u6c34\u6c34\u6c34\u6c34\u6c34\u6c34\u6c34\u6c34\u6c34",
                 "is  \u6c34\u6c34\u6c34\u6c34\u6c34\u6c34\u6c34\u6c34\n    \u6c34\u6c34\n");
}

static void a_page_that_is_too_narrow_for_words_still_has_them(void **state) {
    (void)state;
    expect_lines(3, "0123456789abcdefg", "is  0123456789abcdef\n    g\n");
}

static void lines_of_a_page_go_on_in_their_last_column(void **state) {
    (void)state;
    gd_text text = {0};
    gd_paragraph_page("Usage:\n\n"
                      "  name  one two three four five\n"
                      "      one two three four five six\n"
                      "  a name that is long, and longer  one\n"
                      "; one two three four five\n"
                      "key = value\n",
                      24, &text);
    assert_string_equal(gd_text_bytes(&text), "Usage:\n\n"
                                              "  name  one two three\n"
                                              "        four five\n"
                                              "      one two three four\n"
                                              "      five six\n"
                                              "  a name that is long,\n"
                                              "  and longer  one\n"
                                              "; one two three four\n"
                                              "; five\n"
                                              "key = value\n");
    gd_text_free(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_ends_at_a_blank),
        cmocka_unit_test(a_kept_blank_ends_no_line),
        cmocka_unit_test(a_word_that_is_too_long_is_cut),
        cmocka_unit_test(letters_are_not_cut_in_two),
        cmocka_unit_test(a_page_that_is_too_narrow_for_words_still_has_them),
        cmocka_unit_test(lines_of_a_page_go_on_in_their_last_column),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
