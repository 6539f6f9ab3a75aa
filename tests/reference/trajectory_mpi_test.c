/* Whole trajectories against those that another program came to: tests/reference/NAME.txt, made by
 * NAME.py. */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gdmpi/memory.h"
#include "reference/deviation.h"
#include "train/train_support.h"

enum {
    DATA_ROWS = 103,
    INPUTS = 5,
    OUTPUTS = 3,
    SETTINGS = 16,
    SHARED = 2, /* options that all optimizers have: lr and weight_decay */
    NUMBERS = 256,
    STEPS = 30,
    LINE = 256
};

static char folder[PATH_MAX];

/* One case of a file: its settings, and the parameters after 30 steps. */
typedef struct reference {
    char name[LINE], by[LINE];
    char setting[SETTINGS][LINE];
    int settings, numbers;
    double number[NUMBERS];
} reference;

/* Every number is exact in float, so that another program can make the same. */
static float small(int64_t row, int64_t i, int64_t modulus) {
    return (float)((row * 7 + i * 13 + row * i) % modulus - modulus / 2) / 16;
}

static void write_data(void) {
    static float x[DATA_ROWS * INPUTS], mixed[DATA_ROWS * INPUTS], values[DATA_ROWS * OUTPUTS];
    static int64_t classes[DATA_ROWS], bits[DATA_ROWS * OUTPUTS], counts[DATA_ROWS * OUTPUTS];
    static double w[DATA_ROWS];
    for (int64_t row = 0; row < DATA_ROWS; row++) {
        w[row] = (double)(row * 5 % 8) / 4;
        classes[row] = (row * row + row / 7) % OUTPUTS;
        for (int64_t i = 0; i < INPUTS; i++) {
            x[row * INPUTS + i] = small(row, i, 31);
            mixed[row * INPUTS + i] =
                i % 3 == 1 ? x[row * INPUTS + i] : (float)((row * row + i) % 7);
        }
        for (int64_t i = 0; i < OUTPUTS; i++) {
            values[row * OUTPUTS + i] = small(row, i, 23);
            bits[row * OUTPUTS + i] = (row + row * i + i) % 5 < 2;
            counts[row * OUTPUTS + i] = (row * (i + 2)) % 7;
        }
    }
    const gd_type f = GD_FLOAT32, n = GD_INT64;
    const data_group groups[] = {{"/classes", DATA_ROWS, INPUTS, 0, f, n, x, classes, NULL},
                                 {"/bits", DATA_ROWS, INPUTS, OUTPUTS, f, n, x, bits, NULL},
                                 {"/bit", DATA_ROWS, INPUTS, 0, f, n, x, bits, NULL},
                                 {"/counts", DATA_ROWS, INPUTS, OUTPUTS, f, n, x, counts, NULL},
                                 {"/values", DATA_ROWS, INPUTS, OUTPUTS, f, f, x, values, NULL},
                                 {"/mixed", DATA_ROWS, INPUTS, 0, f, n, mixed, classes, NULL},
                                 {"/weighted", DATA_ROWS, INPUTS, OUTPUTS, f, f, x, values, w},
                                 {"/weighted_classes", DATA_ROWS, INPUTS, 0, f, n, x, classes, w}};
    expect_ok(data_file_write("reference.h5", sizeof groups / sizeof *groups, groups));
}

/* Every element its own number, tensor by tensor; of their average, too. Collective. */
static void set_parameters(const run *run) {
    const gd_tensors *tensors = &run->problem->model->tensors;
    gd_reducer *reducer = run->trainer->reducer;
    int64_t place = 0;
    for (int t = 0; t < tensors->count && gd_comm_rank(run->problem->comm) == 0; t++) {
        const gd_tensor *tensor = &tensors->list[t];
        for (int64_t i = 0; i < tensor->count; i++, place++) {
            reducer->parameters[tensor->offset + i] = (real)((place * 37 + 11) % 101 - 50) / 64;
        }
    }
    gd_reducer_spread(reducer);
    if (run->trainer->optimizer->average != NULL) {
        gd_reducer_own(reducer, run->trainer->optimizer->average);
    }
}

/* The largest of a parameter. Collective. */
static double deviation(const run *run, const reference *case_) {
    const gd_tensors *tensors = &run->problem->model->tensors;
    real *parameters = parameters_of(run);
    double worst = 0;
    int64_t place = 0;
    for (int t = 0; t < tensors->count; t++) {
        const gd_tensor *tensor = &tensors->list[t];
        for (int64_t i = 0; i < tensor->count; i++, place++) {
            const double found = (double)parameters[tensor->offset + i];
            worst = fmax(worst, relative_deviation(found, case_->number[place]));
        }
    }
    assert_int_equal(place, case_->numbers);
    gd_memory_free(&parameters);
    return worst;
}

/* Whether a setting of the case begins so. */
static bool has_setting(const reference *case_, const char *start, size_t length) {
    for (int i = 0; i < case_->settings; i++) {
        if (strncmp(case_->setting[i], start, length) == 0) {
            return true;
        }
    }
    return false;
}

/* The settings of the case, and those of all cases that it has not. */
static void list_overrides(const reference *case_, const char **overrides) {
    static const char *const common[] = {
        "data.file=reference.h5", "data.val=",         "data.shards=4",
        "data.scale=1",           "data.shuffle=none", "train.batch_size=42"};
    for (size_t i = 0; i < sizeof common / sizeof *common; i++) {
        if (!has_setting(case_, common[i], strcspn(common[i], "=") + 1)) {
            *overrides++ = common[i];
        }
    }
    for (int i = 0; i < case_->settings; i++) {
        *overrides++ = case_->setting[i];
    }
    *overrides = NULL;
}

/* Its methods, and its settings, those of optimizers as "adam.eps". */
static void note(const gd_config *config, const reference *case_) {
    const char *optimizer = gd_config_text(config, "optimizer", "name");
    gd_text words = {0};
    gd_text_add(&words, "optimizer=%s schedule=%s loss=%s normalize=%s %s", optimizer,
                gd_config_text(config, "schedule", "name"), gd_config_text(config, "model", "loss"),
                gd_config_text(config, "data", "normalize"),
                gd_config_text(config, "model", "layers"));
    for (int i = 0; i < case_->settings; i++) {
        const char *setting = case_->setting[i], *key = strchr(setting, '.');
        const int length = (int)strcspn(setting, "=");
        gd_text_add(&words, " %.*s %s%.*s", length, setting, optimizer,
                    length - (int)(key - setting), key);
    }
    note_words(gd_text_bytes(&words));
    gd_text_free(&words);
}

/* A case of one shard has no work for a second rank. Collective. */
static void check_case(gd_comm *comm, const char *kind, const reference *case_) {
    static const char one[] = "data.shards=1";
    const char *overrides[SETTINGS + 10];
    run run;
    if (has_setting(case_, one, sizeof one) && gd_comm_size(comm) > 1) {
        return;
    }
    list_overrides(case_, overrides);
    run_open(comm, overrides, &run);
    note(run.config, case_);
    set_parameters(&run);
    run_steps(&run, STEPS);
    gd_trainer_swap(run.trainer);
    const double worst = deviation(&run, case_);
    run_close(&run);
    expect_deviation(kind, case_->name, case_->by, worst, 1e-10);
}

static void read_line(const char *line, reference *case_) {
    if (strncmp(line, "set ", 4) == 0) {
        assert_true(case_->settings < SETTINGS);
        snprintf(case_->setting[case_->settings++], sizeof *case_->setting, "%s", line + 4);
    } else if (strncmp(line, "by ", 3) == 0) {
        snprintf(case_->by, sizeof case_->by, "%s", line + 3);
    } else {
        assert_true(case_->numbers < NUMBERS);
        case_->number[case_->numbers++] = strtod(line, NULL);
    }
}

/* All cases of one file, which are of one kind. Collective. */
static void check_file(gd_comm *comm, const char *name, const char *kind) {
    char path[PATH_MAX + 64], line[LINE];
    reference case_ = {0};
    int cases = 0;
    snprintf(path, sizeof path, "%s/%s.txt", folder, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "case ", 5) == 0) {
            if (cases++ > 0) {
                check_case(comm, kind, &case_);
            }
            case_ = (reference){0};
            snprintf(case_.name, sizeof case_.name, "%s", line + 5);
        } else {
            read_line(line, &case_);
        }
    }
    fclose(file);
    assert_true(cases > 0);
    check_case(comm, kind, &case_);
}

static void data_are_written(void **state) {
    if (gd_comm_rank(*state) == 0) {
        write_data();
    }
    gd_comm_barrier(*state);
}

static void batches_follow_the_reference(void **state) {
    check_file(*state, "batches", "batches");
}

static void optimizers_follow_the_reference(void **state) {
    check_file(*state, "optimizers", "optimizers");
}

static void schedules_follow_the_reference(void **state) {
    check_file(*state, "schedules_trained", "schedules in training");
}

static void layers_follow_the_reference(void **state) {
    check_file(*state, "layers", "layers");
}

static void losses_follow_the_reference(void **state) {
    check_file(*state, "losses", "losses");
}

/* After those of all files. */
static void every_method_has_a_case(void **state) {
    (void)state;
    for (size_t i = 0; gd_optimizer_kinds[i] != NULL; i++) {
        expect_noted("optimizer=", gd_optimizer_kinds[i]->name);
    }
    for (size_t i = 0; gd_schedule_kinds[i] != NULL; i++) {
        expect_noted("schedule=", gd_schedule_kinds[i]->name);
    }
    for (size_t i = 0; gd_loss_name(i) != NULL; i++) {
        expect_noted("loss=", gd_loss_name(i));
    }
    for (size_t i = 0; gd_normalizer_name(i) != NULL; i++) {
        expect_noted("normalize=", gd_normalizer_name(i));
    }
    for (size_t i = 0; gd_layer_name(i) != NULL; i++) {
        expect_noted("", gd_layer_name(i));
    }
}

/* A key of a table, as note() has it. */
static void expect_keys(const char *owner, const gd_setting *row) {
    char prefix[64];
    snprintf(prefix, sizeof prefix, "%s.", owner);
    for (; row != NULL && row->key != NULL; row++) {
        expect_noted(prefix, row->key);
    }
}

/* Of schedules, schedule_test.c sees to that. */
static void every_option_has_a_case(void **state) {
    (void)state;
    expect_keys("optimizer", gd_optimizer_settings.rows);
    expect_noted("optimizer.", "weight_decay");
    for (size_t i = 0; gd_optimizer_kinds[i] != NULL; i++) {
        const gd_optimizer_kind *kind = gd_optimizer_kinds[i];
        expect_noted(kind->name, ".lr");
        expect_keys(kind->name, kind->settings.rows + SHARED);
    }
    for (size_t i = 0; gd_losses[i] != NULL; i++) {
        expect_keys("model", gd_losses[i]->settings.rows);
    }
}

int main(int argc, char **argv) {
    gd_comm *comm = mpi_support_start(&argc, &argv);
    const char *source = getenv("srcdir");
    char relative[PATH_MAX];
    snprintf(relative, sizeof relative, "%s/tests/reference", source == NULL ? "." : source);
    if (realpath(relative, folder) == NULL) {
        perror(relative);
        return EXIT_FAILURE;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(data_are_written, comm),
        cmocka_unit_test_prestate(batches_follow_the_reference, comm),
        cmocka_unit_test_prestate(optimizers_follow_the_reference, comm),
        cmocka_unit_test_prestate(schedules_follow_the_reference, comm),
        cmocka_unit_test_prestate(layers_follow_the_reference, comm),
        cmocka_unit_test_prestate(losses_follow_the_reference, comm),
        cmocka_unit_test_prestate(every_method_has_a_case, comm),
        cmocka_unit_test_prestate(every_option_has_a_case, comm),
    };
    return tests_run(comm, tests, sizeof tests / sizeof *tests);
}
