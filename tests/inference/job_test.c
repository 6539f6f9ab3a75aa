/* Checkpoints whose parts do not fit together, as someone may have made them, are told; none is
 * believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "checkpoint/checkpoint_support.h"
#include "gdmpi/inference.h"
#include "gdmpi/memory.h"
#include "gdmpi/store.h"
#include "gdmpi/train.h"

/* Of 7 features, as tensors of checkpoint_support.h are. */
static const char good[] = "[data]\nfile = x.h5\n[model]\nlayers = dense 3\nloss = mse\n"
                           "[optimizer]\nname = sgd\nlr = 0.1\n"
                           "[train]\nbatch_size = 20\nprecision = " GD_REAL_NAME "\n";

static const gd_checkpoint_header sound = {
    .type = GD_REAL_TYPE, .inputs = 7, .shards = 4, .train_rows = 100};

/* What a checkpoint is made of, and how it is read again. */
typedef struct sample {
    gd_checkpoint_header header; /* without config: the good one */
    const char *group;           /* of the parameters */
    gd_normalizer *normalizer;
    bool wrong_digest;
} sample;

static void write_sample(const sample *made) {
    real vector[SIZE] = {0};
    gd_checkpoint *checkpoint;
    gd_checkpoint_header header = made->header;
    for (int i = 0; i < SIZE; i++) {
        vector[i] = (i >= 21 && i < 32) || i >= 35 ? 0 : 1 / (real)(1 + i);
    }
    header.config = header.config == NULL ? (char *)good : header.config;
    header.normalizer = made->normalizer;
    header.digest = gd_checkpoint_digest(vector, GD_REAL_TYPE, SIZE) + made->wrong_digest;
    expect_ok(gd_checkpoint_create("sample.h5", &header, &checkpoint));
    expect_ok(gd_checkpoint_add(checkpoint, "/params", &tensors, GD_REAL_TYPE, vector));
    vector[0] = 77;
    if (made->group != NULL) {
        expect_ok(gd_checkpoint_add(checkpoint, made->group, &tensors, GD_REAL_TYPE, vector));
    }
    expect_ok(gd_checkpoint_commit(&checkpoint));
}

static void open_job(const gd_settings *tables[], gd_job *job) {
    *job = (gd_job){.model = "sample.h5"};
    gd_train_tables(tables);
    expect_ok(gd_checkpoint_read_header(job->model, &job->header));
    expect_ok(gd_config_parse(job->model, job->header.config, 0, NULL, tables, &job->config));
}

static void close_job(gd_job *job) {
    gd_checkpoint_header_free(&job->header);
    gd_config_free(&job->config);
}

/* Makes the model and reads the parameters. */
static gd_status read_sample(const sample *made, real first[1], double shift[1]) {
    const gd_settings *tables[GD_TABLES];
    gd_job job;
    gd_model *model;
    gd_normalizer normalizer = {0};
    real *parameters = NULL;
    write_sample(made);
    open_job(tables, &job);
    gd_status status = gd_job_model(&job, &model);
    if (status == GD_OK) {
        status = gd_job_read(&job, model, NULL, &normalizer);
        gd_normalizer_free(&normalizer);
    }
    if (status == GD_OK) {
        expect_ok(gd_memory_new(&parameters, (size_t)model->tensors.size, sizeof(real), "a test"));
        status = gd_job_read(&job, model, parameters, &normalizer);
    }
    if (status == GD_OK) {
        *first = parameters[0];
        *shift = normalizer.kind == NULL ? 0 : normalizer.shift[0];
    }
    gd_normalizer_free(&normalizer);
    gd_memory_free(&parameters);
    gd_model_free(&model);
    close_job(&job);
    return status;
}

static void a_sound_one_is_read(void **state) {
    (void)state;
    real first;
    double shift;
    const sample made = {.header = sound};
    expect_ok(read_sample(&made, &first, &shift));
    assert_true(first == 1);
    assert_true(shift == 0);
}

static void the_average_counts_where_there_is_one(void **state) {
    (void)state;
    real first;
    double shift;
    const sample made = {.header = sound, .group = "/ema"};
    expect_ok(read_sample(&made, &first, &shift));
    assert_true(first == 77);
}

static void refuse(const sample *made, const char *words) {
    real first;
    double shift;
    expect_error(read_sample(made, &first, &shift), GD_BAD_INPUT, words);
}

static void refuse_config(const char *from, const char *to, const char *words) {
    char config[2 * sizeof good];
    const char *at = strstr(good, from);
    assert_non_null(at);
    snprintf(config, sizeof config, "%.*s%s%s", (int)(at - good), good, to, at + strlen(from));
    sample made = {.header = sound};
    made.header.config = config;
    refuse(&made, words);
}

static void layers_that_do_not_fit_the_tensors_are_told(void **state) {
    (void)state;
    refuse_config("dense 3", "dense 4", "/params/0.weight is [3, 7]; this model needs [4, 7]");
    refuse_config("dense 3", "dense 3, dense 3", "no data set /params/1.weight");
    refuse_config("dense 3", "relu, dense 3", "no data set /params/1.weight");
    refuse_config("dense 3", "dense 3, batch_norm", "no data set /params/1.");
    refuse_config("dense 3", "dense 2000000000", "this model needs [2000000000, 7]");
    refuse_config("dense 3", "dense 9000000000000000000", "is out of range");
    refuse_config("dense 3", "conv 3", "conv");
    refuse_config("dense 3", "residual(dense 3)", "its last dense needs 7 units");
}

static void numbers_that_are_not_possible_are_told(void **state) {
    (void)state;
    static const struct {
        int64_t inputs, shards, rows;
        const char *words;
    } cases[] = {
        {0, 4, 100, "number of features"},          {-7, 4, 100, "number of features"},
        {INT64_MAX, 4, 100, "number of features"},  {8, 4, 100, "this model needs [3, 8]"},
        {7, 0, 100, "rows, shards and batch_size"}, {7, -1, 100, "rows, shards and batch_size"},
        {7, 4, 3, "rows, shards and batch_size"},   {7, 4, -100, "rows, shards and batch_size"},
        {7, 21, 100, "rows, shards and batch_size"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sample made = {.header = sound};
        made.header.inputs = cases[i].inputs;
        made.header.shards = cases[i].shards;
        made.header.train_rows = cases[i].rows;
        refuse(&made, cases[i].words);
    }
}

static void another_precision_than_its_config_says_is_told(void **state) {
    (void)state;
    refuse_config("precision = " GD_REAL_NAME,
                  strcmp(GD_REAL_NAME, "single") == 0 ? "precision = double" : "precision = single",
                  "is not in the precision");
    sample made = {.header = sound};
    made.header.type = GD_REAL_TYPE == GD_FLOAT32 ? GD_FLOAT64 : GD_FLOAT32;
    refuse(&made, "is not in the precision");
}

static void another_digest_than_it_says_is_told(void **state) {
    (void)state;
    const sample made = {.header = sound, .wrong_digest = true};
    refuse(&made, "do not have the digest it says");
}

static void the_normalizer_is_the_one_of_the_config(void **state) {
    (void)state;
    char config[2 * sizeof good];
    gd_normalizer normalizer;
    real first;
    double shift;
    snprintf(config, sizeof config, "[data]\nnormalize = minmax\n%s", good + strlen("[data]\n"));
    expect_ok(gd_normalizer_new("minmax", 7, &normalizer));
    normalizer.shift[0] = 5;
    sample made = {.header = sound, .normalizer = &normalizer};
    refuse(&made, "its /normalize is not what its config says");
    made.header.config = config;
    expect_ok(read_sample(&made, &first, &shift));
    assert_true(shift == 5);
    normalizer.kind = "standardize";
    refuse(&made, "its /normalize is not what its config says");
    made.normalizer = NULL;
    refuse(&made, "its /normalize is not what its config says");
    made.normalizer = &normalizer;
    normalizer.width = 6;
    refuse(&made, "/normalize/shift is not a number for each of 7 features");
    gd_normalizer_free(&normalizer);
}

static void expect_classes(const char *loss, const char *written, const char *read) {
    char config[2 * sizeof good], *classes;
    const char *at = strstr(good, "mse");
    const gd_settings *tables[GD_TABLES];
    gd_job job;
    gd_model *model;
    sample made = {.header = sound};
    snprintf(config, sizeof config, "%.*s%s%s", (int)(at - good), good, loss, at + strlen("mse"));
    made.header.config = config;
    made.header.classes = written;
    write_sample(&made);
    open_job(tables, &job);
    expect_ok(gd_job_model(&job, &model));
    expect_ok(gd_job_classes(&job, model, &classes));
    assert_int_equal(classes == NULL, read == NULL);
    if (read != NULL) {
        assert_string_equal(classes, read);
    }
    gd_memory_free(&classes);
    gd_model_free(&model);
    close_job(&job);
}

static void only_names_of_all_classes_are_believed(void **state) {
    (void)state;
    expect_classes("cross_entropy", "a\nb\nc", "a\nb\nc");
    expect_classes("hinge", "a\nb\nc", "a\nb\nc");
    expect_classes("cross_entropy", "a\nb\x1b\nc\xff", "a\nb?\nc?");
    expect_classes("cross_entropy", NULL, NULL);
    expect_classes("cross_entropy", "", NULL);
    expect_classes("cross_entropy", "a\nb", NULL);
    expect_classes("cross_entropy", "a\nb\nc\nd", NULL);
    expect_classes("mse", "a\nb\nc", NULL);
    expect_classes("bce", "a\nb\nc", NULL); /* of each, yes or no */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_one_is_read),
        cmocka_unit_test(the_average_counts_where_there_is_one),
        cmocka_unit_test(layers_that_do_not_fit_the_tensors_are_told),
        cmocka_unit_test(numbers_that_are_not_possible_are_told),
        cmocka_unit_test(another_precision_than_its_config_says_is_told),
        cmocka_unit_test(another_digest_than_it_says_is_told),
        cmocka_unit_test(the_normalizer_is_the_one_of_the_config),
        cmocka_unit_test(only_names_of_all_classes_are_believed),
    };
    gd_store_start();
    return cmocka_run_group_tests(tests, folder_enter, folder_leave);
}
