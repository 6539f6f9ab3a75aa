#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gdmpi/lines.h"

static void expect_next(const char **rest, const char *wanted) {
    const char *name;
    const size_t length = gd_lines_next(rest, &name);
    assert_int_equal(length, strlen(wanted));
    assert_memory_equal(name, wanted, length);
}

static void names_come_one_after_another(void **state) {
    (void)state;
    const char *rest = "no\nyes\nnot known";
    expect_next(&rest, "no");
    expect_next(&rest, "yes");
    expect_next(&rest, "not known");
    expect_next(&rest, "");
    expect_next(&rest, "");
    rest = NULL;
    expect_next(&rest, "");
}

static void a_list_has_so_many_names_and_columns(void **state) {
    (void)state;
    static const struct {
        const char *lines;
        int count, columns;
    } cases[] = {{NULL, 0, 0},
                 {"", 0, 0},
                 {"one", 1, 3},
                 {"one\nthree", 2, 5},
                 {"one\n", 1, 3},
                 {"one\n\nthree", 1, 3},
                 {"\u00e9t\u00e9", 1, 3},
                 {"\n", 0, 0},
                 {"\u6c34\na", 2, 2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(gd_lines_count(cases[i].lines), cases[i].count);
        assert_int_equal(gd_lines_columns(cases[i].lines), cases[i].columns);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_come_one_after_another),
        cmocka_unit_test(a_list_has_so_many_names_and_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
