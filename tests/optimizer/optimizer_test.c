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
#include "optimizer/optimizer_steps.h"

enum {
    KINDS_MAX = 32,
    SEGMENTS = 6,
    PRIVATE = 2 /* rows behind lr and weight_decay */
};

/* The flat vector of most tests: weights and biases, some with a gap behind them. */
static gd_tensor list[] = {{.rank = 2, .dims = {30, 10}, .offset = 0, .count = 300},
                           {.rank = 1, .dims = {20}, .offset = 304, .count = 20},
                           {.rank = 3, .dims = {5, 10, 10}, .offset = 336, .count = 500},
                           {.rank = 1, .dims = {155}, .offset = 848, .count = 155}};
static const gd_tensors tensors = {.list = list, .count = 4, .size = COUNT, .elements = 975};

static bool is_weight(int64_t i) {
    return i < 300 || (i >= 336 && i < 836);
}

/* A config with this kind, and lines of [optimizer] added. */
static gd_status configure(const char *name, const char *lines, gd_config **config) {
    static const gd_settings *tables[KINDS_MAX + 2] = {&gd_optimizer_settings};
    for (size_t i = 0; gd_optimizer_kinds[i] != NULL; i++) {
        assert_true(i < KINDS_MAX);
        tables[i + 1] = &gd_optimizer_kinds[i]->settings;
    }
    gd_text text = {0};
    gd_text_add(&text, "[optimizer]\nname = %s\n%s", name, lines);
    gd_status status = gd_config_parse("test.ini", text.bytes, 0, NULL, tables, config);
    gd_text_free(&text);
    return status;
}

static gd_optimizer *make(const char *name, const char *lines, int64_t count) {
    gd_config *config = NULL;
    gd_status status = configure(name, lines, &config);
    assert_string_equal(gd_status_message(status), "");
    gd_optimizer *optimizer = NULL;
    status = gd_optimizer_new(config, &tensors, count, &optimizer);
    assert_string_equal(gd_status_message(status), "");
    assert_string_equal(optimizer->kind->name, name);
    gd_config_free(&config);
    return optimizer;
}

/* The same with further lines. */
static gd_optimizer *make_with(const char *name, const char *lines, const char *more,
                               int64_t count) {
    gd_text text = {0};
    gd_text_add(&text, "%s%s", lines, more);
    gd_optimizer *optimizer = make(name, text.bytes, count);
    gd_text_free(&text);
    return optimizer;
}

/* Lines that switch on what a kind has of its own and leaves off, but `without`. */
static void switch_on(const gd_optimizer_kind *kind, const char *without, gd_text *lines) {
    gd_text_add(lines, "%s", "");
    for (const gd_setting *row = kind->settings.rows + PRIVATE; row->key != NULL; row++) {
        if (strcmp(row->key, without) == 0) {
            continue;
        }
        if (row->kind == GD_SETTING_CHOICE) {
            gd_text_add(lines, "%s = yes\n", row->key);
        } else if (strcmp(row->initial, "0") == 0) {
            gd_text_add(lines, "%s = 0.5\n", row->key);
        }
    }
}

/* Every kind as it is by default, and with all that it leaves off. */
static void check_all(void (*check)(const char *name, const char *lines)) {
    for (size_t i = 0; gd_optimizer_kinds[i] != NULL; i++) {
        gd_text lines = {0};
        switch_on(gd_optimizer_kinds[i], "", &lines);
        check(gd_optimizer_kinds[i]->name, "");
        if (lines.length > 0) {
            check(gd_optimizer_kinds[i]->name, lines.bytes);
        }
        gd_text_free(&lines);
    }
}

static void step_all(gd_optimizer *optimizer, int64_t step, double lr, real *gradient,
                     real *parameters) {
    step_segment(optimizer, 0, step, lr, gradient, parameters);
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

static void check_no_gradient(const char *name, const char *lines) {
    real before[COUNT], after[COUNT], zero[COUNT] = {0};
    fill(COUNT, 0, before);
    memcpy(after, before, sizeof after);
    gd_optimizer *optimizer = make_with(name, lines, "weight_decay = 0\n", COUNT);
    for (int64_t step = 1; step <= 3; step++) {
        step_all(optimizer, step, 0.1, zero, after);
    }
    assert_memory_equal(after, before, sizeof after);
    gd_optimizer_free(&optimizer);
    assert_null(optimizer);
}

static void without_gradient_nothing_moves(void **state) {
    (void)state;
    check_all(check_no_gradient);
}

static const char penalties[] = "weight_decay = 0.1\nl2 = 0.2\nl1 = 0.3\n";

static void check_no_rate(const char *name, const char *lines) {
    real before[COUNT], after[COUNT], gradient[COUNT];
    fill(COUNT, 0, before);
    fill(COUNT, 1, gradient);
    memcpy(after, before, sizeof after);
    gd_optimizer *optimizer = make_with(name, lines, penalties, COUNT);
    step_all(optimizer, 1, 0, gradient, after);
    assert_memory_equal(after, before, sizeof after);
    gd_optimizer_free(&optimizer);
}

static void at_learning_rate_0_nothing_moves(void **state) {
    (void)state;
    check_all(check_no_rate);
}

/* All segments of one step, whose trust ratios are those of the whole. */
static void step_segments(gd_optimizer *const *segment, const int64_t *cuts, int count,
                          int64_t step, real *parameters) {
    real gradient[COUNT];
    double sums[TRUST_SUMS] = {0};
    gd_update part[SEGMENTS][2];
    fill(COUNT, step, gradient);
    for (int i = 0; i < count; i++) {
        cut_step(segment[i], cuts[i], step, 0.01, gradient + cuts[i], parameters + cuts[i],
                 part[i]);
        direct(segment[i], part[i], sums);
    }
    for (int i = 0; i < count; i++) {
        finish_step(segment[i], part[i], sums);
    }
}

static void check_segments(const char *name, const char *lines) {
    static const int64_t cuts[SEGMENTS + 1] = {0, 0, 1, 16, 333, 1000, COUNT};
    real whole[COUNT], parts[COUNT];
    gd_optimizer *segment[SEGMENTS];
    gd_text more = {0};
    gd_text_add(&more, "%s%sclip_value = 0.5\nema = 0.9\n", lines, penalties);
    gd_optimizer *optimizer = make(name, more.bytes, COUNT);
    fill(COUNT, 0, whole);
    fill(COUNT, 0, parts);
    run(optimizer, 1, 4, whole);
    for (int i = 0; i < SEGMENTS; i++) {
        segment[i] = make(name, more.bytes, cuts[i + 1] - cuts[i]);
    }
    for (int64_t step = 1; step <= 4; step++) {
        step_segments(segment, cuts, SEGMENTS, step, parts);
    }
    for (int i = 0; i < SEGMENTS; i++) {
        assert_memory_equal(segment[i]->average, optimizer->average + cuts[i],
                            (size_t)segment[i]->count * sizeof(real));
        gd_optimizer_free(&segment[i]);
    }
    gd_optimizer_free(&optimizer);
    gd_text_free(&more);
    assert_memory_equal(parts, whole, sizeof whole);
}

static void segments_give_the_bits_of_the_whole(void **state) {
    (void)state;
    check_all(check_segments);
}

static void check_restored(const char *name, const char *lines) {
    real straight[COUNT], resumed[COUNT];
    gd_optimizer *first = make_with(name, lines, "ema = 0.5\n", COUNT);
    gd_optimizer *second = make_with(name, lines, "ema = 0.5\n", COUNT);
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

static void restored_state_goes_on_equally(void **state) {
    (void)state;
    check_all(check_restored);
}

/* The gradient of sum curvature (p - goal)^2 / 2, of curvatures from 1 to 10. */
static double goal(int64_t i) {
    return sin((double)i * 1.7);
}

static real slope(int64_t i, real p) {
    return (real)(1 + i % 10) * (p - (real)goal(i));
}

static void check_quadratic(const char *name, const char *lines) {
    enum { DIMENSIONS = 50, STEPS = 4000 };
    real p[DIMENSIONS] = {0}, gradient[DIMENSIONS];
    gd_optimizer *optimizer = make_with(name, lines, "weight_decay = 0\n", DIMENSIONS);
    const gd_optimizer_kind *kind = optimizer->kind;
    const double rate = kind->trust == NULL ? 0.05 : 0.005 / kind->trust(optimizer->options, 1, 1);
    for (int64_t step = 1; step <= STEPS; step++) {
        for (int64_t at = 0; at < DIMENSIONS; at++) {
            gradient[at] = slope(at, p[at]);
        }
        step_all(optimizer, step, rate * (1 - (double)step / STEPS), gradient, p);
    }
    for (int64_t at = 0; at < DIMENSIONS; at++) {
        if (!(fabs((double)p[at] - goal(at)) < 1e-3)) {
            fail_msg("%s: element %lld ends at %g rather than %g", name, (long long)at,
                     (double)p[at], goal(at));
        }
    }
    gd_optimizer_free(&optimizer);
}

static void a_quadratic_is_minimised(void **state) {
    (void)state;
    check_all(check_quadratic);
}

/* Large, small and no gradients, with one setting as it may be at its extreme. */
static void check_extreme(const char *name, const char *lines, const char *key, double value) {
    gd_text text = {0};
    gd_text_add(&text, "%s%s = %.17g\n", lines, key, value);
    gd_optimizer *optimizer = make(name, text.bytes, COUNT);
    real parameters[COUNT], gradient[COUNT];
    fill(COUNT, 0, parameters);
    for (int64_t step = 1; step <= 20; step++) {
        fill(COUNT, step, gradient);
        for (int64_t i = 0; i < COUNT; i++) {
            gradient[i] *= (real)(i % 3 == 0 ? 0 : i % 3 == 1 ? 1e8 : 1e-8);
        }
        gd_optimizer_measured(optimizer, 1e10);
        step_all(optimizer, step, 0.01, gradient, parameters);
    }
    for (int64_t i = 0; i < COUNT; i++) {
        if (!isfinite(parameters[i])) {
            fail_msg("%s: element %lld is not finite with\n%s", name, (long long)i, text.bytes);
        }
    }
    gd_optimizer_free(&optimizer);
    gd_text_free(&text);
}

/* Of each number of a table, with all else as it is by default and switched on. */
static void check_ends(const gd_optimizer_kind *kind, const gd_setting *row) {
    for (; row->key != NULL; row++) {
        if (row->kind != GD_SETTING_NUMBER) {
            continue;
        }
        gd_text lines = {0};
        switch_on(kind, row->key, &lines);
        const char *const others[] = {"", lines.bytes};
        for (size_t i = 0; i < 2; i++) {
            check_extreme(kind->name, others[i], row->key, row->min);
            check_extreme(kind->name, others[i], row->key, row->max);
        }
        gd_text_free(&lines);
    }
}

static void options_at_their_ends_keep_parameters_finite(void **state) {
    (void)state;
    for (size_t i = 0; gd_optimizer_kinds[i] != NULL; i++) {
        check_ends(gd_optimizer_kinds[i], gd_optimizer_kinds[i]->settings.rows);
        check_ends(gd_optimizer_kinds[i], gd_optimizer_settings.rows);
    }
}

static void check_refused(const char *name, const char *key, double value) {
    gd_config *config = NULL;
    gd_text line = {0};
    gd_text_add(&line, "%s = %.17g\n", key, value);
    gd_status status = configure(name, line.bytes, &config);
    assert_int_equal(gd_status_code(status), GD_BAD_INPUT);
    assert_non_null(strstr(gd_status_message(status), key));
    assert_non_null(strstr(gd_status_message(status), "out of range"));
    gd_status_free(&status);
    gd_config_free(&config);
    gd_text_free(&line);
}

static void options_beyond_their_ends_are_refused(void **state) {
    (void)state;
    for (size_t i = 0; gd_optimizer_kinds[i] != NULL; i++) {
        const gd_setting *row = gd_optimizer_kinds[i]->settings.rows;
        for (; row->key != NULL; row++) {
            if (row->kind == GD_SETTING_NUMBER) {
                check_refused(gd_optimizer_kinds[i]->name, row->key, -DBL_TRUE_MIN);
            }
            if (row->kind == GD_SETTING_NUMBER && row->max < DBL_MAX) {
                check_refused(gd_optimizer_kinds[i]->name, row->key, nextafter(row->max, DBL_MAX));
            }
        }
    }
}

static void check_not_a_number(const char *name, const char *lines) {
    real gradient[COUNT], parameters[COUNT];
    fill(COUNT, 1, gradient);
    fill(COUNT, 0, parameters);
    gradient[17] = gradient[310] = (real)NAN;
    gd_optimizer *optimizer = make_with(name, lines, penalties, COUNT);
    step_all(optimizer, 1, 0.01, gradient, parameters);
    for (int64_t at = 0; at < COUNT; at++) {
        assert_true((isnan(parameters[at]) != 0) == (at == 17 || at == 310));
    }
    gd_optimizer_free(&optimizer);
}

static void a_gradient_that_is_not_a_number_is_seen(void **state) {
    (void)state;
    check_all(check_not_a_number);
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

/* Weights with a penalty, and the same without one, to which a plain loop does what it is. With
 * trust ratios, decay is a matter of the kind. */
static void check_penalties(const char *name, const char *lines) {
    const real shrink = (real)(0.01 * 0.3), decay = (real)(1 - 0.01 * 0.1), slope = (real)0.2;
    real penalised[COUNT], plain[COUNT], gradient[COUNT];
    gd_text with = {0}, without = {0};
    gd_text_add(&with, "%s%sclip_value = 0.5\n", lines, penalties);
    gd_optimizer *penalises = make(name, with.bytes, COUNT);
    const bool decays = penalises->ratio == NULL;
    gd_text_add(&without, "%sweight_decay = %s\n", lines, decays ? "0" : "0.1");
    gd_optimizer *does_not = make(name, without.bytes, COUNT);
    fill(COUNT, 0, penalised);
    fill(COUNT, 0, plain);
    int64_t zeros = 0;
    for (int64_t step = 1; step <= 20; step++) {
        fill(COUNT, step, gradient);
        step_all(penalises, step, 0.01, gradient, penalised);
        fill(COUNT, step, gradient);
        for (int64_t i = 0; i < COUNT; i++) {
            gradient[i] = (real)fmax(-0.5, fmin(0.5, (double)gradient[i]));
            gradient[i] += is_weight(i) ? slope * plain[i] : 0;
            plain[i] *= is_weight(i) && decays ? decay : 1;
        }
        step_all(does_not, step, 0.01, gradient, plain);
        for (int64_t i = 0; i < COUNT; i++) {
            real size = (real)fabs((double)plain[i]) - shrink;
            if (is_weight(i)) {
                plain[i] = size > 0 ? (real)copysign((double)size, (double)plain[i]) : 0;
                zeros += size <= 0;
            }
        }
    }
    assert_memory_equal(penalised, plain, sizeof plain);
    assert_true(zeros > 0);
    gd_optimizer_free(&penalises);
    gd_optimizer_free(&does_not);
    gd_text_free(&with);
    gd_text_free(&without);
}

static void penalties_on_weights_are_those_of_a_plain_loop(void **state) {
    (void)state;
    check_all(check_penalties);
}

/* Rows of 10 and of 100 elements, some of them longer than the limit. */
static void check_rows(int64_t first, int64_t end, int64_t width, const real *whole,
                       const real *limited, int *changed) {
    for (int64_t row = first; row < end; row += width) {
        double norm = norm_of(width, whole + row);
        double factor = norm > 20 ? 20 / (norm + 1e-7) : 1;
        for (int64_t i = row; i < row + width; i++) {
            double wanted = (double)whole[i] * factor;
            assert_true(fabs((double)limited[i] - wanted) <= 1e-6 * fabs(wanted));
        }
        assert_true((factor < 1) ==
                    (memcmp(whole + row, limited + row, (size_t)width * sizeof *whole) != 0));
        *changed += factor < 1;
    }
}

static void rows_of_weights_are_limited_wherever_they_are_cut(void **state) {
    (void)state;
    static const char lines[] = "max_norm = 20\nema = 0.5\n";
    static const int64_t cuts[] = {0, 1, 16, 299, 310, 333, 400, 1000, COUNT};
    const char *name = gd_optimizer_kinds[0]->name;
    real whole[COUNT], limited[COUNT];
    int changed = 0;
    fill(COUNT, 0, whole);
    for (size_t cut = 0; cut + 1 < sizeof cuts / sizeof *cuts; cut++) {
        int64_t first = cuts[cut], count = cuts[cut + 1] - first;
        gd_optimizer *part = make(name, lines, count + 5);
        gd_optimizer_limit(part, first, 5, count, whole);
        memcpy(limited + first, part->limited + 5, (size_t)count * sizeof *limited);
        for (int64_t i = 0; i < count; i++) {
            assert_true(part->average[i + 5] == limited[first + i] / 2);
        }
        gd_optimizer_free(&part);
    }
    gd_optimizer *uncut = make(name, lines, COUNT);
    gd_optimizer_limit(uncut, 0, 0, COUNT, whole);
    assert_memory_equal(uncut->limited, limited, sizeof limited);
    gd_optimizer_free(&uncut);
    check_rows(0, 300, 10, whole, limited, &changed);
    check_rows(336, 836, 100, whole, limited, &changed);
    assert_true(changed > 0 && changed < 35);
    assert_memory_equal(limited + 300, whole + 300, 36 * sizeof *whole);
    assert_memory_equal(limited + 836, whole + 836, (COUNT - 836) * sizeof *whole);
}

static void what_is_switched_off_takes_no_memory(void **state) {
    (void)state;
    for (size_t i = 0; gd_optimizer_kinds[i] != NULL; i++) {
        const gd_optimizer_kind *kind = gd_optimizer_kinds[i];
        gd_text lines = {0};
        switch_on(kind, "", &lines);
        gd_optimizer *plain = make(kind->name, "", 1), *full = make(kind->name, lines.bytes, 1);
        int slots = 0;
        for (; kind->slot[slots] != NULL; slots++) {
            assert_string_equal(full->name[slots], kind->slot[slots]);
            assert_ptr_equal(full->state[slots], full->slot[slots]);
        }
        assert_int_equal(full->slots, slots);
        assert_true((plain->slots < slots) == (kind->uses != NULL));
        gd_optimizer_free(&plain);
        gd_optimizer_free(&full);
        gd_text_free(&lines);
    }
}

static void names_lead_to_kinds_that_describe_themselves(void **state) {
    (void)state;
    assert_null(gd_optimizer_find("none"));
    for (size_t i = 0; gd_optimizer_kinds[i] != NULL; i++) {
        const gd_optimizer_kind *kind = gd_optimizer_kinds[i];
        const gd_setting *rows = kind->settings.rows;
        assert_ptr_equal(gd_optimizer_find(kind->name), kind);
        assert_string_equal(kind->settings.section, "optimizer");
        assert_string_equal(kind->settings.owner, kind->name);
        assert_string_equal(rows[0].key, "lr");
        assert_string_equal(rows[1].key, "weight_decay");
        for (size_t row = 0; rows[row].key != NULL; row++) {
            assert_true(rows[row].kind == GD_SETTING_NUMBER || rows[row].kind == GD_SETTING_CHOICE);
            assert_true(row < GD_OPTIMIZER_OPTIONS);
        }
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
        cmocka_unit_test(options_beyond_their_ends_are_refused),
        cmocka_unit_test(a_gradient_that_is_not_a_number_is_seen),
        cmocka_unit_test(clipping_is_that_of_a_plain_loop),
        cmocka_unit_test(the_average_is_that_of_a_plain_loop),
        cmocka_unit_test(penalties_on_weights_are_those_of_a_plain_loop),
        cmocka_unit_test(rows_of_weights_are_limited_wherever_they_are_cut),
        cmocka_unit_test(what_is_switched_off_takes_no_memory),
        cmocka_unit_test(names_lead_to_kinds_that_describe_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
