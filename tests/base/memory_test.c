#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gdmpi/memory.h"

static void memory_is_zeroed_and_starts_a_cache_line(void **state) {
    (void)state;
    for (size_t count = 0; count < 300; count++) {
        unsigned char *bytes;
        assert_true(gd_memory_new(&bytes, count, 3, "a test") == GD_OK);
        assert_non_null(bytes);
        assert_int_equal((uintptr_t)bytes % GD_CACHE_LINE, 0);
        for (size_t i = 0; i < 3 * count; i++) {
            assert_int_equal(bytes[i], 0);
        }
        memset(bytes, 0xff, 3 * count);
        gd_memory_free(&bytes);
        assert_null(bytes);
    }
}

static void freeing_nothing_is_allowed(void **state) {
    (void)state;
    double *numbers = NULL;
    gd_memory_free(&numbers);
    assert_null(numbers);
}

static void a_size_that_does_not_fit_is_an_error_that_names_it(void **state) {
    (void)state;
    static const size_t cases[][2] = {
        {SIZE_MAX, 8}, {8, SIZE_MAX}, {SIZE_MAX, 1}, {SIZE_MAX / 2 + 1, 2}, {SIZE_MAX - 3, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char unset, *bytes = &unset;
        gd_status status = gd_memory_new(&bytes, cases[i][0], cases[i][1], "the batch");
        assert_null(bytes);
        assert_int_equal(gd_status_code(status), GD_FAILED);
        assert_non_null(strstr(gd_status_message(status), "the batch"));
        gd_status_free(&status);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_and_starts_a_cache_line),
        cmocka_unit_test(freeing_nothing_is_allowed),
        cmocka_unit_test(a_size_that_does_not_fit_is_an_error_that_names_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
