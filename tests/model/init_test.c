#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gdmpi/init.h"
#include "gdmpi/layer.h"
#include "reference/deviation.h"

enum { FAN_IN = 80, FAN_OUT = 50, COUNT = FAN_IN * FAN_OUT };

static const gd_tensor weight = {
    .rank = 2, .dims = {FAN_OUT, FAN_IN}, .count = COUNT, .fan_in = FAN_IN, .fan_out = FAN_OUT};
static const gd_tensor bias = {
    .rank = 1, .dims = {FAN_OUT}, .count = FAN_OUT, .fan_in = FAN_IN, .fan_out = FAN_OUT};

static const double epsilon = GD_REAL_TYPE == GD_FLOAT64 ? DBL_EPSILON : (double)FLT_EPSILON;

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

/* Of a tensor whose numbers are drawn so, and are to be `scale` times as large. */
static double deviation(const gd_tensor *tensor, int64_t number, bool normal, double scale,
                        const real *values) {
    const gd_rng rng = stream(number);
    double worst = 0;
    for (int i = 0; i < tensor->count; i++) {
        const double drawn =
            normal ? gd_rng_normal(&rng, (uint32_t)i) : 2 * gd_rng_uniform(&rng, (uint64_t)i) - 1;
        worst = fmax(worst, relative_deviation((double)values[i], scale * drawn));
    }
    return worst;
}

/* A line of tests/reference/inits.txt that is of a method. */
static void check_line(const char *line) {
    char name[32] = "", drawn[16];
    double weights, biases;
    real values[COUNT];
    assert_int_equal(sscanf(line, "%31s %15s %lf %lf", name, drawn, &weights, &biases), 4);
    note_words(name);
    const bool normal = strcmp(drawn, "normal") == 0;
    fill(name, &weight, 2, values);
    if (normal) {
        assert_spread(values, COUNT, weights);
    } else {
        assert_bound(values, COUNT, weights);
    }
    double worst = deviation(&weight, 2, normal, weights, values);
    fill(name, &bias, 3, values);
    worst = fmax(worst, deviation(&bias, 3, normal, biases, values));
    expect_deviation("initial values", name, "PyTorch's init", worst, 8 * epsilon);
}

/* A line "gain NAME NUMBER". */
static void check_gain(const char *line) {
    char name[32] = "", title[64];
    double right;
    assert_int_equal(sscanf(line, "gain %31s %lf", name, &right), 2);
    note_words(name);
    gd_layer layer = {.kind = gd_layer_find(name)};
    assert_non_null(layer.kind);
    layer.argument = layer.kind->initial;
    snprintf(title, sizeof title, "gain, %s", name);
    expect_deviation(
        "initial values", title, "PyTorch's calculate_gain",
        relative_deviation(layer.kind->gain == NULL ? 1 : layer.kind->gain(&layer), right),
        8 * epsilon);
}

/* Zeros and orthogonal vectors have tests of their own. */
static void methods_and_gains_are_those_of_the_reference(void **state) {
    (void)state;
    note_words("zeros orthogonal");
    char path[4096], line[256];
    snprintf(path, sizeof path, "%s/tests/reference/inits.txt", getenv("srcdir"));
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        (strncmp(line, "gain ", 5) == 0 ? check_gain : check_line)(line);
    }
    fclose(file);
    for (size_t i = 0; gd_init_name(i) != NULL; i++) {
        expect_noted("", gd_init_name(i));
    }
    for (size_t i = 0; gd_layer_kinds[i] != NULL; i++) {
        if (gd_layer_kinds[i]->gain != NULL) {
            expect_noted("", gd_layer_name(i));
        }
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
        cmocka_unit_test(methods_and_gains_are_those_of_the_reference),
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
