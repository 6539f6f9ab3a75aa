#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gdmpi/loss.h"
#include "gdmpi/rng.h"

enum { ROWS = 6, OUTPUTS = 4, COUNT = ROWS * OUTPUTS };

/* The step of the central differences, how near they must come, and the precision. */
#ifdef GD_DOUBLE
static const double step = 1e-5, near = 1e-8, digits = 8 * DBL_EPSILON;
#else
static const double step = 1e-2, near = 1e-3, digits = 8 * (double)FLT_EPSILON;
#endif

static double random_number(uint64_t index) {
    gd_rng rng = gd_rng_stream(9, GD_RNG_INIT, 0, 0, 0);
    return gd_rng_uniform(&rng, index);
}

/* Random outputs and targets, and a batch that views them. */
typedef struct example {
    real output[COUNT], values[COUNT];
    int32_t labels[ROWS];
} example;

static example random_example(void) {
    example e;
    for (int i = 0; i < COUNT; i++) {
        e.output[i] = (real)(4 * random_number((uint64_t)i) - 2);
        e.values[i] = (real)random_number(100 + (uint64_t)i);
    }
    for (int i = 0; i < ROWS; i++) {
        e.labels[i] = (int32_t)(OUTPUTS * random_number(200 + (uint64_t)i));
    }
    return e;
}

static gd_batch rows_of(example *e, int first, int rows) {
    return (gd_batch){.rows = rows,
                      .outputs = OUTPUTS,
                      .labels = e->labels + first,
                      .values = e->values + (ptrdiff_t)first * OUTPUTS};
}

static double value(const gd_loss *loss, example *e, real *gradient, double *metric) {
    gd_batch batch = rows_of(e, 0, ROWS);
    return loss->value(&batch, e->output, gradient, metric);
}

static void every_loss_has_the_gradient_of_its_value(void **state) {
    (void)state;
    for (int k = 0; gd_losses[k] != NULL; k++) {
        example e = random_example();
        real gradient[COUNT];
        value(gd_losses[k], &e, gradient, NULL);
        for (int i = 0; i < COUNT; i++) {
            const real middle = e.output[i];
            volatile real above = middle + (real)step, below = middle - (real)step;
            e.output[i] = above;
            double high = value(gd_losses[k], &e, NULL, NULL);
            e.output[i] = below;
            double low = value(gd_losses[k], &e, NULL, NULL);
            e.output[i] = middle;
            double slope = (high - low) / ((double)above - (double)below);
            assert_true(fabs((double)gradient[i] - slope) < near);
        }
    }
}

static void a_batch_is_the_sum_of_its_rows(void **state) {
    (void)state;
    for (int k = 0; gd_losses[k] != NULL; k++) {
        example e = random_example();
        real whole[COUNT], single[COUNT];
        double metric = 0, sum_of_metrics = 0, sum = 0;
        double all = value(gd_losses[k], &e, whole, &metric);
        for (int i = 0; i < ROWS; i++) {
            gd_batch row = rows_of(&e, i, 1);
            sum += gd_losses[k]->value(&row, e.output + i * OUTPUTS, single + i * OUTPUTS,
                                       &sum_of_metrics);
        }
        assert_true(sum == all);
        assert_true(fabs(metric - sum_of_metrics) <= 1e-14 * metric);
        assert_memory_equal(whole, single, sizeof whole);
    }
}

static void the_value_is_the_same_with_gradient_and_metric_or_without(void **state) {
    (void)state;
    for (int k = 0; gd_losses[k] != NULL; k++) {
        example e = random_example();
        real gradient[COUNT];
        double metric = 0;
        double plain = value(gd_losses[k], &e, NULL, NULL);
        assert_true(value(gd_losses[k], &e, NULL, &metric) == plain);
        assert_true(value(gd_losses[k], &e, gradient, &metric) == plain);
        assert_true(value(gd_losses[k], &e, e.output, NULL) == plain);
        assert_memory_equal(e.output, gradient, sizeof gradient);
    }
}

static void a_metric_is_added(void **state) {
    (void)state;
    for (int k = 0; gd_losses[k] != NULL; k++) {
        example e = random_example();
        double from_zero = 0, from_ten = 10;
        value(gd_losses[k], &e, NULL, &from_zero);
        value(gd_losses[k], &e, NULL, &from_ten);
        assert_true(fabs(from_ten - 10 - from_zero) < 1e-12);
        assert_true(from_zero > 0);
    }
}

static void accuracy_never_exceeds_the_rows(void **state) {
    (void)state;
    for (int k = 0; gd_losses[k] != NULL; k++) {
        example e = random_example();
        double metric = 0;
        for (int i = 0; i < COUNT; i++) {
            e.values[i] = e.output[i] > 0 ? 1 : 0;
        }
        for (int i = 0; i < ROWS; i++) {
            e.labels[i] = 0;
            e.output[i * OUTPUTS] = 3;
            e.values[i * OUTPUTS] = 1;
        }
        value(gd_losses[k], &e, NULL, &metric);
        assert_true(gd_losses[k]->metric != GD_METRIC_ACCURACY || metric == ROWS);
    }
}

static void extreme_logits_give_finite_numbers(void **state) {
    (void)state;
    static const real extremes[] = {0, 1e4f, -1e4f, GD_REAL_MAX / 4, -GD_REAL_MAX / 4, 90, -110};
    for (int k = 0; gd_losses[k] != NULL; k++) {
        example e = random_example();
        const bool logits = gd_losses[k]->metric == GD_METRIC_ACCURACY;
        for (int i = 0; i < COUNT; i++) {
            e.output[i] = extremes[(size_t)i % (logits ? 7 : 3)];
            e.values[i] = (real)(i % 2);
        }
        real gradient[COUNT];
        assert_true(isfinite(value(gd_losses[k], &e, gradient, NULL)));
        for (int i = 0; i < COUNT; i++) {
            assert_true(isfinite(gradient[i]));
        }
    }
}

static void a_number_that_is_none_is_not_hidden(void **state) {
    (void)state;
    for (int k = 0; gd_losses[k] != NULL; k++) {
        for (int i = 0; i < COUNT; i++) {
            example e = random_example();
            e.output[i] = (real)NAN;
            assert_true(isnan(value(gd_losses[k], &e, NULL, NULL)));
        }
    }
}

static void no_rows_cost_nothing(void **state) {
    (void)state;
    for (int k = 0; gd_losses[k] != NULL; k++) {
        example e = random_example();
        gd_batch none = rows_of(&e, 0, 0);
        double metric = 0;
        assert_true(gd_losses[k]->value(&none, e.output, e.output, &metric) == 0);
        assert_true(metric == 0);
    }
}

/* By mpmath with 40 digits: log(sum(exp(z))) - z[label]. */
static void cross_entropy_gives_the_reference_numbers(void **state) {
    (void)state;
    static const struct {
        real z[3];
        int32_t label;
        double loss;
    } references[] = {
        {{1, 2, 3}, 0, 2.4076059644443803},
        {{0, 0, 0}, 2, 1.0986122886681097},
        {{-2, (real)0.5, (real)1.25}, 1, 1.1628648361805505},
        {{1000, 0, -1000}, 1, 1000},
    };
    for (size_t i = 0; i < sizeof references / sizeof *references; i++) {
        int32_t label = references[i].label;
        gd_batch batch = {.rows = 1, .outputs = 3, .labels = &label};
        double loss = gd_loss_cross_entropy.value(&batch, references[i].z, NULL, NULL);
        assert_true(fabs(loss - references[i].loss) <= digits * references[i].loss);
    }
}

/* By mpmath with 40 digits: log(1 + exp(z)) - y z. */
static void bce_gives_the_reference_numbers(void **state) {
    (void)state;
    static const struct {
        real z, y;
        double loss;
    } references[] = {
        {0, 1, 0.69314718055994531},    {2, 1, 0.1269280110429725},
        {2, 0, 2.1269280110429725},     {-3, (real)0.25, 0.79858735157374206},
        {40, 1, 4.248354255291589e-18},
    };
    for (size_t i = 0; i < sizeof references / sizeof *references; i++) {
        real y = references[i].y;
        gd_batch batch = {.rows = 1, .outputs = 1, .values = &y};
        double loss = gd_loss_bce.value(&batch, &references[i].z, NULL, NULL);
        assert_true(fabs(loss - references[i].loss) <= digits * references[i].loss);
    }
}

static void bce_is_cross_entropy_of_two_classes(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 20; i++) {
        const real z = (real)(20 * random_number(i) - 10);
        int32_t label = (int32_t)(i % 2);
        real y = (real)label, logits[2] = {0, z}, of_one, of_two[2];
        gd_batch one = {.rows = 1, .outputs = 1, .values = &y};
        gd_batch two = {.rows = 1, .outputs = 2, .labels = &label};
        double a = gd_loss_bce.value(&one, &z, &of_one, NULL);
        double b = gd_loss_cross_entropy.value(&two, logits, of_two, NULL);
        assert_true(fabs(a - b) <= digits * (1 + a));
        assert_true(fabs((double)of_one - (double)of_two[1]) <= digits);
    }
}

static void bce_and_mse_are_means_over_outputs(void **state) {
    (void)state;
    real z[3] = {1, -2, 3}, y[3] = {1, 1, 0};
    gd_batch batch = {.rows = 1, .outputs = 3, .values = y};
    double right = 0, squares = 0;
    double loss = gd_loss_bce.value(&batch, z, NULL, &right);
    double sum = log1p(exp(-1.0)) + log1p(exp(2.0)) + log1p(exp(3.0));
    assert_true(fabs(loss - sum / 3) <= digits * sum);
    assert_true(fabs(right - 1.0 / 3) < 1e-15);
    assert_true(fabs(gd_loss_mse.value(&batch, z, NULL, &squares) - 6) < 1e-15);
    assert_true(fabs(squares - 6) < 1e-15);
}

static void the_first_of_equal_logits_is_the_guess(void **state) {
    (void)state;
    static const real z[] = {0, 5, 5, 1};
    for (int32_t label = 0; label < OUTPUTS; label++) {
        gd_batch batch = {.rows = 1, .outputs = OUTPUTS, .labels = &label};
        double right = 0;
        gd_loss_cross_entropy.value(&batch, z, NULL, &right);
        assert_true(right == (label == 1));
    }
}

static void a_logit_of_zero_says_no(void **state) {
    (void)state;
    const real z = 0;
    real y[2] = {0, 1};
    for (int i = 0; i < 2; i++) {
        gd_batch batch = {.rows = 1, .outputs = 1, .values = &y[i]};
        double right = 0;
        gd_loss_bce.value(&batch, &z, NULL, &right);
        assert_true(right == (i == 0));
    }
}

static void every_loss_is_found_by_its_name(void **state) {
    (void)state;
    size_t count = 0;
    for (; gd_losses[count] != NULL; count++) {
        assert_ptr_equal(gd_loss_find(gd_loss_name(count)), gd_losses[count]);
        assert_true(gd_losses[count]->outputs_min >= 1);
        assert_non_null(gd_losses[count]->help);
    }
    assert_null(gd_loss_name(count));
    assert_null(gd_loss_find("loss"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_loss_has_the_gradient_of_its_value),
        cmocka_unit_test(a_batch_is_the_sum_of_its_rows),
        cmocka_unit_test(the_value_is_the_same_with_gradient_and_metric_or_without),
        cmocka_unit_test(a_metric_is_added),
        cmocka_unit_test(accuracy_never_exceeds_the_rows),
        cmocka_unit_test(extreme_logits_give_finite_numbers),
        cmocka_unit_test(a_number_that_is_none_is_not_hidden),
        cmocka_unit_test(no_rows_cost_nothing),
        cmocka_unit_test(cross_entropy_gives_the_reference_numbers),
        cmocka_unit_test(bce_gives_the_reference_numbers),
        cmocka_unit_test(bce_is_cross_entropy_of_two_classes),
        cmocka_unit_test(bce_and_mse_are_means_over_outputs),
        cmocka_unit_test(the_first_of_equal_logits_is_the_guess),
        cmocka_unit_test(a_logit_of_zero_says_no),
        cmocka_unit_test(every_loss_is_found_by_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
