#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
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

static void fill_times(const char *name, const gd_tensor *tensor, int64_t number, double factor,
                       real *values) {
    const gd_init *init = gd_init_find(name);
    assert_non_null(init);
    gd_rng rng = stream(number);
    assert_null(init->fill(tensor, &rng, factor, values));
}

static void fill(const char *name, const gd_tensor *tensor, int64_t number, real *values) {
    fill_times(name, tensor, number, 1, values);
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
        {"lecun_uniform", 0.19364916731037085},  /* sqrt(3 / 80) */
        {"uniform", 1},
    };
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        real values[COUNT];
        fill(methods[i].name, &weight, 0, values);
        assert_bound(values, COUNT, methods[i].bound);
    }
}

static void normal_methods_have_their_variance(void **state) {
    (void)state;
    static const struct {
        const char *name;
        double variance;
    } methods[] = {
        {"xavier_normal", 2.0 / 130},
        {"he_normal", 2.0 / 80},
        {"lecun_normal", 1.0 / 80},
        {"normal", 1},
    };
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        real values[COUNT];
        fill(methods[i].name, &weight, 0, values);
        assert_spread(values, COUNT, sqrt(methods[i].variance));
    }
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

static void a_factor_multiplies_the_weights_of_methods_that_know_gains(void **state) {
    (void)state;
    for (size_t i = 0; gd_init_name(i) != NULL; i++) {
        const double factor = gd_inits[i].gain == 0 ? 1 : 4;
        real once[COUNT], times[COUNT];
        fill(gd_init_name(i), &weight, 0, once);
        fill_times(gd_init_name(i), &weight, 0, 4, times);
        for (int j = 0; j < COUNT; j++) {
            assert_true(times[j] == (real)factor * once[j]);
        }
        fill_times(gd_init_name(i), &bias, 0, 4, times);
        fill(gd_init_name(i), &bias, 0, once);
        assert_memory_equal(times, once, FAN_OUT * sizeof(real));
    }
}

/* Vector `a` of `values`, a row or else a column of [rows, columns], times vector `b` of what
 * `rng` draws for it, or of `values` as well. */
static double vector_product(const int64_t dims[2], int64_t a, int64_t b, const gd_rng *rng,
                             const real *values) {
    const bool by_rows = dims[0] <= dims[1];
    const int64_t length = by_rows ? dims[1] : dims[0];
    double sum = 0;
    for (int64_t i = 0; i < length; i++) {
        const int64_t at = by_rows ? a * dims[1] + i : i * dims[1] + a;
        const int64_t with = by_rows ? b * dims[1] + i : i * dims[1] + b;
        sum += (double)values[at] *
               (rng == NULL ? (double)values[with] : gd_rng_normal(rng, (uint32_t)with));
    }
    return sum;
}

/* The QR decomposition of a matrix is the only one with orthonormal vectors of which each is
 * orthogonal to the matrix's earlier ones and at an acute angle to its own. */
static void orthogonal_is_the_q_of_a_normal_matrix(void **state) {
    (void)state;
    static const int64_t shapes[][2] = {{1, 1},   {1, 9},   {9, 1},  {8, 8},
                                        {50, 80}, {80, 50}, {61, 61}};
    const double digits = GD_REAL_TYPE == GD_FLOAT64 ? 1e-14 : 1e-6;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        const int64_t *dims = shapes[s];
        gd_tensor tensor = weight;
        real values[COUNT];
        memcpy(tensor.dims, dims, 2 * sizeof *dims);
        tensor.count = dims[0] * dims[1];
        fill("orthogonal", &tensor, 5, values);
        const gd_rng rng = stream(5);
        const int64_t count = dims[0] < dims[1] ? dims[0] : dims[1];
        for (int64_t a = 0; a < count; a++) {
            for (int64_t b = 0; b <= a; b++) {
                double own = vector_product(dims, a, b, NULL, values);
                assert_true(fabs(own - (a == b)) < 4 * digits);
                double drawn = vector_product(dims, a, b, &rng, values);
                assert_true(a == b ? drawn > 0 : fabs(drawn) < 40 * digits);
            }
        }
    }
}

static void an_unknown_name_is_not_found(void **state) {
    (void)state;
    assert_null(gd_init_find("sparse"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uniform_methods_fill_their_range),
        cmocka_unit_test(normal_methods_have_their_variance),
        cmocka_unit_test(biases_are_zero_but_by_default),
        cmocka_unit_test(zeros_are_zero),
        cmocka_unit_test(single_is_double_rounded),
        cmocka_unit_test(tensors_differ_and_a_tensor_repeats),
        cmocka_unit_test(a_factor_multiplies_the_weights_of_methods_that_know_gains),
        cmocka_unit_test(orthogonal_is_the_q_of_a_normal_matrix),
        cmocka_unit_test(an_unknown_name_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
