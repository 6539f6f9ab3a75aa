#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gdmpi/confusion.h"
#include "gdmpi/text.h"

enum { CLASSES = 21, COLUMNS = 80 };

static const char heading[] =
    "confusion rows of each class (down), by the class they are taken for (across)\n";

/* To be freed. */
static char *page_of(int64_t classes, const char *names, const double *rows) {
    char *page;
    size_t bytes;
    FILE *out = open_memstream(&page, &bytes);
    assert_non_null(out);
    gd_confusion_print(classes, names, rows, "elsewhere", out);
    assert_int_equal(fclose(out), 0);
    return page;
}

static void expect_page(int64_t classes, const char *names, const double *rows,
                        const char *wanted) {
    char *page = page_of(classes, names, rows);
    assert_memory_equal(page, heading, strlen(heading));
    assert_string_equal(page + strlen(heading), wanted);
    free(page);
}

static void classes_have_their_numbers(void **state) {
    (void)state;
    expect_page(2, NULL, (const double[]){12, 3, 0, 1234.5},
                "                0      1\n"
                "         0     12      3\n"
                "         1      0 1234.5\n");
}

static void or_their_names(void **state) {
    (void)state;
    expect_page(2, "no\nyes", (const double[]){12, 3, 0, 5},
                "               no    yes\n"
                "        no     12      3\n"
                "       yes      0      5\n");
    expect_page(2, "\u00e9t\u00e9\nIris-versicolor", (const double[]){12, 3, 0, 5},
                "                            \u00e9t\u00e9 Iris-versicolor\n"
                "            \u00e9t\u00e9              12               3\n"
                "Iris-versicolor               0               5\n");
}

/* Cut to a few letters, names could be the same. */
static void numbers_stand_for_long_names(void **state) {
    (void)state;
    expect_page(4, "a class of which much is said\nb\nc\nd", (const double[16]){0},
                "                                     0      1      2      3\n"
                "0 a class of which much is said      0      0      0      0\n"
                "                            1 b      0      0      0      0\n"
                "                            2 c      0      0      0      0\n"
                "                            3 d      0      0      0      0\n");
}

static int widest(const char *page) {
    int most = 0;
    for (; *page != '\0'; page += strcspn(page, "\n") + 1) {
        const int columns = gd_text_columns(page, strcspn(page, "\n"));
        most = columns > most ? columns : most;
    }
    return most;
}

static void ten_classes_of_any_name_fit(void **state) {
    (void)state;
    static const double rows[CLASSES * CLASSES];
    for (int length = 1; length < 100; length++) {
        gd_text names = {0};
        for (int64_t classes = 1; classes <= 10; classes++) {
            gd_text_add(&names, "%s", classes > 1 ? "\n" : "");
            for (int i = 0; i < length; i++) {
                gd_text_add(&names, "%s", classes % 3 == 0 ? "\u6c34" : "x");
            }
            char *page = page_of(classes, gd_text_bytes(&names), rows);
            assert_in_range(widest(page), 10 + 7 * classes, COLUMNS);
            free(page);
        }
        gd_text_free(&names);
    }
}

static void more_classes_have_numbers_and_many_no_page(void **state) {
    (void)state;
    static const double rows[CLASSES * CLASSES];
    const char *names = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk";
    char *with = page_of(11, names, rows), *without = page_of(11, NULL, rows);
    char *many = page_of(CLASSES, NULL, rows);
    assert_string_equal(with, without);
    assert_non_null(strstr(with, "\n        10 "));
    assert_string_equal(many, "confusion of 21 classes: elsewhere\n");
    free(with);
    free(without);
    free(many);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_have_their_numbers),
        cmocka_unit_test(or_their_names),
        cmocka_unit_test(numbers_stand_for_long_names),
        cmocka_unit_test(ten_classes_of_any_name_fit),
        cmocka_unit_test(more_classes_have_numbers_and_many_no_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
