#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gdmpi/memory.h"
#include "gdmpi/optimizer.h"

enum { COUNT = 1003, KINDS_MAX = 32 };

/* A configured optimizer of this kind, with lines of [optimizer] added. */
static gd_optimizer *make(const char *name, const char *lines, int64_t count) {
    const gd_settings *tables[KINDS_MAX + 2] = {&gd_optimizer_settings};
    for (size_t i = 0; gd_optimizer_kinds[i] != NULL; i++) {
        assert_true(i < KINDS_MAX);
        tables[i + 1] = &gd_optimizer_kinds[i]->settings;
    }
    gd_text text = {0};
    gd_text_add(&text, "[optimizer]\nname = %s\n%s", name, lines);
    gd_config *config = NULL;
    gd_status status = gd_config_parse("test.ini", text.bytes, 0, NULL, tables, &config);
    assert_string_equal(gd_status_message(status), "");
    gd_optimizer *optimizer = NULL;
    status = gd_optimizer_new(config, count, &optimizer);
    assert_string_equal(gd_status_message(status), "");
    assert_string_equal(optimizer->kind->name, name);
    gd_config_free(&config);
    gd_text_free(&text);
    return optimizer;
}

/* One step of all parameters, in two parts. */
static void step_all(gd_optimizer *optimizer, int64_t step, double lr, real *gradient,
                     real *parameters) {
    int64_t half = optimizer->count / 2;
    gd_update later = {step, lr, half, optimizer->count - half, gradient + half, parameters + half};
    gd_update sooner = {step, lr, 0, half, gradient, parameters};
    gd_optimizer_update(optimizer, &later);
    gd_optimizer_update(optimizer, &sooner);
}

/* Numbers of either sign and of many sizes. */
static real number(int64_t i) {
    return (real)(sin((double)i * 1.7) * exp(3 * cos((double)i * 0.37)));
}

static void fill(int64_t count, int64_t salt, real *values) {
    for (int64_t i = 0; i < count; i++) {
        values[i] = number(i + 5003 * salt);
    }
}

/* Steps `first` ... `last` along numbers that differ from step to step. */
static void run(gd_optimizer *optimizer, int64_t first, int64_t last, real *parameters) {
    real gradient[COUNT];
    for (int64_t step = first; step <= last; step++) {
        fill(optimizer->count, step, gradient);
        step_all(optimizer, step, 0.01, gradient, parameters);
    }
}

static void without_gradient_nothing_moves(void **state) {
    (void)state;
    real before[COUNT], after[COUNT], zero[COUNT] = {0};
    fill(COUNT, 0, before);
    for (size_t i = 0; gd_optimizer_kinds[i] != NULL; i++) {
        gd_optimizer *optimizer = make(gd_optimizer_kinds[i]->name, "", COUNT);
        memcpy(after, before, sizeof after);
        for (int64_t step = 1; step <= 3; step++) {
            step_all(optimizer, step, 0.1, zero, after);
        }
        assert_memory_equal(after, before, sizeof after);
        gd_optimizer_free(&optimizer);
        assert_null(optimizer);
    }
}

static void at_learning_rate_0_nothing_moves(void **state) {
    (void)state;
    real before[COUNT], after[COUNT], gradient[COUNT];
    fill(COUNT, 0, before);
    fill(COUNT, 1, gradient);
    for (size_t i = 0; gd_optimizer_kinds[i] != NULL; i++) {
        gd_optimizer *optimizer = make(gd_optimizer_kinds[i]->name, "", COUNT);
        memcpy(after, before, sizeof after);
        step_all(optimizer, 1, 0, gradient, after);
        assert_memory_equal(after, before, sizeof after);
        gd_optimizer_free(&optimizer);
    }
}

static void segments_give_the_bits_of_the_whole(void **state) {
    (void)state;
    static const int64_t cuts[] = {0, 0, 1, 16, 333, 1000, COUNT};
    static const char lines[] = "clip_value = 0.5\nema = 0.9\n";
    real whole[COUNT], parts[COUNT], gradient[COUNT];
    for (size_t i = 0; gd_optimizer_kinds[i] != NULL; i++) {
        const char *name = gd_optimizer_kinds[i]->name;
        gd_optimizer *optimizer = make(name, lines, COUNT);
        fill(COUNT, 0, whole);
        fill(COUNT, 0, parts);
        run(optimizer, 1, 4, whole);
        for (size_t cut = 0; cut + 1 < sizeof cuts / sizeof *cuts; cut++) {
            int64_t count = cuts[cut + 1] - cuts[cut];
            gd_optimizer *part = make(name, lines, count);
            for (int64_t step = 1; step <= 4; step++) {
                fill(COUNT, step, gradient);
                step_all(part, step, 0.01, gradient + cuts[cut], parts + cuts[cut]);
            }
            assert_memory_equal(part->average, optimizer->average + cuts[cut],
                                (size_t)count * sizeof(real));
            gd_optimizer_free(&part);
        }
        gd_optimizer_free(&optimizer);
        assert_memory_equal(parts, whole, sizeof whole);
    }
}

static void restored_state_goes_on_equally(void **state) {
    (void)state;
    real straight[COUNT], resumed[COUNT];
    for (size_t i = 0; gd_optimizer_kinds[i] != NULL; i++) {
        const char *name = gd_optimizer_kinds[i]->name;
        gd_optimizer *first = make(name, "ema = 0.5", COUNT);
        gd_optimizer *second = make(name, "ema = 0.5", COUNT);
        fill(COUNT, 0, straight);
        run(first, 1, 5, straight);
        memcpy(resumed, straight, sizeof resumed);
        for (int slot = 0; slot < first->slots; slot++) {
            memcpy(second->slot[slot], first->slot[slot], sizeof resumed);
        }
        run(first, 6, 10, straight);
        run(second, 6, 10, resumed);
        assert_memory_equal(resumed, straight, sizeof resumed);
        assert_memory_equal(second->average, first->average, sizeof resumed);
        gd_optimizer_free(&first);
        gd_optimizer_free(&second);
    }
}

/* The gradient of sum curvature (p - goal)^2 / 2, of curvatures from 1 to 10. */
static real slope(int64_t i, real p) {
    return (real)(1 + i % 10) * (p - number(i));
}

static void a_quadratic_is_minimised(void **state) {
    (void)state;
    enum { DIMENSIONS = 50, STEPS = 4000 };
    for (size_t i = 0; gd_optimizer_kinds[i] != NULL; i++) {
        gd_optimizer *optimizer = make(gd_optimizer_kinds[i]->name, "", DIMENSIONS);
        real p[DIMENSIONS] = {0}, gradient[DIMENSIONS];
        for (int64_t step = 1; step <= STEPS; step++) {
            for (int64_t at = 0; at < DIMENSIONS; at++) {
                gradient[at] = slope(at, p[at]);
            }
            step_all(optimizer, step, 0.05 * (1 - (double)step / STEPS), gradient, p);
        }
        for (int64_t at = 0; at < DIMENSIONS; at++) {
            assert_true(fabs((double)p[at] - (double)number(at)) < 1e-3);
        }
        gd_optimizer_free(&optimizer);
    }
}

/* Large, small and no gradients, with one setting as it may be at its extreme. */
static void check_extreme(const char *name, const char *key, double value) {
    gd_text line = {0};
    gd_text_add(&line, "%s = %.17g\n", key, value);
    gd_optimizer *optimizer = make(name, line.bytes, COUNT);
    real parameters[COUNT], gradient[COUNT];
    fill(COUNT, 0, parameters);
    for (int64_t step = 1; step <= 20; step++) {
        fill(COUNT, step, gradient);
        for (int64_t i = 0; i < COUNT; i++) {
            gradient[i] *= (real)(i % 3 == 0 ? 0 : i % 3 == 1 ? 1e8 : 1e-8);
        }
        step_all(optimizer, step, 0.01, gradient, parameters);
    }
    for (int64_t i = 0; i < COUNT; i++) {
        assert_true(isfinite(parameters[i]));
    }
    gd_optimizer_free(&optimizer);
    gd_text_free(&line);
}

static void options_at_their_ends_keep_parameters_finite(void **state) {
    (void)state;
    for (size_t i = 0; gd_optimizer_kinds[i] != NULL; i++) {
        const gd_setting *row = gd_optimizer_kinds[i]->settings.rows;
        for (; row->key != NULL; row++) {
            check_extreme(gd_optimizer_kinds[i]->name, row->key, row->min);
            check_extreme(gd_optimizer_kinds[i]->name, row->key, row->max);
        }
    }
}

static void a_gradient_that_is_not_a_number_is_seen(void **state) {
    (void)state;
    real gradient[COUNT], parameters[COUNT];
    fill(COUNT, 1, gradient);
    gradient[17] = (real)NAN;
    for (size_t i = 0; gd_optimizer_kinds[i] != NULL; i++) {
        gd_optimizer *optimizer = make(gd_optimizer_kinds[i]->name, "", COUNT);
        fill(COUNT, 0, parameters);
        step_all(optimizer, 1, 0.01, gradient, parameters);
        for (int64_t at = 0; at < COUNT; at++) {
            assert_true((isnan(parameters[at]) != 0) == (at == 17));
        }
        gd_optimizer_free(&optimizer);
    }
}

static double norm_of(int64_t count, const real *vector) {
    double squares = 0;
    for (int64_t i = 0; i < count; i++) {
        squares += (double)vector[i] * (double)vector[i];
    }
    return sqrt(squares);
}

/* Three steps of an optimizer that clips and of one that does not, and is given the gradients as a
 * plain loop clips them: first the whole by its norm, then each element. */
static void check_clipping(const char *name, double norm, double value) {
    gd_text lines = {0};
    real clipped[COUNT], plain[COUNT], gradient[COUNT];
    gd_text_add(&lines, "clip_norm = %g\nclip_value = %g\n", norm, value);
    gd_optimizer *clips = make(name, lines.bytes, COUNT), *does_not = make(name, "", COUNT);
    fill(COUNT, 0, clipped);
    fill(COUNT, 0, plain);
    for (int64_t step = 1; step <= 3; step++) {
        fill(COUNT, step, gradient);
        double total = norm_of(COUNT, gradient);
        gd_optimizer_measured(clips, total);
        step_all(clips, step, 0.01, gradient, clipped);
        fill(COUNT, step, gradient);
        for (int64_t i = 0; i < COUNT; i++) {
            if (norm > 0 && norm / (total + 1e-6) < 1) {
                gradient[i] *= (real)(norm / (total + 1e-6));
            }
            if (value > 0 && fabs((double)gradient[i]) > (double)(real)value) {
                gradient[i] = (real)copysign(value, (double)gradient[i]);
            }
        }
        assert_true(norm <= 0 || norm_of(COUNT, gradient) <= norm * 1.000001);
        step_all(does_not, step, 0.01, gradient, plain);
    }
    assert_memory_equal(clipped, plain, sizeof plain);
    gd_optimizer_free(&clips);
    gd_optimizer_free(&does_not);
    gd_text_free(&lines);
}

/* The norms here are near 50. */
static void clipping_is_that_of_a_plain_loop(void **state) {
    (void)state;
    for (size_t i = 0; gd_optimizer_kinds[i] != NULL; i++) {
        const char *name = gd_optimizer_kinds[i]->name;
        check_clipping(name, 1, 0);
        check_clipping(name, 1e3, 0);
        check_clipping(name, 0, 0.1);
        check_clipping(name, 10, 0.1);
    }
}

static void the_average_is_that_of_a_plain_loop(void **state) {
    (void)state;
    double epsilon = sizeof(real) == sizeof(double) ? DBL_EPSILON : FLT_EPSILON;
    for (size_t i = 0; gd_optimizer_kinds[i] != NULL; i++) {
        const char *name = gd_optimizer_kinds[i]->name;
        gd_optimizer *averages = make(name, "ema = 0.8", COUNT), *does_not = make(name, "", COUNT);
        real p[COUNT], same[COUNT];
        double average[COUNT];
        assert_null(does_not->average);
        assert_int_equal(averages->slots, does_not->slots + 1);
        fill(COUNT, 0, p);
        fill(COUNT, 0, same);
        fill(COUNT, 0, averages->average);
        for (int64_t at = 0; at < COUNT; at++) {
            average[at] = (double)p[at];
        }
        for (int64_t step = 1; step <= 10; step++) {
            run(averages, step, step, p);
            run(does_not, step, step, same);
            for (int64_t at = 0; at < COUNT; at++) {
                average[at] = 0.8 * average[at] + (1 - 0.8) * (double)p[at];
            }
        }
        assert_memory_equal(p, same, sizeof p);
        for (int64_t at = 0; at < COUNT; at++) {
            double size = fabs(average[at]) + fabs((double)p[at]) + 1;
            assert_true(fabs((double)averages->average[at] - average[at]) <= 8 * epsilon * size);
        }
        gd_optimizer_free(&averages);
        gd_optimizer_free(&does_not);
    }
}

static void names_lead_to_kinds_that_describe_themselves(void **state) {
    (void)state;
    assert_null(gd_optimizer_find("none"));
    for (size_t i = 0; gd_optimizer_kinds[i] != NULL; i++) {
        const gd_optimizer_kind *kind = gd_optimizer_kinds[i];
        assert_ptr_equal(gd_optimizer_find(kind->name), kind);
        assert_string_equal(kind->settings.section, "optimizer");
        assert_string_equal(kind->settings.owner, kind->name);
        assert_string_equal(kind->settings.rows[0].key, "lr");
        for (size_t row = 0; kind->settings.rows[row].key != NULL; row++) {
            assert_int_equal(kind->settings.rows[row].kind, GD_SETTING_NUMBER);
            assert_true(row < GD_OPTIMIZER_OPTIONS);
        }
    }
}

/* After three steps from (1, -3) at lr 0.1 and the defaults, along (0.5, -2), (-0.25, 1) and (3,
 * 0.125), t = 1, 2, 3: sgd       p -= 0.1 * g momentum  b = 0.9 * b + g; p -= 0.1 * b adam      m =
 * 0.9 * m + 0.1 * g; v = 0.999 * v + 0.001 * g ** 2 p -= 0.1 * (m / (1 - 0.9 ** t)) / (sqrt(v / (1
 * - 0.999 ** t)) + 1e-8) as Python computes it. */
static const struct {
    const char *name;
    double end[2];
} trajectories[] = {
    {"sgd", {0.6749999999999999, -2.9125}},
    {"momentum", {0.6119999999999999, -2.6605}},
    {"adam", {0.8067958876646852, -2.8563792292958787}},
};

static void trajectories_are_those_of_the_formulas(void **state) {
    (void)state;
    real gradients[3][2] = {{0.5, -2}, {-0.25, 1}, {3, 0.125}};
    double tolerance = sizeof(real) == sizeof(double) ? 1e-14 : 1e-6;
    for (size_t i = 0; i < sizeof trajectories / sizeof *trajectories; i++) {
        gd_optimizer *optimizer = make(trajectories[i].name, "", 2);
        real p[2] = {1, -3};
        for (int64_t step = 1; step <= 3; step++) {
            step_all(optimizer, step, 0.1, gradients[step - 1], p);
        }
        assert_true(fabs((double)p[0] - trajectories[i].end[0]) < tolerance);
        assert_true(fabs((double)p[1] - trajectories[i].end[1]) < tolerance);
        gd_optimizer_free(&optimizer);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_gradient_nothing_moves),
        cmocka_unit_test(at_learning_rate_0_nothing_moves),
        cmocka_unit_test(segments_give_the_bits_of_the_whole),
        cmocka_unit_test(restored_state_goes_on_equally),
        cmocka_unit_test(a_quadratic_is_minimised),
        cmocka_unit_test(options_at_their_ends_keep_parameters_finite),
        cmocka_unit_test(a_gradient_that_is_not_a_number_is_seen),
        cmocka_unit_test(clipping_is_that_of_a_plain_loop),
        cmocka_unit_test(the_average_is_that_of_a_plain_loop),
        cmocka_unit_test(names_lead_to_kinds_that_describe_themselves),
        cmocka_unit_test(trajectories_are_those_of_the_formulas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
