#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gdmpi/status.h"

static void ok_is_done_and_says_nothing(void **state) {
    (void)state;
    gd_status status = GD_OK;
    assert_int_equal(gd_status_code(status), GD_DONE);
    assert_string_equal(gd_status_message(status), "");
    gd_status_free(&status);
    assert_true(status == GD_OK);
}

static void an_error_has_its_code_and_its_message(void **state) {
    (void)state;
    static const gd_code codes[] = {GD_FAILED, GD_BAD_INPUT, GD_DIVERGED, GD_STOPPED};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        gd_status status = gd_status_new(codes[i], "%s:%d: %.1f", "a.ini", 12, 0.5);
        assert_false(status == GD_OK);
        assert_int_equal(gd_status_code(status), codes[i]);
        assert_string_equal(gd_status_message(status), "a.ini:12: 0.5");
        gd_status_free(&status);
        assert_true(status == GD_OK);
    }
}

static void a_message_may_be_of_any_length(void **state) {
    (void)state;
    for (int length = 0; length < 5000; length = 2 * length + 1) {
        gd_status status = gd_status_new(GD_FAILED, "%*s", length, "");
        assert_int_equal(strlen(gd_status_message(status)), length);
        gd_status_free(&status);
    }
}

static void a_message_may_be_made_of_another(void **state) {
    (void)state;
    gd_status inner = gd_status_new(GD_BAD_INPUT, "100%% of %s", "%s");
    gd_status outer = gd_status_new(gd_status_code(inner), "a: %s", gd_status_message(inner));
    gd_status_free(&inner);
    assert_string_equal(gd_status_message(outer), "a: 100% of %s");
    assert_int_equal(gd_status_code(outer), GD_BAD_INPUT);
    gd_status_free(&outer);
}

static void no_memory_says_for_what_and_how_much(void **state) {
    (void)state;
    gd_status status = gd_status_no_memory("the gradients", 3.0 * (1 << 20));
    assert_int_equal(gd_status_code(status), GD_FAILED);
    assert_string_equal(gd_status_message(status),
                        "out of memory: no room for the gradients (3.0 MiB)");
    gd_status_free(&status);
}

/* Longer than any message can be: what is left is the fixed one, and it can be freed like others.
 */
static void a_message_that_cannot_be_made_is_out_of_memory(void **state) {
    (void)state;
    gd_status status = gd_status_new(GD_BAD_INPUT, "%ls", L"\u03b1");
    assert_int_equal(gd_status_code(status), GD_FAILED);
    assert_string_equal(gd_status_message(status), "out of memory");
    gd_status_free(&status);
    assert_true(status == GD_OK);
}

static void the_first_failure_is_kept(void **state) {
    (void)state;
    assert_true(gd_status_first(GD_OK, GD_OK) == GD_OK);
    for (int which = 1; which <= 3; which++) {
        gd_status one = which & 1 ? gd_status_new(GD_BAD_INPUT, "one") : GD_OK;
        gd_status two = which & 2 ? gd_status_new(GD_FAILED, "two") : GD_OK;
        gd_status first = gd_status_first(one, two);
        assert_string_equal(gd_status_message(first), which & 1 ? "one" : "two");
        assert_int_equal(gd_status_code(first), which & 1 ? GD_BAD_INPUT : GD_FAILED);
        gd_status_free(&first);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ok_is_done_and_says_nothing),
        cmocka_unit_test(an_error_has_its_code_and_its_message),
        cmocka_unit_test(a_message_may_be_of_any_length),
        cmocka_unit_test(a_message_may_be_made_of_another),
        cmocka_unit_test(no_memory_says_for_what_and_how_much),
        cmocka_unit_test(a_message_that_cannot_be_made_is_out_of_memory),
        cmocka_unit_test(the_first_failure_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
