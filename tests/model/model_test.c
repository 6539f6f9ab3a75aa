#include <limits.h>
#include <malloc.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gdmpi/memory.h"
#include "gdmpi/model.h"
#include "gdmpi/rng.h"
#include "model_support.h"

enum { ROWS = 10 };

/* The step of the central differences, how near they must come, and the rounding of sums of some
 * tens. */
#ifdef GD_DOUBLE
static const double step = 1e-5, near = 1e-7, rounding = 1e-13;
#else
static const double step = 1e-2, near = 5e-3, rounding = 1e-4;
#endif

static const char *const models[][2] = {
    {"dense 3", "cross_entropy"},
    {"dense 4, tanh, dense 3", "cross_entropy"},
    {"dense 6, gelu, dropout 0.3, dense 4, sigmoid, dense 1", "bce"},
    {"tanh, dropout, dense 3, softplus", "mse"},
    {"dense 3, dense 2, softplus, tanh", "mse"},
    {"residual(dense 4, tanh, dense 5), layer_norm, dense 3", "cross_entropy"},
    {"tanh, residual(layer_norm, silu, dropout 0.2, dense 5), residual(tanh)", "mse"},
    {"dense 4, batch_norm, tanh, residual(batch_norm 0.3, dense 4), dense 3", "cross_entropy"},
    {"layer_norm, dense 7, residual(elu, dense 9, softmax, dense 7), dense 2", "bce"},
#ifdef GD_DOUBLE
    /* A kink within the step of single precision is too likely. */
    {"dense 7, relu, dense 3, leaky_relu 0.1", "mse"},
    {"leaky_relu, dense 5, relu, dropout 0.5, dense 2", "bce"},
#endif
};
enum { MODELS = sizeof models / sizeof *models };

/* A model with what it takes to work on random rows. */
typedef struct problem {
    gd_model *model;
    gd_workspace *workspace;
    gd_batch batch;
    gd_pass pass;
    real *parameters, *gradient;
} problem;

static double random_number(uint64_t index) {
    gd_rng rng = gd_rng_stream(11, GD_RNG_INIT, 0, 0, 0);
    return 2 * gd_rng_uniform(&rng, index) - 1;
}

static real *vector(const gd_model *model) {
    real *values = NULL;
    assert_null(gd_memory_new(&values, (size_t)model->tensors.size, sizeof *values, "a vector"));
    return values;
}

static problem problem_of(const char *const texts[2]) {
    problem p = {.model = model_of(texts[0], texts[1])};
    gd_target target = gd_model_target(p.model);
    assert_null(gd_workspace_new(p.model, ROWS, &p.workspace));
    assert_null(gd_batch_new(ROWS, INPUTS, &target, &p.batch));
    p.batch.rows = ROWS;
    for (int i = 0; i < ROWS * INPUTS; i++) {
        p.batch.x[i] = (real)random_number((uint64_t)i);
    }
    for (int64_t i = 0; i < ROWS * target.outputs && p.batch.values != NULL; i++) {
        p.batch.values[i] = (real)fabs(random_number(1000 + (uint64_t)i));
    }
    for (int i = 0; i < ROWS && p.batch.labels != NULL; i++) {
        p.batch.labels[i] = (int32_t)(i * i % target.outputs);
    }
    p.pass = (gd_pass){.training = true, .rows = ROWS, .seed = 4, .step = 3, .shard = 2};
    p.parameters = vector(p.model);
    p.gradient = vector(p.model);
    for (int t = 0; t < p.model->tensors.count; t++) {
        const gd_tensor *tensor = &p.model->tensors.list[t];
        for (int64_t i = tensor->offset; i < tensor->offset + tensor->count; i++) {
            p.parameters[i] = (real)random_number(2000 + (uint64_t)i);
            if (tensor->statistic) {
                p.parameters[i] += 2; /* a variance */
            }
        }
    }
    return p;
}

static void free_problem(problem *p) {
    gd_workspace_free(&p->workspace);
    gd_batch_free(&p->batch);
    gd_model_free(&p->model);
    gd_memory_free(&p->parameters);
    gd_memory_free(&p->gradient);
}

/* Rows first ... first + rows - 1 of a shard's step, as a view. */
static double gradient_of_rows(problem *p, int64_t first, int64_t rows, bool accumulate,
                               real *gradient) {
    gd_batch part = p->batch;
    gd_pass pass = p->pass;
    part.rows = pass.rows = rows;
    part.x += first * INPUTS;
    if (part.labels != NULL) {
        part.labels += first;
    } else {
        part.values += first * part.outputs;
    }
    pass.first_row = first;
    pass.accumulate = accumulate;
    return gd_model_gradient(p->model, p->workspace, &pass, &part, p->parameters, gradient, NULL);
}

static double loss_of(problem *p) {
    real *unused = vector(p->model);
    double loss = gradient_of_rows(p, 0, ROWS, false, unused);
    gd_memory_free(&unused);
    return loss;
}

static void assert_near(double a, double b, double tolerance) {
    if (!(fabs(a - b) <= tolerance * (1 + fabs(b)))) {
        fail_msg("%.17g is not near %.17g", a, b);
    }
}

static void assert_all_near(const gd_model *model, const real *a, const real *b) {
    for (int64_t i = 0; i < model->tensors.size; i++) {
        assert_near((double)a[i], (double)b[i], rounding);
    }
}

static void the_gradient_is_that_of_the_loss(void **state) {
    (void)state;
    for (int m = 0; m < MODELS; m++) {
        problem p = problem_of(models[m]);
        gradient_of_rows(&p, 0, ROWS, false, p.gradient);
        for (int64_t i = 0; i < p.model->tensors.trained; i++) {
            const real middle = p.parameters[i];
            volatile real above = middle + (real)step, below = middle - (real)step;
            p.parameters[i] = above;
            double high = loss_of(&p);
            p.parameters[i] = below;
            double low = loss_of(&p);
            p.parameters[i] = middle;
            assert_near((double)p.gradient[i], (high - low) / ((double)above - (double)below),
                        near);
        }
        free_problem(&p);
    }
}

/* Shard gradients are added; each is computed apart. Masks are keyed by shard, so this holds
 * without dropout. */
static void gradients_of_shards_add_up_to_that_of_the_whole(void **state) {
    (void)state;
    for (int m = 0; m < MODELS; m++) {
        problem p = problem_of(models[m]);
        p.pass.training = false;
        real *sum = vector(p.model), *shard = vector(p.model);
        double whole = gradient_of_rows(&p, 0, ROWS, false, p.gradient), parts = 0;
        for (int64_t first = 0; first < ROWS; first += 4) {
            int64_t rows = ROWS - first < 4 ? ROWS - first : 4;
            parts += gradient_of_rows(&p, first, rows, false, shard);
            for (int64_t i = 0; i < p.model->tensors.size; i++) {
                sum[i] += shard[i];
            }
        }
        assert_near(parts, whole, rounding);
        assert_all_near(p.model, sum, p.gradient);
        gd_memory_free(&sum);
        gd_memory_free(&shard);
        free_problem(&p);
    }
}

static void tiles_accumulate_to_the_whole(void **state) {
    (void)state;
    for (int m = 0; m < MODELS; m++) {
        for (int64_t tile = 1; tile < ROWS; tile += 2) {
            problem p = problem_of(models[m]);
            if (p.model->joint) {
                free_problem(&p);
                break;
            }
            real *sum = vector(p.model);
            double whole = gradient_of_rows(&p, 0, ROWS, false, p.gradient), parts = 0;
            for (int64_t first = 0; first < ROWS; first += tile) {
                int64_t rows = ROWS - first < tile ? ROWS - first : tile;
                parts += gradient_of_rows(&p, first, rows, first > 0, sum);
            }
            assert_near(parts, whole, rounding);
            assert_all_near(p.model, sum, p.gradient);
            gd_memory_free(&sum);
            free_problem(&p);
        }
    }
}

static void the_same_call_gives_the_same_bits(void **state) {
    (void)state;
    for (int m = 0; m < MODELS; m++) {
        problem p = problem_of(models[m]);
        real *again = vector(p.model);
        double first = gradient_of_rows(&p, 0, ROWS, false, p.gradient);
        gd_workspace_free(&p.workspace);
        assert_null(gd_workspace_new(p.model, 3 * ROWS, &p.workspace));
        gradient_of_rows(&p, 1, 5, false, again);
        assert_true(gradient_of_rows(&p, 0, ROWS, false, again) == first);
        assert_memory_equal(p.gradient, again, (size_t)p.model->tensors.size * sizeof(real));
        gd_memory_free(&again);
        free_problem(&p);
    }
}

static void what_was_in_a_gradient_is_replaced_and_its_gaps_are_left_alone(void **state) {
    (void)state;
    for (int m = 0; m < MODELS; m++) {
        problem p = problem_of(models[m]);
        for (int64_t i = 0; i < p.model->tensors.size; i++) {
            p.gradient[i] = (real)NAN;
        }
        gradient_of_rows(&p, 0, ROWS, false, p.gradient);
        int64_t numbers = 0;
        for (int t = 0; t < p.model->tensors.count; t++) {
            const gd_tensor *tensor = &p.model->tensors.list[t];
            for (int64_t i = tensor->offset; i < tensor->offset + tensor->count; i++) {
                assert_true(isfinite(p.gradient[i]));
                numbers++;
            }
        }
        int64_t untouched = 0;
        for (int64_t i = 0; i < p.model->tensors.size; i++) {
            untouched += isnan(p.gradient[i]) ? 1 : 0;
        }
        assert_true(numbers >= p.model->tensors.elements);
        assert_int_equal(untouched, p.model->tensors.size - numbers);
        free_problem(&p);
    }
}

static void no_rows_have_no_loss_and_no_gradient(void **state) {
    (void)state;
    for (int m = 0; m < MODELS; m++) {
        problem p = problem_of(models[m]);
        memset(p.gradient, 0, (size_t)p.model->tensors.size * sizeof(real));
        p.gradient[0] = 7;
        assert_true(gradient_of_rows(&p, 0, 0, true, p.gradient) == 0);
        assert_true(p.gradient[0] == 7);
        assert_true(gradient_of_rows(&p, 0, 0, false, p.gradient) == 0);
        for (int64_t i = 0; i < p.model->tensors.size; i++) {
            assert_true(p.gradient[i] == 0);
        }
        free_problem(&p);
    }
}

static void evaluation_is_the_loss_without_dropout(void **state) {
    (void)state;
    for (int m = 0; m < MODELS; m++) {
        problem p = problem_of(models[m]);
        p.pass.training = false;
        double metric = 0, again = 0;
        double loss = gd_model_evaluate(p.model, p.workspace, &p.batch, p.parameters, &metric);
        assert_true(loss == loss_of(&p));
        const real *output = p.workspace->output[p.model->layer_count - 1];
        assert_true(p.model->loss->value(p.model->loss_options, &p.batch, output, NULL, &again) ==
                    loss);
        assert_true(again == metric);
        p.pass.training = true;
        assert_int_equal(loss_of(&p) == loss,
                         strstr(models[m][0], "dropout") == NULL && !p.model->joint);
        free_problem(&p);
    }
}

static void tensors_have_pytorchs_names_and_aligned_places(void **state) {
    (void)state;
    gd_model *model = model_of("dense 7, relu, dropout 0.5, dense 3", "cross_entropy");
    static const char *const names[] = {"0.weight", "0.bias", "3.weight", "3.bias"};
    static const int64_t dims[][2] = {{7, 5}, {7, 0}, {3, 7}, {3, 0}};
    assert_int_equal(model->tensors.count, 4);
    int64_t end = 0;
    for (int t = 0; t < 4; t++) {
        const gd_tensor *tensor = &model->tensors.list[t];
        assert_string_equal(tensor->name, names[t]);
        assert_int_equal(tensor->rank, t % 2 == 0 ? 2 : 1);
        assert_int_equal(tensor->dims[0], dims[t][0]);
        assert_int_equal(tensor->dims[1], dims[t][1]);
        assert_int_equal(tensor->offset % GD_TENSOR_ALIGN, 0);
        assert_int_equal(tensor->fan_in, t < 2 ? 5 : 7);
        assert_int_equal(tensor->fan_out, t < 2 ? 7 : 3);
        assert_true(tensor->offset >= end && tensor->offset < end + GD_TENSOR_ALIGN);
        end = tensor->offset + tensor->count;
    }
    assert_int_equal(model->tensors.size, 48 + 16 + 32 + 16);
    assert_int_equal(model->tensors.elements, 35 + 7 + 21 + 3);
    assert_int_equal(model->outputs, 3);
    assert_int_equal(model->layers[3].tensor[1].offset, model->tensors.list[3].offset);
    gd_model_free(&model);
    gd_model_free(&model);
}

static void tensors_within_parentheses_have_the_names_of_a_module_within_a_module(void **state) {
    (void)state;
    gd_model *model =
        model_of("layer_norm, residual(relu, dense 7, layer_norm, dense 5), dense 3", "mse");
    static const char *const names[] = {"0.weight",   "0.bias",   "1.1.weight", "1.1.bias",
                                        "1.2.weight", "1.2.bias", "1.3.weight", "1.3.bias",
                                        "2.weight",   "2.bias"};
    assert_int_equal(model->tensors.count, 10);
    for (int t = 0; t < 10; t++) {
        assert_string_equal(model->tensors.list[t].name, names[t]);
        assert_true(t == 0 || model->tensors.list[t].offset > model->tensors.list[t - 1].offset);
    }
    assert_int_equal(model->layers[1].inner_count, 4);
    assert_int_equal(model->layers[1].inner[3].index, 5);
    assert_int_equal(model->layers[2].index, 6);
    gd_model_free(&model);
}

/* What backward calls final does not change any more, and it gets there from the end. */
typedef struct watcher {
    const real *gradient;
    real *seen;
    int64_t final;
} watcher;

static void note_final(void *context, int64_t first) {
    watcher *watcher = context;
    assert_true(first <= watcher->final);
    memcpy(watcher->seen + first, watcher->gradient + first,
           (size_t)(watcher->final - first) * sizeof(real));
    watcher->final = first;
}

static void statistics_come_last_and_are_no_parameters(void **state) {
    (void)state;
    gd_model *model = model_of("dense 3, residual(batch_norm, relu), batch_norm, dense 2", "mse");
    static const char *const names[] = {"1.0.running_mean", "1.0.running_var", "2.running_mean",
                                        "2.running_var"};
    assert_int_equal(model->tensors.count, 12);
    for (int t = 0; t < 4; t++) {
        const gd_tensor *tensor = &model->tensors.list[8 + t];
        assert_string_equal(tensor->name, names[t]);
        assert_true(tensor->offset >= model->tensors.trained);
        assert_true(tensor->statistic && !model->tensors.list[7].statistic);
    }
    assert_int_equal(model->tensors.elements, 15 + 3 + 6 + 6 + 6 + 2);
    assert_true(model->joint);
    gd_model_free(&model);
}

static void what_is_ready_is_final(void **state) {
    (void)state;
    for (int m = 0; m < MODELS; m++) {
        problem p = problem_of(models[m]);
        real *seen = vector(p.model);
        watcher watcher = {p.gradient, seen, p.model->tensors.size};
        const gd_ready ready = {note_final, &watcher};
        gd_model_gradient(p.model, p.workspace, &p.pass, &p.batch, p.parameters, p.gradient,
                          &ready);
        assert_int_equal(watcher.final, 0);
        assert_memory_equal(seen, p.gradient, (size_t)p.model->tensors.size * sizeof(real));
        gd_memory_free(&seen);
        free_problem(&p);
    }
}

static void the_target_is_what_the_loss_wants(void **state) {
    (void)state;
    gd_model *model = model_of("dense 3", "cross_entropy");
    gd_target target = gd_model_target(model);
    assert_int_equal(target.kind, GD_TARGET_CLASS);
    assert_int_equal(target.outputs, 3);
    gd_model_free(&model);
    model = model_of("dense 2", "bce");
    target = gd_model_target(model);
    assert_int_equal(target.kind, GD_TARGET_VALUE);
    assert_int_equal(target.outputs, 2);
    assert_true(target.min == 0 && target.max == 1);
    gd_model_free(&model);
}

static void a_workspaces_bytes_are_what_it_allocates(void **state) {
    (void)state;
    const int64_t rows = 9;
    for (int m = 0; m < MODELS; m++) {
        gd_model *model = model_of(models[m][0], models[m][1]);
        gd_workspace *workspace = NULL;
        assert_null(gd_workspace_new(model, rows, &workspace));
        size_t usable = malloc_usable_size(workspace) + malloc_usable_size(workspace->output) +
                        malloc_usable_size(workspace->cache) +
                        malloc_usable_size(workspace->delta[0]) +
                        malloc_usable_size(workspace->delta[1]);
        int64_t widest = 0, width = 0;
        for (int i = 0; i < model->layer_count; i++) {
            usable += malloc_usable_size(workspace->output[i]);
            usable += malloc_usable_size(workspace->cache[i]);
            width += model->layers[i].outputs + model->layers[i].cache;
            widest = model->layers[i].outputs > widest ? model->layers[i].outputs : widest;
            assert_int_equal(workspace->cache[i] != NULL, model->layers[i].cache > 0);
        }
        size_t reals = (size_t)(rows * (width + 2 * widest));
        size_t bytes = reals * sizeof(real) + sizeof *workspace +
                       2 * (size_t)model->layer_count * sizeof(real *);
        double claimed = gd_workspace_bytes(model, rows);
        int blocks = 5 + 2 * model->layer_count;
        assert_true(claimed == (double)bytes);
        assert_true(claimed <= (double)usable);
        assert_true((double)usable <= claimed + 2 * GD_CACHE_LINE * blocks);
        gd_workspace_free(&workspace);
        gd_workspace_free(&workspace);
        gd_model_free(&model);
    }
}

static void a_workspace_beyond_memory_is_an_error(void **state) {
    (void)state;
    gd_model *model = model_of("dense 3", "mse");
    gd_workspace *workspace = NULL;
    gd_status status = gd_workspace_new(model, INT64_MAX, &workspace);
    assert_int_equal(gd_status_code(status), GD_FAILED);
    assert_null(workspace);
    gd_status_free(&status);
    gd_model_free(&model);
}

static void operations_are_those_of_the_products_that_are_needed(void **state) {
    (void)state;
    gd_model *model = model_of("relu, dense 4, tanh, dense 3", "mse");
    const double first = 2 * INPUTS * 4, second = 2 * 4 * 3;
    assert_true(gd_model_flops(model, false) == first + second);
    assert_true(gd_model_flops(model, true) == 2 * first + 3 * second);
    gd_model_free(&model);
}

static int64_t tile_of(const char *layers, int64_t inputs) {
    gd_config *config = config_of(layers, "mse", "default");
    gd_model *model = NULL;
    assert_null(gd_model_new(config, inputs, &model));
    const int64_t rows = model->tile_rows;
    gd_model_free(&model);
    gd_config_free(&config);
    return rows;
}

static void tiles_of_narrow_models_stay_in_the_cache_and_others_are_long(void **state) {
    (void)state;
    assert_int_equal(tile_of("dense 512, relu, dense 10", 784), 256);
    assert_int_equal(tile_of("dense 10, relu, dense 512", 784), 256);
    assert_int_equal(tile_of("dense 1", 100), 256);
    assert_int_equal(tile_of("dense 10", 784), 64);
    assert_int_equal(tile_of("dense 10, relu, dense 10", 784), 64);
    assert_int_equal(tile_of("dense 2", INT_MAX / 2), 16);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_gradient_is_that_of_the_loss),
        cmocka_unit_test(gradients_of_shards_add_up_to_that_of_the_whole),
        cmocka_unit_test(tiles_accumulate_to_the_whole),
        cmocka_unit_test(the_same_call_gives_the_same_bits),
        cmocka_unit_test(what_was_in_a_gradient_is_replaced_and_its_gaps_are_left_alone),
        cmocka_unit_test(no_rows_have_no_loss_and_no_gradient),
        cmocka_unit_test(evaluation_is_the_loss_without_dropout),
        cmocka_unit_test(tensors_have_pytorchs_names_and_aligned_places),
        cmocka_unit_test(operations_are_those_of_the_products_that_are_needed),
        cmocka_unit_test(tiles_of_narrow_models_stay_in_the_cache_and_others_are_long),
        cmocka_unit_test(tensors_within_parentheses_have_the_names_of_a_module_within_a_module),
        cmocka_unit_test(statistics_come_last_and_are_no_parameters),
        cmocka_unit_test(what_is_ready_is_final),
        cmocka_unit_test(the_target_is_what_the_loss_wants),
        cmocka_unit_test(a_workspaces_bytes_are_what_it_allocates),
        cmocka_unit_test(a_workspace_beyond_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
