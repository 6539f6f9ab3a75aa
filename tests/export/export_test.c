/* What is exported computes what gdmpi does: with every layer and every loss that there is, the C
 * file after it went through a compiler, the ONNX file where check_onnx.py finds Python's onnx. */
#include <dlfcn.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "data/data_files.h"
#include "gdmpi/export.h"
#include "gdmpi/files.h"
#include "gdmpi/memory.h"
#include "gdmpi/model.h"
#include "gdmpi/rng.h"
#include "gdmpi/score.h"
#include "gdmpi/train.h"

enum { ROWS = 24, INPUTS = 5, MOST = 8 };

/* How near predictions must come, relative to the largest of a row or to 1. */
#ifdef GD_DOUBLE
static const double near = 1e-12;
#else
static const double near = 1e-5;
#endif

static double uniform(int64_t a, int64_t b) {
    gd_rng rng = gd_rng_stream(11, GD_RNG_INIT, a, b, 0);
    return 2 * gd_rng_uniform(&rng, 0) - 1;
}

/* A model, and what is done to x before it. */
typedef struct subject {
    const char *name; /* of its files */
    const char *layers, *loss;
    double scale;                    /* 0: 1 */
    const gd_normalizer *normalizer; /* NULL: none */
} subject;

static gd_model *model_of(const subject *of) {
    const gd_settings *tables[GD_TABLES];
    gd_text text = {0};
    gd_config *config;
    gd_model *model;
    gd_train_tables(tables);
    gd_text_add(&text, "[data]\nfile = x.h5\n[model]\nlayers = %s\nloss = %s\n", of->layers,
                of->loss);
    gd_text_add(&text, "[optimizer]\nname = sgd\nlr = 0.1\n");
    expect_ok(gd_config_parse(of->name, gd_text_bytes(&text), 0, NULL, tables, &config));
    expect_ok(gd_model_new(config, INPUTS, &model));
    gd_config_free(&config);
    gd_text_free(&text);
    return model;
}

/* Variances are above 0. */
static real *parameters_of(const gd_model *model) {
    real *parameters;
    expect_ok(
        gd_memory_new(&parameters, (size_t)model->tensors.size, sizeof *parameters, "a test"));
    for (int t = 0; t < model->tensors.count; t++) {
        const gd_tensor *tensor = &model->tensors.list[t];
        for (int64_t i = 0; i < tensor->count; i++) {
            const double number = uniform(t, i);
            parameters[tensor->offset + i] =
                (real)(strstr(tensor->name, "running_var") != NULL ? 1.1 + number : number);
        }
    }
    return parameters;
}

static bool is_category(const gd_model *model, int64_t column, int64_t *size) {
    const gd_categories *of = model->categories;
    for (; of->columns.count > 0; of++) {
        if (column >= of->columns.first && column < of->columns.first + of->columns.count) {
            *size = of->size;
            return true;
        }
    }
    return false;
}

/* Some of the rows are large, as far as both ends of what activations tell apart. */
static void fill_rows(const subject *of, const gd_model *model, real x[ROWS * INPUTS]) {
    for (int64_t i = 0; i < ROWS * INPUTS; i++) {
        const int64_t row = i / INPUTS, column = i % INPUTS;
        const double number = uniform(100 + row, column);
        int64_t size;
        if (is_category(model, column, &size)) {
            x[i] = (real)(row == 0 ? size - 1 : (int64_t)((1 + number) / 2 * (double)size));
        } else if (of->normalizer != NULL) {
            x[i] = (real)(of->normalizer->shift[column] + number / of->normalizer->factor[column]);
        } else {
            x[i] = (real)(number * (row % 4 == 3 ? 12 : 1) / (of->scale == 0 ? 1 : of->scale));
        }
    }
}

/* As gdmpi predict goes. */
static void predict_rows(const subject *of, const gd_model *model, const real *parameters, real *x,
                         double *y) {
    const gd_target target = gd_model_target(model);
    const gd_rows rows = {.range = {0, ROWS},
                          .x = {GD_REAL_TYPE, 2, {ROWS, INPUTS}},
                          .x_width = INPUTS,
                          .x_data = x,
                          .normalizer = of->normalizer,
                          .categories = model->categories};
    gd_batch batch;
    gd_workspace *workspace;
    expect_ok(gd_batch_new(ROWS, INPUTS, &target, &batch));
    expect_ok(gd_workspace_new(model, ROWS, &workspace));
    gd_batch_gather(&rows, 0, NULL, ROWS, of->scale == 0 ? 1 : of->scale, &batch);
    const real *output = gd_model_predict(model, workspace, &batch, parameters);
    for (int64_t i = 0; i < ROWS; i++) {
        const real *z = output + i * model->outputs;
        double sum = 0;
        for (int64_t j = 0; j < model->outputs; j++) {
            sum += exp((double)(z[j] - z[0]));
        }
        for (int64_t j = 0; j < model->outputs; j++) {
            const double number = (double)z[j];
            double *to = &y[i * model->outputs + j];
            *to = model->loss->link == GD_LINK_SOFTMAX ? exp(number - (double)z[0]) / sum
                  : model->loss->link == GD_LINK_LOGIT ? 1 / (1 + exp(-number))
                  : model->loss->link == GD_LINK_LOG   ? exp(number)
                                                       : number;
        }
    }
    gd_workspace_free(&workspace);
    gd_batch_free(&batch);
}

static gd_graph graph_of(const subject *of, const gd_model *model, const real *parameters) {
    static const gd_normalizer none;
    const gd_scored scored = gd_score_of(model->loss, model->outputs);
    gd_graph graph = {.type = GD_REAL_TYPE,
                      .parameters = parameters,
                      .model = of->name,
                      .layers = of->layers,
                      .loss = of->loss,
                      .output_name = gd_score_output(&scored)};
    gd_model_trace(model, of->normalizer == NULL ? &none : of->normalizer,
                   of->scale == 0 ? 1 : of->scale, &graph);
    return graph;
}

typedef void predict_function(const real *x, real *y);

/* The function of NAME.c. */
static predict_function *compile(const char *name, void **library) {
    char command[512];
    const char *compiler = getenv("CC");
    predict_function *predict;
    snprintf(command, sizeof command,
             "%s -std=c99 -pedantic -Wall -Wextra -Werror -O1 -shared -fPIC %s.c -o ./%s.so -lm",
             compiler == NULL || compiler[0] == '\0' ? "cc" : compiler, name, name);
    assert_int_equal(system(command), 0);
    snprintf(command, sizeof command, "./%s.so", name);
    *library = dlopen(command, RTLD_NOW);
    assert_non_null(*library);
    void *symbol = dlsym(*library, "predict");
    assert_non_null(symbol);
    memcpy(&predict, &symbol, sizeof predict);
    return predict;
}

static void expect_near(const subject *of, int64_t outputs, const real *y, const double *wanted) {
    for (int64_t i = 0; i < ROWS; i++) {
        double most = 1;
        for (int64_t j = 0; j < outputs; j++) {
            most = fmax(most, fabs(wanted[i * outputs + j]));
        }
        for (int64_t j = 0; j < outputs; j++) {
            const int64_t at = i * outputs + j;
            if (!(fabs((double)y[at] - wanted[at]) <= near * most)) {
                fail_msg("%s (%s): row %d is %.17g, not %.17g", of->layers, of->loss, (int)i,
                         (double)y[at], wanted[at]);
            }
        }
    }
}

/* For check_onnx.py: x and the predictions, a row on each line. */
static void write_rows(const char *name, int64_t outputs, const real *x, const double *y) {
    char path[64];
    snprintf(path, sizeof path, "%s.txt", name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int64_t i = 0; i < ROWS; i++) {
        for (int64_t j = 0; j < INPUTS; j++) {
            fprintf(file, "%.17g ", (double)x[i * INPUTS + j]);
        }
        for (int64_t j = 0; j < outputs; j++) {
            fprintf(file, "%.17g%c", y[i * outputs + j], j + 1 == outputs ? '\n' : ' ');
        }
    }
    assert_int_equal(fclose(file), 0);
}

static void write_file(gd_graph *graph, const char *name, const char *ending) {
    char path[64];
    snprintf(path, sizeof path, "%s%s", name, ending);
    expect_ok(gd_graph_status(graph));
    expect_ok(gd_export_write(graph, path));
}

static void check(const subject *of) {
    real x[ROWS * INPUTS], y[ROWS * MOST];
    double wanted[ROWS * MOST];
    void *library;
    gd_model *model = model_of(of);
    real *parameters = parameters_of(model);
    gd_graph graph = graph_of(of, model, parameters);
    assert_true(model->outputs <= MOST);
    fill_rows(of, model, x);
    predict_rows(of, model, parameters, x, wanted);
    write_file(&graph, of->name, ".c");
    write_file(&graph, of->name, ".onnx");
    write_rows(of->name, model->outputs, x, wanted);
    predict_function *predict = compile(of->name, &library);
    for (int64_t i = 0; i < ROWS; i++) {
        predict(x + i * INPUTS, y + i * model->outputs);
    }
    expect_near(of, model->outputs, y, wanted);
    dlclose(library);
    gd_graph_free(&graph);
    gd_memory_free(&parameters);
    gd_model_free(&model);
}

/* As it stands in `layers`, with another argument than the default. */
static void add_layer(gd_text *text, const gd_layer_kind *kind) {
    gd_text_add(text, "%s", kind->name);
    for (int i = 0; kind->options != NULL && kind->options[i].name != NULL; i++) {
        gd_text_add(text, " %s=%s", kind->options[i].name, kind->options[i].example);
    }
    if (kind->block) {
        gd_text_add(text, "(dense 7, tanh, dropout 0.3, batch_norm, dense 6)");
    } else if (kind->needed) {
        gd_text_add(text, " 6");
    } else if (kind->argument != NULL && kind->options == NULL) {
        gd_text_add(text, " 0.3");
    }
}

/* Within a model and at its end; those with options look columns of x up, and come first. */
static void every_layer_agrees(void **state) {
    (void)state;
    for (int k = 0; gd_layer_kinds[k] != NULL; k++) {
        const gd_layer_kind *kind = gd_layer_kinds[k];
        gd_text text = {0};
        gd_text_add(&text, kind->options != NULL ? "" : "dense 6, ");
        add_layer(&text, kind);
        gd_text_add(&text, ", dense 6");
        if (kind->options == NULL) {
            gd_text_add(&text, ", ");
            add_layer(&text, kind);
        }
        expect_ok(gd_text_status(&text));
        check(&(subject){.name = kind->name, .layers = text.bytes, .loss = "mse"});
        gd_text_free(&text);
    }
}

static void every_loss_agrees(void **state) {
    (void)state;
    for (int k = 0; gd_losses[k] != NULL; k++) {
        char one[32], three[32];
        snprintf(one, sizeof one, "%s_1", gd_losses[k]->name);
        snprintf(three, sizeof three, "%s_3", gd_losses[k]->name);
        check(&(subject){.name = three, .layers = "dense 3", .loss = gd_losses[k]->name});
        if (gd_losses[k]->outputs_min == 1) {
            check(&(subject){.name = one, .layers = "tanh, dense 1", .loss = gd_losses[k]->name});
        }
    }
}

static void several_tables_agree(void **state) {
    (void)state;
    check(&(subject){.name = "tables",
                     .layers = "embedding size=9 dim=3 columns=3, embedding size=5 dim=1 "
                               "columns=0-1, dense 4",
                     .loss = "mse"});
    check(&(subject){
        .name = "all_columns", .layers = "embedding size=4 dim=2, dense 3", .loss = "mse"});
}

static void scaled_rows_agree(void **state) {
    (void)state;
    check(&(subject){.name = "scaled", .layers = "dense 3", .loss = "mse", .scale = 1.0 / 255});
    check(&(subject){.name = "scaled_but_for_categories",
                     .layers = "embedding size=7 dim=2 columns=1-2, dense 3",
                     .loss = "mse",
                     .scale = 1.0 / 255});
}

/* Features far from 0, whose differences are small. */
static void normalized_rows_agree(void **state) {
    (void)state;
    static const double shift[INPUTS] = {0.1, -1234.567, 1e6 + 0.3, 2e-5, 1e-3};
    gd_normalizer normalizer;
    expect_ok(gd_normalizer_new("standardize", INPUTS, &normalizer));
    for (int j = 0; j < INPUTS; j++) {
        normalizer.shift[j] = shift[j];
        normalizer.factor[j] = 0.3 + j;
    }
    check(&(subject){
        .name = "normalized", .layers = "dense 3", .loss = "mse", .normalizer = &normalizer});
    gd_normalizer_skip((gd_range){1, 2}, &normalizer);
    check(&(subject){.name = "normalized_but_for_categories",
                     .layers = "embedding size=7 dim=2 columns=1-2, dense 3",
                     .loss = "mse",
                     .normalizer = &normalizer});
    gd_normalizer_free(&normalizer);
}

/* All that was written before, as far as it is ONNX. */
static void python_agrees_about_onnx(void **state) {
    (void)state;
    char command[512];
    const char *source = getenv("srcdir"); /* from the folder above this one */
    assert_non_null(source);
    snprintf(command, sizeof command,
             "python=${PYTHON:-/usr/bin/python3}; $python -c 'import numpy, onnx' || exit 77; "
             "exec $python '%s%s/tests/export/check_onnx.py' %g .",
             source[0] == '/' ? "" : "../", source, near);
    const int code = system(command);
    if (WIFEXITED(code) && WEXITSTATUS(code) == 77) {
        skip();
    }
    assert_int_equal(code, 0);
}

static void a_category_that_is_not_there_predicts_nothing(void **state) {
    (void)state;
    static const double odd[] = {-1, 4, 1.5, -0.5, 1e30, (double)NAN};
    const subject of = {
        .name = "odd", .layers = "embedding size=4 dim=2 columns=0, relu, dense 2", .loss = "mse"};
    void *library;
    gd_model *model = model_of(&of);
    real *parameters = parameters_of(model);
    gd_graph graph = graph_of(&of, model, parameters);
    write_file(&graph, of.name, ".c");
    predict_function *predict = compile(of.name, &library);
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        const real x[INPUTS] = {(real)odd[i]};
        real y[2] = {0};
        predict(x, y);
        assert_true(isnan(y[0]) && isnan(y[1]));
    }
    dlclose(library);
    gd_graph_free(&graph);
    gd_memory_free(&parameters);
    gd_model_free(&model);
}

/* A compiler reads the numbers of the file as strtof and strtod do. */
static void the_file_has_the_bits_of_the_parameters(void **state) {
    (void)state;
    const real largest = GD_REAL_MAX,
               smallest = GD_REAL_TYPE == GD_FLOAT32 ? (real)FLT_MIN : (real)DBL_MIN;
    real weight[15] = {largest, -largest, smallest,  smallest / 8,
                       0,       -(real)0, (real)0.1, 1 / (real)3};
    const gd_tensor tensors[] = {{.name = "0.weight", .rank = 2, .dims = {3, 5}, .count = 15},
                                 {.name = "0.bias", .rank = 1, .dims = {3}, .count = 3}};
    gd_graph graph = {.type = GD_REAL_TYPE,
                      .parameters = weight,
                      .model = "m",
                      .layers = "l",
                      .loss = "mse",
                      .output_name = "value"};
    char *text;
    size_t count;
    for (int i = 8; i < 15; i++) {
        weight[i] = (real)uniform(7, i);
    }
    const gd_value x = gd_graph_input(&graph, INPUTS);
    const gd_value w = gd_graph_tensor(&graph, &tensors[0]);
    graph.output = gd_graph_dense(&graph, x, w, gd_graph_tensor(&graph, &tensors[1]));
    write_file(&graph, "bits", ".c");
    expect_ok(gd_file_read("bits.c", &text, &count));
    char *at = strstr(text, "layer_0_weight[15] = {");
    assert_non_null(at);
    at = strchr(at, '{') + 1;
    for (int i = 0; i < 15; i++) {
        const real number =
            GD_REAL_TYPE == GD_FLOAT32 ? (real)strtof(at, &at) : (real)strtod(at, &at);
        assert_memory_equal(&number, &weight[i], sizeof number);
        at = strchr(at, ',') + 1;
    }
    gd_memory_free(&text);
    gd_graph_free(&graph);
}

static void a_layer_that_does_not_say_how_is_named(void **state) {
    (void)state;
    const gd_layer_kind kind = {.name = "mystery"};
    const gd_layer layer = {.kind = &kind};
    gd_graph graph = {.type = GD_REAL_TYPE, .model = "model.h5"};
    gd_layer_trace(&layer, &graph, gd_graph_input(&graph, INPUTS));
    expect_error(gd_graph_status(&graph), GD_BAD_INPUT,
                 "model.h5: the layer mystery cannot be exported");
    gd_graph_free(&graph);
}

static void a_number_that_is_not_finite_is_told(void **state) {
    (void)state;
    const subject of = {.name = "model.h5", .layers = "dense 3, batch_norm", .loss = "mse"};
    gd_model *model = model_of(&of);
    real *parameters = parameters_of(model);
    parameters[model->tensors.list[3].offset + 1] = (real)INFINITY;
    gd_graph graph = graph_of(&of, model, parameters);
    expect_error(gd_graph_status(&graph), GD_BAD_INPUT,
                 "model.h5: 1.bias holds a number that is not finite");
    gd_graph_free(&graph);
    gd_memory_free(&parameters);
    gd_model_free(&model);
}

/* Nothing is read from the weights, which are not there. */
static void what_a_format_cannot_hold_is_told(void **state) {
    (void)state;
    gd_graph graph = {.type = GD_REAL_TYPE,
                      .model = "model.h5",
                      .layers = "l",
                      .loss = "mse",
                      .output_name = "value"};
    const gd_value x = gd_graph_input(&graph, 3000000);
    graph.output = gd_graph_unary(&graph, GD_SOFTMAX, gd_graph_unary(&graph, GD_RELU, x));
    expect_ok(gd_graph_status(&graph));
    expect_error(gd_export_write(&graph, "wide.c"), GD_BAD_INPUT,
                 "model.h5: its rows are too wide");
    expect_ok(gd_export_write(&graph, "wide.onnx"));
    graph.node[1].operation = GD_CONSTANT;
    graph.node[1].rank = 2;
    graph.node[1].dims[0] = graph.node[1].dims[1] = 50000;
    expect_error(gd_export_write(&graph, "large.onnx"), GD_BAD_INPUT,
                 "in ONNX, whose files end at");
    assert_false(gd_file_exists("wide.c") || gd_file_exists("large.onnx"));
    assert_false(gd_file_exists("wide.c.tmp") || gd_file_exists("large.onnx.tmp"));
    gd_graph_free(&graph);
}

static void only_known_endings_are_taken(void **state) {
    (void)state;
    static const char *const names[] = {"model", "model.h", "c", ".c", "model.c.gz", "model.C", ""};
    const gd_export_format *format;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        expect_error(gd_export_find(names[i], &format), GD_BAD_INPUT, "must end in .c or .onnx");
    }
    expect_ok(gd_export_find("a.onnx.c", &format));
    assert_string_equal(format->ending, ".c");
    expect_ok(gd_export_find("folder/b.onnx", &format));
    assert_string_equal(format->ending, ".onnx");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_layer_agrees),
        cmocka_unit_test(every_loss_agrees),
        cmocka_unit_test(several_tables_agree),
        cmocka_unit_test(scaled_rows_agree),
        cmocka_unit_test(normalized_rows_agree),
        cmocka_unit_test(python_agrees_about_onnx),
        cmocka_unit_test(a_category_that_is_not_there_predicts_nothing),
        cmocka_unit_test(the_file_has_the_bits_of_the_parameters),
        cmocka_unit_test(a_layer_that_does_not_say_how_is_named),
        cmocka_unit_test(a_number_that_is_not_finite_is_told),
        cmocka_unit_test(what_a_format_cannot_hold_is_told),
        cmocka_unit_test(only_known_endings_are_taken),
    };
    return cmocka_run_group_tests(tests, folder_enter, folder_leave);
}
