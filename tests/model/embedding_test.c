/* What embedding makes of its columns, and where models have it. */
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gdmpi/memory.h"
#include "gdmpi/model.h"
#include "model_support.h"

static real *numbers_new(int64_t count) {
    real *numbers = NULL;
    assert_null(gd_memory_new(&numbers, (size_t)count, sizeof *numbers, "numbers"));
    return numbers;
}

static void columns_become_rows_of_the_table(void **state) {
    (void)state;
    gd_model *model = model_of("embedding columns=1-2 dim=2 size=3", "mse");
    const gd_layer *layer = &model->layers[0];
    const real table[] = {10, 11, 20, 21, 30, 31};
    const real x[] = {0.5f, 2, 0, 0.25f, 7, -1, 1, 1, 8, 9};
    const real right[] = {0.5f, 30, 31, 10, 11, 0.25f, 7, -1, 20, 21, 20, 21, 8, 9};
    real y[14];
    assert_int_equal(model->tensors.count, 1);
    assert_string_equal(model->tensors.list[0].name, "0.weight");
    assert_int_equal(model->outputs, 7);
    const gd_pass pass = {.rows = 2};
    const gd_flow flow = {.parameters = table, .x = x, .y = y};
    layer->kind->forward(layer, &pass, &flow);
    assert_memory_equal(y, right, sizeof right);
    gd_model_free(&model);
}

static void all_columns_are_the_default(void **state) {
    (void)state;
    gd_model *model = model_of("embedding size=3 dim=4, dense 2", "mse");
    assert_int_equal(model->layers[0].categories.columns.count, INPUTS);
    assert_int_equal(model->layers[0].outputs, 4 * INPUTS);
    gd_model_free(&model);
}

/* Against one addition after another; every sum is exact. Sizes of one, two and three digits. */
static void each_row_of_the_table_has_the_sum_over_its_places(void **state) {
    (void)state;
    enum { ROWS = 40, DIM = 2 };
    static const char *const layers[] = {"embedding size=7 dim=2", "embedding size=300 dim=2",
                                         "embedding size=70000 dim=2"};
    for (int k = 0; k < 3; k++) {
        gd_model *model = model_of(layers[k], "mse");
        const gd_layer *layer = &model->layers[0];
        const int64_t size = layer->categories.size, count = ROWS * INPUTS;
        real *x = numbers_new(count), *dy = numbers_new(count * DIM);
        real *cache = numbers_new(ROWS * layer->cache);
        real *gradient = numbers_new(size * DIM), *right = numbers_new(size * DIM);
        for (int64_t i = 0; i < count; i++) {
            const int64_t index = (i * i * 7919 + i % 3) % size;
            x[i] = (real)index;
            for (int64_t j = 0; j < DIM; j++) {
                dy[i * DIM + j] = (real)(i % 19 + j);
                right[index * DIM + j] += dy[i * DIM + j];
            }
        }
        gd_pass pass = {.rows = ROWS};
        const gd_flow flow = {.x = x, .cache = cache, .dy = dy, .gradient = gradient};
        layer->kind->backward(layer, &pass, &flow);
        assert_memory_equal(gradient, right, (size_t)(size * DIM) * sizeof(real));
        gd_memory_free(&x);
        gd_memory_free(&dy);
        gd_memory_free(&cache);
        gd_memory_free(&gradient);
        gd_memory_free(&right);
        gd_model_free(&model);
    }
}

/* Whatever comes before: columns are those of the data. */
static void several_tables_take_columns_of_the_data(void **state) {
    (void)state;
    gd_model *model =
        model_of("embedding columns=2-3 size=2 dim=3, embedding columns=0 size=2 dim=2, "
                 "embedding columns=4 size=2 dim=1, dense 2",
                 "mse");
    static const int64_t first[] = {2, 0, 4 + 2 * 2 + 1};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(model->layers[i].first, first[i]);
        assert_int_equal(model->categories[i].columns.first, model->layers[i].option[2].first);
        assert_int_equal(model->categories[i].size, 2);
    }
    assert_int_equal(model->categories[3].columns.count, 0);
    const real x[INPUTS] = {1, 0.5f, 0, 1, 1};
    const real right[] = {21, 22, 0.5f, 1, 2, 3, 4, 5, 6, 32};
    gd_batch batch = {.rows = 1, .outputs = 2, .x = (real *)(uintptr_t)x, .values = (real[2]){0}};
    real *parameters = numbers_new(model->tensors.size);
    const real tables[3][6] = {{1, 2, 3, 4, 5, 6}, {0, 0, 21, 22}, {31, 32}};
    for (int i = 0; i < 3; i++) {
        memcpy(parameters + model->tensors.list[i].offset, tables[i],
               (size_t)model->tensors.list[i].count * sizeof(real));
    }
    gd_workspace *workspace = NULL;
    assert_null(gd_workspace_new(model, 1, &workspace));
    gd_model_loss(model, workspace, &(gd_pass){.rows = 1}, &batch, parameters);
    assert_memory_equal(workspace->output[2], right, sizeof right);
    gd_workspace_free(&workspace);
    gd_memory_free(&parameters);
    gd_model_free(&model);
}

/* Mean square of what the table starts as, and its largest number. */
static void measure_table(const char *init, double *square, double *largest) {
    gd_config *config = config_of("embedding size=400 dim=25, dense 3", "mse", init);
    gd_model *model = NULL;
    assert_null(gd_model_new(config, INPUTS, &model));
    real *parameters = numbers_new(model->tensors.size);
    assert_null(gd_model_initialise(model, 1, parameters));
    *square = *largest = 0;
    for (int64_t i = 0; i < model->tensors.list[0].count; i++) {
        const double number = (double)parameters[i];
        *square += number * number / (double)model->tensors.list[0].count;
        *largest = fmax(*largest, fabs(number));
    }
    gd_memory_free(&parameters);
    gd_model_free(&model);
    gd_config_free(&config);
}

/* As nn.Embedding; by torch.nn.init the number of inputs is that of a row's numbers. Four standard
 * deviations of the mean square of 10,000 normal numbers are 0.057. */
static void a_table_starts_normal(void **state) {
    (void)state;
    double square, largest;
    measure_table("default", &square, &largest);
    assert_true(fabs(square - 1) < 0.057 && largest > 3);
    measure_table("lecun_normal", &square, &largest);
    assert_true(fabs(square - 1.0 / 25) < 0.057 / 25);
    measure_table("xavier_uniform", &square, &largest);
    assert_true(largest <= sqrt(6.0 / 425) && largest > 0.99 * sqrt(6.0 / 425));
    measure_table("zeros", &square, &largest);
    assert_true(largest == 0);
}

static void a_table_is_no_product(void **state) {
    (void)state;
    gd_model *model = model_of("embedding size=400 dim=25, dense 3", "mse");
    assert_true(gd_model_flops(model, false) == 2 * INPUTS * 25 * 3);
    assert_true(gd_model_flops(model, true) == 6 * INPUTS * 25 * 3);
    gd_model_free(&model);
}

static void what_cannot_be_is_refused(void **state) {
    (void)state;
    static const char *const refused[][2] = {
        {"embedding", "embedding needs its size, e.g. size=1000"},
        {"embedding size=5", "embedding needs its dim, e.g. dim=16"},
        {"embedding 5 3",
         "embedding is followed by '5', but takes size= dim= columns=, e.g. size="},
        {"embedding size", "embedding is followed by 'size', but takes size= dim= columns="},
        {"embedding sizes=5 dim=3", "embedding is followed by 'sizes', but takes size="},
        {"embedding size= dim=3",
         "embedding size= is not understood: size is a whole number, at least 1"},
        {"embedding size=2.5 dim=3",
         "embedding size=2.5 is not understood: size is a whole number"},
        {"embedding size=2-5 dim=3",
         "embedding size=2-5 is not understood: size is a whole number"},
        {"embedding size=0 dim=3",
         "size=0 is out of range: size is a whole number, at least 1 and at most 16777216"},
        {"embedding size=16777217 dim=3", "embedding size=16777217 is out of range"},
        {"embedding size=5 dim=0",
         "dim=0 is out of range: dim is a whole number, at least 1 and at most 2147483647"},
        {"embedding size=5 size=6 dim=3", "embedding has size= twice"},
        {"embedding size=5 dim=3 columns=x",
         "columns is a whole number or a range such as 0-2, at least 0"},
        {"embedding size=5 dim=3 columns=3-1", "embedding columns=3-1 is not understood"},
        {"embedding size=5 dim=3 columns=-1", "embedding columns=-1 is not understood"},
        {"embedding size=5 dim=3 columns=1-9223372036854775807",
         "is out of range: columns is a whole"},
        {"embedding size=5 dim=3 columns=3-5",
         "there is no column 5 for embedding: x has 5 columns, from 0 to 4"},
        {"embedding size=5 dim=3 columns=1-2, embedding size=5 dim=3 columns=2-3",
         "column 2 of x is taken twice; give embedding other columns="},
        {"embedding size=5 dim=3, embedding size=5 dim=3", "column 0 of x is taken twice"},
        {"embedding size=5 dim=3 columns=1, embedding size=5 dim=3 columns=5", "no column 5"},
        {"dense 5, embedding size=5 dim=3", "embedding takes columns of x as they are in the data"},
        {"relu, embedding size=5 dim=3", "it must come before all other layers, and not in paren"},
        {"embedding size=5 dim=3 columns=0, dropout, embedding size=5 dim=3 columns=1",
         "it must come before all other layers"},
        {"residual(embedding size=5 dim=1), dense 2", "it must come before all other layers"},
        {"embedding size=5 dim=3 (relu)", "embedding takes no layers in parentheses"},
        {"embedding size=5 dim=2147483647",
         "rows of 10737418235 numbers after embedding are too wide; the most is 2147483647"},
        {"embeding size=5 dim=3", "unknown layer 'embeding'; did you mean 'embedding'?"},
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        gd_config *config = config_of(refused[i][0], "mse", "default");
        gd_model *model = NULL;
        gd_status status = gd_model_new(config, INPUTS, &model);
        if (gd_status_code(status) != GD_BAD_INPUT || model != NULL ||
            strstr(gd_status_message(status), refused[i][1]) == NULL) {
            fail_msg("%s: '%s' does not say '%s'", refused[i][0],
                     status == GD_OK ? "" : gd_status_message(status), refused[i][1]);
        }
        gd_status_free(&status);
        gd_config_free(&config);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_become_rows_of_the_table),
        cmocka_unit_test(all_columns_are_the_default),
        cmocka_unit_test(each_row_of_the_table_has_the_sum_over_its_places),
        cmocka_unit_test(several_tables_take_columns_of_the_data),
        cmocka_unit_test(a_table_starts_normal),
        cmocka_unit_test(a_table_is_no_product),
        cmocka_unit_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
