#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "data/data_files.h"
#include "gdmpi/find_lr.h"
#include "gdmpi/rng.h"

/* A loss by the learning rate. */
typedef double shape(double lr);

/* Falls by the most around 0.01, is least at 0.1, and explodes beyond. */
static double usual(double lr) {
    return 2.3 / (1 + lr / 0.01) + 0.2 * lr + pow(lr / 0.3, 6);
}

static double below_zero(double lr) {
    return usual(lr) - 5;
}

static double level(double lr) {
    (void)lr;
    return 2.3;
}

static double rising(double lr) {
    return 1 + lr * 1e6;
}

static double falling(double lr) {
    return 2.3 / (1 + lr);
}

/* With noise of this part of the loss, until it explodes. */
static gd_lr_curve curve_of(const gd_find_lr *test, shape *loss, double noise) {
    const gd_rng rng = gd_rng_stream(3, GD_RNG_INIT, test->steps, 0, 0);
    gd_lr_curve curve;
    expect_ok(gd_lr_curve_new(test->steps, &curve));
    while (curve.count < test->steps && !curve.exploded) {
        const double off = noise * (2 * gd_rng_uniform(&rng, (uint64_t)curve.count) - 1);
        gd_lr_curve_add(&curve, loss(gd_find_lr_rate(test, curve.count)) * (1 + off));
    }
    return curve;
}

static gd_find_lr test_of(double from, double to, int64_t steps) {
    return (gd_find_lr){.from = from, .to = to, .steps = steps};
}

static double suggestion(const gd_find_lr *test, shape *loss, double noise) {
    double lr = NAN;
    gd_lr_curve curve = curve_of(test, loss, noise);
    expect_ok(gd_lr_curve_suggest(&curve, test, &lr));
    gd_lr_curve_free(&curve);
    return lr;
}

static void no_suggestion(const gd_find_lr *test, shape *loss, double noise, const char *words) {
    double lr;
    gd_lr_curve curve = curve_of(test, loss, noise);
    gd_status status = gd_lr_curve_suggest(&curve, test, &lr);
    assert_int_equal(gd_status_code(status), GD_DIVERGED);
    assert_non_null(strstr(gd_status_message(status), words));
    gd_status_free(&status);
    gd_lr_curve_free(&curve);
}

static void rates_rise_by_the_same_factor(void **state) {
    (void)state;
    const gd_find_lr test = test_of(1e-7, 10, 161);
    assert_true(gd_find_lr_rate(&test, 0) == 1e-7);
    for (int64_t step = 1; step <= 160; step++) {
        const double factor = gd_find_lr_rate(&test, step) / gd_find_lr_rate(&test, step - 1);
        assert_true(fabs(factor - pow(10, 0.05)) < 1e-12);
    }
    assert_true(fabs(gd_find_lr_rate(&test, 160) - 10) < 1e-12);
}

static void the_average_has_no_bias(void **state) {
    (void)state;
    const gd_find_lr test = GD_FIND_LR_DEFAULT;
    gd_lr_curve curve = curve_of(&test, level, 0);
    assert_int_equal(curve.count, test.steps);
    for (int64_t i = 0; i < curve.count; i++) {
        assert_true(fabs(curve.smooth[i] - 2.3) < 1e-12);
    }
    gd_lr_curve_free(&curve);
}

/* As the average is defined, term by term. */
static void the_average_is_the_weighted_mean_of_all_losses_so_far(void **state) {
    (void)state;
    const gd_find_lr test = GD_FIND_LR_DEFAULT;
    gd_lr_curve curve = curve_of(&test, usual, 0.3);
    for (int64_t i = 0; i < curve.count; i++) {
        double sum = 0, weights = 0;
        for (int64_t j = 0; j <= i; j++) {
            sum += pow(0.8, (double)(i - j)) * curve.loss[j];
            weights += pow(0.8, (double)(i - j));
        }
        assert_true(fabs(curve.smooth[i] - sum / weights) < 1e-9 * fabs(curve.smooth[i]));
    }
    gd_lr_curve_free(&curve);
}

/* The least of `usual` is at 0.133, and the average lags behind by a few steps. */
static void a_tenth_of_the_rate_of_the_least_loss_is_suggested(void **state) {
    (void)state;
    const int64_t steps[] = {100, 200, 500, 2000};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        const gd_find_lr test = test_of(1e-7, 10, steps[i]);
        for (double noise = 0; noise < 0.3; noise += 0.1) {
            const double lr = suggestion(&test, usual, noise);
            assert_true(lr > 0.004 && lr < 0.025);
        }
    }
}

static void a_suggestion_has_two_digits(void **state) {
    (void)state;
    const gd_find_lr test = GD_FIND_LR_DEFAULT;
    char text[32];
    const double lr = suggestion(&test, usual, 0);
    assert_true(strlen(gd_text_number(lr, text)) <= strlen("0.0123"));
}

static void losses_may_be_below_zero(void **state) {
    (void)state;
    const gd_find_lr test = GD_FIND_LR_DEFAULT;
    assert_true(suggestion(&test, below_zero, 0) == suggestion(&test, usual, 0));
}

static void an_explosion_ends_the_test(void **state) {
    (void)state;
    const gd_find_lr test = GD_FIND_LR_DEFAULT;
    gd_lr_curve curve = curve_of(&test, usual, 0.1);
    assert_true(curve.exploded);
    const double last = gd_find_lr_rate(&test, curve.count - 1);
    assert_true(last > 0.3 && last < 1);
    gd_lr_curve_free(&curve);
}

static void a_loss_that_still_falls_at_the_end_gives_a_tenth_of_it(void **state) {
    (void)state;
    const gd_find_lr test = GD_FIND_LR_DEFAULT;
    assert_true(suggestion(&test, falling, 0) == 1);
}

static void noise_is_no_fall_and_no_explosion(void **state) {
    (void)state;
    const int64_t steps[] = {100, 200, 500, 2000};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        const gd_find_lr test = test_of(1e-7, 10, steps[i]);
        no_suggestion(&test, level, 0.9, "from 1e-07 to 10 makes the loss fall");
        no_suggestion(&test, level, 0,
                      "try a larger --to, more --steps, or a larger train.batch_size");
    }
}

static void a_loss_that_only_rises_asks_for_a_lower_start(void **state) {
    (void)state;
    const gd_find_lr test = GD_FIND_LR_DEFAULT;
    no_suggestion(&test, rising, 0.1, "try a smaller --from, more --steps");
}

/* As where a step's loss is not finite at once. */
static void few_losses_give_no_suggestion(void **state) {
    (void)state;
    const gd_find_lr test = GD_FIND_LR_DEFAULT;
    double lr;
    for (int64_t count = 1; count <= 10; count++) {
        gd_lr_curve curve;
        expect_ok(gd_lr_curve_new(test.steps, &curve));
        for (int64_t i = 0; i < count; i++) {
            gd_lr_curve_add(&curve, 10.0 - (double)i);
        }
        curve.exploded = true;
        expect_error(gd_lr_curve_suggest(&curve, &test, &lr), GD_DIVERGED,
                     "no learning rate from 1e-07 to ");
        gd_lr_curve_free(&curve);
    }
}

static void the_curve_is_written_line_by_line(void **state) {
    (void)state;
    const gd_find_lr test = test_of(0.25, 0.25 * pow(2, 99), 100);
    gd_lr_curve curve;
    gd_text out = {0};
    expect_ok(gd_lr_curve_new(test.steps, &curve));
    gd_lr_curve_add(&curve, 3);
    gd_lr_curve_add(&curve, 3);
    gd_lr_curve_write(&curve, &test, &out);
    assert_string_equal(gd_text_bytes(&out), "lr,loss,smooth\n0.25,3,3\n0.5,3,3\n");
    gd_text_free(&out);
    gd_lr_curve_free(&curve);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_rise_by_the_same_factor),
        cmocka_unit_test(the_average_has_no_bias),
        cmocka_unit_test(the_average_is_the_weighted_mean_of_all_losses_so_far),
        cmocka_unit_test(a_tenth_of_the_rate_of_the_least_loss_is_suggested),
        cmocka_unit_test(a_suggestion_has_two_digits),
        cmocka_unit_test(losses_may_be_below_zero),
        cmocka_unit_test(an_explosion_ends_the_test),
        cmocka_unit_test(a_loss_that_still_falls_at_the_end_gives_a_tenth_of_it),
        cmocka_unit_test(noise_is_no_fall_and_no_explosion),
        cmocka_unit_test(a_loss_that_only_rises_asks_for_a_lower_start),
        cmocka_unit_test(few_losses_give_no_suggestion),
        cmocka_unit_test(the_curve_is_written_line_by_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
