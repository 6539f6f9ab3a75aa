#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gdmpi/model.h"
#include "gdmpi/rng.h"

enum { ROWS = 6, MANY_ROWS = 150, OUTPUTS = 4, MOST = MANY_ROWS * OUTPUTS };

/* The step of the central differences, how near they must come, and the precision. */
#ifdef GD_DOUBLE
static const double step = 1e-5, near = 1e-8, digits = 8 * DBL_EPSILON;
#else
static const double step = 4e-3, near = 1e-3, digits = 8 * (double)FLT_EPSILON;
#endif

static double random_number(uint64_t index) {
    gd_rng rng = gd_rng_stream(9, GD_RNG_INIT, 0, 0, 0);
    return gd_rng_uniform(&rng, index);
}

/* A loss with values of its options, on a model of so many outputs. */
typedef struct subject {
    const gd_loss *loss;
    double options[GD_LOSS_OPTIONS];
    int outputs;
} subject;

enum { DEFAULTS, LOWEST, HIGHEST, CHOICES };
enum { SUBJECTS = 128 };

static double option(const gd_setting *row, int choice) {
    double number = 0;
    assert_true(gd_text_to_number(row->initial, &number));
    return choice == LOWEST ? row->min : choice == HIGHEST ? row->max : number;
}

static subject subject_of(const gd_loss *loss, int choice, int outputs) {
    subject s = {.loss = loss, .outputs = outputs};
    const gd_setting *row = loss->settings.rows;
    for (int i = 0; row != NULL && row[i].key != NULL; i++) {
        assert_true(i < GD_LOSS_OPTIONS);
        s.options[i] = option(&row[i], choice);
    }
    return s;
}

/* Every loss that there is, with its options at their defaults and at the ends of their ranges, of
 * one output and of several; returns how many. */
static int all_subjects(subject subjects[SUBJECTS]) {
    int count = 0;
    for (int k = 0; gd_losses[k] != NULL; k++) {
        for (int choice = 0; choice < (gd_losses[k]->settings.rows == NULL ? 1 : CHOICES);
             choice++) {
            assert_true(count + 2 <= SUBJECTS);
            subjects[count++] = subject_of(gd_losses[k], choice, OUTPUTS);
            if (gd_losses[k]->outputs_min == 1) {
                subjects[count++] = subject_of(gd_losses[k], choice, 1);
            }
        }
    }
    return count;
}

/* Random outputs and targets. */
typedef struct example {
    int outputs, rows, count;
    real output[MOST], values[MOST];
    int32_t labels[MANY_ROWS];
} example;

static example random_example(const subject *s, int rows) {
    example e = {.outputs = s->outputs, .rows = rows, .count = rows * s->outputs};
    for (int i = 0; i < e.count; i++) {
        e.output[i] = (real)(4 * random_number((uint64_t)i) - 2);
        e.values[i] = (real)random_number(1000 + (uint64_t)i);
    }
    for (int i = 0; i < e.rows; i++) {
        int labels = e.outputs == 1 ? 2 : e.outputs;
        e.labels[i] = (int32_t)(labels * random_number(2000 + (uint64_t)i));
    }
    return e;
}

/* Of some rows; gradient and metric may be NULL. */
static double value_of_rows(const subject *s, example *e, int first, int rows, real *gradient,
                            double *metric) {
    const int place = first * e->outputs;
    const bool labels = s->loss->target == GD_TARGET_CLASS;
    gd_batch batch = {.rows = rows,
                      .outputs = e->outputs,
                      .labels = labels ? e->labels + first : NULL,
                      .values = labels ? NULL : e->values + place};
    return s->loss->value(s->options, &batch, e->output + place,
                          gradient == NULL ? NULL : gradient + place, metric);
}

static double value(const subject *s, example *e, real *gradient, double *metric) {
    return value_of_rows(s, e, 0, e->rows, gradient, metric);
}

static void every_loss_has_the_gradient_of_its_value(void **state) {
    (void)state;
    subject subjects[SUBJECTS];
    const int count = all_subjects(subjects);
    for (int k = 0; k < count; k++) {
        const subject *s = &subjects[k];
        example e = random_example(s, ROWS);
        real gradient[MOST];
        value(s, &e, gradient, NULL);
        for (int i = 0; i < e.count; i++) {
            const real middle = e.output[i];
            volatile real above = middle + (real)step, below = middle - (real)step;
            e.output[i] = above;
            double high = value(s, &e, NULL, NULL);
            e.output[i] = below;
            double low = value(s, &e, NULL, NULL);
            e.output[i] = middle;
            double slope = (high - low) / ((double)above - (double)below);
            if (!(fabs((double)gradient[i] - slope) < near)) {
                fail_msg("%s: at %g and %g the gradient is %g, the slope %g", s->loss->name,
                         (double)middle, (double)e.values[i], (double)gradient[i], slope);
            }
        }
    }
}

static void a_batch_is_the_sum_of_its_rows(void **state) {
    (void)state;
    subject subjects[SUBJECTS];
    const int count = all_subjects(subjects);
    for (int k = 0; k < count; k++) {
        example e = random_example(&subjects[k], MANY_ROWS);
        real whole[MOST], parts[MOST];
        double metric = 0, sum_of_metrics = 0, sum = 0;
        double all = value(&subjects[k], &e, whole, &metric);
        for (int i = 0; i < e.rows; i++) {
            sum += value_of_rows(&subjects[k], &e, i, 1, parts, &sum_of_metrics);
        }
        assert_true(sum == all);
        assert_true(fabs(metric - sum_of_metrics) <= 1e-13 * metric);
        assert_memory_equal(whole, parts, (size_t)e.count * sizeof *whole);
    }
}

static void rows_split_anyhow_give_the_same(void **state) {
    (void)state;
    subject subjects[SUBJECTS];
    const int count = all_subjects(subjects);
    for (int k = 0; k < count; k++) {
        example e = random_example(&subjects[k], MANY_ROWS);
        real whole[MOST], parts[MOST];
        double all = value(&subjects[k], &e, whole, NULL);
        for (int split = 0; split <= e.rows; split += 37) {
            double sum = value_of_rows(&subjects[k], &e, 0, split, parts, NULL);
            sum += value_of_rows(&subjects[k], &e, split, e.rows - split, parts, NULL);
            assert_true(fabs(sum - all) <= 1e-13 * fabs(all));
            assert_memory_equal(whole, parts, (size_t)e.count * sizeof *whole);
        }
    }
}

static void the_value_is_the_same_with_gradient_and_metric_or_without(void **state) {
    (void)state;
    subject subjects[SUBJECTS];
    const int count = all_subjects(subjects);
    for (int k = 0; k < count; k++) {
        example e = random_example(&subjects[k], MANY_ROWS);
        real gradient[MOST];
        double metric = 0, same_metric = 0;
        double plain = value(&subjects[k], &e, NULL, NULL);
        assert_true(value(&subjects[k], &e, NULL, &metric) == plain);
        assert_true(value(&subjects[k], &e, gradient, NULL) == plain);
        assert_true(value(&subjects[k], &e, e.output, &same_metric) == plain);
        assert_true(same_metric == metric);
        assert_memory_equal(e.output, gradient, (size_t)e.count * sizeof *gradient);
    }
}

static void a_metric_is_added(void **state) {
    (void)state;
    subject subjects[SUBJECTS];
    const int count = all_subjects(subjects);
    for (int k = 0; k < count; k++) {
        example e = random_example(&subjects[k], ROWS);
        double from_zero = 0, from_ten = 10;
        value(&subjects[k], &e, NULL, &from_zero);
        value(&subjects[k], &e, NULL, &from_ten);
        assert_true(fabs(from_ten - 10 - from_zero) < 1e-12);
        assert_true(from_zero > 0);
    }
}

static void accuracy_never_exceeds_the_rows(void **state) {
    (void)state;
    subject subjects[SUBJECTS];
    const int count = all_subjects(subjects);
    for (int k = 0; k < count; k++) {
        example e = random_example(&subjects[k], ROWS);
        double metric = 0;
        for (int i = 0; i < e.count; i++) {
            e.values[i] = e.output[i] > 0 ? 1 : 0;
        }
        for (int i = 0; i < e.rows; i++) {
            e.labels[i] = e.outputs == 1 ? 1 : 0;
            e.output[i * e.outputs] = 3;
            e.values[i * e.outputs] = 1;
        }
        value(&subjects[k], &e, NULL, &metric);
        assert_true(subjects[k].loss->metric != GD_METRIC_ACCURACY || metric == ROWS);
    }
}

static bool all_finite(int count, const real *numbers) {
    int i = 0;
    while (i < count && isfinite(numbers[i])) {
        i++;
    }
    return i == count;
}

/* Some losses are beyond all numbers there, but that is infinite then. */
static void extreme_outputs_give_numbers(void **state) {
    (void)state;
    static const real extremes[] = {0, 80, -80, 1e4f, -1e4f, GD_REAL_MAX / 64, -GD_REAL_MAX / 64};
    enum { ORDINARY = 3, ALL = 7 };
    subject subjects[SUBJECTS];
    const int count = all_subjects(subjects);
    for (int k = 0; k < count; k++) {
        for (int most = ORDINARY; most <= ALL; most++) {
            example e = random_example(&subjects[k], ROWS);
            for (int i = 0; i < e.count; i++) {
                e.output[i] = extremes[i % most];
                e.values[i] = (real)(i % 2);
            }
            real gradient[MOST];
            double loss = value(&subjects[k], &e, gradient, NULL);
            assert_true(isfinite(loss) || (most > ORDINARY && loss > 0));
            assert_true(!isfinite(loss) || all_finite(e.count, gradient));
        }
    }
}

static void losses_that_grow_as_a_line_stay_finite(void **state) {
    (void)state;
    static const gd_loss *const losses[] = {&gd_loss_cross_entropy, &gd_loss_bce,
                                            &gd_loss_hinge,         &gd_loss_mae,
                                            &gd_loss_huber,         &gd_loss_quantile};
    for (size_t k = 0; k < sizeof losses / sizeof *losses; k++) {
        subject s = subject_of(losses[k], DEFAULTS, OUTPUTS);
        example e = random_example(&s, ROWS);
        for (int i = 0; i < e.count; i++) {
            e.output[i] = (i % 3 - 1) * (GD_REAL_MAX / 64);
            e.values[i] = (real)(i % 2);
        }
        real gradient[MOST];
        assert_true(isfinite(value(&s, &e, gradient, NULL)));
        assert_true(all_finite(e.count, gradient));
    }
}

static void a_number_that_is_none_is_not_hidden(void **state) {
    (void)state;
    subject subjects[SUBJECTS];
    const int count = all_subjects(subjects);
    for (int k = 0; k < count; k++) {
        example e = random_example(&subjects[k], ROWS);
        for (int i = 0; i < e.count; i++) {
            const real before = e.output[i];
            e.output[i] = (real)NAN;
            assert_true(isnan(value(&subjects[k], &e, NULL, NULL)));
            e.output[i] = before;
        }
    }
}

static void no_rows_cost_nothing(void **state) {
    (void)state;
    subject subjects[SUBJECTS];
    const int count = all_subjects(subjects);
    for (int k = 0; k < count; k++) {
        example e = random_example(&subjects[k], ROWS);
        double metric = 0;
        assert_true(value_of_rows(&subjects[k], &e, 0, 0, e.output, &metric) == 0);
        assert_true(metric == 0);
    }
}

static void a_row_counts_as_much_as_its_weight(void **state) {
    (void)state;
    subject subjects[SUBJECTS];
    const int count = all_subjects(subjects);
    for (int k = 0; k < count; k++) {
        const subject *s = &subjects[k];
        example e = random_example(s, ROWS);
        real plain[MOST], weighted[MOST];
        double weights[ROWS], sum = 0, metric = 0, sum_of_metrics = 0;
        const bool labels = s->loss->target == GD_TARGET_CLASS;
        gd_batch batch = {.rows = ROWS,
                          .outputs = e.outputs,
                          .labels = labels ? e.labels : NULL,
                          .values = labels ? NULL : e.values,
                          .weights = weights};
        for (int i = 0; i < ROWS; i++) {
            double of_row = 0;
            weights[i] = i / 2.0;
            sum += weights[i] * value_of_rows(s, &e, i, 1, plain, &of_row);
            sum_of_metrics += weights[i] * of_row;
        }
        double loss = gd_loss_value(s->loss, s->options, &batch, e.output, weighted, &metric);
        assert_true(loss == sum);
        assert_true(metric == sum_of_metrics);
        assert_true(gd_loss_value(s->loss, s->options, &batch, e.output, NULL, NULL) == sum);
        for (int i = 0; i < e.count; i++) {
            assert_true(weighted[i] == plain[i] * (real)weights[i / e.outputs]);
        }
    }
}

static void weights_of_1_change_nothing(void **state) {
    (void)state;
    subject subjects[SUBJECTS];
    const int count = all_subjects(subjects);
    for (int k = 0; k < count; k++) {
        example e = random_example(&subjects[k], ROWS);
        double weights[ROWS] = {1, 1, 1, 1, 1, 1};
        real plain[MOST];
        const bool labels = subjects[k].loss->target == GD_TARGET_CLASS;
        gd_batch batch = {.rows = ROWS,
                          .outputs = e.outputs,
                          .labels = labels ? e.labels : NULL,
                          .values = labels ? NULL : e.values,
                          .weights = weights};
        double loss = value(&subjects[k], &e, plain, NULL);
        assert_true(gd_loss_value(subjects[k].loss, subjects[k].options, &batch, e.output, e.output,
                                  NULL) == loss);
        assert_memory_equal(e.output, plain, (size_t)e.count * sizeof *plain);
    }
}

/* One row of one output by a loss with these options. */
static double value_at(const gd_loss *loss, const double *options, real z, real y, real *slope) {
    int32_t label = (int32_t)y;
    gd_batch batch = {.rows = 1, .outputs = 1, .values = &y};
    if (loss->target == GD_TARGET_CLASS) {
        batch.labels = &label;
        batch.values = NULL;
    }
    return loss->value(options, &batch, &z, slope, NULL);
}

static const double zeros[GD_LOSS_OPTIONS];

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
        double loss = gd_loss_cross_entropy.value(zeros, &batch, references[i].z, NULL, NULL);
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
        double loss = value_at(&gd_loss_bce, zeros, references[i].z, references[i].y, NULL);
        assert_true(fabs(loss - references[i].loss) <= digits * references[i].loss);
    }
}

static void losses_of_one_output_are_those_of_their_formulas(void **state) {
    (void)state;
    static const double two[] = {2}, quarter[] = {0.25};
    static const struct {
        const gd_loss *loss;
        const double *options;
        real z, y;
        double value, slope;
    } references[] = {
        {&gd_loss_mse, zeros, 3, 1, 4, 4},
        {&gd_loss_mae, zeros, 3, 1, 2, 1},
        {&gd_loss_mae, zeros, -3, 1, 4, -1},
        {&gd_loss_mae, zeros, 1, 1, 0, 0},
        {&gd_loss_huber, two, 2, 1, 0.5, 1},
        {&gd_loss_huber, two, 3, 1, 2, 2},
        {&gd_loss_huber, two, -4, 1, 8, -2},
        {&gd_loss_quantile, quarter, 3, 1, 1.5, 0.75},
        {&gd_loss_quantile, quarter, -3, 1, 1, -0.25},
        {&gd_loss_quantile, quarter, 1, 1, 0, 0},
        {&gd_loss_poisson, zeros, 0, 3, 1, -2},
        {&gd_loss_poisson, zeros, 1, 3, 2.718281828459045 - 3, 2.718281828459045 - 3},
        {&gd_loss_hinge, zeros, (real)0.25, 1, 0.75, -1},
        {&gd_loss_hinge, zeros, (real)0.25, 0, 1.25, 1},
        {&gd_loss_hinge, zeros, 1, 1, 0, 0},
        {&gd_loss_hinge, zeros, -2, 0, 0, 0},
        {&gd_loss_squared_hinge, zeros, (real)0.25, 1, 0.5625, -1.5},
        {&gd_loss_squared_hinge, zeros, (real)0.25, 0, 1.5625, 2.5},
        {&gd_loss_squared_hinge, zeros, 2, 1, 0, 0},
    };
    for (size_t i = 0; i < sizeof references / sizeof *references; i++) {
        real slope;
        double loss = value_at(references[i].loss, references[i].options, references[i].z,
                               references[i].y, &slope);
        assert_true(fabs(loss - references[i].value) <= 2 * digits);
        assert_true(fabs((double)slope - references[i].slope) <= 2 * digits);
    }
}

static void several_outputs_of_hinge_are_one_against_the_rest_and_summed(void **state) {
    (void)state;
    const real z[] = {(real)0.5, 2, -3};
    int32_t label = 0;
    real slopes[3];
    double right = 0;
    gd_batch batch = {.rows = 1, .outputs = 3, .labels = &label};
    assert_true(gd_loss_hinge.value(zeros, &batch, z, slopes, &right) == 3.5);
    assert_true(slopes[0] == -1 && slopes[1] == 1 && slopes[2] == 0);
    assert_true(right == 0);
    label = 1;
    assert_true(gd_loss_squared_hinge.value(zeros, &batch, z, slopes, &right) == 2.25);
    assert_true(slopes[0] == 3 && slopes[1] == 0 && slopes[2] == 0);
    assert_true(right == 1);
}

/* By mpmath with 40 digits: log(sum(exp(z))) - (1 - e) z[label] - e mean(z). */
static void smoothed_labels_give_the_reference_numbers(void **state) {
    (void)state;
    static const struct {
        double smoothing, loss;
    } references[] = {{0, 2.4076059644443803}, {0.1, 2.3076059644443803}, {1, 1.4076059644443803}};
    const real z[] = {1, 2, 3};
    int32_t label = 0;
    gd_batch batch = {.rows = 1, .outputs = 3, .labels = &label};
    for (size_t i = 0; i < sizeof references / sizeof *references; i++) {
        double options[GD_LOSS_OPTIONS] = {references[i].smoothing};
        double loss = gd_loss_cross_entropy.value(options, &batch, z, NULL, NULL);
        assert_true(fabs(loss - references[i].loss) <= digits * references[i].loss);
    }
}

static void the_rmse_of_poisson_is_that_of_the_counts(void **state) {
    (void)state;
    const real z[] = {0, (real)0.6931471805599453};
    real y[] = {3, 2};
    double squares = 0;
    gd_batch batch = {.rows = 2, .outputs = 1, .values = y};
    gd_loss_poisson.value(zeros, &batch, z, NULL, &squares);
    assert_true(fabs(squares - 4) <= digits);
}

static void bce_is_cross_entropy_of_two_classes(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 20; i++) {
        const real z = (real)(20 * random_number(i) - 10);
        int32_t label = (int32_t)(i % 2);
        real y = (real)label, logits[2] = {0, z}, of_one, of_two[2];
        gd_batch one = {.rows = 1, .outputs = 1, .values = &y};
        gd_batch two = {.rows = 1, .outputs = 2, .labels = &label};
        double a = gd_loss_bce.value(zeros, &one, &z, &of_one, NULL);
        double b = gd_loss_cross_entropy.value(zeros, &two, logits, of_two, NULL);
        assert_true(fabs(a - b) <= digits * (1 + a));
        assert_true(fabs((double)of_one - (double)of_two[1]) <= digits);
    }
}

static void bce_and_mse_are_means_over_outputs(void **state) {
    (void)state;
    real z[3] = {1, -2, 3}, y[3] = {1, 1, 0};
    gd_batch batch = {.rows = 1, .outputs = 3, .values = y};
    double right = 0, squares = 0;
    double loss = gd_loss_bce.value(zeros, &batch, z, NULL, &right);
    double sum = log1p(exp(-1.0)) + log1p(exp(2.0)) + log1p(exp(3.0));
    assert_true(fabs(loss - sum / 3) <= digits * sum);
    assert_true(fabs(right - 1.0 / 3) < 1e-15);
    assert_true(fabs(gd_loss_mse.value(zeros, &batch, z, NULL, &squares) - 6) < 1e-15);
    assert_true(fabs(squares - 6) < 1e-15);
}

static void the_first_of_equal_logits_is_the_guess(void **state) {
    (void)state;
    static const real z[] = {0, 5, 5, 1};
    for (int32_t label = 0; label < OUTPUTS; label++) {
        gd_batch batch = {.rows = 1, .outputs = OUTPUTS, .labels = &label};
        double right = 0;
        gd_loss_cross_entropy.value(zeros, &batch, z, NULL, &right);
        assert_true(right == (label == 1));
    }
}

static void a_logit_of_zero_says_no(void **state) {
    (void)state;
    const real z = 0;
    real y[2] = {0, 1};
    for (int i = 0; i < 2; i++) {
        int32_t label = i;
        gd_batch numbers = {.rows = 1, .outputs = 1, .values = &y[i]};
        gd_batch classes = {.rows = 1, .outputs = 1, .labels = &label};
        double right = 0;
        gd_loss_bce.value(zeros, &numbers, &z, NULL, &right);
        gd_loss_hinge.value(zeros, &classes, &z, NULL, &right);
        assert_true(right == (i == 0 ? 2 : 0));
    }
}

static void check_settings(const gd_loss *loss) {
    const gd_settings *settings = &loss->settings;
    for (int i = 0; settings->rows != NULL && settings->rows[i].key != NULL; i++) {
        assert_string_equal(settings->section, gd_model_settings.section);
        assert_string_equal(settings->owner, loss->name);
        assert_string_equal(settings->chooser, "loss");
        assert_true(i < GD_LOSS_OPTIONS);
        assert_int_equal(settings->rows[i].kind, GD_SETTING_NUMBER);
    }
}

static void every_loss_is_found_by_its_name(void **state) {
    (void)state;
    size_t count = 0;
    for (; gd_losses[count] != NULL; count++) {
        assert_ptr_equal(gd_loss_find(gd_loss_name(count)), gd_losses[count]);
        assert_true(gd_losses[count]->outputs_min >= 1);
        assert_non_null(gd_losses[count]->help);
        check_settings(gd_losses[count]);
    }
    assert_null(gd_loss_name(count));
    assert_null(gd_loss_find("loss"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_loss_has_the_gradient_of_its_value),
        cmocka_unit_test(a_batch_is_the_sum_of_its_rows),
        cmocka_unit_test(rows_split_anyhow_give_the_same),
        cmocka_unit_test(the_value_is_the_same_with_gradient_and_metric_or_without),
        cmocka_unit_test(a_metric_is_added),
        cmocka_unit_test(accuracy_never_exceeds_the_rows),
        cmocka_unit_test(extreme_outputs_give_numbers),
        cmocka_unit_test(losses_that_grow_as_a_line_stay_finite),
        cmocka_unit_test(a_number_that_is_none_is_not_hidden),
        cmocka_unit_test(no_rows_cost_nothing),
        cmocka_unit_test(a_row_counts_as_much_as_its_weight),
        cmocka_unit_test(weights_of_1_change_nothing),
        cmocka_unit_test(cross_entropy_gives_the_reference_numbers),
        cmocka_unit_test(bce_gives_the_reference_numbers),
        cmocka_unit_test(losses_of_one_output_are_those_of_their_formulas),
        cmocka_unit_test(several_outputs_of_hinge_are_one_against_the_rest_and_summed),
        cmocka_unit_test(smoothed_labels_give_the_reference_numbers),
        cmocka_unit_test(the_rmse_of_poisson_is_that_of_the_counts),
        cmocka_unit_test(bce_is_cross_entropy_of_two_classes),
        cmocka_unit_test(bce_and_mse_are_means_over_outputs),
        cmocka_unit_test(the_first_of_equal_logits_is_the_guess),
        cmocka_unit_test(a_logit_of_zero_says_no),
        cmocka_unit_test(every_loss_is_found_by_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
