/* For sched_setaffinity; the order of headers does not matter. */
#define _GNU_SOURCE

#include <float.h>
#include <sched.h>
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

static void a_thread_may_use_all_cores_of_the_process(void **state) {
    (void)state;
    cpu_set_t one, now;
    const int cores = gd_process_cores();
    assert_true(cores >= 1 && cores <= CPU_SETSIZE);
    assert_int_equal(sched_getaffinity(0, sizeof now, &now), 0);
    int first = 0;
    while (!CPU_ISSET(first, &now)) {
        first++;
    }
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    assert_int_equal(gd_process_cores(), cores);
    assert_int_equal(sched_getaffinity(0, sizeof now, &now), 0);
    assert_true(CPU_EQUAL(&now, &one));
    gd_process_roam();
    assert_int_equal(sched_getaffinity(0, sizeof now, &now), 0);
    assert_int_equal(CPU_COUNT(&now), cores);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_process_has_memory_and_an_age),
        cmocka_unit_test(numbers_too_small_for_all_their_digits_become_0),
        cmocka_unit_test(a_thread_may_use_all_cores_of_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
