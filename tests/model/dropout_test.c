#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gdmpi/layer.h"

enum { DROP_ROWS = 100, DROP_WIDTH = 101, DROPS = DROP_ROWS * DROP_WIDTH };

static void drop(double p, const gd_pass *pass, int index, real *y) {
    static real x[DROPS], cache[DROPS];
    gd_layer layer = {
        .kind = &gd_layer_dropout, .index = index, .argument = p, .inputs = DROP_WIDTH};
    layer.kind->shape(&layer);
    for (int i = 0; i < DROPS; i++) {
        x[i] = 1;
    }
    const gd_flow flow = {.x = x, .y = y, .cache = cache};
    layer.kind->forward(&layer, pass, &flow);
}

static void dropout_keeps_the_mean(void **unused) {
    (void)unused;
    static const double p[] = {0, 0.1, 0.5, 0.9};
    static real y[DROPS];
    for (size_t k = 0; k < sizeof p / sizeof *p; k++) {
        gd_pass pass = {.training = true, .rows = DROP_ROWS, .seed = 1};
        drop(p[k], &pass, 1, y);
        const real scale = (real)(1 / (1 - p[k]));
        double sum = 0;
        for (int i = 0; i < DROPS; i++) {
            assert_true(y[i] == 0 || y[i] == scale);
            sum += (double)y[i];
        }
        /* Four standard deviations of the mean. */
        assert_true(fabs(sum / DROPS - 1) <= 4 * sqrt(p[k] / (1 - p[k]) / DROPS));
    }
}

static void dropout_drops_in_training_only(void **unused) {
    (void)unused;
    static real y[DROPS];
    gd_pass pass = {.rows = DROP_ROWS, .seed = 1};
    drop(0.9, &pass, 1, y);
    for (int i = 0; i < DROPS; i++) {
        assert_true(y[i] == 1);
    }
}

static void dropout_draws_anew_for_each_use(void **unused) {
    (void)unused;
    static real first[DROPS], other[DROPS];
    gd_pass pass = {.training = true, .rows = DROP_ROWS, .seed = 1, .step = 2, .shard = 3};
    gd_pass seed = pass, step_of = pass, shard = pass, below = pass;
    seed.seed++;
    step_of.step++;
    shard.shard++;
    below.first_row = DROP_ROWS;
    const gd_pass passes[] = {seed, step_of, shard, below, pass};
    drop(0.5, &pass, 1, first);
    for (int k = 0; k < 5; k++) {
        int same = 0;
        drop(0.5, &passes[k], k < 4 ? 1 : 2, other);
        for (int i = 0; i < DROPS; i++) {
            same += first[i] == other[i];
        }
        assert_true(fabs(same - DROPS / 2.0) < 4 * sqrt(DROPS / 4.0));
    }
    drop(0.5, &pass, 1, other);
    assert_memory_equal(first, other, sizeof first);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dropout_keeps_the_mean),
        cmocka_unit_test(dropout_drops_in_training_only),
        cmocka_unit_test(dropout_draws_anew_for_each_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
