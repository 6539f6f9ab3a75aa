#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gdmpi/process.h"

static void a_process_has_memory_and_an_age(void **state) {
    (void)state;
    gd_resident resident = gd_process_resident();
    assert_true(resident.now > 0 && resident.most >= resident.now);
    assert_true(resident.share > 0 && resident.share <= resident.most);
    assert_true(gd_process_seconds() >= 0 && gd_process_seconds() < 3600);
}

static void numbers_too_small_for_all_their_digits_become_0(void **state) {
    (void)state;
    volatile float least = FLT_MIN, half = 0.5f;
    assert_true(least * half > 0);
    gd_process_flush_tiny();
#ifdef __SSE__
    assert_true(least * half == 0);
#endif
    assert_true(least == FLT_MIN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_process_has_memory_and_an_age),
        cmocka_unit_test(numbers_too_small_for_all_their_digits_become_0),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
