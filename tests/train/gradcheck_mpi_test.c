#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gdmpi/gradcheck.h"
#include "gdmpi/memory.h"
#include "train_support.h"

typedef double function(double w);

static gd_stencil stencil_of(function *f, double w) {
    const double h = cbrt(DBL_EPSILON);
    return (gd_stencil){.step = h,
                        .middle = f(w),
                        .far = {f(w - h), f(w + h)},
                        .near = {f(w - h / 2), f(w + h / 2)}};
}

static double small_exponential(double w) {
    return 1e-9 * exp(w);
}

/* With a kink at 1. */
static double bent(double w) {
    return 5 + exp(w) + 3 * fabs(w - 1);
}

static double on_a_rise(double w) {
    return 1000 + 1e-6 * w;
}

static void a_right_gradient_is_told_from_wrong_ones(void **state) {
    (void)state;
    function *const functions[] = {exp, small_exponential};
    for (int i = 0; i < 2; i++) {
        const gd_stencil f = stencil_of(functions[i], 0.7);
        const double right = functions[i](0.7);
        double error;
        assert_true(gd_stencil_error(&f, right, &error) && error < 1e-7);
        assert_true(gd_stencil_error(&f, 1.00001 * right, &error) && error > 5e-6);
        assert_true(gd_stencil_error(&f, -right, &error) && error > 1);
        assert_true(gd_stencil_error(&f, 0, &error) && error > 0.9);
        assert_true(gd_stencil_error(&f, NAN, &error) && isinf(error));
    }
}

static void rounding_of_a_large_loss_is_no_error(void **state) {
    (void)state;
    const gd_stencil f = stencil_of(on_a_rise, 0.3);
    double error;
    assert_true(gd_stencil_error(&f, 1e-6, &error) && error < 1e-6);
    assert_true(gd_stencil_error(&f, 1e-4, &error) && error > 1e-5);
}

static void near_a_kink_either_the_quotient_is_right_or_the_element_is_left_out(void **state) {
    (void)state;
    const double h = cbrt(DBL_EPSILON);
    int left_out = 0;
    for (int i = -150; i <= 150; i++) {
        const double w = 1 + i / 100.0 * h;
        const gd_stencil f = stencil_of(bent, w);
        double error;
        if (gd_stencil_error(&f, exp(w) + (i > 0 ? 3 : -3), &error)) {
            assert_true(error < 1e-6);
        } else {
            left_out++;
            assert_true(fabs(w - 1) < 1.001 * h);
        }
    }
    assert_in_range(left_out, 195, 201);
}

/* A loss that is the difference of numbers of size 1, and nearly 0. */
static void rounding_of_what_a_small_loss_is_made_of_is_no_error(void **state) {
    (void)state;
    gd_stencil f = {.step = 1e-5, .middle = 1e-15, .far = {0, 2e-15}, .near = {1e-15, 2e-15}};
    double error;
    f.size = 1;
    assert_true(gd_stencil_error(&f, 1e-16, &error) && error < 1e-6);
    f.size = 0;
    assert_true(!gd_stencil_error(&f, 1e-16, &error) || error > 0.1);
}

static void a_loss_that_is_not_finite_is_no_kink(void **state) {
    (void)state;
    const gd_stencil f = {.step = 1e-5, .middle = 1, .far = {1, 1}, .near = {NAN, NAN}};
    double error;
    assert_true(gd_stencil_error(&f, 0, &error) && isinf(error));
}

/* The gradient passes; where one element of a tensor is spoilt, this tensor alone does not. */
static void check_run(gd_comm *comm, const char *layers) {
    run run;
    run_open(comm, (const char *[]){layers, "optimizer.l2=0.01", "train.accumulate=1", NULL}, &run);
    const gd_tensors *tensors = &run.problem->model->tensors;
    double *gradient = room(tensors->size, sizeof *gradient);
    gd_gradcheck_row *rows = room(tensors->count, sizeof *rows);
    const int last = tensors->count - 1;
    expect_ok(gd_gradcheck_gradient(run.trainer, gradient));
    for (int spoilt = -1; spoilt <= last; spoilt++) {
        const gd_tensor *tensor = &tensors->list[spoilt < 0 ? 0 : spoilt];
        const int64_t element = tensor->count - 1;
        double *place = gradient + tensor->offset + element, before = *place;
        *place += spoilt < 0 ? 0 : 1e-4;
        expect_ok(gd_gradcheck_compare(run.trainer, gradient, rows));
        *place = before;
        for (int t = 0; t <= last; t++) {
            const int64_t all = tensors->list[t].count;
            assert_int_equal(rows[t].checked, all < 50 ? all : 50);
            assert_int_equal(rows[t].left_out, 0);
            if (t == spoilt) {
                assert_true(rows[t].worst > 1e-6);
                assert_int_equal(rows[t].element, element);
            } else {
                assert_true(rows[t].worst < 1e-6);
            }
        }
    }
    gd_memory_free(&rows);
    gd_memory_free(&gradient);
    run_close(&run);
}

static void a_spoilt_element_is_found_in_its_tensor(void **state) {
    check_run(*state, "model.layers=dense 8, tanh, dropout 0.25, dense 3");
    check_run(*state, "model.layers=dense 6, silu, residual(dense 6, sigmoid), dense 3");
}

int main(int argc, char **argv) {
    gd_comm *comm = mpi_support_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_right_gradient_is_told_from_wrong_ones),
        cmocka_unit_test(rounding_of_a_large_loss_is_no_error),
        cmocka_unit_test(near_a_kink_either_the_quotient_is_right_or_the_element_is_left_out),
        cmocka_unit_test(rounding_of_what_a_small_loss_is_made_of_is_no_error),
        cmocka_unit_test(a_loss_that_is_not_finite_is_no_kink),
        cmocka_unit_test_prestate(a_spoilt_element_is_found_in_its_tensor, comm),
    };
    return tests_run(comm, tests, sizeof tests / sizeof *tests);
}
