#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gdmpi/layer.h"
#include "gdmpi/rng.h"

enum { ROWS = 5, INPUTS = 6, UNITS = 3, WIDEST = 10, MOST = 128 };

/* The step of the central differences, and how near they must come. */
#ifdef GD_DOUBLE
static const double step = 1e-5, near = 1e-8;
#else
static const double step = 1e-2, near = 2e-3;
#endif

static double random_number(uint64_t index) {
    gd_rng rng = gd_rng_stream(7, GD_RNG_INIT, 0, 0, 0);
    return 2 * gd_rng_uniform(&rng, index) - 1;
}

/* In +-[0.2, 1.2], away from the kinks at zero. */
static real away_from_zero(uint64_t index) {
    double number = random_number(index);
    return (real)(number < 0 ? number - 0.2 : number + 0.2);
}

/* Returns the elements of all its tensors, and of those before; its statistics are the last. */
static int64_t place_tensors(gd_layer *layer, int64_t offset) {
    for (int t = 0; t < layer->tensor_count; t++) {
        layer->tensor[t].offset = offset;
        offset += layer->tensor[t].count;
    }
    for (int i = 0; i < layer->inner_count; i++) {
        offset = place_tensors(&layer->inner[i], offset);
    }
    return offset;
}

/* A block has these layers within it; the next call changes them. */
static gd_layer layer_of(const gd_layer_kind *kind) {
    static gd_layer inner[4];
    enum { COUNT = sizeof inner / sizeof *inner };
    const gd_layer_kind *const kinds[COUNT] = {&gd_layer_tanh, &gd_layer_dense, &gd_layer_dropout,
                                               &gd_layer_dense};
    gd_layer layer = {.kind = kind, .index = 3};
    layer.argument = kind->needed ? UNITS : kind->initial;
    for (int i = 0; kind->options != NULL && kind->options[i].name != NULL; i++) {
        layer.option[i] = kind->options[i].range ? (gd_range){1, 2} : (gd_range){UNITS, 1};
    }
    for (int i = 0; i < COUNT && kind->block; i++) {
        inner[i] = (gd_layer){.kind = kinds[i], .index = 4 + i, .argument = kinds[i]->initial};
        inner[1].argument = UNITS;
        inner[3].argument = INPUTS;
        layer.inner = inner;
        layer.inner_count = COUNT;
    }
    gd_layer_shape(&layer, INPUTS);
    assert_true(place_tensors(&layer, 0) <= MOST);
    assert_true(layer.outputs <= WIDEST && layer.cache <= MOST);
    return layer;
}

/* Without statistics. */
static int64_t parameter_count(const gd_layer *layer) {
    gd_layer copy = *layer;
    while (copy.tensor_count > 0 && copy.tensor[copy.tensor_count - 1].statistic) {
        copy.tensor_count--;
    }
    return place_tensors(&copy, 0);
}

typedef struct state {
    real parameters[MOST], gradient[MOST];
    real x[ROWS * INPUTS], y[ROWS * WIDEST], cache[ROWS * MOST];
    real dx[ROWS * INPUTS], dy[ROWS * WIDEST];
} state;

static bool is_category(const gd_layer *layer, int64_t column) {
    return column >= layer->first && column < layer->first + layer->categories.columns.count;
}

/* Whole numbers in the columns that a layer looks up: some of those there are, and most of them
 * several times. */
static void set_categories(const gd_layer *layer, state *s) {
    for (int i = 0; i < ROWS * INPUTS; i++) {
        if (is_category(layer, i % INPUTS)) {
            s->x[i] = (real)(i * i % 7 % (layer->categories.size - 1));
        }
    }
}

/* Inputs are random, and what is to be computed starts as NaN. */
static state fresh_state(const gd_layer *layer) {
    state s;
    for (int i = 0; i < MOST; i++) {
        s.parameters[i] = away_from_zero((uint64_t)i);
        s.gradient[i] = (real)NAN;
    }
    for (int i = 0; i < ROWS * INPUTS; i++) {
        s.x[i] = away_from_zero(1000 + (uint64_t)i);
        s.dx[i] = (real)NAN;
    }
    for (int i = 0; i < ROWS * WIDEST; i++) {
        s.dy[i] = away_from_zero(2000 + (uint64_t)i);
        s.y[i] = (real)NAN;
    }
    set_categories(layer, &s);
    for (int i = 0; i < ROWS * MOST; i++) {
        s.cache[i] = (real)NAN;
    }
    return s;
}

static const gd_pass training = {.training = true, .rows = ROWS, .seed = 5, .step = 2, .shard = 1};

/* Of the rows from `row` on. */
static gd_flow flow_from(const gd_layer *layer, state *s, int64_t row) {
    const int64_t in = row * layer->inputs, out = row * layer->outputs, kept = row * layer->cache;
    return (gd_flow){
        .parameters = s->parameters,
        .x = s->x + in,
        .y = s->y + out,
        .cache = s->cache + kept,
        .dy = s->dy + out,
        .dx = s->dx + in,
        .gradient = s->gradient,
    };
}

static void forward(const gd_layer *layer, const gd_pass *pass, state *s) {
    gd_flow flow = flow_from(layer, s, 0);
    flow.dy = flow.dx = flow.gradient = NULL;
    layer->kind->forward(layer, pass, &flow);
}

static void backward(const gd_layer *layer, const gd_pass *pass, state *s) {
    const gd_flow flow = flow_from(layer, s, 0);
    layer->kind->backward(layer, pass, &flow);
}

/* sum(y * dy), whose gradient is what backward computes. */
static double objective(const gd_layer *layer, const gd_pass *pass, state *s) {
    forward(layer, pass, s);
    double sum = 0;
    for (int64_t i = 0; i < pass->rows * layer->outputs; i++) {
        sum += (double)s->y[i] * (double)s->dy[i];
    }
    return sum;
}

static double differentiate(const gd_layer *layer, const gd_pass *pass, const state *s,
                            size_t offset) {
    state copy = *s;
    real *number = (real *)((char *)&copy + offset);
    const real middle = *number;
    volatile real above = middle + (real)step, below = middle - (real)step;
    *number = above;
    double high = objective(layer, pass, &copy);
    *number = below;
    double low = objective(layer, pass, &copy);
    return (high - low) / ((double)above - (double)below);
}

static void assert_near(double a, double b) {
    if (!(fabs(a - b) <= near * (1 + fabs(b)))) {
        fail_msg("%.17g is not near %.17g", a, b);
    }
}

static void every_layer_has_the_gradient_of_its_output(void **unused) {
    (void)unused;
    for (int k = 0; gd_layer_kinds[k] != NULL; k++) {
        gd_layer layer = layer_of(gd_layer_kinds[k]);
        for (int mode = 0; mode < 4; mode++) {
            gd_pass pass = training;
            pass.training = mode % 2 == 0;
            pass.accumulate = mode / 2 == 1;
            state s = fresh_state(&layer);
            for (int64_t i = parameter_count(&layer); i < MOST; i++) {
                s.parameters[i] = (real)fabs((double)s.parameters[i]); /* a running variance */
            }
            for (int i = 0; i < MOST && pass.accumulate; i++) {
                s.gradient[i] = (real)i;
            }
            forward(&layer, &pass, &s);
            backward(&layer, &pass, &s);
            for (size_t i = 0; i < ROWS * INPUTS; i++) {
                size_t place = offsetof(state, x) + i * sizeof(real);
                assert_near((double)s.dx[i], is_category(&layer, (int64_t)i % INPUTS)
                                                 ? 0
                                                 : differentiate(&layer, &pass, &s, place));
            }
            for (size_t i = 0; i < (size_t)parameter_count(&layer); i++) {
                size_t place = offsetof(state, parameters) + i * sizeof(real);
                assert_near((double)s.gradient[i] - (pass.accumulate ? (double)i : 0),
                            differentiate(&layer, &pass, &s, place));
            }
        }
    }
}

static void a_gradient_without_dx_is_the_same(void **unused) {
    (void)unused;
    for (int k = 0; gd_layer_kinds[k] != NULL; k++) {
        gd_layer layer = layer_of(gd_layer_kinds[k]);
        if (gd_layer_tensors(&layer) == 0) {
            continue;
        }
        state with = fresh_state(&layer);
        forward(&layer, &training, &with);
        state without = with;
        backward(&layer, &training, &with);
        gd_flow flow = flow_from(&layer, &without, 0);
        flow.dx = NULL;
        layer.kind->backward(&layer, &training, &flow);
        assert_memory_equal(with.gradient, without.gradient,
                            (size_t)parameter_count(&layer) * sizeof(real));
    }
}

static void a_layer_without_tensors_works_in_place(void **unused) {
    (void)unused;
    for (int k = 0; gd_layer_kinds[k] != NULL; k++) {
        gd_layer layer = layer_of(gd_layer_kinds[k]);
        for (int mode = 0; mode < 2 && gd_layer_tensors(&layer) == 0; mode++) {
            gd_pass pass = training;
            pass.training = mode == 0;
            state s = fresh_state(&layer);
            forward(&layer, &pass, &s);
            backward(&layer, &pass, &s);
            gd_flow flow = flow_from(&layer, &s, 0);
            flow.dx = s.dy;
            layer.kind->backward(&layer, &pass, &flow);
            assert_memory_equal(s.dx, s.dy, sizeof s.dx);
        }
    }
}

static void rows_do_not_touch_each_other(void **unused) {
    (void)unused;
    enum { CHANGED = 2 };
    for (int k = 0; gd_layer_kinds[k] != NULL; k++) {
        gd_layer layer = layer_of(gd_layer_kinds[k]);
        if (layer.kind->joint) {
            continue;
        }
        state s = fresh_state(&layer), other = s;
        for (int j = 0; j < INPUTS; j++) {
            other.x[CHANGED * INPUTS + j] += (real)(1 + j * j);
            other.dy[CHANGED * layer.outputs + j % layer.outputs] += 1;
        }
        set_categories(&layer, &other);
        forward(&layer, &training, &s);
        backward(&layer, &training, &s);
        forward(&layer, &training, &other);
        backward(&layer, &training, &other);
        for (int64_t i = 0; i < ROWS; i++) {
            size_t y_bytes = (size_t)layer.outputs * sizeof(real), x_bytes = INPUTS * sizeof(real);
            const real *a = s.y + i * layer.outputs, *b = other.y + i * layer.outputs;
            assert_int_equal(memcmp(a, b, y_bytes) == 0, i != CHANGED);
            const real *c = s.dx + i * INPUTS, *d = other.dx + i * INPUTS;
            assert_true(i == CHANGED || memcmp(c, d, x_bytes) == 0);
        }
    }
}

/* Dropout's mask too must not know how a shard's rows were cut into tiles. */
static void layers_without_tensors_do_not_know_tiles(void **unused) {
    (void)unused;
    for (int k = 0; gd_layer_kinds[k] != NULL; k++) {
        gd_layer layer = layer_of(gd_layer_kinds[k]);
        for (int64_t cut = 1; cut < ROWS && gd_layer_tensors(&layer) == 0; cut++) {
            gd_pass top = training, bottom = training;
            top.rows = cut;
            bottom.rows = ROWS - cut;
            bottom.first_row = cut;
            state whole = fresh_state(&layer), parts = whole;
            forward(&layer, &training, &whole);
            backward(&layer, &training, &whole);
            forward(&layer, &top, &parts);
            backward(&layer, &top, &parts);
            const gd_flow flow = flow_from(&layer, &parts, cut);
            layer.kind->forward(&layer, &bottom, &flow);
            layer.kind->backward(&layer, &bottom, &flow);
            assert_memory_equal(whole.y, parts.y, sizeof whole.y);
            assert_memory_equal(whole.dx, parts.dx, sizeof whole.dx);
        }
    }
}

static void no_rows_give_a_gradient_of_zero(void **unused) {
    (void)unused;
    for (int k = 0; gd_layer_kinds[k] != NULL; k++) {
        gd_layer layer = layer_of(gd_layer_kinds[k]);
        gd_pass pass = training;
        pass.rows = 0;
        state s = fresh_state(&layer);
        forward(&layer, &pass, &s);
        backward(&layer, &pass, &s);
        for (int64_t i = 0; i < parameter_count(&layer); i++) {
            assert_true(s.gradient[i] == 0);
        }
        assert_true(isnan(s.y[0]) && isnan(s.dx[0]));
    }
}

static void a_number_that_is_none_is_not_hidden(void **unused) {
    (void)unused;
    for (int k = 0; gd_layer_kinds[k] != NULL; k++) {
        gd_layer layer = layer_of(gd_layer_kinds[k]);
        gd_pass pass = {.rows = 1};
        state s = fresh_state(&layer);
        s.x[0] = (real)NAN;
        s.y[0] = 0;
        forward(&layer, &pass, &s);
        assert_true(isnan(s.y[0]));
    }
}

static void extreme_inputs_give_finite_numbers(void **unused) {
    (void)unused;
    static const real extremes[INPUTS] = {1e4f, -1e4f, 700, -700, 88, -104};
    for (int k = 0; gd_layer_kinds[k] != NULL; k++) {
        gd_layer layer = layer_of(gd_layer_kinds[k]);
        state s = fresh_state(&layer);
        for (int i = 0; i < ROWS * INPUTS; i++) {
            s.x[i] = extremes[i % INPUTS];
        }
        set_categories(&layer, &s);
        forward(&layer, &training, &s);
        backward(&layer, &training, &s);
        for (int64_t i = 0; i < ROWS * layer.outputs; i++) {
            assert_true(isfinite(s.y[i]));
        }
        for (int i = 0; i < ROWS * INPUTS; i++) {
            assert_true(isfinite(s.dx[i]));
        }
    }
}

/* dense against three loops in double, for shapes with every kind of remainder. */
static void dense_is_a_product_plus_bias(void **unused) {
    (void)unused;
    static const int shapes[][3] = {{1, 1, 1}, {1, 7, 3}, {2, 784, 10}, {31, 33, 17}, {64, 5, 300}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        const int rows = shapes[s][0], inputs = shapes[s][1], outputs = shapes[s][2];
        gd_layer layer = {.kind = &gd_layer_dense, .argument = outputs, .inputs = inputs};
        layer.kind->shape(&layer);
        assert_int_equal(layer.outputs, outputs);
        layer.tensor[1].offset = layer.tensor[0].count;
        const int count = inputs * outputs + outputs;
        real *parameters = calloc((size_t)count, sizeof *parameters);
        real *x = calloc((size_t)(rows * inputs), sizeof *x);
        real *y = calloc((size_t)(rows * outputs), sizeof *y);
        for (int i = 0; i < count; i++) {
            parameters[i] = (real)random_number((uint64_t)i);
        }
        for (int i = 0; i < rows * inputs; i++) {
            x[i] = (real)random_number(100000 + (uint64_t)i);
        }
        gd_pass pass = {.rows = rows};
        const gd_flow flow = {.parameters = parameters, .x = x, .y = y};
        layer.kind->forward(&layer, &pass, &flow);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < outputs; j++) {
                double sum = (double)parameters[inputs * outputs + j];
                for (int l = 0; l < inputs; l++) {
                    sum += (double)x[i * inputs + l] * (double)parameters[j * inputs + l];
                }
                assert_true(fabs((double)y[i * outputs + j] - sum) <
                            inputs * 4 * (double)(GD_REAL_TYPE == GD_FLOAT64 ? 2.3e-16 : 1.2e-7));
            }
        }
        free(parameters);
        free(x);
        free(y);
    }
}

/* Over more columns than one strip, and with a remainder. */
static void the_gradient_of_a_bias_accumulates_like_adding(void **unused) {
    (void)unused;
    enum { WIDE = 300, COUNT = 2 * WIDE };
    gd_layer layer = {.kind = &gd_layer_dense, .argument = WIDE, .inputs = 1};
    layer.kind->shape(&layer);
    layer.tensor[1].offset = WIDE;
    static real parameters[COUNT], apart[COUNT], added[COUNT], dy[ROWS * WIDE];
    real x[ROWS] = {1, 2, 3, 4, 5};
    for (int i = 0; i < ROWS * WIDE; i++) {
        dy[i] = (real)random_number((uint64_t)i);
    }
    for (int i = 0; i < COUNT; i++) {
        added[i] = (real)random_number(90000 + (uint64_t)i);
    }
    gd_pass pass = {.rows = ROWS};
    gd_flow flow = {.parameters = parameters, .x = x, .dy = dy, .gradient = apart};
    layer.kind->backward(&layer, &pass, &flow);
    for (int j = 0; j < WIDE; j++) {
        real sum = 0;
        for (int i = 0; i < ROWS; i++) {
            sum += dy[i * WIDE + j];
        }
        assert_true(apart[WIDE + j] == sum);
        apart[WIDE + j] += added[WIDE + j];
    }
    pass.accumulate = true;
    flow.gradient = added;
    layer.kind->backward(&layer, &pass, &flow);
    assert_memory_equal(apart + WIDE, added + WIDE, WIDE * sizeof(real));
}

/* By hand: the two columns have the means 3 and 5 and the variances 8/3 and 6, or 4 and 9 without
 * bias. Half of the way is gone in one step. */
static void running_statistics_move_to_those_of_the_rows(void **unused) {
    (void)unused;
    enum { COUNT = 3, WIDTH = 2 };
    real x[COUNT * WIDTH] = {1, 2, 3, 5, 5, 8}, y[COUNT * WIDTH], gradient[4 * WIDTH];
    real parameters[4 * WIDTH] = {1, 1, 0, 0, 7, 1, 2, 1};
    gd_layer layer = {.kind = &gd_layer_batch_norm, .argument = 0.5};
    gd_layer_shape(&layer, WIDTH);
    place_tensors(&layer, 0);
    gd_pass pass = {.training = true, .rows = COUNT};
    const gd_flow flow = {.parameters = parameters, .x = x, .y = y, .gradient = gradient};
    layer.kind->forward(&layer, &pass, &flow);
    static const double moves[] = {0.5 * 3 * (7 - 3), 0.5 * 3 * (1 - 5), 0.5 * 3 * (2 - 4),
                                   0.5 * 3 * (1 - 9)};
    for (int i = 0; i < 4; i++) {
        assert_near((double)gradient[2 * WIDTH + i], moves[i]);
    }
    pass.accumulate = true;
    layer.kind->forward(&layer, &pass, &flow);
    for (int i = 0; i < 4; i++) {
        assert_near((double)gradient[2 * WIDTH + i], 2 * moves[i]);
    }
    pass = (gd_pass){.training = true, .rows = 1};
    layer.kind->forward(&layer, &pass, &flow);
    for (int i = 0; i < 4; i++) {
        assert_true(gradient[2 * WIDTH + i] == 0);
    }
    assert_true(y[0] == 0 && y[1] == 0);
}

/* By mpmath with 40 digits: x erfc(-x / sqrt(2)) / 2, x / (1 + exp(-x)), exp(x) - 1 where x < 0,
 * log(1 + exp(x)), 1 / (1 + exp(-x)), tanh(x), max(x, 0), max(x, x / 100). */
static const double points[] = {-30, -5, -1, -0.01, 0, 0.01, 1, 5, 19, 30};
enum { POINTS = sizeof points / sizeof *points };

static const struct {
    const gd_layer_kind *kind;
    double y[POINTS];
} references[] = {
    {&gd_layer_gelu,
     {-1.4720141781444561e-196, -1.4332578593959696e-6, -0.15865525393145705, -0.004960106436853684,
      0.0, 0.005039893563146316, 0.84134474606854295, 4.9999985667421406, 19.0, 30.0}},
    {&gd_layer_silu,
     {-2.8072868906517897e-12, -0.033464254621424278, -0.26894142136999512, -0.00497500020833125,
      0.0, 0.00502499979166875, 0.73105857863000488, 4.9665357453785757, 18.999999893546868,
      29.999999999997193}},
    {&gd_layer_elu,
     {-0.99999999999990642, -0.99326205300091453, -0.63212055882855768, -0.0099501662508319464, 0.0,
      0.01, 1.0, 5.0, 19.0, 30.0}},
    {&gd_layer_softplus,
     {9.3576229688397368e-14, 0.0067153484891180686, 0.31326168751822283, 0.68815968050786232,
      0.69314718055994531, 0.69815968050786232, 1.3132616875182228, 5.0067153484891181,
      19.000000005602796, 30.0}},
    {&gd_layer_sigmoid,
     {9.357622968839299e-14, 0.0066928509242848556, 0.26894142136999512, 0.497500020833125, 0.5,
      0.502499979166875, 0.73105857863000488, 0.99330714907571514, 0.99999999439720359,
      0.99999999999990642}},
    {&gd_layer_tanh,
     {-1.0, -0.99990920426259513, -0.76159415595576489, -0.0099996666799994603, 0.0,
      0.0099996666799994603, 0.76159415595576489, 0.99990920426259513, 0.99999999999999994, 1.0}},
    {&gd_layer_relu, {0.0, 0.0, 0.0, 0.0, 0.0, 0.01, 1.0, 5.0, 19.0, 30.0}},
    {&gd_layer_leaky_relu, {-0.3, -0.05, -0.01, -0.0001, 0.0, 0.01, 1.0, 5.0, 19.0, 30.0}},
};

static void activations_give_the_reference_numbers(void **unused) {
    (void)unused;
    const double digits = GD_REAL_TYPE == GD_FLOAT64 ? 4 * DBL_EPSILON : 4 * (double)FLT_EPSILON;
    for (size_t k = 0; k < sizeof references / sizeof *references; k++) {
        const gd_layer_kind *kind = references[k].kind;
        gd_layer layer = {
            .kind = kind, .argument = kind->initial, .inputs = POINTS, .outputs = POINTS};
        gd_pass pass = {.rows = 1};
        real x[POINTS], y[POINTS], cache[POINTS];
        for (int i = 0; i < POINTS; i++) {
            x[i] = (real)points[i];
        }
        const gd_flow flow = {.x = x, .y = y, .cache = cache};
        layer.kind->forward(&layer, &pass, &flow);
        for (int i = 0; i < POINTS; i++) {
            double right = references[k].y[i];
            assert_true(fabs((double)y[i] - right) <= digits * fabs(right) + (double)FLT_MIN);
        }
    }
}

static void every_kind_is_found_by_its_name(void **unused) {
    (void)unused;
    size_t count = 0;
    for (; gd_layer_kinds[count] != NULL; count++) {
        assert_ptr_equal(gd_layer_find(gd_layer_name(count)), gd_layer_kinds[count]);
        assert_non_null(gd_layer_kinds[count]->help);
    }
    assert_null(gd_layer_name(count));
    assert_null(gd_layer_find("conv"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_layer_has_the_gradient_of_its_output),
        cmocka_unit_test(a_gradient_without_dx_is_the_same),
        cmocka_unit_test(a_layer_without_tensors_works_in_place),
        cmocka_unit_test(rows_do_not_touch_each_other),
        cmocka_unit_test(layers_without_tensors_do_not_know_tiles),
        cmocka_unit_test(no_rows_give_a_gradient_of_zero),
        cmocka_unit_test(a_number_that_is_none_is_not_hidden),
        cmocka_unit_test(extreme_inputs_give_finite_numbers),
        cmocka_unit_test(dense_is_a_product_plus_bias),
        cmocka_unit_test(the_gradient_of_a_bias_accumulates_like_adding),
        cmocka_unit_test(running_statistics_move_to_those_of_the_rows),
        cmocka_unit_test(activations_give_the_reference_numbers),
        cmocka_unit_test(every_kind_is_found_by_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
