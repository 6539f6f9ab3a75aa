#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gdmpi/plan.h"

static gd_status parse(const char *name, const char *value, gd_plan_options *options) {
    const bool ranks = strcmp(name, "-n") == 0;
    return gd_plan_read(ranks ? value : NULL, ranks ? NULL : value, options);
}

static void takes(const char *list, int count, const int64_t *ranks) {
    gd_plan_options options;
    assert_true(parse("-n", list, &options) == GD_OK);
    assert_int_equal(options.count, count);
    assert_memory_equal(options.ranks, ranks, (size_t)count * sizeof *ranks);
}

static void a_list_is_read_in_rising_order(void **state) {
    (void)state;
    takes("2", 1, (const int64_t[]){2});
    takes("1,2,4,8", 4, (const int64_t[]){1, 2, 4, 8});
    takes("7,3,1,3,65536", 4, (const int64_t[]){1, 3, 7, 65536});
}

static void dots_stand_for_numbers_that_double(void **state) {
    (void)state;
    takes("1,2,4,...,64", 7, (const int64_t[]){1, 2, 4, 8, 16, 32, 64});
    takes("3,...,24", 4, (const int64_t[]){3, 6, 12, 24});
    takes("1,...,4,5,10,...,40", 7, (const int64_t[]){1, 2, 4, 5, 10, 20, 40});
    takes("4,...,4", 1, (const int64_t[]){4});
}

static void refuses(const char *name, const char *value, const char *words) {
    gd_plan_options options;
    gd_status status = parse(name, value, &options);
    assert_int_equal(gd_status_code(status), GD_BAD_INPUT);
    if (strstr(gd_status_message(status), words) == NULL) {
        fail_msg("no '%s' in '%s'", words, gd_status_message(status));
    }
    gd_status_free(&status);
}

static void a_list_that_is_none_is_refused(void **state) {
    (void)state;
    refuses("-n", "", "-n : '' is none");
    refuses("-n", "x", "-n x: 'x' is none, or out of place; -n takes up to 64 numbers of ranks");
    refuses("-n", "0", "'0' is none");
    refuses("-n", "-1", "'-1' is none");
    refuses("-n", "1,,2", "'' is none");
    refuses("-n", "1,2,", "'' is none");
    refuses("-n", "1.5", "'1.5' is none");
    refuses("-n", "65537", "'65537' is none");
    refuses("-n", "99999999999999999999", "is none");
    refuses("-n", "...,4", "'...' is none, or out of place");
    refuses("-n", "1,...,...,4", "'...' is none, or out of place");
    refuses("-n", "1,...", "'...' has no number behind it");
    refuses("-n", "1,2,...,1000", "'1000' is not reached by doubling");
    refuses("-n", "4,...,2", "'2' is not reached by doubling");
    char many[512] = "1";
    for (int i = 2; i <= 65; i++) {
        sprintf(many + strlen(many), ",%d", i);
    }
    refuses("-n", many, "'65' is one too many");
}

static void without_options_nothing_is_asked_for(void **state) {
    (void)state;
    gd_plan_options options;
    assert_true(gd_plan_read(NULL, NULL, &options) == GD_OK);
    assert_int_equal(options.count, 0);
    assert_true(options.bandwidth == 0 && options.latency == 0);
}

static void a_network_has_a_rate_and_perhaps_a_latency(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double bandwidth, latency;
    } cases[] = {{"10Gbit/s", 1.25e9, 0},        {"1Gbit/s,30us", 1.25e8, 3e-5},
                 {"100Mbit/s", 1.25e7, 0},       {"56kbit/s,200ms", 7000, 0.2},
                 {"2.5GB/s,900ns", 2.5e9, 9e-7}, {"300MB/s", 3e8, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gd_plan_options options;
        assert_true(parse("--network", cases[i].text, &options) == GD_OK);
        assert_true(fabs(options.bandwidth / cases[i].bandwidth - 1) < 1e-12);
        assert_true(fabs(options.latency - cases[i].latency) <= 1e-12 * cases[i].latency);
    }
}

static void a_network_that_is_none_is_refused(void **state) {
    (void)state;
    static const char *const cases[] = {
        "",         "10",        "Gbit/s",     "0Gbit/s",      "-1Gbit/s",
        "10gbit/s", "10Gbit/s,", "10Gbit/s,5", "10Gbit/s,0us", "10Gbit/s,5us,5us",
        "1e3MB/s",  "1.2.3GB/s", "10 Gbit/s"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        refuses("--network", cases[i], "is not the rate of a link");
        refuses("--network", cases[i], "10Gbit/s, or 100Gbit/s,2us");
    }
    char longer[300];
    memset(longer, '1', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    refuses("--network", longer, "is not the rate of a link");
    refuses("-n", longer, "is none");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_is_read_in_rising_order),
        cmocka_unit_test(dots_stand_for_numbers_that_double),
        cmocka_unit_test(a_list_that_is_none_is_refused),
        cmocka_unit_test(without_options_nothing_is_asked_for),
        cmocka_unit_test(a_network_has_a_rate_and_perhaps_a_latency),
        cmocka_unit_test(a_network_that_is_none_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
