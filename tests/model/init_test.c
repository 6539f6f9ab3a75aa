#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gdmpi/init.h"

enum { FAN_IN = 80, FAN_OUT = 50, COUNT = FAN_IN * FAN_OUT };

static const gd_tensor weight = {
    .rank = 2, .dims = {FAN_OUT, FAN_IN}, .count = COUNT, .fan_in = FAN_IN, .fan_out = FAN_OUT};
static const gd_tensor bias = {
    .rank = 1, .dims = {FAN_OUT}, .count = FAN_OUT, .fan_in = FAN_IN, .fan_out = FAN_OUT};

static gd_rng stream(int64_t tensor) {
    return gd_rng_stream(3, GD_RNG_INIT, tensor, 0, 0);
}

static void fill(const char *name, const gd_tensor *tensor, int64_t number, real *values) {
    const gd_init *init = gd_init_find(name);
    assert_non_null(init);
    gd_rng rng = stream(number);
    init->fill(tensor, &rng, values);
}

/* Within four standard deviations of the mean and of the variance; those of the uniform
 * distribution's variance are the smaller ones. */
static void assert_spread(const real *values, int count, double deviation) {
    double sum = 0, squares = 0;
    for (int i = 0; i < count; i++) {
        sum += (double)values[i];
        squares += (double)values[i] * (double)values[i];
    }
    assert_true(fabs(sum / count) < 4 * deviation / sqrt(count));
    double variance = deviation * deviation;
    assert_true(fabs(squares / count - variance) < 4 * variance * sqrt(2.0 / count));
}

static void assert_bound(const real *values, int count, double bound) {
    double most = 0;
    for (int i = 0; i < count; i++) {
        most = fmax(most, fabs((double)values[i]));
    }
    assert_true(most <= bound * (1 + 1e-7) && most > 0.9 * bound);
    assert_spread(values, count, bound / sqrt(3));
}

static void uniform_methods_fill_their_range(void **state) {
    (void)state;
    static const struct {
        const char *name;
        double bound;
    } methods[] = {
        {"default", 0.11180339887498949},        /* 1 / sqrt(80) */
        {"xavier_uniform", 0.21483446221182986}, /* sqrt(6 / 130) */
        {"he_uniform", 0.27386127875258306},     /* sqrt(6 / 80) */
    };
    for (size_t i = 0; i < 3; i++) {
        real values[COUNT];
        fill(methods[i].name, &weight, 0, values);
        assert_bound(values, COUNT, methods[i].bound);
    }
}

static void normal_methods_have_their_variance(void **state) {
    (void)state;
    real values[COUNT];
    fill("xavier_normal", &weight, 0, values);
    assert_spread(values, COUNT, sqrt(2.0 / 130));
    fill("he_normal", &weight, 0, values);
    assert_spread(values, COUNT, sqrt(2.0 / 80));
}

static void biases_are_zero_but_by_default(void **state) {
    (void)state;
    for (size_t i = 0; gd_init_name(i) != NULL; i++) {
        real values[FAN_OUT];
        memset(values, 1, sizeof values);
        fill(gd_init_name(i), &bias, 1, values);
        if (strcmp(gd_init_name(i), "default") == 0) {
            assert_bound(values, FAN_OUT, 1 / sqrt(FAN_IN));
            continue;
        }
        for (int j = 0; j < FAN_OUT; j++) {
            assert_true(values[j] == 0);
        }
    }
}

static void zeros_are_zero(void **state) {
    (void)state;
    real values[COUNT];
    memset(values, 1, sizeof values);
    fill("zeros", &weight, 0, values);
    for (int i = 0; i < COUNT; i++) {
        assert_true(values[i] == 0);
    }
}

static void single_is_double_rounded(void **state) {
    (void)state;
    real values[COUNT];
    gd_rng rng = stream(2);
    fill("default", &weight, 2, values);
    for (int i = 0; i < COUNT; i++) {
        double number = (2 * gd_rng_uniform(&rng, (uint64_t)i) - 1) * (1 / sqrt(FAN_IN));
        assert_true(values[i] == (real)number);
    }
    fill("he_normal", &weight, 2, values);
    for (int i = 0; i < COUNT; i++) {
        double number = gd_rng_normal(&rng, (uint32_t)i) * sqrt(2.0 / FAN_IN);
        assert_true(values[i] == (real)number);
    }
}

static void tensors_differ_and_a_tensor_repeats(void **state) {
    (void)state;
    for (size_t i = 0; gd_init_name(i) != NULL; i++) {
        real first[COUNT], again[COUNT], other[COUNT];
        fill(gd_init_name(i), &weight, 0, first);
        fill(gd_init_name(i), &weight, 0, again);
        fill(gd_init_name(i), &weight, 1, other);
        assert_memory_equal(first, again, sizeof first);
        assert_int_equal(memcmp(first, other, sizeof first) == 0,
                         strcmp(gd_init_name(i), "zeros") == 0);
    }
}

static void an_unknown_name_is_not_found(void **state) {
    (void)state;
    assert_null(gd_init_find("orthogonal"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uniform_methods_fill_their_range),
        cmocka_unit_test(normal_methods_have_their_variance),
        cmocka_unit_test(biases_are_zero_but_by_default),
        cmocka_unit_test(zeros_are_zero),
        cmocka_unit_test(single_is_double_rounded),
        cmocka_unit_test(tensors_differ_and_a_tensor_repeats),
        cmocka_unit_test(an_unknown_name_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
