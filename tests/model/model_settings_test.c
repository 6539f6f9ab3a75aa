/* What [model] says, and what parameters start as. */
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gdmpi/memory.h"
#include "gdmpi/model.h"
#include "model_support.h"

static real *vector(const gd_model *model) {
    real *values = NULL;
    assert_null(gd_memory_new(&values, (size_t)model->tensors.size, sizeof *values, "a vector"));
    return values;
}

static void assert_near(double a, double b, double tolerance) {
    if (!(fabs(a - b) <= tolerance * (1 + fabs(b)))) {
        fail_msg("%.17g is not near %.17g", a, b);
    }
}

static void blanks_in_layers_do_not_matter(void **state) {
    (void)state;
    gd_model *model = model_of("dense   7 ,relu,\tdropout 2e-1,leaky_relu , dense 3", "mse");
    gd_model *block = model_of("dense 3,\tresidual ( dense 3 ,relu )\t, relu", "mse");
    assert_int_equal(block->layer_count, 3);
    assert_int_equal(block->layers[1].inner_count, 2);
    gd_model_free(&block);
    assert_int_equal(model->layer_count, 5);
    assert_ptr_equal(model->layers[1].kind, &gd_layer_relu);
    assert_true(model->layers[0].argument == 7);
    assert_true(model->layers[2].argument == 0.2);
    assert_true(model->layers[3].argument == 0.01);
    assert_int_equal(model->layers[4].index, 4);
    assert_int_equal(model->layers[4].inputs, 7);
    gd_model_free(&model);
}

static void initial_parameters_leave_gaps_zero_and_depend_on_the_seed(void **state) {
    (void)state;
    gd_config *config = config_of("dense 5, relu, dense 5", "mse", "he_normal");
    gd_model *model = NULL;
    assert_null(gd_model_new(config, INPUTS, &model));
    real *first = vector(model), *again = vector(model), *other = vector(model);
    assert_null(gd_model_initialise(model, 1, first));
    assert_null(gd_model_initialise(model, 1, again));
    assert_null(gd_model_initialise(model, 2, other));
    assert_memory_equal(first, again, (size_t)model->tensors.size * sizeof(real));
    for (int64_t i = 0; i < model->tensors.size; i++) {
        const gd_tensor *second = &model->tensors.list[2];
        bool weight = i < 25 || (i >= second->offset && i < second->offset + 25);
        assert_int_equal(first[i] != 0, weight);
        assert_int_equal(first[i] != other[i], weight);
    }
    assert_true(first[0] != first[model->tensors.list[2].offset]);
    gd_memory_free(&first);
    gd_memory_free(&again);
    gd_memory_free(&other);
    gd_model_free(&model);
    gd_config_free(&config);
}

static gd_config *config_of_gain(const char *init, const char *gain) {
    static const gd_settings *const tables[] = {&gd_model_settings, &gd_loss_cross_entropy.settings,
                                                NULL};
    gd_text text = {0};
    gd_text_add(&text,
                "[model]\nlayers = dense 4, dropout, relu, dense 4, leaky_relu 0.5, dense 4, gelu, "
                "dense 4, tanh, dense 4, dropout, dense 4\nloss = mse\ninit = %s\n"
                "init_gain = %s\n",
                init, gain);
    gd_config *config = NULL;
    assert_null(gd_config_parse("test.ini", text.bytes, 0, NULL, tables, &config));
    gd_text_free(&text);
    return config;
}

/* PyTorch's calculate_gain. he_normal has that of relu in it already. */
static void initial_weights_are_for_the_activation_that_follows(void **state) {
    (void)state;
    static const double gains[] = {1.4142135623730951, 1.2649110640673518, 1, 5.0 / 3, 1};
    static const char *const inits[] = {"he_normal", "xavier_uniform", "orthogonal", "normal"};
    for (int k = 0; k < 4; k++) {
        gd_config *plain_config = config_of_gain(inits[k], "1");
        gd_config *config = config_of_gain(inits[k], "auto");
        gd_model *plain = NULL, *model = NULL;
        assert_null(gd_model_new(plain_config, INPUTS, &plain));
        assert_null(gd_model_new(config, INPUTS, &model));
        real *once = vector(model), *times = vector(model);
        assert_null(gd_model_initialise(plain, 1, once));
        assert_null(gd_model_initialise(model, 1, times));
        for (int i = 0; i < 5; i++) {
            const gd_tensor *tensor = &model->tensors.list[2 * i];
            assert_near((double)times[tensor->offset] / (double)once[tensor->offset],
                        gains[i] / (k == 0 ? gains[0] : 1), 1e-6);
        }
        gd_memory_free(&once);
        gd_memory_free(&times);
        gd_model_free(&plain);
        gd_model_free(&model);
        gd_config_free(&plain_config);
        gd_config_free(&config);
    }
}

static void a_gain_that_is_none_is_refused(void **state) {
    (void)state;
    static const char *const refused[][3] = {
        {"normal", "0", "'0' is neither a number above 0 nor auto"},
        {"normal", "inf", "'inf' is neither a number above 0 nor auto"},
        {"he_normal", "relu", "'relu' is neither a number above 0 nor auto"},
        {"default", "2", "has no effect with init = default"},
        {"zeros", "auto", "has no effect with init = zeros"},
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        gd_config *config = config_of_gain(refused[i][0], refused[i][1]);
        gd_model *model = NULL;
        gd_status status = gd_model_new(config, INPUTS, &model);
        assert_int_equal(gd_status_code(status), GD_BAD_INPUT);
        assert_non_null(strstr(gd_status_message(status), refused[i][2]));
        gd_status_free(&status);
        gd_config_free(&config);
    }
}

static void a_scale_starts_at_one_and_its_shift_at_zero(void **state) {
    (void)state;
    for (size_t i = 0; gd_init_name(i) != NULL; i++) {
        gd_config *config = config_of("layer_norm, dense 3", "mse", gd_init_name(i));
        gd_model *model = NULL;
        assert_null(gd_model_new(config, INPUTS, &model));
        real *values = vector(model);
        assert_null(gd_model_initialise(model, 1, values));
        for (int j = 0; j < INPUTS; j++) {
            assert_true(values[j] == 1 && values[model->tensors.list[1].offset + j] == 0);
        }
        gd_memory_free(&values);
        gd_model_free(&model);
        gd_config_free(&config);
    }
}

static void assert_refused(const char *layers, const char *loss, int64_t inputs,
                           const char *message) {
    gd_config *config = config_of(layers, loss, "default");
    gd_model *model = NULL;
    gd_status status = gd_model_new(config, inputs, &model);
    assert_int_equal(gd_status_code(status), GD_BAD_INPUT);
    assert_null(model);
    if (strstr(gd_status_message(status), message) == NULL ||
        strstr(gd_status_message(status), "test.ini:2") == NULL) {
        fail_msg("'%s' does not say '%s'", gd_status_message(status), message);
    }
    gd_status_free(&status);
    gd_config_free(&config);
}

static void layers_that_cannot_be_read_are_refused(void **state) {
    (void)state;
    static const char *const refused[][2] = {
        {"dens 10", "unknown layer 'dens'; did you mean 'dense'?"},
        {"dense 3, rulu", "unknown layer 'rulu'; did you mean 'relu'?"},
        {"transformer", "unknown layer 'transformer'; there are dense, relu, "},
        {"dense", "dense needs its number of units, e.g. dense 10"},
        {"dense ten",
         "dense ten is not understood: units is a whole number, at least 1 and at most 2147483647"},
        {"dense 1.5", "dense 1.5 is not understood: units is a whole number, at least 1"},
        {"dense 0",
         "dense 0 is out of range: units is a whole number, at least 1 and at most 2147483647"},
        {"dense 3000000000", "dense 3000000000 is out of range"},
        {"dropout 1.5", "dropout 1.5 is out of range: p is a number, at least 0 and below 1"},
        {"dropout 1", "dropout 1 is out of range: p is a number, at least 0 and below 1"},
        {"dropout -0.1", "dropout -0.1 is out of range: p is a number, at least 0 and below 1"},
        {"dropout half", "dropout half is not understood: p is a number, at least 0 and below 1"},
        {"leaky_relu nan", "leaky_relu nan is not understood: slope is a number, at least 0"},
        {"relu 3", "relu takes no argument, but is followed by '3'"},
        {"dense 10 relu", "'relu' after 'dense 10' is too much; layers are separated by commas"},
        {"dense 10,, relu", "entry 2 is empty; write e.g. dense 512, relu, dense 10"},
        {"dense 10,", "entry 2 is empty"},
        {"", "entry 1 is empty"},
        {"residual, dense 3", "residual takes layers in parentheses, e.g. residual(dense 64, "},
        {"residual(), dense 3", "entry 2 is empty"},
        {"(dense 3)", "entry 1 is empty"},
        {"residual 3 (dense 3)", "residual takes no argument, but is followed by '3'"},
        {"relu(dense 3)", "relu takes no layers in parentheses"},
        {"dense 3(relu)", "dense takes no layers in parentheses"},
        {"residual(dense 3", "a '(' without a ')' after it"},
        {"residual(dense 3, residual(relu))", "a '(' within parentheses; they cannot be nested"},
        {"dense 3), relu", "a ')' without a '(' before it"},
        {"residual(dense 5) relu", "'relu' after residual(...) is too much"},
        {"residual(dense 5)(relu)", "'(relu)' after residual(...) is too much"},
        {"residual(dens 5)", "unknown layer 'dens'; did you mean 'dense'?"},
        {"residual(relu)", "nothing to train"},
        {"relu, tanh", "nothing to train: there is no layer with parameters, such as dense"},
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        assert_refused(refused[i][0], "mse", INPUTS, refused[i][1]);
    }
}

static void layers_that_do_not_fit_are_refused(void **state) {
    (void)state;
    assert_refused("dense 1", "cross_entropy", INPUTS,
                   "cross_entropy needs at least 2 outputs, but the last layer has 1");
    assert_refused("residual(dense 4, relu, dense 3)", "mse", INPUTS,
                   "residual adds its 5 inputs to the 3 outputs of its layers, which must be as "
                   "many: its last dense needs 5 units");
    assert_refused("dense 2147483647, dense 2147483647", "mse", INPUTS,
                   "more parameters than any memory holds");
    assert_refused("dense 2", "mse", (int64_t)INT_MAX + 1,
                   "rows of 2147483648 numbers are too wide; the most is 2147483647");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blanks_in_layers_do_not_matter),
        cmocka_unit_test(initial_parameters_leave_gaps_zero_and_depend_on_the_seed),
        cmocka_unit_test(initial_weights_are_for_the_activation_that_follows),
        cmocka_unit_test(a_gain_that_is_none_is_refused),
        cmocka_unit_test(a_scale_starts_at_one_and_its_shift_at_zero),
        cmocka_unit_test(layers_that_cannot_be_read_are_refused),
        cmocka_unit_test(layers_that_do_not_fit_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
